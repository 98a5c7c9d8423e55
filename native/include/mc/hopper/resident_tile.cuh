// How a block of the resident GEMM (resident_gemm.cuh) divides its tile among warps: along N and, because few tokens
// leave little else to share out, along K.
#pragma once

namespace mc::hopper {

// The block computes kTileM tokens x kTileN outputs. Its warps form a kWarpsN x kWarpsK grid: each has all rows, its
// part of the columns, and every kWarpsK-th block of inputs. Activations arrive in kChunks equal parts of K.
template <int kTileM_, int kTileN_, int kWarpsN_, int kWarpsK_, int kChunks_>
struct ResidentTile {
  static constexpr int kTileM = kTileM_;
  static constexpr int kTileN = kTileN_;
  static constexpr int kWarpsN = kWarpsN_;
  static constexpr int kWarpsK = kWarpsK_;
  static constexpr int kChunks = kChunks_;
  static constexpr int kThreads = 32 * kWarpsN * kWarpsK;

  // Per warp, before the sums over K meet: blocks of 16 rows, blocks of 16 columns, groups of 8 columns.
  static constexpr int kWarpN = kTileN / kWarpsN;
  static constexpr int kBlocksM = kTileM / 16;
  static constexpr int kBlocksN = kWarpN / 16;
  static constexpr int kColumns = 2 * kBlocksN;

  // Afterwards the tile belongs to kOwners of the kWarpsK warps that share its columns: each owns a part of the rows,
  // or else of the columns. The other warps have finished.
  static constexpr int owners() {
    int owners = kWarpsK;
    while (kBlocksM % owners != 0 && kColumns % owners != 0) --owners;
    return owners;
  }
  static constexpr int kOwners = owners();
  static constexpr int kRowOwners = kBlocksM % kOwners == 0 ? kOwners : 1;
  static constexpr int kColumnOwners = kOwners / kRowOwners;
  static constexpr int kOwnedBlocksM = kBlocksM / kRowOwners;
  static constexpr int kOwnedColumns = kColumns / kColumnOwners;
  static constexpr int kEpilogueThreads = 32 * kWarpsN * kOwners;

  static_assert(kTileM % 16 == 0 && kTileM > 0, "a tile has whole blocks of 16 tokens");
  static_assert(kTileN % (16 * kWarpsN) == 0, "each warp must own whole blocks of 16 outputs");
  static_assert(kChunks >= 1 && kChunks <= 8, "activations arrive in 1 to 8 parts");
  static_assert(kThreads >= 32 && kThreads <= 512, "a block has 1 to 16 warps");
  static_assert(kBlocksM * kColumns <= 24, "registers would spill: a warp has at most 24 tiles of 16 x 8 outputs");
};

// Where a thread stands: its block's corner in the output, its warp in the block, its lane. The warps of the lowest
// warp_k are the first of the block; those below kOwners go on to the epilogue.
template <class Tile>
struct ResidentPlace {
  int first_row;     // of the block
  int first_column;  // of the block
  int warp_n;
  int warp_k;
  int lane;

  __device__ __forceinline__ static ResidentPlace current() {
    const int warp = static_cast<int>(threadIdx.x) / 32;
    return {static_cast<int>(blockIdx.y) * Tile::kTileM, static_cast<int>(blockIdx.x) * Tile::kTileN,
            warp % Tile::kWarpsN, warp / Tile::kWarpsN, static_cast<int>(threadIdx.x) % 32};
  }

  // Of the epilogue's threads, which are the first of the block.
  __device__ __forceinline__ bool owns() const { return warp_k < Tile::kOwners; }
  // Within the tile, of the first row and the first column that this warp owns.
  __device__ __forceinline__ int owned_row() const {
    return Tile::kRowOwners == 1 ? 0 : warp_k * Tile::kOwnedBlocksM * 16;
  }
  __device__ __forceinline__ int owned_column() const {
    return warp_n * Tile::kWarpN + (Tile::kColumnOwners == 1 ? 0 : warp_k * Tile::kOwnedColumns * 8);
  }
};

}  // namespace mc::hopper
