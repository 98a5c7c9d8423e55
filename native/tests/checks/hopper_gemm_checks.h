// Checks of native/include/mc/hopper/gemm.cuh: every schedule, cluster shape and epilogue, at ragged sizes.
#pragma once

#include "checks/gemm_checks.h"
#include "mc/hopper/gemm.cuh"
#include "tensor_map.h"

namespace checks {

using mc::hopper::Schedule;
using mc::hopper::WgmmaTile;

// Weights in the order of mc/hopper/weight_tiles.cuh, for LinearLayer.
template <class Problem>
struct TiledWeights {
  using Tiles = mc::hopper::WeightTiles<Problem::kWeight, Problem::kN, Problem::kK>;
  static constexpr long long kBytes = Tiles::kBytes;
  static constexpr int kBits = mc::bits_of(Problem::kWeight);
  static constexpr int kBias = 0;
  static mc::WeightPosition position(int n, int k) { return {Tiles::position(n, k), 0}; }
};

template <class Problem>
using HopperLayer = LinearLayer<Problem, TiledWeights<Problem>>;

template <class Problem, class Tile, RowScope kScope, int kCluster, class... Steps>
using HopperThen =
    mc::hopper::Gemm<Problem, Tile, kScope, kCluster, typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;

// Blocks: fewer clusters than there are units of work, so that each has several of them.
template <class Gemm>
bool launch_hopper(const std::string& name, const mc::GemmArguments& linear, int tokens, int clusters) {
  using Problem = typename Gemm::Problem;
  platform::Array<unsigned> ends(2 * static_cast<size_t>(tokens));
  platform::Array<unsigned> arrivals(static_cast<size_t>(tokens) / Gemm::Tile::kM + 1);
  mc::hopper::GemmArguments arguments{};
  arguments.linear = linear;
  arguments.activations = platform::tensor_map(linear.activations, Problem::kRowBytes, tokens, Gemm::Tile::kM);
  if (Gemm::kScope == RowScope::kGrid) {
    arguments.linear.range_ends = ends.device(), arguments.linear.range_arrivals = arrivals.device();
  }
  platform::Shape shape;
  shape.columns = clusters * Gemm::kClusterSize;
  shape.cluster = Gemm::kClusterSize;
  shape.shared_bytes = Gemm::kSharedBytes;
  shape.resident = Gemm::kScope == RowScope::kGrid;
  return platform::launch<Gemm, Gemm::kThreads>(name, shape, arguments);
}

constexpr const char* kSchedules[] = {" cooperative", " ping-pong", " pairs"};

template <class Gemm>
std::string describe_hopper(const char* what, int tokens) {
  using Tile = typename Gemm::Tile;
  return describe<typename Gemm::Problem>(what, tokens) + ", wgmma m" + std::to_string(Tile::kM) + " n" +
         std::to_string(Tile::kN) + kSchedules[static_cast<int>(Tile::kSchedule)] +
         ", cluster " + std::to_string(Gemm::kClusterSize);
}

template <class Problem, class Tile, int kCluster = 1>
void hopper_linear_equals_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Gemm = HopperThen<Problem, Tile, RowScope::kPartial, kCluster, mc::StoreF16>;
  for (int tokens : token_counts) {
    HopperLayer<Problem> layer(tokens);
    const std::vector<float> expected = layer.values();
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      platform::Array<mc::Half> output(expected.size(), 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.output = output.device();
      const std::string name = describe_hopper<Gemm>("fp16", tokens);
      const bool ended = launch_hopper<Gemm>(name, arguments, tokens, clusters);
      report(name, ended ? different(output, expected) : 1, output.size());
    }
  }
}

// Gelu: false leaves the function out, so that codes are bit for bit those of the reference.
template <class Problem, class Tile, RowScope kScope, int kCluster, class Format, bool kGelu>
void hopper_quantize_equals_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Plain = HopperThen<Problem, Tile, kScope, kCluster, mc::QuantizeRows<Format, false>>;
  using WithGelu = HopperThen<Problem, Tile, kScope, kCluster, mc::Gelu<mc::GeluForm::kErf>, mc::QuantizeRows<Format, false>>;
  using Gemm = std::conditional_t<kGelu, WithGelu, Plain>;
  for (int tokens : token_counts) {
    HopperLayer<Problem> layer(tokens);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
      mc::GemmArguments arguments = layer.arguments();
      arguments.quantized = quantized.target();
      const std::string name = describe_hopper<Gemm>(kGelu ? "gelu quantize" : "quantize", tokens);
      if (!launch_hopper<Gemm>(name, arguments, tokens, clusters)) {
        report(name, 1, 1);
        continue;
      }
      std::vector<float> rows = layer.values();
      if (kGelu) {
        for (float& x : rows) x = gelu_erf(x);
      }
      quantized.check(name, rows, tokens, kGelu ? CodeMatch::kTies : CodeMatch::kExact, false);
    }
  }
}

template <class Problem, class Tile, RowScope kScope, int kCluster, class Format>
void hopper_layer_norm_is_near_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Gemm = HopperThen<Problem, Tile, kScope, kCluster, mc::Residual, mc::LayerNormStep<mc::Half, Epsilon>,
                          mc::StoreF16, mc::QuantizeRows<Format>>;
  constexpr int kN = Problem::kN;
  for (int tokens : token_counts) {
    HopperLayer<Problem> layer(tokens);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      QuantizedTarget<Format> quantized(tokens, kN, kGemmConstants);
      platform::Array<mc::Half> output(size_t(tokens) * kN, 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.quantized = quantized.target();
      arguments.output = output.device();
      arguments.gamma = layer.gamma_half.device(), arguments.beta = layer.beta_half.device();
      const std::string name = describe_hopper<Gemm>("layer norm", tokens);
      if (!launch_hopper<Gemm>(name, arguments, tokens, clusters)) {
        report(name, 1, 1);
        continue;
      }
      std::vector<float> rows = layer.values();
      const long long wrong = layer_norm_differences(layer, rows, tokens, output);
      report(name, wrong, rows.size());
      quantized.check(name + " quantize", rows, tokens, CodeMatch::kNearTolerance);
    }
  }
}

template <Operand kA, Operand kW>
void check_hopper_linear() {
  using mc::GemmProblem;
  constexpr auto kTurns = Schedule::kPingPong;
  constexpr auto kTogether = Schedule::kCooperative;
  // K ends within a step; N within a tile.
  hopper_linear_equals_the_reference<GemmProblem<96, 80, kA, kW>, WgmmaTile<64, 64, 3, kTurns>>(
      platform::tokens({1, 129}), 2);
  hopper_linear_equals_the_reference<GemmProblem<328, 272, kA, kW>, WgmmaTile<128, 128, 4, kTurns>>(
      platform::tokens({300}), 3);
  hopper_linear_equals_the_reference<GemmProblem<328, 272, kA, kW>, WgmmaTile<128, 256, 3, kTogether>>(
      platform::tokens({17}), 1);
  hopper_linear_equals_the_reference<GemmProblem<160, 528, kA, kW>, WgmmaTile<256, 96, 2, kTogether>>(
      platform::tokens({300}), 2);
  hopper_linear_equals_the_reference<GemmProblem<328, 272, kA, kW>, WgmmaTile<128, 128, 4, Schedule::kPairs>>(
      platform::tokens({17, 300}), 2);
  // Two row blocks of a cluster share weights; the second may lie beyond the tokens.
  hopper_linear_equals_the_reference<GemmProblem<96, 400, kA, kW>, WgmmaTile<64, 64, 3, kTurns>, 2>(
      platform::tokens({17, 300}), 2);
  hopper_linear_equals_the_reference<GemmProblem<192, 144, kA, kW>, WgmmaTile<128, 192, 4, kTogether>, 2>(
      platform::tokens({129, 300}), 1);
}

template <Operand kA, Operand kW>
void check_hopper_rows() {
  using mc::GemmProblem;
  using S8 = mc::QuantFormat<8, 8, false>;
  using U8 = mc::QuantFormat<8, 8, true>;
  using S4 = mc::QuantFormat<4, 8, false>;
  using U4 = mc::QuantFormat<4, 8, true>;
  constexpr auto kTurns = Schedule::kPingPong;
  constexpr auto kTogether = Schedule::kCooperative;
  using Wide = GemmProblem<448, 144, kA, kW>;
  hopper_quantize_equals_the_reference<Wide, WgmmaTile<64, 128, 3, kTurns>, RowScope::kGrid, 1, U8, false>(
      platform::tokens({1, 300}), 3);
  hopper_quantize_equals_the_reference<Wide, WgmmaTile<128, 256, 3, kTogether>, RowScope::kGrid, 1, S8, true>(
      platform::tokens({127, 300}), 2);
  hopper_quantize_equals_the_reference<Wide, WgmmaTile<64, 224, 3, kTurns>, RowScope::kGrid, 2, S4, false>(
      platform::tokens({17, 300}), 2);
  hopper_quantize_equals_the_reference<Wide, WgmmaTile<128, 128, 3, Schedule::kPairs>, RowScope::kGrid, 1, S4, true>(
      platform::tokens({127, 300}), 3);
  hopper_quantize_equals_the_reference<GemmProblem<72, 256, kA, kW>, WgmmaTile<64, 96, 2, kTurns>, RowScope::kTile, 1, U4,
                                       true>(platform::tokens({129}), 2);
  using Row = GemmProblem<384, 208, kA, kW>;
  hopper_layer_norm_is_near_the_reference<Row, WgmmaTile<64, 96, 3, kTurns>, RowScope::kCluster, 4, S8>(
      platform::tokens({1, 300}), 2);
  hopper_layer_norm_is_near_the_reference<Row, WgmmaTile<128, 128, 4, kTogether>, RowScope::kCluster, 3, U8>(
      platform::tokens({129}), 1);
  hopper_layer_norm_is_near_the_reference<Row, WgmmaTile<64, 192, 5, kTurns>, RowScope::kCluster, 2, U4>(
      platform::tokens({127}), 2);
  hopper_layer_norm_is_near_the_reference<Row, WgmmaTile<128, 96, 3, Schedule::kPairs>, RowScope::kCluster, 4, U8>(
      platform::tokens({17, 300}), 1);
  hopper_layer_norm_is_near_the_reference<GemmProblem<192, 208, kA, kW>, WgmmaTile<64, 192, 3, kTurns>, RowScope::kTile, 1,
                                          S4>(platform::tokens({17}), 1);
}

template <Operand kA, Operand kW>
void check_hopper_gemm() {
  check_hopper_linear<kA, kW>();
  check_hopper_rows<kA, kW>();
}

}  // namespace checks
