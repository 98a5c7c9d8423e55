// The copies of the warp-specialised GEMM, by one thread.
#pragma once

#include "mc/dependency.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/gemm_arguments.cuh"
#include "mc/hopper/operand_stages.cuh"
#include "mc/hopper/work.cuh"

namespace mc::hopper {

template <class Problem, class Tile, RowScope kScope, int kClusterSize>
struct Producer {
  using Work = hopper::Work<Problem, Tile, kScope, kClusterSize>;
  using Weights = typename OperandStages<Problem, Tile, Work>::Weights;
  using Pipeline = typename OperandStages<Problem, Tile, Work>::Pipeline;
  using Step = StepPlace<Tile::kStages>;
  // Steps of the first tile's weights that need no stage to be given back.
  static constexpr int kEarly = Tile::kStationary || Weights::kSteps < Tile::kStages ? Weights::kSteps : Tile::kStages;

  __device__ __forceinline__ static void run(const GemmArguments& arguments, const Pipeline& pipeline,
                                             const Work& work) {
    prefetch_map(&arguments.activations);
    // Weights depend on no earlier kernel.
    const TilePlace early = work.place(0, 1);
    for (int step = 0; step < kEarly; ++step) {
      if constexpr (Tile::kStationary) {
        barrier_arrive_expect(pipeline.kept(step), weight_bytes(early));
      } else {
        barrier_expect(pipeline.full(step), weight_bytes(early));
      }
      load_weights(weights_of(arguments, early, step), pipeline, early, step, step);
    }
    dependency_wait();
    const int tiles = work.tiles(*arguments.linear.token_count);
    if (tiles == 0) {
      for (int step = 0; step < kEarly; ++step) {
        if constexpr (!Tile::kStationary) barrier_arrive(pipeline.full(step));
        barrier_wait(weights_landed(pipeline, step), 0);
      }
      return;
    }
    Step at = Step::of(0);
    for (int tile = 0; tile < tiles; ++tile) {
      const TilePlace place = work.place(tile, tiles);
      const unsigned char* weights = weights_of(arguments, place, 0);
#pragma unroll 1
      for (int step = 0; step < Weights::kSteps; ++step, at.advance(), weights += kWeightStride) {
        const bool loaded = Tile::kStationary || (tile == 0 && step < kEarly);
        barrier_wait(pipeline.empty(at.stage), at.parity ^ 1);
        barrier_arrive_expect(pipeline.full(at.stage), Pipeline::kActivationBytes + (loaded ? 0 : weight_bytes(place)));
        if (!loaded) load_weights(weights, pipeline, place, step, at.stage);
        load_activations(arguments, pipeline, place, step, at.stage);
      }
    }
    dependency_release();
  }

 private:
  __device__ __forceinline__ static unsigned weights_landed(const Pipeline& pipeline, int step) {
    return Tile::kStationary ? pipeline.kept(step) : pipeline.full(step);
  }

  __device__ __forceinline__ static int weight_bytes(const TilePlace& place) {
    constexpr bool kWholeTiles = Weights::kRows % Tile::kN == 0;
    return kWholeTiles ? Tile::kWeightBytes : ::min(Tile::kN, Weights::kRows - place.first_column) * Tile::kStepBytes;
  }

  static constexpr long long kWeightStride = static_cast<long long>(Weights::kRows) * Tile::kStepBytes;  // of a step

  __device__ __forceinline__ static const unsigned char* weights_of(const GemmArguments& arguments,
                                                                    const TilePlace& place, int step) {
    return static_cast<const unsigned char*>(arguments.linear.weights) +
           (step * kWeightStride + static_cast<long long>(place.first_column) * Tile::kStepBytes);
  }

  __device__ __forceinline__ static void load_weights(const unsigned char* source, const Pipeline& pipeline,
                                                      const TilePlace& place, int step, int stage) {
    const unsigned target = pipeline.weights(step, stage);
    const unsigned barrier = Tile::kStationary ? pipeline.kept(step) : pipeline.full(stage);
    if constexpr (Pipeline::kRows == 1) {
      load_bulk(target, source, weight_bytes(place), barrier);
    } else if (pipeline.weight_loader(stage) == pipeline.rank) {
      load_bulk_multicast(target, source, weight_bytes(place), barrier, pipeline.column_mask());
    }
  }

  // Rows from the bucket's end on, and inputs from K on, become zero.
  __device__ __forceinline__ static void load_activations(const GemmArguments& arguments, const Pipeline& pipeline,
                                                          const TilePlace& place, int step, int stage) {
    const int byte = step * Pipeline::kRowBytes;
    const unsigned target = pipeline.activations(stage), barrier = pipeline.full(stage);
    if constexpr (Pipeline::kColumns == 1) {
      load_tile_2d(target, &arguments.activations, byte, place.first_row, barrier);
    } else if (pipeline.activation_loader(stage) == pipeline.rank) {
      load_tile_2d_multicast(target, &arguments.activations, byte, place.first_row, barrier, pipeline.row_mask());
    }
  }
};

}  // namespace mc::hopper
