// How a cluster of the split GEMM (split_gemm.cuh) divides kTileM tokens x all N outputs among its blocks: each of them
// has N / kSplitN outputs and K / kSplitK inputs of the product, and afterwards whole rows of its sums.
#pragma once

#include "mc/hopper/resident_tile.cuh"

namespace mc::hopper {

// Block `rank` of the cluster multiplies inputs of part rank % kSplitK with outputs of part rank / kSplitK, and owns
// the rows m of the tile with m % kRanks == rank. kWarpsN x kWarpsK warps divide a block's product as in ResidentTile;
// the first kEpilogueWarps of them share its rows' epilogue. Few are faster: what each warp does for a row as a whole
// is the same for all.
template <class Problem_, int kTileM_, int kSplitN_, int kSplitK_, int kWarpsN_, int kWarpsK_, int kEpilogueWarps>
struct SplitTile {
  using Problem = Problem_;
  static constexpr int kTileM = kTileM_;
  static constexpr int kSplitN = kSplitN_;
  static constexpr int kSplitK = kSplitK_;
  static constexpr int kRanks = kSplitN * kSplitK;
  static constexpr int kTileN = Problem::kN / kRanks;  // a block's share of the outputs, so gridDim.x = N / kTileN
  static_assert(Problem::kN % kSplitN == 0 && Problem::kK % kSplitK == 0, "parts must divide N and K");

  // A block's product, as a problem of its own.
  using Part = GemmProblem<Problem::kN / kSplitN, Problem::kK / kSplitK, Problem::kActivation, Problem::kWeight,
                           Problem::kGroup>;
  using Block = ResidentTile<kTileM, Part::kN, kWarpsN_, kWarpsK_, 1>;
  static constexpr int kThreads = Block::kThreads;

  // A block's rows in the epilogue. A thread holds kPairs pairs of neighbouring columns of one row.
  static constexpr int kOwnedRows = kTileM / kRanks;
  static constexpr int kEpilogueThreads = 32 * kEpilogueWarps;
  static constexpr int kRowThreads = kEpilogueThreads / kOwnedRows;
  static constexpr int kRowWarps = kRowThreads / 32;
  static constexpr int kPairs = Problem::kN / 2 / kRowThreads;

  static_assert(kRanks == 8 || kRanks == 16, "a cluster has 8 or 16 blocks");
  static_assert(kTileM % kRanks == 0, "each block owns as many rows");
  static_assert(kEpilogueThreads <= kThreads && kEpilogueWarps % kOwnedRows == 0,
                "each row is shared by as many whole warps");
  static_assert(kPairs * 2 * kRowThreads == Problem::kN, "the threads of a row divide its pairs");
};

// Where a block stands in its cluster.
template <class Tile>
struct SplitPlace {
  int part_n;  // of the outputs
  int part_k;  // of the inputs
  int rank;

  // Launches have gridDim.x = kRanks, so the block's rank is its index.
  __device__ __forceinline__ static SplitPlace current() {
    const int rank = static_cast<int>(blockIdx.x);
    return {rank / Tile::kSplitK, rank % Tile::kSplitK, rank};
  }
  // Of the calling thread in the block's product. Its first column is that of the part of the outputs.
  __device__ __forceinline__ ResidentPlace<typename Tile::Block> in_product() const {
    auto place = ResidentPlace<typename Tile::Block>::current();
    place.first_column = part_n * Tile::Part::kN;
    return place;
  }
};

}  // namespace mc::hopper
