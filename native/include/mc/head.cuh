// A small dense layer on top of an encoder (pooler, classifier), on tensor cores:
//
//   output[r, n] = activation(sum over k of input[source(r), k] * weight[n, k] + bias[n])
//
// A block multiplies 16 outputs by 8 or 16 rows, its warps divide K.
//
// With few rows its time is that of reading them once: weights, bias, counts and the places of rows are in registers
// when the kernel ahead ends.
//
// Outputs are the rows of m16n8k16 and input rows its columns. A product takes k in any order that both operands share,
// so a lane reads 8 consecutive k of a row in one load: the four lanes of a row, 32 of them, which are two products.
//
// Launch: grid (ceil(kOutputs / kOutputsPerBlock), any number of blocks, which take kRowsPerBlock rows in turn), block
// kThreads, dynamic shared memory 0 bytes, static 10 KiB.
#pragma once

#include "mc/dependency.cuh"
#include "mc/head_config.cuh"
#include "mc/mma.cuh"

namespace mc {

template <typename Config>
struct Head {
  static constexpr int kTile = Config::kOutputsPerBlock;  // outputs, and rows, of a block
  static constexpr int kStepInputs = 32;                  // of a warp at a time
  static constexpr int kSteps = (Config::kInputs + kStepInputs - 1) / kStepInputs;
  static constexpr int kWarpSteps = (kSteps + Config::kWarps - 1) / Config::kWarps;
  static constexpr int kEarly = kWarpSteps < 4 ? kWarpSteps : 4;  // steps whose weights stay in registers
  static constexpr int kGroupRows = 8;                            // columns of a product
  static constexpr int kGroups = kTile / kGroupRows;
  static_assert(kTile == Config::kRowsPerBlock && kTile == 2 * kGroupRows);

  __device__ __forceinline__ static void run(const HeadArguments& args) {
    const int count = *args.row_count;
    int first_row = static_cast<int>(blockIdx.y) * kTile;
    if (first_row >= count) return;
    dependency_release();

    const int thread = static_cast<int>(threadIdx.x);
    const int first_column = static_cast<int>(blockIdx.x) * kTile;
    const int column = first_column + thread % kTile;  // that this thread finishes, as it does row thread / 16
    const bool owner = column < Config::kOutputs;
    const float bias = Config::kBias && owner ? args.bias[column] : 0.0f;
    const Half* weights[2];  // of outputs g and g + 8, where g = lane / 4
    rows_of(
        args.weight, first_column, Config::kOutputs, [](int row) { return row; }, weights);
    uint4 early[kEarly][2];
#pragma unroll
    for (int i = 0; i < kEarly; ++i) load(weights, i, early[i]);
    const auto source = [&](int row) { return Config::source(args, row); };
    const Half* inputs[kGroups];
    rows_of(args.input, first_row, count, source, inputs);
    dependency_wait();

    __shared__ float partial[Config::kWarps][kTile][kPitch];
    for (;;) {
      if (count - first_row <= kGroupRows) {
        const Half* const few[1] = {inputs[0]};
        multiply(weights, early, few, partial[thread / 32]);
      } else {
        multiply(weights, early, inputs, partial[thread / 32]);
      }
      const int row = first_row + thread / kTile;
      first_row += static_cast<int>(gridDim.y) * kTile;
      const bool more = first_row < count;
      if (more) rows_of(args.input, first_row, count, source, inputs);
      __syncthreads();
      if (owner && row < count) {
        float sum = 0.0f;
#pragma unroll
        for (int warp = 0; warp < Config::kWarps; ++warp) sum += partial[warp][thread / kTile][thread % kTile];
        Config::store(args, row, column, sum + bias);
      }
      if (!more) break;
      __syncthreads();  // partial sums have been read
    }
  }

 private:
  // Floats between rows of partial sums: lanes of a warp write to 32 banks.
  static constexpr int kPitch = kTile + 4;

  // Addresses of rows first + g and first + g + 8 of `count`. Rows beyond repeat the last, and nothing of them is
  // stored.
  template <class Source>
  __device__ __forceinline__ static void rows_of(const Half* matrix, int first, int count, Source source,
                                                 const Half* (&rows)[2]) {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const int row = min(first + 8 * i + static_cast<int>(threadIdx.x) % 32 / 4, count - 1);
      rows[i] = matrix + static_cast<size_t>(source(row)) * Config::kInputs;
    }
  }

  // This lane's numbers of a warp's i-th step, zeros beyond the rows' ends.
  template <int kCount>
  __device__ __forceinline__ static void load(const Half* const (&rows)[kCount], int i, uint4 (&words)[kCount]) {
    const int warp = static_cast<int>(threadIdx.x) / 32, member = static_cast<int>(threadIdx.x) % 4;
    const int k = (warp + Config::kWarps * i) * kStepInputs + 8 * member;
    const bool inside = Config::kInputs % (kStepInputs * Config::kWarps) == 0 || k < Config::kInputs;
#pragma unroll
    for (int r = 0; r < kCount; ++r) {
      words[r] = inside ? *reinterpret_cast<const uint4*>(rows[r] + k) : make_uint4(0, 0, 0, 0);
    }
  }

  // partial[r][n]: sum over this warp's part of K for row r and output n of the tile.
  template <int kCount>
  __device__ __forceinline__ static void multiply(const Half* const (&weights)[2], const uint4 (&early)[kEarly][2],
                                                  const Half* const (&inputs)[kCount],
                                                  float (&partial)[kTile][kPitch]) {
    uint4 x[kEarly][kCount];  // all are read before the first is used: one wait for them all
#pragma unroll
    for (int i = 0; i < kEarly; ++i) load(inputs, i, x[i]);
    float sums[kCount][4] = {};
#pragma unroll
    for (int i = 0; i < kEarly; ++i) add(early[i], x[i], sums);
#pragma unroll 2
    for (int i = kEarly; i < kWarpSteps; ++i) {
      uint4 w[2], late[kCount];
      load(weights, i, w);
      load(inputs, i, late);
      add(w, late, sums);
    }
    const int lane = static_cast<int>(threadIdx.x) % 32, group = lane / 4, member = lane % 4;
#pragma unroll
    for (int r = 0; r < kCount; ++r) {
#pragma unroll
      for (int e = 0; e < 4; ++e) partial[8 * r + 2 * member + e % 2][group + 8 * (e / 2)] = sums[r][e];
    }
  }

  template <int kCount>
  __device__ __forceinline__ static void add(const uint4 (&w)[2], const uint4 (&x)[kCount], float (&sums)[kCount][4]) {
    using Product = Mma<Operand::kF16, Operand::kF16>;
    const unsigned first[4] = {w[0].x, w[1].x, w[0].y, w[1].y}, second[4] = {w[0].z, w[1].z, w[0].w, w[1].w};
#pragma unroll
    for (int r = 0; r < kCount; ++r) {
      Product::multiply_add(sums[r], first, {x[r].x, x[r].y});
      Product::multiply_add(sums[r], second, {x[r].z, x[r].w});
    }
  }
};

}  // namespace mc
