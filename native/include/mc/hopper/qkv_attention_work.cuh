// Which token tiles a block of qkv_attention.cuh computes. It keeps to one head; neighbouring clusters are the heads of
// the same tiles, which they compute at the same time, since they wait for one another. A unit of work is kClusterRows
// neighbouring tiles; units are dealt in turn to so many sets of clusters of all heads as the grid has.
#pragma once

#include "mc/ptx.cuh"

namespace mc::hopper {

template <class Config>
struct QkvAttentionWork {
  static constexpr int kClusterRows = Config::kClusterRows;
  static constexpr int kClusterColumns = Config::kClusterColumns;
  static constexpr int kClustersOfSet = Config::kHeads / kClusterColumns;

  int rank = Config::kClusterSize == 1 ? 0 : ptx::cluster_rank();
  int cluster = static_cast<int>(blockIdx.x) / Config::kClusterSize;
  int head = cluster % kClustersOfSet * kClusterColumns + rank % kClusterColumns;
  int first = cluster / kClustersOfSet;
  int stride = static_cast<int>(gridDim.x) / Config::kClusterSize / kClustersOfSet;

  // Units of the block, the same for all blocks of its cluster. count: of all token tiles.
  __device__ __forceinline__ int units(int count) const {
    const int all = (count + kClusterRows - 1) / kClusterRows;
    return all <= first ? 0 : (all - first + stride - 1) / stride;
  }
  // Token tile of one of its units; at or beyond `count` where the last unit is not whole.
  __device__ __forceinline__ int tile(int unit) const {
    return (first + unit * stride) * kClusterRows + rank / kClusterColumns;
  }
};

}  // namespace mc::hopper
