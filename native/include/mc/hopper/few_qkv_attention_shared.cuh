// Shared memory of a block of few_qkv_attention.cuh:
//
//   weights, activations         as resident_mainloop.cuh says
//   queries                      [16][kRowStride]          of the block's token tile
//   keys, values                 [kKeys][kRowStride] each  of all tokens
//   barrier                      counts the bytes of queries, keys and values
//
// Blocks that do not attend leave what follows the activations unused. A row is 64 FP16 numbers and 16 bytes that spread
// the eight rows of an ldmatrix over all banks.
//
// The numbers of a row lie in the order in which the lanes of the product hold them, so that a lane sends its neighbours
// at once. With n-tiles of 8 columns, 32 columns a group, number 8 t + 2 j + e of a group is column 8 j + 2 t + e: lane t
// holds columns 2 t + e of n-tile j. Scores do not depend on the order, as queries and keys share it; the context's
// columns are in the order of the values.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/few_qkv_attention_config.cuh"
#include "mc/hopper/resident_mainloop.cuh"

namespace mc::hopper {

template <class Config>
struct FewQkvAttentionShared {
  using Loop = ResidentMainloop<typename Config::Problem, typename Config::Tile>;
  static constexpr int kRowStride = 2 * Config::kHeadDim + 16;
  static constexpr int kQueries = Loop::kSharedBytes;
  static constexpr int kKeys = kQueries + Config::kQueryTile * kRowStride;
  static constexpr int kValues = kKeys + Config::kKeys * kRowStride;
  static constexpr int kArrived = kValues + Config::kKeys * kRowStride;
  static constexpr int kBytes = kArrived + 16;
  static_assert(kBytes <= 227 * 1024, "the weights do not fit in shared memory: take more parts");

  // Of queries, keys and values, that `tiles` token tiles send to a block.
  __device__ __forceinline__ static int expected_bytes(int tiles) {
    return (1 + 2 * tiles) * Config::kQueryTile * 2 * Config::kHeadDim;
  }
};

}  // namespace mc::hopper
