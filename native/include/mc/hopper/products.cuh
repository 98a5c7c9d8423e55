// The sum over K of one warp group's part of a tile.
//
// With w = warp of the group, g = lane / 4, t = lane % 4: sums[i][j][2 h + e] is row 64 i + 16 w + 8 h + g and column
// 8 j + 2 t + e of the tile in shared memory, which is output 32 (j / 4) + 8 t + 2 (j % 4) + e (weight_tiles.cuh).
#pragma once

#include "mc/hopper/operand_stages.cuh"
#include "mc/hopper/wgmma.cuh"

namespace mc::hopper {

template <class Problem, class Tile, class Work, bool kPacked = OperandStages<Problem, Tile, Work>::kPacked>
struct Products {
  using Weights = typename OperandStages<Problem, Tile, Work>::Weights;
  using Product = Wgmma<Tile::kN, Problem::kActivation, Problem::kWeight>;
  using Pipeline = typename OperandStages<Problem, Tile, Work>::Pipeline;

  struct Result {
    typename Product::Sums sums[Tile::kBlocksM];
  };

  // pipeline: a Pipeline, or what adds to its release(). first_row: of the warp group, within the tile. first_step: of
  // the tile, among all steps of the block. issued(): called when the last product has been started.
  template <class Stages, class Issued>
  __device__ __forceinline__ static void run(const Stages& pipeline, int first_row, int lane, int first_step,
                                             Result& result, Issued&& issued) {
    if constexpr (Weights::kSteps % Tile::kStages == 0) {
      run_rounds(pipeline, first_row, lane, first_step, result, issued);
    } else {
      run_steps(pipeline, first_row, lane, first_step, result, issued);
    }
  }

 private:
  // Where every tile begins at stage 0, the compiler knows each step's stage: a quarter of the instructions. They
  // count, because warps that wait for nothing, those in an epilogue, are served as often as these.
  template <class Stages, class Issued>
  __device__ __forceinline__ static void run_rounds(const Stages& pipeline, int first_row, int lane, int first_step,
                                                    Result& result, Issued&& issued) {
    constexpr int kRounds = Weights::kSteps / Tile::kStages;
    int parity = first_step / Tile::kStages & 1;
    run_round<true>(pipeline, first_row, lane, first_step, 0, parity, result);
#pragma unroll 1
    for (int round = 1; round < kRounds; ++round) {
      run_round<false>(pipeline, first_row, lane, first_step, round, parity ^= 1, result);
    }
    issued();
    finish(pipeline, Tile::kStages - 1, lane, result);
  }

  template <bool kFirst, class Stages>
  __device__ __forceinline__ static void run_round(const Stages& pipeline, int first_row, int lane, int first_step,
                                                   int round, int parity, Result& result) {
#pragma unroll
    for (int stage = 0; stage < Tile::kStages; ++stage) {
      const int step = round * Tile::kStages + stage;
      constexpr int kBefore = Tile::kStages - 1;
      if (kFirst && stage == 0) {
        multiply<false>(pipeline, first_row, first_step, step, {stage, parity}, result);
      } else {
        multiply<true>(pipeline, first_row, first_step, step, {stage, parity}, result);
        wgmma_wait<1>();
        pipeline.release((stage + kBefore) % Tile::kStages, lane);
      }
    }
  }

  template <class Stages, class Issued>
  __device__ __forceinline__ static void run_steps(const Stages& pipeline, int first_row, int lane, int first_step,
                                                   Result& result, Issued&& issued) {
    StepPlace<Tile::kStages> at = StepPlace<Tile::kStages>::of(first_step);
    multiply<false>(pipeline, first_row, first_step, 0, at, result);
#pragma unroll 1
    for (int step = 1; step < Weights::kSteps; ++step) {
      const int before = at.stage;
      at.advance();
      multiply<true>(pipeline, first_row, first_step, step, at, result);
      wgmma_wait<1>();
      pipeline.release(before, lane);
    }
    issued();
    finish(pipeline, at.stage, lane, result);
  }

  template <class Stages>
  __device__ __forceinline__ static void finish(const Stages& pipeline, int stage, int lane, Result& result) {
    wgmma_wait<0>();
    wgmma_hold(result.sums);
    pipeline.release(stage, lane);
  }

  // kAdd: to what result holds; else it begins anew.
  template <bool kAdd, class Stages>
  __device__ __forceinline__ static void multiply(const Stages& pipeline, int first_row, int first_step, int step,
                                                  StepPlace<Tile::kStages> at, Result& result) {
    const bool is_first_tile = first_step < Tile::kTeams * Weights::kSteps;
    if (Tile::kStationary && is_first_tile) barrier_wait(pipeline.kept(step), 0);
    barrier_wait(pipeline.full(at.stage), at.parity);
    const unsigned long long a = k_major_descriptor(pipeline.activations(at.stage) + first_row * Tile::kStepBytes);
    const unsigned long long b = k_major_descriptor(pipeline.weights(step, at.stage));
    wgmma_hold(result.sums);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; ++k) {  // 32 bytes each
#pragma unroll
      for (int i = 0; i < Tile::kBlocksM; ++i) {
        Product::multiply(result.sums[i], a + 512 * i + 2 * k, b + 2 * k, kAdd || k > 0);
      }
    }
    wgmma_commit();
    wgmma_hold(result.sums);
  }
};

}  // namespace mc::hopper
