// Checks of native/include/mc/hopper/split_k_gemm.cuh: both ways to divide the inputs, each epilogue, ragged sizes.
#pragma once

#include "checks/hopper_gemm_checks.h"
#include "mc/hopper/split_k_gemm.cuh"

namespace checks {

using mc::hopper::SplitKTile;

struct SplitK : Dense {
  template <class Problem, class Tile, RowScope kScope, int, class... Steps>
  using Then =
      mc::hopper::SplitKGemm<Problem, Tile, kScope, typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;
  template <class Gemm>
  static std::string describe() {
    return "split K n" + std::to_string(Gemm::Tile::kN);
  }
};

template <Operand kA, Operand kW>
void check_split_k() {
  using mc::GemmProblem;
  using S4 = mc::QuantFormat<4, 8, false>;
  using S8 = mc::QuantFormat<8, 8, false>;
  using U8 = mc::QuantFormat<8, 8, true>;
  constexpr int kDeep = 128 * 8 / mc::bits_of(kA);  // inputs of a step
  constexpr auto kGrid = RowScope::kGrid;
  // Blocks enough for 300 tokens, so that fewer leave some without any; K ends within the last step.
  constexpr int kRowBlocks = 5;
  const std::vector<int> counts = platform::tokens({1, 17, 129});
  mapped_linear_equals_the_reference<SplitK, GemmProblem<96, 4 * kDeep - 16, kA, kW>, SplitKTile<96, 2>>(counts,
                                                                                                        kRowBlocks);
  mapped_linear_equals_the_reference<SplitK, GemmProblem<128, 8 * kDeep, kA, kW>, SplitKTile<64, 4>>(counts,
                                                                                                     2 * kRowBlocks);
  mapped_quantize_equals_the_reference<SplitK, GemmProblem<192, 4 * kDeep, kA, kW>, SplitKTile<64, 2>, kGrid, 1, U8,
                                       false>(counts, 3 * kRowBlocks);
  mapped_quantize_equals_the_reference<SplitK, GemmProblem<192, 8 * kDeep, kA, kW>, SplitKTile<96, 4>, kGrid, 1, S8,
                                       true>(counts, 2 * kRowBlocks);
  mapped_layer_norm_is_near_the_reference<SplitK, GemmProblem<192, 12 * kDeep - 16, kA, kW>, SplitKTile<64, 4>, kGrid,
                                          1, S4>(counts, 3 * kRowBlocks);
  mapped_layer_norm_is_near_the_reference<SplitK, GemmProblem<256, 6 * kDeep, kA, kW>, SplitKTile<128, 2>, kGrid, 1,
                                          U8>(counts, 2 * kRowBlocks);
}

}  // namespace checks
