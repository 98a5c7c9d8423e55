// The sum over K of one warp group's part of a tile.
//
// With w = warp of the group, g = lane / 4, t = lane % 4: sums[i][j][2 h + e] is row 64 i + 16 w + 8 h + g and column
// 8 j + 2 t + e of the tile in shared memory, which is output 32 (j / 4) + 8 t + 2 (j % 4) + e (weight_tiles.cuh).
#pragma once

#include "mc/hopper/pipeline.cuh"
#include "mc/hopper/weight_tiles.cuh"
#include "mc/hopper/wgmma.cuh"

namespace mc::hopper {

template <class Problem, class Tile, int kClusterSize>
struct Products {
  using Weights = WeightTiles<Problem::kWeight, Problem::kN, Problem::kK>;
  using Product = Wgmma<Tile::kN, Problem::kActivation, Problem::kWeight>;
  using Pipeline = hopper::Pipeline<Tile, kClusterSize>;
  using Step = StepPlace<Tile::kStages>;

  struct Result {
    typename Product::Sums sums[Tile::kBlocksM];
  };

  // first_row: of the warp group, within the tile. at: place of the tile's first step. issued(): called when the last
  // product has been started.
  template <class Issued>
  __device__ __forceinline__ static void run(const Pipeline& pipeline, int first_row, int lane, Step at, Result& result,
                                             Issued&& issued) {
    multiply<true>(pipeline, first_row, at, result);
#pragma unroll 1
    for (int step = 1; step < Weights::kSteps; ++step) {
      const int before = at.stage;
      at.advance();
      multiply<false>(pipeline, first_row, at, result);
      wgmma_wait<1>();
      pipeline.release(before, lane);
    }
    issued();
    wgmma_wait<0>();
    wgmma_hold(result.sums);
    pipeline.release(at.stage, lane);
  }

 private:
  template <bool kFirst>
  __device__ __forceinline__ static void multiply(const Pipeline& pipeline, int first_row, Step at, Result& result) {
    barrier_wait(pipeline.full(at.stage), at.parity);
    const unsigned long long a = k_major_descriptor(pipeline.activations(at.stage) + first_row * Tile::kStepBytes);
    const unsigned long long b = k_major_descriptor(pipeline.weights(at.stage));
    wgmma_hold(result.sums);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; ++k) {  // 32 bytes each
#pragma unroll
      for (int i = 0; i < Tile::kBlocksM; ++i) {
        Product::multiply(result.sums[i], a + 512 * i + 2 * k, b + 2 * k, !kFirst || k > 0);
      }
    }
    wgmma_commit();
    wgmma_hold(result.sums);
  }
};

}  // namespace mc::hopper
