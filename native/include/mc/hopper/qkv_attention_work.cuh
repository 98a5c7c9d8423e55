// Which token tiles a block of qkv_attention.cuh computes. It keeps to one head; neighbouring blocks are the heads of a
// token tile, which they compute at the same time, since they wait for one another. Tiles are dealt in turn to so many
// sets of kHeads blocks as the grid has.
#pragma once

#include "mc/ptx.cuh"

namespace mc::hopper {

template <class Config>
struct QkvAttentionWork {
  static constexpr int kClusterRows = 1;
  static constexpr int kClusterColumns = Config::kClusterSize;

  int rank = Config::kClusterSize == 1 ? 0 : ptx::cluster_rank();
  int head = static_cast<int>(blockIdx.x) % Config::kHeads;
  int first = static_cast<int>(blockIdx.x) / Config::kHeads;
  int stride = static_cast<int>(gridDim.x) / Config::kHeads;

  // Of the block, among `count`.
  __device__ __forceinline__ int tiles(int count) const {
    return count <= first ? 0 : (count - first + stride - 1) / stride;
  }
  __device__ __forceinline__ int place(int tile) const { return first + tile * stride; }
};

}  // namespace mc::hopper
