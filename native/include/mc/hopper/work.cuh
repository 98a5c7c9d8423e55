// Which tiles of the output a block computes, in which order.
//
// The grid has one dimension of persistent blocks, in clusters of kClusterSize. Units of work are dealt to clusters in
// turn, all units of a row block before those of the next, so that row blocks finish one after another:
//
//   RowScope::kCluster    a unit is a row block, or several neighbouring ones; their column tiles are the cluster's
//   blocks stationary weights    a cluster keeps to kClusterSize column tiles, one a block; a unit is a row block of
//   them else                  a unit is a column tile of kClusterSize neighbouring row blocks, one a block of the
//   cluster
#pragma once

#include "mc/hopper/wgmma_tile.cuh"
#include "mc/ptx.cuh"
#include "mc/tile.cuh"

namespace mc::hopper {

struct TilePlace {
  int first_row;
  int first_column;
};

template <class Problem, class Tile, RowScope kScope, int kClusterSize>
struct Work {
  static constexpr bool kAlongN = kScope == RowScope::kCluster || Tile::kStationary;
  static constexpr int kColumnTiles = (Problem::kN + Tile::kN - 1) / Tile::kN;
  static constexpr int kClusterColumns = kScope == RowScope::kCluster ? kColumnTiles  // column tiles of a cluster
                                         : Tile::kStationary          ? kClusterSize
                                                                      : 1;
  static constexpr int kClusterRows = kClusterSize / kClusterColumns;  // row blocks
  static constexpr int kUnitRows = Tile::kM * kClusterRows;
  static constexpr int kUnitsOfRows = kColumnTiles / kClusterColumns;
  static constexpr int kLanes = kAlongN ? kUnitsOfRows : 1;  // clusters that take up the units of a row block together
  static_assert(kClusterRows * kClusterColumns == kClusterSize && kColumnTiles % kClusterColumns == 0,
                "a cluster must have no idle block, and with RowScope::kCluster span all N columns");
  static_assert(!Tile::kStationary || kClusterRows == 1, "weights that stay are not shared");

  int rank = kClusterSize == 1 ? 0 : ptx::cluster_rank();
  int cluster = static_cast<int>(blockIdx.x) / kClusterSize;
  int first = cluster / kLanes;
  int stride = static_cast<int>(gridDim.x) / kClusterSize / kLanes;

  // Tiles of this block, the same for all blocks of its cluster.
  __device__ __forceinline__ int tiles(int tokens) const {
    const int units = (tokens + kUnitRows - 1) / kUnitRows * (kUnitsOfRows / kLanes);
    return units <= first || first >= stride ? 0 : (units - first + stride - 1) / stride;
  }

  __device__ __forceinline__ TilePlace place(int tile) const {
    const int unit = first + tile * stride;
    if constexpr (kAlongN) {
      return {unit * kUnitRows + rank / kClusterColumns * Tile::kM,
              (cluster % kLanes * kClusterColumns + rank % kClusterColumns) * Tile::kN};
    } else {
      return {(unit / kColumnTiles * kClusterSize + rank) * Tile::kM, unit % kColumnTiles * Tile::kN};
    }
  }
};

}  // namespace mc::hopper
