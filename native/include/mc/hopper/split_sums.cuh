// The one message of the split GEMM: every block of a cluster sends its partial sums of a row to the block that owns
// the row, which adds them. Integer sums are exact in any order. Where a partial sum surely fits, it travels in 16
// bits.
//
// Shared memory of the receiver: [kOwnedRows][kSplitK][N / 2] pairs of neighbouring columns, a pair in one word of two
// int16 or in two words of int32. The pairs of kGroup x 8 columns lie in the order in which a quad of lanes holds them,
// so that each lane sends kGroup of them by one or two stores:
//
//   pair (column / (8 kGroup)) * 4 kGroup + t * kGroup + j        column of the group: 8 j + 2 t + 0, 1
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/resident_mainloop.cuh"
#include "mc/hopper/split_tile.cuh"

namespace mc::hopper {

template <class Tile, int kCodeBits>
struct SplitSums {
  using Problem = typename Tile::Problem;
  using Block = typename Tile::Block;
  using Loop = ResidentMainloop<typename Tile::Part, Block>;

  // Codes are at most 2^(bits - 1) in size.
  static constexpr bool kNarrow =
      (static_cast<long long>(Tile::Part::kK) << (kCodeBits + bits_of(Problem::kWeight) - 2)) < (1 << 15);
  static constexpr int kPairBytes = kNarrow ? 4 : 8;
  static constexpr int kGroup = Block::kOwnedColumns % 4 == 0 ? 4 : 2;
  static constexpr int kMessageBytes = kGroup * kPairBytes;
  static constexpr int kRowBytes = Problem::kN / 2 * kPairBytes;
  static constexpr int kSharedBytes = Tile::kOwnedRows * Tile::kSplitK * kRowBytes;
  static_assert(is_signed(Problem::kActivation) && is_signed(Problem::kWeight) && !is_float(Problem::kActivation),
                "sums of symmetric codes are exchanged");
  static_assert(Block::kOwnedColumns % kGroup == 0, "a warp owns whole groups of columns");
  static_assert(kGroup % Tile::kPairs == 0, "the pairs of a thread belong to one lane's message");

  // By the threads that own sums of the block's product. offset: of the receivers' shared memory. arrived: barrier that
  // counts its bytes.
  __device__ __forceinline__ static void send(const SplitPlace<Tile>& place, const ResidentPlace<Block>& in_product,
                                              const typename Loop::Result& result, unsigned offset, unsigned arrived) {
    const int column = in_product.first_column + in_product.owned_column();
    const unsigned target =
        offset + place.part_k * kRowBytes + column / 2 * kPairBytes + in_product.lane % 4 * kMessageBytes;
#pragma unroll
    for (int r = 0; r < 2 * Block::kOwnedBlocksM; ++r) {
      const int row = in_product.owned_row() + in_product.lane / 4 + r / 2 * 16 + r % 2 * 8;
      const unsigned of_row = target + row / Tile::kRanks * Tile::kSplitK * kRowBytes;
#pragma unroll
      for (int j = 0; j < Block::kOwnedColumns; j += kGroup) {
        const unsigned message = of_row + 4 * j * kPairBytes;
        const auto pair = [&](int i, int e) { return result.sums[r / 2][j + i][r % 2 * 2 + e]; };
        const int rank = row % Tile::kRanks;
        if constexpr (!kNarrow) {
#pragma unroll
          for (int i = 0; i < kGroup; i += 2) {
            store_cluster(message + i * kPairBytes, make_uint4(pair(i, 0), pair(i, 1), pair(i + 1, 0), pair(i + 1, 1)),
                          arrived, rank);
          }
        } else if constexpr (kGroup == 2) {
          store_cluster(message, make_uint2(packed(pair(0, 0), pair(0, 1)), packed(pair(1, 0), pair(1, 1))), arrived,
                        rank);
        } else {
          store_cluster(message,
                        make_uint4(packed(pair(0, 0), pair(0, 1)), packed(pair(1, 0), pair(1, 1)),
                                   packed(pair(2, 0), pair(2, 1)), packed(pair(3, 0), pair(3, 1))),
                        arrived, rank);
        }
      }
    }
  }

  // Of a thread's row in the epilogue: its first column. Its pair c is 8 c columns further.
  __device__ __forceinline__ static int first_column(int row_thread) {
    const int pair = row_thread * Tile::kPairs;
    return pair / (4 * kGroup) * (8 * kGroup) + pair % kGroup * 8 + pair / kGroup % 4 * 2;
  }

  struct Result {
    int sums[1][Tile::kPairs][2];
  };

  // Adds the parts of a thread's pairs in the owned row `slot`, which have arrived. memory: the shared memory above.
  __device__ __forceinline__ static void add(const unsigned char* memory, int slot, int row_thread, Result& result) {
#pragma unroll
    for (int c = 0; c < Tile::kPairs; ++c) result.sums[0][c][0] = result.sums[0][c][1] = 0;
    const unsigned char* source = memory + slot * Tile::kSplitK * kRowBytes + row_thread * Tile::kPairs * kPairBytes;
#pragma unroll
    for (int part = 0; part < Tile::kSplitK; ++part) {
#pragma unroll
      for (int c = 0; c < Tile::kPairs; ++c) {
        if constexpr (kNarrow) {
          const unsigned words = *reinterpret_cast<const unsigned*>(source + part * kRowBytes + c * 4);
          result.sums[0][c][0] += static_cast<short>(words & 0xffffu);
          result.sums[0][c][1] += static_cast<int>(words) >> 16;
        } else {
          const uint2 words = *reinterpret_cast<const uint2*>(source + part * kRowBytes + c * 8);
          result.sums[0][c][0] += static_cast<int>(words.x);
          result.sums[0][c][1] += static_cast<int>(words.y);
        }
      }
    }
  }

 private:
  __device__ __forceinline__ static unsigned packed(int first, int second) {
    return __byte_perm(static_cast<unsigned>(first), static_cast<unsigned>(second), 0x5410);
  }
};

}  // namespace mc::hopper
