// The copies of qkv_attention.cuh. There is no warp for them, which would leave the others too few registers: a warp of
// the group that gives a stage back starts the copies that fill it again, kStages steps ahead.
#pragma once

#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/qkv_attention_shared.cuh"
#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

// The stages of one part of a token tile, for Products::run.
template <class Config>
struct QkvAttentionFeed {
  using Pipeline = typename QkvAttentionShared<Config>::Pipeline;
  using Tile = typename Config::Tile;
  using Weights = typename Config::Weights;
  // Steps whose weights need no stage to be given back.
  static constexpr int kEarly = Tile::kStationary ? Weights::kSteps : Tile::kStages;

  const QkvAttentionArguments& arguments;
  const Pipeline& pipeline;
  int head;
  bool copies;     // whether this warp does
  int first_step;  // of the part, among all steps of the block
  int first_row;   // of the part's activations
  int next_row;    // of those of the next part; negative where there is none
  mutable int step = 0;

  __device__ __forceinline__ unsigned activations(int stage) const { return pipeline.activations(stage); }
  __device__ __forceinline__ unsigned weights(int k, int stage) const { return pipeline.weights(k, stage); }
  __device__ __forceinline__ unsigned full(int stage) const { return pipeline.full(stage); }
  __device__ __forceinline__ unsigned kept(int k) const { return pipeline.kept(k); }

  // By each reading warp, in the order of the steps.
  __device__ __forceinline__ void release(int stage, int lane) const {
    pipeline.release(stage, lane);
    const int ahead = step + Tile::kStages;
    const int row = ahead < Weights::kSteps ? first_row : next_row;
    if (copies && row >= 0) {
      __syncwarp();  // all lanes have seen the stage full
      barrier_wait(pipeline.empty(stage), (first_step + step) / Tile::kStages & 1);
      if (elect_one()) {
        fill(stage, ahead < Weights::kSteps ? ahead : ahead - Weights::kSteps, row, false);
      }
      __syncwarp();
    }
    ++step;
  }

  // By one thread. Weights depend on no earlier kernel.
  __device__ __forceinline__ void load_early_weights() const {
    for (int k = 0; k < kEarly; ++k) {
      if constexpr (Tile::kStationary) {
        barrier_arrive_expect(pipeline.kept(k), Tile::kWeightBytes);
      } else {
        barrier_expect(pipeline.full(k), Tile::kWeightBytes);
      }
      load_weights(k, k);
    }
  }

  // Fills all stages for the first time.
  __device__ __forceinline__ void begin() const {
    for (int stage = 0; stage < Tile::kStages; ++stage) fill(stage, stage, first_row, true);
  }

 private:
  // k: step of the part.
  __device__ __forceinline__ void fill(int stage, int k, int row, bool has_weights) const {
    has_weights |= Tile::kStationary;
    barrier_arrive_expect(pipeline.full(stage), Pipeline::kActivationBytes + (has_weights ? 0 : Tile::kWeightBytes));
    if (!has_weights) load_weights(k, stage);
    load_tile_2d(pipeline.activations(stage), &arguments.activations, k * Tile::kStepBytes, row, pipeline.full(stage));
  }

  // Queries, keys and values of a head are three runs of rows.
  __device__ __forceinline__ void load_weights(int k, int stage) const {
    constexpr int kRunBytes = Config::kHeadDim * Tile::kStepBytes;
    const unsigned bar = Tile::kStationary ? pipeline.kept(k) : pipeline.full(stage);
    if (Pipeline::kRows > 1 && pipeline.weight_loader(stage) != pipeline.rank) return;
#pragma unroll
    for (int run = 0; run < 3; ++run) {
      const long long row =
          static_cast<long long>(k) * Weights::kRows + run * Config::kHidden + head * Config::kHeadDim;
      const unsigned char* source = static_cast<const unsigned char*>(arguments.weights) + row * Tile::kStepBytes;
      const unsigned target = pipeline.weights(k, stage) + run * kRunBytes;
      if constexpr (Pipeline::kRows == 1) {
        load_bulk(target, source, kRunBytes, bar);
      } else {
        load_bulk_multicast(target, source, kRunBytes, bar, pipeline.column_mask());
      }
    }
  }
};

}  // namespace mc::hopper
