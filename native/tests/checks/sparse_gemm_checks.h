// Checks of native/include/mc/hopper/sparse_gemm.cuh: tiles, teams, cluster shapes and epilogues, at ragged sizes.
#pragma once

#include "checks/gemm_checks.h"
#include "mc/hopper/sparse_gemm.cuh"
#include "tensor_map.h"

namespace checks {

using mc::hopper::SparseTile;

// 2:4 sparse weights in the order of mc/hopper/sparse_weights.cuh, for LinearLayer.
template <class Problem>
struct SparsePairs {
  using Weights = mc::hopper::SparseWeights<Problem::kN, Problem::kK>;
  static constexpr bool kTwoOfFour = true;
  static constexpr long long kBytes = Weights::kBytes;

  // codes: [N, K], at most two of four nonzero.
  static void pack(const std::vector<int>& codes, platform::Array<unsigned char>& bytes) {
    constexpr int kN = Weights::kPiecesN * Weights::kPieceN, kK = Weights::kPiecesK * Weights::kPieceK;
    for (int n = 0; n < kN; ++n) {
      for (int k = 0; k < kK; k += 4) {
        const bool inside = n < Problem::kN && k < Problem::kK;
        const int* four = inside ? &codes[size_t(n) * Problem::kK + k] : nullptr;
        int places[2], count = 0;
        for (int i = 0; i < 4 && inside; ++i) {
          if (four[i] != 0) places[count++] = i;
        }
        if (count == 0) places[count++] = 0;
        if (count == 1) places[1] = places[0] == 3 ? (places[0] = 2, 3) : places[0] + 1;
        const mc::hopper::SparsePosition position = Weights::position(n, k);
        for (int i = 0; i < 2 && inside; ++i) bytes[position.value + i] = static_cast<unsigned char>(four[places[i]]);
        const unsigned nibble = static_cast<unsigned>(places[0] | places[1] << 2);
        bytes[position.metadata + position.shift / 8] |= static_cast<unsigned char>(nibble << position.shift % 8);
      }
    }
  }
};

template <class Problem>
using SparseLayer = LinearLayer<Problem, SparsePairs<Problem>>;

template <class Problem, class Tile, RowScope kScope, int kCluster, class... Steps>
using SparseThen = mc::hopper::SparseGemm<Problem, Tile, kScope, kCluster,
                                          typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;

// clusters: fewer than there are units of work, so that each has several of them.
template <class Gemm>
bool launch_sparse(const std::string& name, const mc::GemmArguments& linear, int tokens, int clusters) {
  platform::Array<unsigned> ends(2 * static_cast<size_t>(tokens));
  platform::Array<unsigned> arrivals(static_cast<size_t>(tokens) / Gemm::kTileM + 1);
  mc::hopper::GemmArguments arguments{};
  arguments.linear = linear;
  arguments.activations = platform::tensor_map(linear.activations, Gemm::Problem::kRowBytes, tokens, Gemm::kBoxRows);
  if (Gemm::View::kScope == RowScope::kGrid) {
    arguments.linear.range_ends = ends.device(), arguments.linear.range_arrivals = arrivals.device();
  }
  platform::Shape shape;
  shape.columns = clusters * Gemm::kClusterSize;
  shape.cluster = Gemm::kClusterSize;
  shape.shared_bytes = Gemm::kSharedBytes;
  shape.resident = Gemm::View::kScope == RowScope::kGrid;
  return platform::launch<Gemm, Gemm::kThreads>(name, shape, arguments);
}

template <class Gemm>
std::string describe_sparse(const char* what, int tokens) {
  using Tile = typename Gemm::Tile;
  return describe<typename Gemm::Problem>(what, tokens) + ", sparse m" + std::to_string(Gemm::kTileM) + " n" +
         std::to_string(Gemm::kTileN) + ", " + std::to_string(Tile::kTeams) + " teams, cluster " +
         std::to_string(Gemm::kClusterSize);
}

template <class Problem, class Tile, int kCluster>
void sparse_linear_equals_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Gemm = SparseThen<Problem, Tile, RowScope::kPartial, kCluster, mc::StoreF16>;
  for (int tokens : token_counts) {
    SparseLayer<Problem> layer(tokens);
    const std::vector<float> expected = layer.values();
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      platform::Array<mc::Half> output(expected.size(), 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.output = output.device();
      const std::string name = describe_sparse<Gemm>("fp16", tokens);
      const bool ended = launch_sparse<Gemm>(name, arguments, tokens, clusters);
      report(name, ended ? different(output, expected) : 1, output.size());
    }
  }
}

// kGelu: false leaves the function out, so that codes are bit for bit those of the reference.
template <class Problem, class Tile, RowScope kScope, int kCluster, class Format, bool kGelu>
void sparse_quantize_equals_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Plain = SparseThen<Problem, Tile, kScope, kCluster, mc::QuantizeRows<Format, false>>;
  using WithGelu =
      SparseThen<Problem, Tile, kScope, kCluster, mc::Gelu<mc::GeluForm::kErf>, mc::QuantizeRows<Format, false>>;
  using Gemm = std::conditional_t<kGelu, WithGelu, Plain>;
  for (int tokens : token_counts) {
    SparseLayer<Problem> layer(tokens);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
      mc::GemmArguments arguments = layer.arguments();
      arguments.quantized = quantized.target();
      const std::string name = describe_sparse<Gemm>(kGelu ? "gelu quantize" : "quantize", tokens);
      if (!launch_sparse<Gemm>(name, arguments, tokens, clusters)) {
        report(name, 1, 1);
        continue;
      }
      std::vector<float> rows = layer.values();
      if (kGelu) {
        for (float& x : rows) x = gelu_erf(x);
      }
      quantized.check(name, rows, tokens, kGelu && !platform::kExactMath ? CodeMatch::kTies : CodeMatch::kExact, false);
    }
  }
}

template <class Problem, class Tile, int kCluster, class Format>
void sparse_layer_norm_is_near_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Gemm = SparseThen<Problem, Tile, RowScope::kCluster, kCluster, mc::Residual,
                          mc::LayerNormStep<mc::Half, Epsilon>, mc::StoreF16, mc::QuantizeRows<Format>>;
  for (int tokens : token_counts) {
    SparseLayer<Problem> layer(tokens);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
      platform::Array<mc::Half> output(size_t(tokens) * Problem::kN, 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.quantized = quantized.target();
      arguments.output = output.device();
      arguments.gamma = layer.gamma_half.device(), arguments.beta = layer.beta_half.device();
      const std::string name = describe_sparse<Gemm>("layer norm", tokens);
      if (!launch_sparse<Gemm>(name, arguments, tokens, clusters)) {
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

inline void check_sparse_gemms() {
  using mc::GemmProblem;
  using O = Operand;
  using S8 = mc::QuantFormat<8, 8, false>;
  using S4 = mc::QuantFormat<4, 8, false>;
  using U8 = mc::QuantFormat<8, 8, true>;
  // K ends within a piece, N within one; one team and two, more stages than pieces and fewer.
  sparse_linear_equals_the_reference<GemmProblem<80, 80, O::kS8, O::kS8>, SparseTile<16, 1, 1, 2>, 1>(
      platform::tokens({1, 17}), 1);
  sparse_linear_equals_the_reference<GemmProblem<240, 272, O::kS8, O::kS8>, SparseTile<48, 1, 2, 4>, 1>(
      platform::tokens({129}), 1);
  sparse_linear_equals_the_reference<GemmProblem<384, 400, O::kU8, O::kS8>, SparseTile<64, 1, 2, 3>, 1>(
      platform::tokens({127, 300}), 2);
  sparse_linear_equals_the_reference<GemmProblem<512, 144, O::kS8, O::kS8>, SparseTile<192, 2, 1, 4>, 2>(
      platform::tokens({17, 300}), 1);
  sparse_linear_equals_the_reference<GemmProblem<256, 528, O::kS8, O::kS8>, SparseTile<160, 1, 2, 5>, 2>(
      platform::tokens({300}), 1);
  sparse_linear_equals_the_reference<GemmProblem<384, 144, O::kS8, O::kS8>, SparseTile<48, 3, 1, 3>, 1>(
      platform::tokens({129}), 2);
  // Ranges over a grid, with and without clusters.
  sparse_quantize_equals_the_reference<GemmProblem<384, 144, O::kS8, O::kS8>, SparseTile<64, 1, 2, 3>, RowScope::kGrid,
                                       1, U8, false>(platform::tokens({1, 300}), 3);
  sparse_quantize_equals_the_reference<GemmProblem<512, 272, O::kS8, O::kS8>, SparseTile<144, 1, 2, 4>, RowScope::kGrid,
                                       2, S4, true>(platform::tokens({17, 300}), 2);
  sparse_quantize_equals_the_reference<GemmProblem<512, 272, O::kU8, O::kS8>, SparseTile<48, 2, 1, 4>, RowScope::kGrid,
                                       2, S8, true>(platform::tokens({127}), 1);
  // Whole rows in a cluster.
  sparse_layer_norm_is_near_the_reference<GemmProblem<384, 208, O::kS8, O::kS8>, SparseTile<48, 1, 2, 3>, 3, S8>(
      platform::tokens({1, 300}), 1);
  sparse_layer_norm_is_near_the_reference<GemmProblem<768, 208, O::kS8, O::kS8>, SparseTile<48, 2, 1, 4>, 3, U8>(
      platform::tokens({129}), 1);
  sparse_layer_norm_is_near_the_reference<GemmProblem<512, 400, O::kS8, O::kS8>, SparseTile<64, 1, 2, 4>, 4, S4>(
      platform::tokens({127}), 1);
}

}  // namespace checks
