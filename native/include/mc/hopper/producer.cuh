// The copies of the warp-specialised GEMM, by one thread.
#pragma once

#include "mc/dependency.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/gemm_arguments.cuh"
#include "mc/hopper/pipeline.cuh"
#include "mc/hopper/weight_tiles.cuh"
#include "mc/hopper/work.cuh"

namespace mc::hopper {

// kPrefetchResidual: the epilogue adds a residual, which the L2 shall fetch while the tile is multiplied. The first
// tiles do without: where there are no others, the batch is small, and its residual still lies there.
template <class Problem, class Tile, RowScope kScope, int kClusterSize, bool kPrefetchResidual>
struct Producer {
  using Weights = WeightTiles<Problem::kWeight, Problem::kN, Problem::kK>;
  using Work = hopper::Work<Problem, Tile, kScope, kClusterSize>;
  using Pipeline = hopper::Pipeline<Tile, Work, Weights::kSteps>;
  using Step = StepPlace<Tile::kStages>;
  // Steps of the first tile's weights that need no stage to be given back.
  static constexpr int kEarly = Tile::kStationary || Weights::kSteps < Tile::kStages ? Weights::kSteps : Tile::kStages;

  __device__ __forceinline__ static void run(const GemmArguments& arguments, const Pipeline& pipeline,
                                             const Work& work) {
    prefetch_map(&arguments.activations);
    // Weights depend on no earlier kernel.
    const TilePlace early = work.place(0);
    for (int step = 0; step < kEarly; ++step) {
      if constexpr (Tile::kStationary) {
        barrier_arrive_expect(pipeline.kept(step), weight_bytes(early));
      } else {
        barrier_expect(pipeline.full(step), weight_bytes(early));
      }
      load_weights(arguments, pipeline, early, step, step);
    }
    dependency_wait();
    const int tokens = *arguments.linear.token_count;
    const int tiles = work.tiles(tokens);
    if (tiles == 0) {
      for (int step = 0; step < kEarly; ++step) {
        if constexpr (!Tile::kStationary) barrier_arrive(pipeline.full(step));
        barrier_wait(weights_landed(pipeline, step), 0);
      }
      return;
    }
    Step at = Step::of(0);
    for (int tile = 0; tile < tiles; ++tile) {
      const TilePlace place = work.place(tile);
#pragma unroll 1
      for (int step = 0; step < Weights::kSteps; ++step, at.advance()) {
        const bool loaded = Tile::kStationary || (tile == 0 && step < kEarly);
        barrier_wait(pipeline.empty(at.stage), at.parity ^ 1);
        barrier_arrive_expect(pipeline.full(at.stage), Tile::kActivationBytes + (loaded ? 0 : weight_bytes(place)));
        if (!loaded) load_weights(arguments, pipeline, place, step, at.stage);
        load_activations(arguments, pipeline, place, step, at.stage);
        if (kPrefetchResidual && tile >= Tile::kTeams) prefetch_residual(arguments, place, step, tokens);
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

  __device__ __forceinline__ static void load_weights(const GemmArguments& arguments, const Pipeline& pipeline,
                                                      const TilePlace& place, int step, int stage) {
    const long long line = static_cast<long long>(step) * Weights::kRows + place.first_column;
    const void* source = static_cast<const unsigned char*>(arguments.linear.weights) + line * Tile::kStepBytes;
    const unsigned target = pipeline.weights(step, stage);
    const unsigned barrier = Tile::kStationary ? pipeline.kept(step) : pipeline.full(stage);
    if constexpr (Pipeline::kRows == 1) {
      load_bulk(target, source, weight_bytes(place), barrier);
    } else if (pipeline.weight_loader(stage) == pipeline.rank) {
      load_bulk_multicast(target, source, weight_bytes(place), barrier, pipeline.column_mask());
    }
  }

  // A share of the rows with each step.
  __device__ __forceinline__ static void prefetch_residual(const GemmArguments& arguments, const TilePlace& place,
                                                           int step, int tokens) {
    constexpr int kRows = (Tile::kM + Weights::kSteps - 1) / Weights::kSteps;
    const int first = place.first_row + step * kRows;
    const int end = ::min(::min(first + kRows, place.first_row + Tile::kM), tokens);
    const int columns = ::min(Tile::kN, Problem::kN - place.first_column);
#pragma unroll 1
    for (int row = first; row < end; ++row) {
      prefetch_bulk_l2(arguments.linear.residual + (static_cast<long long>(row) * Problem::kN + place.first_column),
                       2 * columns);
    }
  }

  // Rows from the bucket's end on, and inputs from K on, become zero.
  __device__ __forceinline__ static void load_activations(const GemmArguments& arguments, const Pipeline& pipeline,
                                                          const TilePlace& place, int step, int stage) {
    const int byte = step * Tile::kStepBytes;
    const unsigned target = pipeline.activations(stage), barrier = pipeline.full(stage);
    if constexpr (Pipeline::kColumns == 1) {
      load_tile_2d(target, &arguments.activations, byte, place.first_row, barrier);
    } else if (pipeline.activation_loader(stage) == pipeline.rank) {
      load_tile_2d_multicast(target, &arguments.activations, byte, place.first_row, barrier, pipeline.row_mask());
    }
  }
};

}  // namespace mc::hopper
