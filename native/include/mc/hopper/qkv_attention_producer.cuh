// The copies of qkv_attention.cuh, by one thread: the weights of a head once, then the activations of token tiles.
#pragma once

#include "mc/dependency.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/pipeline.cuh"
#include "mc/hopper/qkv_attention_config.cuh"
#include "mc/hopper/qkv_attention_work.cuh"

namespace mc::hopper {

template <class Config>
struct QkvAttentionProducer {
  using Tile = typename Config::Tile;
  using Weights = typename Config::Weights;
  using Work = QkvAttentionWork<Config>;
  using Pipeline = hopper::Pipeline<Tile, Work, Weights::kSteps>;

  __device__ __forceinline__ static void run(const QkvAttentionArguments& arguments, const Pipeline& pipeline,
                                             const Work& work) {
    prefetch_map(&arguments.activations);
    for (int step = 0; step < Weights::kSteps; ++step) load_weights(arguments, pipeline, work.head, step);
    const int tiles = work.tiles(*arguments.tile_count);
    dependency_wait();
    StepPlace<Tile::kStages> at = StepPlace<Tile::kStages>::of(0);
    for (int tile = 0; tile < tiles; ++tile) {
      const int first_token = arguments.tiles[work.place(tile)].first_token;
#pragma unroll 1
      for (int step = 0; step < Weights::kSteps; ++step, at.advance()) {
        barrier_wait(pipeline.empty(at.stage), at.parity ^ 1);
        barrier_arrive_expect(pipeline.full(at.stage), Tile::kActivationBytes);
        load_activations(arguments, pipeline, first_token, step, at.stage);
      }
    }
    dependency_release();
    // A block may not end while copies to it are under way.
    if (tiles == 0) {
      for (int step = 0; step < Weights::kSteps; ++step) barrier_wait(pipeline.kept(step), 0);
    }
  }

 private:
  // Queries, keys and values of a head are three runs of rows.
  __device__ __forceinline__ static void load_weights(const QkvAttentionArguments& arguments, const Pipeline& pipeline,
                                                      int head, int step) {
    constexpr int kRunBytes = Config::kHeadDim * Tile::kStepBytes;
    const unsigned bar = pipeline.kept(step);
    barrier_arrive_expect(bar, Tile::kWeightBytes);
    for (int part = 0; part < 3; ++part) {
      const long long row =
          static_cast<long long>(step) * Weights::kRows + part * Config::kHidden + head * Config::kHeadDim;
      load_bulk(pipeline.weights(step, 0) + part * kRunBytes,
                static_cast<const unsigned char*>(arguments.weights) + row * Tile::kStepBytes, kRunBytes, bar);
    }
  }

  __device__ __forceinline__ static void load_activations(const QkvAttentionArguments& arguments,
                                                          const Pipeline& pipeline, int first_token, int step,
                                                          int stage) {
    const int byte = step * Tile::kStepBytes;
    const unsigned target = pipeline.activations(stage), bar = pipeline.full(stage);
    if constexpr (Pipeline::kColumns == 1) {
      load_tile_2d(target, &arguments.activations, byte, first_token, bar);
    } else if (pipeline.activation_loader(stage) == pipeline.rank) {
      load_tile_2d_multicast(target, &arguments.activations, byte, first_token, bar, pipeline.row_mask());
    }
  }
};

}  // namespace mc::hopper
