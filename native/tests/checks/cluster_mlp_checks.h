// Both products of an MLP in one kernel (mc/hopper/cluster_mlp.cuh), with an activation that is exact, so that the codes
// between them and the sums behind them are too.
#pragma once

#include "checks/gemm_checks.h"
#include "mc/hopper/cluster_mlp.cuh"

namespace checks {

// The grid has one tile more than the tokens need, as in launch() of gemm_checks.h.
template <class Kernel>
bool launch_mlp(const std::string& name, const mc::hopper::MlpArguments& arguments, int tokens) {
  platform::Shape shape;
  shape.columns = shape.cluster = Kernel::kClusterSize;
  shape.rows = (tokens + Kernel::Tile::kTileM - 1) / Kernel::Tile::kTileM + 1;
  shape.shared_bytes = Kernel::kSharedBytes;
  return platform::launch<Kernel, Kernel::kThreads>(name, shape, arguments);
}

template <class In, class InTile, class Middle, class Out, class OutTile, class Element, class Format>
void mlp_is_near_the_reference(const std::vector<int>& token_counts) {
  using Kernel = mc::hopper::ClusterMlp<
      In, InTile, Middle, Out, OutTile,
      mc::Epilogue<mc::Dequantize<>, mc::Bias, mc::Residual, mc::LayerNormStep<Element, Epsilon>, mc::StoreF16,
                   mc::QuantizeRows<Format>>,
      mc::Dequantize<>, mc::Bias, mc::Relu>;
  for (int tokens : platform::tokens(token_counts)) {
    const int rows = rows_in_memory<Kernel>(tokens);
    LinearLayer<In> in(tokens, rows);
    LinearLayer<Out> out(tokens, rows);
    std::vector<float> hidden = in.values();
    for (int m = 0; m < tokens; ++m) {
      float largest = 0.0f;
      for (int k = 0; k < In::kN; ++k) {
        float& h = hidden[size_t(m) * In::kN + k];
        h = std::max(h, 0.0f), largest = std::max(largest, h);
      }
      const float scale = largest == 0.0f ? 1.0f : largest / Middle::kHighest, inverse = 1.0f / scale;
      std::vector<int> codes(In::kN);
      for (int k = 0; k < In::kN; ++k) {
        codes[k] = static_cast<int>(std::nearbyint(hidden[size_t(m) * In::kN + k] * inverse));
      }
      out.set_activations(m, codes, scale);
    }
    QuantizedTarget<Format> quantized(tokens, Out::kN, kGemmConstants);
    platform::Array<mc::Half> output(size_t(tokens) * Out::kN, 0xff);
    mc::hopper::MlpArguments arguments{in.arguments(), out.arguments()};
    arguments.out.activations = nullptr, arguments.out.activation_scale = nullptr;
    arguments.out.quantized = quantized.target();
    arguments.out.output = output.device();
    if constexpr (sizeof(Element) == 4) {
      arguments.out.gamma = out.gamma.device(), arguments.out.beta = out.beta.device();
    } else {
      arguments.out.gamma = out.gamma_half.device(), arguments.out.beta = out.beta_half.device();
    }
    const std::string name = describe<In>("mlp", tokens) + ", " + describe<Out>("layer norm", tokens);
    if (!launch_mlp<Kernel>(name, arguments, tokens)) {
      report(name, 1, 1);
      continue;
    }
    std::vector<float> expected = out.values();
    const long long wrong = layer_norm_differences(out, expected, tokens, output);
    report(name, wrong, expected.size());
    quantized.check(name + " quantize", expected, tokens, CodeMatch::kNearTolerance);
  }
}

template <int kBits, Operand kW>
void check_mlp_family() {
  using mc::GemmProblem;
  using mc::hopper::ResidentTile;
  using mc::hopper::SplitTile;
  using Format = mc::QuantFormat<kBits, 8, false>;
  using In = GemmProblem<512, 256, Operand::kS8, kW>;
  using Out = GemmProblem<256, 512, Operand::kS8, kW>;
  using WideIn = GemmProblem<1024, 512, Operand::kS8, kW>;
  using WideOut = GemmProblem<512, 1024, Operand::kS8, kW>;
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    mlp_is_near_the_reference<In, ResidentTile<16, 64, 2, 2, 1>, Format, Out, SplitTile<Out, 16, 1, 8, 4, 1, 2>, mc::Half,
                              Format>({1, 17});
    mlp_is_near_the_reference<In, ResidentTile<32, 64, 4, 1, 1>, Format, Out, SplitTile<Out, 32, 1, 8, 4, 1, 4>, float,
                              Format>({31, 33});
    mlp_is_near_the_reference<WideIn, ResidentTile<16, 64, 2, 2, 1>, Format, WideOut,
                              SplitTile<WideOut, 16, 1, 16, 4, 1, 2>, mc::Half, Format>({33});
    mlp_is_near_the_reference<WideIn, ResidentTile<32, 64, 2, 4, 1>, Format, WideOut,
                              SplitTile<WideOut, 32, 1, 16, 8, 1, 8>, mc::Half, Format>({127});
  }
}

}  // namespace checks
