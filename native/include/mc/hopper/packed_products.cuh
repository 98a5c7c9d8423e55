// The sum over K of one warp group's part of a tile whose activations are packed: products.cuh with the first operand
// from registers.
//
// Registers of products under way may not be written. So there are two sets of them, and while the products of 64 rows
// of a step run, the operand of the next 64 rows, of the same step or the next, is read and widened.
#pragma once

#include "mc/hopper/packed_activations.cuh"
#include "mc/hopper/products.cuh"

namespace mc::hopper {

template <class Problem, class Tile, class Work>
struct Products<Problem, Tile, Work, true> {
  using Weights = typename OperandStages<Problem, Tile, Work>::Weights;
  using Pipeline = typename OperandStages<Problem, Tile, Work>::Pipeline;
  using Product = Wgmma<Tile::kN, Operand::kS8, Problem::kWeight>;

  struct Result {
    typename Product::Sums sums[Tile::kBlocksM];  // 16 times too large
  };

  // The arguments are those of products.cuh.
  template <class Issued>
  __device__ __forceinline__ static void run(const Pipeline& pipeline, int first_row, int lane, int first_step,
                                             Result& result, Issued&& issued) {
    const int row = first_row + static_cast<int>(threadIdx.x) % kWarpGroup / 32 * 16 + lane / 4;
    const unsigned place = static_cast<unsigned>(row * kPackedRowBytes + lane % 4 * 16);
    WidenedActivations sets[2];
    int parity = first_step / Tile::kStages & 1;
    run_round<true>(pipeline, place, lane, parity, sets, result);
#pragma unroll 1
    for (int round = 1; round < kRounds; ++round) run_round<false>(pipeline, place, lane, parity ^= 1, sets, result);
    issued();
    finish<0>(pipeline, kParts - 1, lane, sets);
    wgmma_hold(result.sums);
  }

 private:
  static constexpr int kRounds = Weights::kSteps / Tile::kStages;
  static constexpr int kParts = Tile::kStages * Tile::kBlocksM;  // of a round: 64 rows of a step each
  static_assert(Weights::kSteps % Tile::kStages == 0, "every tile begins at stage 0");
  static_assert(kParts % 2 == 0, "every round begins with the first set of registers");
  static_assert(!Tile::kStationary && Tile::kGroups == 2, "registers would spill");

  template <bool kFirst>
  __device__ __forceinline__ static void run_round(const Pipeline& pipeline, unsigned place, int lane, int parity,
                                                   WidenedActivations (&sets)[2], Result& result) {
#pragma unroll
    for (int part = 0; part < kParts; ++part) {
      if (kFirst && part < Tile::kBlocksM) {
        multiply<false>(pipeline, place, part, parity, sets, result);
      } else {
        multiply<true>(pipeline, place, part, parity, sets, result);
      }
      if (!kFirst || part > 0) finish<1>(pipeline, (part + kParts - 1) % kParts, lane, sets);
    }
  }

  // kAdd: to what result holds; else it begins anew.
  template <bool kAdd>
  __device__ __forceinline__ static void multiply(const Pipeline& pipeline, unsigned place, int part, int parity,
                                                  WidenedActivations (&sets)[2], Result& result) {
    const int stage = part / Tile::kBlocksM, block = part % Tile::kBlocksM;
    WidenedActivations& operand = sets[part % 2];
    if (block == 0) barrier_wait(pipeline.full(stage), parity);
    operand.load(pipeline.activations(stage) + place + block * 64 * kPackedRowBytes);
    const unsigned long long b = k_major_descriptor(pipeline.weights(0, stage));
    wgmma_hold(result.sums[block]);
    wgmma_hold(operand.words);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; ++k) {  // 32 inputs each
      Product::multiply(result.sums[block], operand.words[k], b + 2 * k, kAdd || k > 0);
    }
    wgmma_commit();
    wgmma_hold(result.sums[block]);
  }

  // Waits until at most the latest kPending parts are unfinished, this one not among them.
  template <int kPending>
  __device__ __forceinline__ static void finish(const Pipeline& pipeline, int part, int lane,
                                                WidenedActivations (&sets)[2]) {
    wgmma_wait<kPending>();
    wgmma_hold(sets[part % 2].words);
    if (part % Tile::kBlocksM < Tile::kBlocksM - 1) return;
    __syncwarp();  // every lane has its activations
    pipeline.release(part / Tile::kBlocksM, lane);
  }
};

}  // namespace mc::hopper
