// The GEMM whose cluster divides K (mc/hopper/split_gemm.cuh), and the MLP that ends in one.
#pragma once

#include "checks/cluster_mlp_checks.h"
#include "checks/gemm_checks.h"
#include "mc/hopper/split_gemm.cuh"

namespace checks {

// Gives the layer's activations codes of a narrower quantizer, of the size that its sums may be counted on to have.
template <class Format, class Layer>
void narrow_activations(Layer& layer, int tokens) {
  Random random(static_cast<unsigned long long>(tokens) + 7);
  std::vector<int> codes(Layer::kK);
  for (int m = 0; m < tokens; ++m) {
    for (int& code : codes) code = random.between(Format::kLowest, Format::kHighest);
    layer.set_activations(m, codes, random.real(0.001f, 0.02f));
  }
}

// The epilogue of an encoder's outputs behind a split product. Sums, and so everything before layer norm, are exact.
template <class Problem, class Tile, class Activations, class Element, class Format>
void split_layer_norm(const std::vector<int>& token_counts) {
  using Gemm = mc::hopper::SplitGemm<Problem, Tile, Activations::kBits,
                                     mc::Epilogue<mc::Dequantize<>, mc::Bias, mc::Residual,
                                                  mc::LayerNormStep<Element, Epsilon>, mc::StoreF16,
                                                  mc::QuantizeRows<Format>>>;
  for (int tokens : platform::tokens(token_counts)) {
    LinearLayer<Problem> layer(tokens, rows_in_memory<Gemm>(tokens));
    narrow_activations<Activations>(layer, tokens);
    QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
    platform::Array<mc::Half> output(size_t(tokens) * Problem::kN, 0xff);
    mc::GemmArguments arguments = layer.arguments();
    arguments.quantized = quantized.target();
    arguments.output = output.device();
    if constexpr (sizeof(Element) == 4) {
      arguments.gamma = layer.gamma.device(), arguments.beta = layer.beta.device();
    } else {
      arguments.gamma = layer.gamma_half.device(), arguments.beta = layer.beta_half.device();
    }
    char what[100];
    std::snprintf(what, sizeof what, "split %d x %d, layer norm", Tile::kSplitN, Tile::kSplitK);
    const std::string name = describe<Problem>(what, tokens);
    if (!launch<Gemm>(name, arguments, tokens)) {
      report(name, 1, 1);
      continue;
    }
    std::vector<float> expected = layer.values();
    const long long wrong = layer_norm_differences(layer, expected, tokens, output);
    report(name, wrong, expected.size());
    quantized.check(name + " quantize", expected, tokens, CodeMatch::kNearTolerance);
  }
}

template <int kBits, Operand kW>
void check_split_family() {
  using mc::GemmProblem;
  using mc::hopper::SplitTile;
  using Activations = mc::QuantFormat<kBits, 8, false>;
  using Asymmetric = mc::QuantFormat<kBits, 8, true>;
  using Row = GemmProblem<512, 512, Operand::kS8, kW>;
  using Wide = GemmProblem<768, 768, Operand::kS8, kW>;
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    split_layer_norm<Row, SplitTile<Row, 16, 2, 8, 4, 1, 4>, Activations, mc::Half, Activations>({1, 31});
    split_layer_norm<Row, SplitTile<Row, 16, 4, 4, 4, 2, 4>, Activations, float, Asymmetric>({17});
    split_layer_norm<Row, SplitTile<Row, 16, 2, 4, 4, 2, 4>, Activations, mc::Half, Activations>({33});
    split_layer_norm<Row, SplitTile<Row, 32, 4, 4, 4, 2, 8>, Activations, mc::Half, Activations>({127});
    split_layer_norm<Wide, SplitTile<Wide, 16, 4, 4, 12, 1, 6>, Activations, float, Activations>({17});
    split_layer_norm<Wide, SplitTile<Wide, 16, 2, 4, 12, 1, 6>, Activations, float, Activations>({31});
  }
}

constexpr int kSplitFamilies = 3;

template <int kFamily>
void check_split() {
  if constexpr (kFamily == 0) check_split_family<4, Operand::kS4>(), check_mlp_family<4, Operand::kS4>();
  if constexpr (kFamily == 1) check_split_family<8, Operand::kS4>(), check_mlp_family<8, Operand::kS4>();
  if constexpr (kFamily == 2) check_split_family<8, Operand::kS8>(), check_mlp_family<8, Operand::kS8>();
}

}  // namespace checks
