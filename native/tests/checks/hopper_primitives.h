// Checks of native/include/mc/hopper: each kernel here exercises one header, on one small problem.
#pragma once

#include <type_traits>
#include <vector>

#include "checks/numbers.h"
#include "checks/report.h"
#include "mc/half.cuh"
#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/row_slots.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/hopper/wgmma.cuh"
#include "mc/ptx.cuh"
#include "platform.h"
#include "tensor_map.h"

namespace checks {

using mc::Operand;

enum class ASource { kShared, kRegisters };

// d[64, kN] = a[64, K] * b[kN, K]^T over two tiles of 128 bytes of K, of which `a` has kKBytes and the rest is zero.
// b in shared memory: [kTiles][kN][128 bytes], or for Major::kN [K][kN] with 64 columns a row of 128 bytes.
template <int kN, Operand kA, Operand kB, mc::hopper::Major kMajor, ASource kSource>
struct ProductKernel {
  using Product = mc::hopper::Wgmma<kN, kA, kB, kMajor>;
  using Accumulator = typename Product::Accumulator;
  static constexpr int kElementBytes = mc::is_float(kA) ? 2 : 1;
  static constexpr int kTiles = 2, kKBytes = 160;
  static constexpr int kRows = 50;  // of a in memory; the tile's others are zero
  static constexpr int kBytesA = 64 * 128, kBytesB = kN * 128;
  static constexpr int kBarrier = kTiles * (kBytesA + kBytesB);
  static constexpr int kSharedBytes = kBarrier + mc::hopper::kBarrierBytes;

  struct Arguments {
    mc::hopper::TensorMap a;
    const unsigned char* b;
    Accumulator* output;  // [64, kN]
  };

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    using namespace mc::hopper;
    const unsigned shared = mc::ptx::shared_address(mc::ptx::dynamic_shared());
    const int thread = static_cast<int>(threadIdx.x);
    if (thread == 0) {
      barrier_init(shared + kBarrier, 1);
      barrier_init_fence();
      prefetch_map(&arguments.a);
    }
    __syncthreads();
    if (thread == 0) {
      barrier_arrive_expect(shared + kBarrier, kTiles * (kBytesA + kBytesB));
      for (int tile = 0; tile < kTiles; ++tile) {
        load_tile_2d(shared + tile * kBytesA, &arguments.a, tile * 128, 0, shared + kBarrier);
      }
      load_bulk(shared + kTiles * kBytesA, arguments.b, kTiles * kBytesB, shared + kBarrier);
    }
    barrier_wait(shared + kBarrier, 0);

    typename Product::Sums sums;
    const int row = thread / 32 * 16 + thread % 32 / 4, quarter = thread % 4;
    unsigned registers[4 * kTiles][4];
    if constexpr (kSource == ASource::kRegisters) {
#pragma unroll
      for (int step = 0; step < 4 * kTiles; ++step) {
#pragma unroll
        for (int word = 0; word < 4; ++word) {
          const int of_row = row + word % 2 * 8, chunk = step % 4 * 2 + word / 2;
          const int place = step / 4 * kBytesA + of_row * 128 + ((chunk ^ (of_row % 8)) * 16) + quarter * 4;
          registers[step][word] = *reinterpret_cast<const unsigned*>(mc::ptx::dynamic_shared() + place);
        }
      }
    }
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < 4 * kTiles; ++step) {
      const int tile = step / 4;
      const unsigned long long a = k_major_descriptor(shared + tile * kBytesA) + step % 4 * 2;
      const unsigned long long b = kMajor == Major::kK
                                       ? k_major_descriptor(shared + kTiles * kBytesA + tile * kBytesB) + step % 4 * 2
                                       : n_major_descriptor(shared + kTiles * kBytesA, kTiles * 64 * 128) + step * 128;
      if constexpr (kSource == ASource::kRegisters) {
        Product::multiply(sums, registers[step], b, step > 0);
      } else {
        Product::multiply(sums, a, b, step > 0);
      }
    }
    wgmma_commit();
    wgmma_wait<0>();
#pragma unroll
    for (int j = 0; j < kN / 8; ++j) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        arguments.output[(row + e / 2 * 8) * kN + 8 * j + quarter * 2 + e % 2] = sums[j][e];
      }
    }
  }
};

template <int kN, Operand kA, Operand kB, mc::hopper::Major kMajor, ASource kSource>
void product_equals_the_reference() {
  using Kernel = ProductKernel<kN, kA, kB, kMajor, kSource>;
  constexpr int kElement = Kernel::kElementBytes, kDepth = Kernel::kTiles * 128 / kElement;
  constexpr int kInputs = Kernel::kKBytes / kElement;
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    Random random(kN);
    auto draw = [&](Operand o) {
      return o == Operand::kS8   ? random.between(-128, 127)
             : o == Operand::kU8 ? random.between(0, 255)
                                 : random.between(-8, 8);
    };
    platform::Array<unsigned char> a(Kernel::kRows * Kernel::kKBytes), b(Kernel::kTiles * Kernel::kBytesB);
    std::vector<int> of_a(64 * kDepth), of_b(kN * kDepth);
    auto put = [&](platform::Array<unsigned char>& bytes, size_t place, int value) {
      const int bits = kElement == 2 ? float_to_half(static_cast<float>(value)) : value;
      for (int i = 0; i < kElement; ++i) bytes[place + i] = static_cast<unsigned char>(bits >> 8 * i);
    };
    for (int m = 0; m < Kernel::kRows; ++m) {
      for (int k = 0; k < kInputs; ++k) put(a, (m * kInputs + k) * kElement, of_a[m * kDepth + k] = draw(kA));
    }
    for (int n = 0; n < kN; ++n) {
      for (int k = 0; k < kDepth; ++k) {
        const int value = of_b[n * kDepth + k] = draw(kB);
        int place = 0;
        if (kMajor == mc::hopper::Major::kK) {
          const int byte = k * kElement;
          place = (byte / 128 * kN + n) * 128 + (byte % 128 / 16 ^ n % 8) * 16 + byte % 16;
        } else {
          place = (n / 64 * kDepth + k) * 128 + (n % 64 / 8 ^ k % 8) * 16 + n % 8 * 2;
        }
        put(b, place, value);
      }
    }
    platform::Array<typename Kernel::Accumulator> output(64 * kN, 0xff);
    typename Kernel::Arguments arguments;
    arguments.a = platform::tensor_map(a.device(), Kernel::kKBytes, Kernel::kRows, 64);
    arguments.b = b.device(), arguments.output = output.device();
    platform::Shape shape;
    shape.shared_bytes = Kernel::kSharedBytes;
    const std::string name = "wgmma n" + std::to_string(kN) + " of formats " + std::to_string(static_cast<int>(kA)) +
                             ", " + std::to_string(static_cast<int>(kB)) +
                             (kSource == ASource::kRegisters ? ", registers" : ", shared");
    const bool ended = platform::launch<Kernel, 128>(name, shape, arguments);
    long long wrong = 0;
    for (int m = 0; m < 64; ++m) {
      for (int n = 0; n < kN; ++n) {
        int sum = 0;
        for (int k = 0; k < kDepth; ++k) sum += of_a[m * kDepth + k] * of_b[n * kDepth + k];
        wrong += output[m * kN + n] != static_cast<typename Kernel::Accumulator>(sum);
      }
    }
    report(name, ended ? wrong : 1, 64 * kN);
  }
}

// A pipeline of two stages across a cluster: block r loads slice r of every tile for all blocks, consumers release a
// stage to all producers, then blocks exchange their tiles' sums, and store them and the last tile in bulk.
struct ClusterKernel {
  static constexpr int kBlocks = 4, kTiles = 7, kStages = 2, kSliceBytes = 128, kTileBytes = kBlocks * kSliceBytes;
  static constexpr int kSums = kStages * kTileBytes;         // [kBlocks][2] words
  static constexpr int kBarriers = kSums + kBlocks * 2 * 4;  // full, empty [kStages], exchange
  static constexpr int kSharedBytes = kBarriers + (2 * kStages + 1) * 8;
  static constexpr int kOutputBytes = kTileBytes + kBlocks * 8;  // of a block

  struct Arguments {
    const unsigned char* tiles;  // [kTiles][kTileBytes]
    unsigned char* output;       // [kBlocks][kOutputBytes]
  };

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    using namespace mc::hopper;
    const unsigned shared = mc::ptx::shared_address(mc::ptx::dynamic_shared());
    const unsigned full = shared + kBarriers, empty = full + 8 * kStages, exchange = empty + 8 * kStages;
    const int thread = static_cast<int>(threadIdx.x), rank = mc::ptx::cluster_rank();
    if (thread == 0) {
      for (int stage = 0; stage < kStages; ++stage)
        barrier_init(full + 8 * stage, 1), barrier_init(empty + 8 * stage, kBlocks * kWarpGroup);
      barrier_init(exchange, 1);
      barrier_init_fence();
    }
    mc::ptx::cluster_barrier();
    if (thread < kWarpGroup) {
      registers_shrink<40>();
      if (thread == 0) {
        for (int tile = 0; tile < kTiles; ++tile) {
          const int stage = tile % kStages;
          barrier_wait(empty + 8 * stage, tile / kStages % 2 ^ 1);
          barrier_arrive_expect(full + 8 * stage, kTileBytes);
          load_bulk_multicast(shared + stage * kTileBytes + rank * kSliceBytes,
                              arguments.tiles + tile * kTileBytes + rank * kSliceBytes, kSliceBytes, full + 8 * stage,
                              (1 << kBlocks) - 1);
        }
      }
    } else {
      registers_grow<208>();
      unsigned sum = 0;  // of the bytes at this thread's places, weighted by the rank
      for (int tile = 0; tile < kTiles; ++tile) {
        const int stage = tile % kStages;
        barrier_wait(full + 8 * stage, tile / kStages % 2);
        const unsigned char* bytes = mc::ptx::dynamic_shared() + stage * kTileBytes;
        for (int i = thread - kWarpGroup; i < kTileBytes; i += kWarpGroup) sum += bytes[i] * (rank + 1u) * (tile + 1u);
        for (int to = 0; to < kBlocks; ++to) barrier_arrive_cluster_after_reads(empty + 8 * stage, to);
      }
      for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
      auto* sums = reinterpret_cast<unsigned*>(mc::ptx::dynamic_shared() + kSums);
      if (thread == kWarpGroup) {
        barrier_arrive_expect(exchange, kBlocks * 8);
        for (int to = 0; to < kBlocks; ++to) {
          store_cluster(shared + kSums + rank * 8, make_uint2(sum, ~sum), exchange, to);
        }
        barrier_wait(exchange, 0);
        for (int from = 0; from < kBlocks; ++from) sums[2 * from + 1] = ~sums[2 * from + 1];
        fence_async_proxy();
        unsigned char* output = arguments.output + rank * kOutputBytes;
        store_bulk(output, shared + (kTiles - 1) % kStages * kTileBytes, kTileBytes);
        store_commit();
        store_bulk(output + kTileBytes, shared + kSums, kBlocks * 8);
        store_commit();
        store_wait_read<1>();
        store_wait<0>();
      }
    }
    mc::ptx::cluster_barrier();
  }
};

inline void cluster_pipeline_equals_the_reference() {
  using Kernel = ClusterKernel;
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    Random random(5);
    platform::Array<unsigned char> tiles(Kernel::kTiles * Kernel::kTileBytes);
    platform::Array<unsigned char> output(2 * Kernel::kBlocks * Kernel::kOutputBytes, 0xa5);
    unsigned first_warp = 0;  // the bytes that the consumers' first warp sees, weighted by the tile
    for (int tile = 0; tile < Kernel::kTiles; ++tile) {
      for (int i = 0; i < Kernel::kTileBytes; ++i) {
        const auto byte = tiles[tile * Kernel::kTileBytes + i] = static_cast<unsigned char>(random.between(0, 255));
        if (i % 128 < 32) first_warp += byte * (tile + 1u);
      }
    }
    platform::Shape shape;
    shape.columns = shape.cluster = Kernel::kBlocks;
    shape.shared_bytes = Kernel::kSharedBytes;
    const Kernel::Arguments arguments = {tiles.device(), output.device()};
    const bool ended = platform::launch<Kernel, 256>("cluster pipeline", shape, arguments);
    long long wrong = 0;
    for (int block = 0; block < Kernel::kBlocks; ++block) {
      const int first = block * Kernel::kOutputBytes;
      for (int i = 0; i < Kernel::kTileBytes; ++i) {
        wrong += output[first + i] != tiles[(Kernel::kTiles - 1) * Kernel::kTileBytes + i];
      }
      for (int from = 0; from < Kernel::kBlocks; ++from) {
        unsigned words[2];
        for (int i = 0; i < 8; ++i) {
          reinterpret_cast<unsigned char*>(words)[i] = output[first + Kernel::kTileBytes + from * 8 + i];
        }
        wrong += words[0] != first_warp * (from + 1u) || words[1] != words[0];
      }
    }
    report("cluster pipeline", ended ? wrong : 1, Kernel::kBlocks * Kernel::kOutputBytes);
  }
}

// Each of kBlocks blocks knows a part of kRows rows, one or two floats, kExchanges times. All learn the parts of all.
template <int kBlocks_, int kWords_, int kLanes>
struct SlotsKernel {
  static constexpr int kBlocks = kBlocks_, kWords = kWords_, kRows = 32, kExchanges = 2, kThreads = kRows * kLanes;
  using Slots = mc::hopper::RowSlots<kBlocks, kWords, kExchanges, kLanes, kLanes == 4 ? 8 : 32 / kWords>;

  struct Arguments {
    const float2* parts;  // [kExchanges][kBlocks][kRows]
    void* slots;          // row_slots.cuh
    float2* output;       // [kBlocks][kExchanges][kRows][kBlocks]
  };

  __device__ __forceinline__ static void run(const Arguments& arguments) {
    const Slots slots{static_cast<typename Slots::Word*>(arguments.slots)};
    const int block = static_cast<int>(blockIdx.x), row = static_cast<int>(threadIdx.x) / kLanes;
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    for (int exchange = 0; exchange < kExchanges; ++exchange) {
      if (lane == 0) slots.tell(row, exchange, block, arguments.parts[(exchange * kBlocks + block) * kRows + row]);
      typename Slots::template Received<1> received;
      const auto row_of = [&](int) { return row; };
      if constexpr (kLanes == 4) {
        if (exchange == 0) {
          slots.warp_receives(exchange, lane, row_of, received, Slots::is_filled);
        } else {
          slots.template warp_receives_rows<1>(exchange, lane, row_of, Slots::is_filled,
                                               [&](int r, const auto& of_row) { received.take(r, of_row); });
        }
      } else {
        slots.receive(exchange, lane, row_of, received);
      }
      float2* output = arguments.output + ((block * kExchanges + exchange) * kRows + row) * kBlocks;
      int part = lane;
      received.for_each(0, lane, [&](float2 values) {
        output[part] = values;
        part += kLanes;
      });
    }
  }
};

template <int kBlocks, int kWords, int kLanes>
void slots_equal_the_reference() {
  using Kernel = SlotsKernel<kBlocks, kWords, kLanes>;
  constexpr int kParts = Kernel::kExchanges * kBlocks * Kernel::kRows;
  platform::Array<float2> parts(kParts), output(static_cast<size_t>(kParts) * kBlocks, 0xff);
  platform::Array<unsigned char> slots(Kernel::Slots::bytes(Kernel::kRows));
  Random random(3);
  const float special[] = {0.0f, -0.0f, -INFINITY, INFINITY, -1e-40f, 3e38f};  // none may look like an empty slot
  for (int i = 0; i < kParts; ++i) {
    const auto number = [&](int place) { return place % 5 == 0 ? special[place / 5 % 6] : random.normal(3.0f); };
    parts[i] = make_float2(number(i), number(i + 7));
  }
  platform::Shape shape;
  shape.columns = kBlocks;
  shape.resident = true;
  const typename Kernel::Arguments arguments = {parts.device(), slots.device(), output.device()};
  const std::string name = "slots, " + std::to_string(kBlocks) + " parts of " + std::to_string(kWords) + ", " +
                           std::to_string(kLanes) + " lanes";
  const bool ended = platform::launch<Kernel, Kernel::kThreads>(name, shape, arguments);
  long long wrong = 0;
  for (int block = 0; block < kBlocks; ++block) {
    for (int exchange = 0; exchange < Kernel::kExchanges; ++exchange) {
      for (int row = 0; row < Kernel::kRows; ++row) {
        for (int from = 0; from < kBlocks; ++from) {
          const float2 expected = parts[(exchange * kBlocks + from) * Kernel::kRows + row];
          const float2 found = output[((block * Kernel::kExchanges + exchange) * Kernel::kRows + row) * kBlocks + from];
          const float second = kWords == 2 ? expected.y : expected.x;
          wrong += std::memcmp(&found.x, &expected.x, 4) != 0 || std::memcmp(&found.y, &second, 4) != 0;
        }
      }
    }
  }
  report(name, ended ? wrong : 1, output.size());
}

inline void check_hopper_primitives() {
  using mc::hopper::Major;
  using O = Operand;
  product_equals_the_reference<8, O::kS8, O::kS8, Major::kK, ASource::kShared>();
  product_equals_the_reference<24, O::kU8, O::kS8, Major::kK, ASource::kShared>();
  product_equals_the_reference<192, O::kS8, O::kU8, Major::kK, ASource::kShared>();
  product_equals_the_reference<256, O::kU8, O::kU8, Major::kK, ASource::kShared>();
  product_equals_the_reference<96, O::kF16, O::kF16, Major::kK, ASource::kShared>();
  product_equals_the_reference<64, O::kF16, O::kF16, Major::kN, ASource::kShared>();
  product_equals_the_reference<128, O::kF16, O::kF16, Major::kN, ASource::kRegisters>();
  product_equals_the_reference<32, O::kF16, O::kF16, Major::kK, ASource::kRegisters>();
  product_equals_the_reference<16, O::kS8, O::kS8, Major::kK, ASource::kRegisters>();
  product_equals_the_reference<48, O::kS8, O::kU8, Major::kK, ASource::kRegisters>();
  cluster_pipeline_equals_the_reference();
  slots_equal_the_reference<3, 1, 4>();
  slots_equal_the_reference<16, 1, 4>();
  slots_equal_the_reference<24, 1, 1>();
  slots_equal_the_reference<3, 2, 4>();
  slots_equal_the_reference<8, 2, 4>();
  slots_equal_the_reference<12, 2, 1>();
}

}  // namespace checks
