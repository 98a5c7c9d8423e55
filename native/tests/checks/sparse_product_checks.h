// Checks of native/include/mc/hopper/sparse_wgmma.cuh: one product against a plain reference.
#pragma once

#include <vector>

#include "checks/numbers.h"
#include "checks/report.h"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/sparse_weights.cuh"
#include "mc/hopper/sparse_wgmma.cuh"
#include "mc/ptx.cuh"
#include "platform.h"

namespace checks {

// d[64, kN] = a[64, 128] * b[kN, 128]^T: the first block of a piece of sparse_weights.cuh, and rows of 128 bytes.
template <int kN, mc::Operand kB>
struct SparseProductKernel {
  using Product = mc::hopper::SparseWgmma<kN, mc::Operand::kS8, kB>;
  using Weights = mc::hopper::SparseWeights<128, 128>;
  static constexpr int kB0 = 0, kA0 = kN * 128, kSharedBytes = kA0 + Weights::kPieceBytes;

  struct Arguments {
    const unsigned* a;  // a piece
    const unsigned* b;  // [kN, 128 bytes]
    int* output;        // [64, kN]
  };

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    using namespace mc::hopper;
    unsigned* memory = reinterpret_cast<unsigned*>(mc::ptx::dynamic_shared());
    const int thread = static_cast<int>(threadIdx.x);
    for (int i = thread; i < kN * 32; i += 128) {
      const int row = i / 32, chunk = i % 32 / 4;
      memory[kB0 / 4 + row * 32 + (chunk ^ (row % 8)) * 4 + i % 4] = arguments.b[i];
    }
    for (int i = thread; i < Weights::kPieceBytes / 4; i += 128) memory[kA0 / 4 + i] = arguments.a[i];
    fence_async_proxy();
    __syncthreads();

    const unsigned shared = mc::ptx::shared_address(mc::ptx::dynamic_shared());
    typename Product::Sums sums;
    const SparseMetadata metadata{mc::ptx::load_shared_16(shared + kA0 + Weights::kValueBytes + thread * 16)};
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < 2; ++step) {
      Product::multiply(sums, core_matrix_descriptor(shared + kA0 + step * Weights::kStepBytes), metadata.of(0, step),
                        k_major_descriptor(shared + kB0) + step * 4, step > 0);
    }
    wgmma_commit();
    wgmma_wait<0>();
    sparse_hold(metadata, thread);
#pragma unroll
    for (int j = 0; j < kN / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int row = thread / 32 * 16 + thread % 32 / 4 + e / 2 * 8;
        arguments.output[row * kN + 8 * j + thread % 4 * 2 + e % 2] = sums[j][e];
      }
    }
  }
};

template <int kN, mc::Operand kB>
void sparse_product_equals_the_reference() {
  using Kernel = SparseProductKernel<kN, kB>;
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    Random random(kN);
    platform::Array<unsigned> a(Kernel::Weights::kPieceBytes / 4), b(kN * 32);
    platform::Array<int> output(64 * kN, 0xff);
    auto* bytes_of_a = reinterpret_cast<signed char*>(&a[0]);
    auto* bytes_of_b = reinterpret_cast<unsigned char*>(&b[0]);
    std::vector<int> of_a(64 * 128);
    for (int m = 0; m < 64; ++m) {
      for (int k = 0; k < 128; k += 4) {
        const int first = random.between(0, 2), second = random.between(first + 1, 3);
        const int output_of_row = m / 16 * 32 + m % 8 * 4 + m % 16 / 8;
        const auto position = Kernel::Weights::position(output_of_row, k);
        for (int i = 0; i < 2; ++i) {
          const int value = random.between(-128, 127);
          bytes_of_a[position.value + i] = static_cast<signed char>(value);
          of_a[m * 128 + k + (i == 0 ? first : second)] = value;
        }
        a[position.metadata / 4] |= static_cast<unsigned>(first | second << 2) << position.shift;
      }
    }
    for (int i = 0; i < kN * 128; ++i) bytes_of_b[i] = static_cast<unsigned char>(random.between(0, 255));

    const std::string name = "sparse product, n" + std::to_string(kN);
    platform::Shape shape;
    shape.shared_bytes = Kernel::kSharedBytes;
    long long wrong = 0;
    if (!platform::launch<Kernel, 128>(name, shape,
                                       typename Kernel::Arguments{a.device(), b.device(), output.device()})) {
      wrong = 1;
    }
    for (int m = 0; m < 64; ++m) {
      for (int n = 0; n < kN; ++n) {
        int sum = 0;
        for (int k = 0; k < 128; ++k) {
          const int code = bytes_of_b[n * 128 + k];
          sum += of_a[m * 128 + k] * (kB == mc::Operand::kS8 ? static_cast<signed char>(code) : code);
        }
        wrong += output[m * kN + n] != sum;
      }
    }
    report(name, wrong, 64 * kN);
  }
}

inline void check_sparse_products() {
  sparse_product_equals_the_reference<8, mc::Operand::kS8>();
  sparse_product_equals_the_reference<64, mc::Operand::kU8>();
  sparse_product_equals_the_reference<192, mc::Operand::kS8>();
}

}  // namespace checks
