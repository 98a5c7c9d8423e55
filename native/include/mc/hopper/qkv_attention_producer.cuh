// The copies of qkv_attention.cuh, by one thread: the weights of a head, once or for every token tile, and the
// activations of token tiles.
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

  // Steps of the first tile's weights that need no stage to be given back.
  static constexpr int kEarly = Tile::kStationary || Weights::kSteps < Tile::kStages ? Weights::kSteps : Tile::kStages;

  __device__ __forceinline__ static void run(const QkvAttentionArguments& arguments, const Pipeline& pipeline,
                                             const Work& work) {
    prefetch_map(&arguments.activations);
    // Weights depend on no earlier kernel.
    for (int step = 0; step < kEarly; ++step) {
      if constexpr (Tile::kStationary) {
        barrier_arrive_expect(pipeline.kept(step), Tile::kWeightBytes);
      } else {
        barrier_expect(pipeline.full(step), Tile::kWeightBytes);
      }
      load_weights(arguments, pipeline, work.head, step, step);
    }
    const int count = *arguments.tile_count;
    const int units = work.units(count);
    dependency_wait();
    if (units == 0) {
      for (int step = 0; step < kEarly; ++step) {
        if constexpr (!Tile::kStationary) barrier_arrive(pipeline.full(step));
        barrier_wait(Tile::kStationary ? pipeline.kept(step) : pipeline.full(step), 0);
      }
      return;
    }
    StepPlace<Tile::kStages> at = StepPlace<Tile::kStages>::of(0);
    for (int unit = 0; unit < units; ++unit) {
      const int first_token = arguments.tiles[::min(work.tile(unit), count - 1)].first_token;
#pragma unroll 1
      for (int step = 0; step < Weights::kSteps; ++step, at.advance()) {
        const bool loaded = Tile::kStationary || (unit == 0 && step < kEarly);
        barrier_wait(pipeline.empty(at.stage), at.parity ^ 1);
        barrier_arrive_expect(pipeline.full(at.stage), Tile::kActivationBytes + (loaded ? 0 : Tile::kWeightBytes));
        if (!loaded) load_weights(arguments, pipeline, work.head, step, at.stage);
        load_activations(arguments, pipeline, first_token, step, at.stage);
      }
    }
    dependency_release();
  }

 private:
  // Queries, keys and values of a head are three runs of rows.
  __device__ __forceinline__ static void load_weights(const QkvAttentionArguments& arguments, const Pipeline& pipeline,
                                                      int head, int step, int stage) {
    constexpr int kRunBytes = Config::kHeadDim * Tile::kStepBytes;
    const unsigned bar = Tile::kStationary ? pipeline.kept(step) : pipeline.full(stage);
    if (Pipeline::kRows > 1 && pipeline.weight_loader(stage) != pipeline.rank) return;
#pragma unroll
    for (int part = 0; part < 3; ++part) {
      const long long row =
          static_cast<long long>(step) * Weights::kRows + part * Config::kHidden + head * Config::kHeadDim;
      const unsigned char* source = static_cast<const unsigned char*>(arguments.weights) + row * Tile::kStepBytes;
      const unsigned target = pipeline.weights(step, stage) + part * kRunBytes;
      if constexpr (Pipeline::kRows == 1) {
        load_bulk(target, source, kRunBytes, bar);
      } else {
        load_bulk_multicast(target, source, kRunBytes, bar, pipeline.column_mask());
      }
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
