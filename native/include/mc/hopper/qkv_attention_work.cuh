// Which token tiles a block of qkv_attention.cuh computes. It keeps to one head; neighbouring clusters are the heads of
// the same tiles, which they compute at the same time, since they wait for one another. A unit of work is as many
// neighbouring tiles as a cluster has blocks; units are dealt in turn to so many sets of clusters of all heads as the
// grid has.
#pragma once

#include "mc/hopper/qkv_attention_config.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

template <class Config>
struct QkvAttentionWork {
  static constexpr int kClusterRows = Config::kClusterSize;
  static constexpr int kClusterColumns = 1;

  int rank = Config::kClusterSize == 1 ? 0 : ptx::cluster_rank();
  int cluster = static_cast<int>(blockIdx.x) / Config::kClusterSize;
  int head = cluster % Config::kHeads;
  int first = cluster / Config::kHeads;
  int stride = static_cast<int>(gridDim.x) / Config::kClusterSize / Config::kHeads;

  // Units of the block, the same for all blocks of its cluster; none of clusters that are left over from whole sets.
  // count: of all token tiles.
  __device__ __forceinline__ int units(int count) const {
    const int all = (count + kClusterRows - 1) / kClusterRows;
    return all <= first || first >= stride ? 0 : (all - first + stride - 1) / stride;
  }
  // Token tile of one of its units; at or beyond `count` where the last unit is not whole.
  __device__ __forceinline__ int tile(int unit) const { return (first + unit * stride) * kClusterRows + rank; }

  // First token of that tile, and one past the last; no token where the tile or the unit does not exist.
  __device__ __forceinline__ int2 tokens(const TokenTile* tiles, int unit, int count) const {
    const int index = tile(unit);
    return index < count ? *reinterpret_cast<const int2*>(tiles + index) : make_int2(0, 0);
  }
};

}  // namespace mc::hopper
