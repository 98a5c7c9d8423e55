// Shared memory of qkv_attention.cuh, as offsets from its start, and the handover of queries, keys and values from the
// warp groups that project to those that attend.
//
// Queries, keys and values of a tile are rows of 128 bytes, 64 columns, with 16-byte chunk c of row r at c ^ (r % 8).
// There is one of each. Queries and keys are full when both projecting groups have written them, and empty when both
// attending groups have multiplied them; values likewise.
#pragma once

#include "mc/hopper/pipeline.cuh"
#include "mc/hopper/qkv_attention_config.cuh"
#include "mc/hopper/qkv_attention_work.cuh"

namespace mc::hopper {

template <class Config>
struct QkvAttentionShared {
  using Tile = typename Config::Tile;
  using Pipeline = hopper::Pipeline<Tile, QkvAttentionWork<Config>, Config::Weights::kSteps>;

  static constexpr int kRowBytes = 2 * Config::kHeadDim;
  static constexpr int kMatrixBytes = Config::kTokens * kRowBytes;
  static constexpr int kQueriesAt = 0;
  static constexpr int kKeysAt = kQueriesAt + kMatrixBytes;
  static constexpr int kValuesAt = kKeysAt + kMatrixBytes;
  static constexpr int kPipelineAt = kValuesAt + kMatrixBytes;
  static constexpr int kHandoverAt = kPipelineAt + Pipeline::kEnd;    // four barriers
  static constexpr int kColumnsAt = kHandoverAt + 4 * kBarrierBytes;  // scales, then biases, [3][64] f32 each
  static constexpr int kBytes = kColumnsAt + 2 * Tile::kN * 4;
  static_assert(kBytes <= 227 * 1024, "a block has at most 227 KiB of shared memory");
};

// Barriers of what is handed over once a unit of work; those who come to the unit's turn wait for its parity.
template <class Config>
struct QkvHandover {
  static constexpr int kWarps = 8;  // that write, and that read

  unsigned shared;  // address of the block's shared memory

  __device__ __forceinline__ unsigned scores_full() const { return at(0); }  // queries and keys
  __device__ __forceinline__ unsigned scores_empty() const { return at(1); }
  __device__ __forceinline__ unsigned values_full() const { return at(2); }
  __device__ __forceinline__ unsigned values_empty() const { return at(3); }

  __device__ __forceinline__ void init() const {
    for (int i = 0; i < 4; ++i) barrier_init(at(i), kWarps);
  }

  // By whole warps.
  __device__ __forceinline__ static void arrive(unsigned bar, int lane) {
    __syncwarp();
    if (lane == 0) barrier_arrive(bar);
  }

 private:
  __device__ __forceinline__ unsigned at(int i) const {
    return shared + QkvAttentionShared<Config>::kHandoverAt + i * kBarrierBytes;
  }
};

}  // namespace mc::hopper
