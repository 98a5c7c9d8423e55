// Checks of native/include/mc/hopper/gemm.cuh: every schedule, cluster shape and epilogue, at ragged sizes.
#pragma once

#include "checks/mapped_gemm_checks.h"
#include "mc/hopper/gemm.cuh"

namespace checks {

using mc::hopper::Schedule;
using mc::hopper::WeightFlow;
using mc::hopper::WgmmaTile;

// Weights in the order of mc/hopper/weight_tiles.cuh, for LinearLayer.
template <class Problem>
struct TiledWeights {
  static constexpr auto kOrder = Problem::kForm == mc::WeightForm::kInt8ForInt4 ? mc::hopper::InputOrder::kOfNibbles
                                                                                : mc::hopper::InputOrder::kRising;
  using Tiles = mc::hopper::WeightTiles<Problem::kWeight, Problem::kN, Problem::kK, kOrder>;
  static constexpr long long kBytes = Tiles::kBytes;
  static constexpr int kBits = mc::bits_of(Problem::kWeight);
  static constexpr int kBias = 0;
  static mc::WeightPosition position(int n, int k) { return {Tiles::position(n, k), 0}; }
};

constexpr const char* kSchedules[] = {"cooperative", "ping-pong", "pairs", "threes", "fours"};

struct Dense {
  template <class Problem>
  using Layer = LinearLayer<Problem, TiledWeights<Problem>>;
  template <class Problem, class Tile, RowScope kScope, int kCluster, class... Steps>
  using Then = mc::hopper::Gemm<Problem, Tile, kScope, kCluster,
                                typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;
  template <class Gemm>
  static constexpr int kTileM = Gemm::Tile::kM;
  template <class Gemm>
  static constexpr int kBoxRows = Gemm::Tile::kM;
  static constexpr CodeMatch kGeluCodes = CodeMatch::kTies;

  template <class Gemm>
  static std::string describe() {
    using Tile = typename Gemm::Tile;
    return "wgmma m" + std::to_string(Tile::kM) + " n" + std::to_string(Tile::kN) + " " +
           kSchedules[static_cast<int>(Tile::kSchedule)] + (Tile::kStationary ? ", stationary weights" : "");
  }
};

template <Operand kA, Operand kW>
void check_hopper_linear() {
  using mc::GemmProblem;
  constexpr auto kTurns = Schedule::kPingPong;
  constexpr auto kTogether = Schedule::kCooperative;
  // K ends within a step; N within a tile.
  mapped_linear_equals_the_reference<Dense, GemmProblem<96, 80, kA, kW>, WgmmaTile<64, 64, 3, kTurns>>(
      platform::tokens({1, 129}), 2);
  mapped_linear_equals_the_reference<Dense, GemmProblem<328, 272, kA, kW>, WgmmaTile<128, 128, 4, kTurns>>(
      platform::tokens({300}), 3);
  mapped_linear_equals_the_reference<Dense, GemmProblem<328, 272, kA, kW>, WgmmaTile<128, 256, 3, kTogether>>(
      platform::tokens({17}), 1);
  mapped_linear_equals_the_reference<Dense, GemmProblem<160, 528, kA, kW>, WgmmaTile<256, 96, 2, kTogether>>(
      platform::tokens({300}), 2);
  mapped_linear_equals_the_reference<Dense, GemmProblem<328, 272, kA, kW>, WgmmaTile<128, 128, 4, Schedule::kPairs>>(
      platform::tokens({17, 300}), 2);
  // Two row blocks of a cluster share weights; the second may lie beyond the tokens.
  mapped_linear_equals_the_reference<Dense, GemmProblem<96, 400, kA, kW>, WgmmaTile<64, 64, 3, kTurns>, 2>(
      platform::tokens({17, 300}), 2);
  mapped_linear_equals_the_reference<Dense, GemmProblem<192, 144, kA, kW>, WgmmaTile<128, 192, 4, kTogether>, 2>(
      platform::tokens({129, 300}), 1);
  // Weights that stay, in blocks of their own or shared by two; tiles begin at stage 0 or anywhere.
  constexpr auto kStay = WeightFlow::kStationary;
  constexpr int kDeep = 128 * 8 / mc::bits_of(kA);  // inputs of a step
  mapped_linear_equals_the_reference<Dense, GemmProblem<192, 3 * kDeep - 16, kA, kW>,
                                     WgmmaTile<64, 96, 3, Schedule::kThrees, kStay>>(platform::tokens({17, 300}), 3);
  mapped_linear_equals_the_reference<Dense, GemmProblem<384, 3 * kDeep, kA, kW>,
                                     WgmmaTile<64, 96, 2, Schedule::kFours, kStay>, 2>(platform::tokens({1, 300}), 2);
}

template <Operand kA, Operand kW>
void check_hopper_rows_of_stationary_weights() {
  using mc::GemmProblem;
  using S4 = mc::QuantFormat<4, 8, false>;
  using S8 = mc::QuantFormat<8, 8, false>;
  using U8 = mc::QuantFormat<8, 8, true>;
  constexpr auto kStay = WeightFlow::kStationary;
  using Wide = GemmProblem<384, 144, kA, kW>;
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 96, 2, Schedule::kFours, kStay>, RowScope::kGrid, 2,
                                       U8, true>(platform::tokens({17, 300}), 2);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 96, 3, Schedule::kThrees, kStay>, RowScope::kGrid, 1,
                                       S4, true>(platform::tokens({1, 300}), 4);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 96, 2, Schedule::kThrees, kStay>, RowScope::kCluster,
                                       4, S8, true>(platform::tokens({127, 300}), 2);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<128, 128, 3, Schedule::kPairs>, RowScope::kGrid, 1, S8,
                                       true>(platform::tokens({17, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<384, 208, kA, kW>,
                                          WgmmaTile<64, 96, 2, Schedule::kFours, kStay>, RowScope::kCluster, 4, U8>(
      platform::tokens({1, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<384, 208, kA, kW>,
                                          WgmmaTile<64, 128, 3, Schedule::kThrees, kStay>, RowScope::kCluster, 3, S4>(
      platform::tokens({129}), 1);
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<384, 208, kA, kW>,
                                          WgmmaTile<64, 96, 3, Schedule::kThrees, kStay>, RowScope::kGrid, 1, S4>(
      platform::tokens({129}), 4);
}

template <Operand kA, Operand kW>
void check_hopper_rows() {
  using mc::GemmProblem;
  using S8 = mc::QuantFormat<8, 8, false>;
  using U8 = mc::QuantFormat<8, 8, true>;
  using S4 = mc::QuantFormat<4, 8, false>;
  using U4 = mc::QuantFormat<4, 8, true>;
  using PackedS4 = mc::QuantFormat<4, 4, false>;
  constexpr auto kTurns = Schedule::kPingPong;
  constexpr auto kTogether = Schedule::kCooperative;
  using Wide = GemmProblem<448, 144, kA, kW>;
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 128, 3, kTurns>, RowScope::kGrid, 1, U8, false>(
      platform::tokens({1, 300}), 3);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<128, 256, 3, kTogether>, RowScope::kGrid, 1, S8, true>(
      platform::tokens({127, 300}), 2);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 224, 3, kTurns>, RowScope::kGrid, 2, S4, false>(
      platform::tokens({17, 300}), 2);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<128, 128, 3, Schedule::kPairs>, RowScope::kGrid, 1, S4,
                                       true>(platform::tokens({127, 300}), 3);
  if constexpr (!mc::is_float(kA)) {
    mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 96, 3, kTurns>, RowScope::kGrid, 1, S8, true>(
        platform::tokens({17, 300}), 3, true);
  }
  mapped_quantize_equals_the_reference<Dense, GemmProblem<72, 256, kA, kW>, WgmmaTile<64, 96, 2, kTurns>,
                                       RowScope::kTile, 1, U4, true>(platform::tokens({127, 300}), 2);
  // Packed codes: sectors of 64 columns, 32 columns left over, tiles that reach beyond N.
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 224, 3, kTurns>, RowScope::kGrid, 1, PackedS4, false>(
      platform::tokens({17, 300}), 2);
  mapped_quantize_equals_the_reference<Dense, Wide, WgmmaTile<64, 128, 3, kTurns>, RowScope::kGrid, 1, PackedS4, true>(
      platform::tokens({127}), 3);
  using Row = GemmProblem<384, 208, kA, kW>;
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<64, 96, 3, kTurns>, RowScope::kCluster, 4, S8>(
      platform::tokens({1, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 128, 4, kTogether>, RowScope::kCluster, 3, U8>(
      platform::tokens({129}), 1);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<64, 192, 5, kTurns>, RowScope::kCluster, 2, U4>(
      platform::tokens({127}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 96, 3, Schedule::kPairs>, RowScope::kCluster, 4,
                                          U8>(platform::tokens({17, 300}), 1);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<64, 96, 3, kTurns>, RowScope::kCluster, 8, S4>(
      platform::tokens({17, 300}), 2);
  // Rows that the grid shares.
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<64, 96, 3, kTurns>, RowScope::kGrid, 1, S8>(
      platform::tokens({1, 300}), 3);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 128, 4, kTogether>, RowScope::kGrid, 2, U8>(
      platform::tokens({129, 300}), 3);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 192, 3, kTurns>, RowScope::kGrid, 1, U4>(
      platform::tokens({127, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 96, 3, kTurns>, RowScope::kGrid, 2, S4>(
      platform::tokens({17, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<192, 400, kA, kW>, WgmmaTile<128, 96, 3, kTurns>,
                                          RowScope::kCluster, 4, S8>(platform::tokens({300}), 1);
  // More inputs than outputs: the last rows come first.
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<192, 400, kA, kW>, WgmmaTile<64, 96, 3, kTurns>,
                                          RowScope::kCluster, 4, S8>(platform::tokens({129, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<192, 400, kA, kW>, WgmmaTile<64, 96, 3, kTurns>,
                                          RowScope::kCluster, 2, U4>(platform::tokens({300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 192, 2, kTogether>, RowScope::kCluster, 4, U8>(
      platform::tokens({129, 300}), 1);
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<192, 208, kA, kW>, WgmmaTile<64, 192, 3, kTurns>,
                                          RowScope::kTile, 1, S4>(platform::tokens({17}), 1);
  check_hopper_rows_of_stationary_weights<kA, kW>();
}

// Activations with two codes a byte.
inline void check_hopper_packed() {
  using mc::GemmProblem;
  constexpr auto kA = Operand::kS4, kW = Operand::kS8;
  constexpr auto kTurns = Schedule::kPingPong, kTogether = Schedule::kCooperative;
  using S4 = mc::QuantFormat<4, 4, false>;
  // K ends within a step; N within a tile.
  mapped_linear_equals_the_reference<Dense, GemmProblem<96, 160, kA, kW>, WgmmaTile<64, 64, 2, kTurns>>(
      platform::tokens({1, 129}), 2);
  mapped_linear_equals_the_reference<Dense, GemmProblem<328, 352, kA, kW>, WgmmaTile<128, 128, 3, kTurns>>(
      platform::tokens({17, 300}), 3);
  mapped_linear_equals_the_reference<Dense, GemmProblem<328, 256, kA, kW>, WgmmaTile<128, 256, 2, kTogether>>(
      platform::tokens({17}), 1);
  mapped_linear_equals_the_reference<Dense, GemmProblem<160, 480, kA, kW>, WgmmaTile<256, 96, 2, kTogether>>(
      platform::tokens({300}), 2);
  // Two row blocks of a cluster share weights; the second may lie beyond the tokens.
  mapped_linear_equals_the_reference<Dense, GemmProblem<96, 736, kA, kW>, WgmmaTile<128, 64, 3, kTurns>, 2>(
      platform::tokens({17, 300}), 2);
  using Row = GemmProblem<384, 224, kA, kW>;
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<64, 192, 2, kTurns>, RowScope::kCluster, 2, S4>(
      platform::tokens({127, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 96, 2, kTurns>, RowScope::kGrid, 2, S4>(
      platform::tokens({17, 300}), 2);
  mapped_layer_norm_is_near_the_reference<Dense, Row, WgmmaTile<128, 192, 2, kTogether>, RowScope::kGrid, 1, S4>(
      platform::tokens({1, 129}), 2);
  // More inputs than outputs: the last rows come first.
  mapped_layer_norm_is_near_the_reference<Dense, GemmProblem<192, 512, kA, kW>, WgmmaTile<64, 96, 4, kTurns>,
                                          RowScope::kCluster, 4, S4>(platform::tokens({129, 300}), 2);
}

template <Operand kA, Operand kW>
void check_hopper_gemm() {
  check_hopper_linear<kA, kW>();
  check_hopper_rows<kA, kW>();
}

}  // namespace checks
