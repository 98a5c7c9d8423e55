// Checks that the GEMMs with a tensor map of the activations share: that for many tokens and that for 2:4 sparse
// weights.
//
// Kind says what differs:
//
//   Layer<Problem>                                  a LinearLayer with the kernel's order of weights
//   Then<Problem, Tile, kScope, kCluster, Steps...> the kernel with these steps behind the dequantization
//   kTileM<Gemm>, kBoxRows<Gemm>                    rows of a tile, and of a box of the map
//   kGeluCodes                                      how near codes behind GELU are to the reference's
//   describe<Gemm>()                                how the product is cut, for the name of a check
#pragma once

#include "checks/gemm_checks.h"
#include "mc/hopper/gemm_arguments.cuh"
#include "tensor_map.h"

namespace checks {

// clusters: fewer than there are units of work, so that each has several of them.
template <class Kind, class Gemm>
bool launch_mapped(const std::string& name, const mc::GemmArguments& linear, int tokens, int clusters) {
  platform::Array<unsigned char> slots(slot_bytes<Gemm>(tokens));
  mc::hopper::GemmArguments arguments{};
  arguments.linear = linear;
  constexpr bool kPacked = Gemm::Problem::kForm == mc::WeightForm::kInt8ForInt4;
  arguments.activations = platform::tensor_map(linear.activations, Gemm::Problem::kRowBytes, tokens,
                                               Kind::template kBoxRows<Gemm>, kPacked ? 64 : 128);
  arguments.linear.row_slots = slots.device();
  platform::Shape shape;
  shape.columns = clusters * Gemm::kClusterSize;
  shape.cluster = Gemm::kClusterSize;
  shape.shared_bytes = Gemm::kSharedBytes;
  shape.resident = Gemm::View::kScope == RowScope::kGrid;
  return platform::launch<Gemm, Gemm::kThreads>(name, shape, arguments);
}

template <class Kind, class Gemm>
std::string describe_mapped(const char* what, int tokens) {
  return describe<typename Gemm::Problem>(what, tokens) + ", " + Kind::template describe<Gemm>() + ", cluster " +
         std::to_string(Gemm::kClusterSize);
}

template <class Kind, class Problem, class Tile, int kCluster = 1>
void mapped_linear_equals_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Gemm = typename Kind::template Then<Problem, Tile, RowScope::kPartial, kCluster, mc::StoreF16>;
  for (int tokens : token_counts) {
    typename Kind::template Layer<Problem> layer(tokens);
    const std::vector<float> expected = layer.values();
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      platform::Array<mc::Half> output(expected.size(), 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.output = output.device();
      const std::string name = describe_mapped<Kind, Gemm>("fp16", tokens);
      const bool ended = launch_mapped<Kind, Gemm>(name, arguments, tokens, clusters);
      report(name, ended ? different(output, expected) : 1, output.size());
    }
  }
}

template <class Kind, class Problem, class Tile, RowScope kScope, int kCluster, class Format, bool kGelu>
struct QuantizingGemm {
  using Type = typename Kind::template Then<Problem, Tile, kScope, kCluster, mc::QuantizeRows<Format, false>>;
};
template <class Kind, class Problem, class Tile, RowScope kScope, int kCluster, class Format>
struct QuantizingGemm<Kind, Problem, Tile, kScope, kCluster, Format, true> {
  using Type = typename Kind::template Then<Problem, Tile, kScope, kCluster,
                                            mc::GeluQuantizeRows<kErfFor<Format>, Format, false>>;
};
// kGelu: false leaves the function out, so that codes are bit for bit those of the reference. has_small_rows: of some
// rows the range is not that of the largest input of GELU.
template <class Kind, class Problem, class Tile, RowScope kScope, int kCluster, class Format, bool kGelu>
void mapped_quantize_equals_the_reference(const std::vector<int>& token_counts, int clusters,
                                          bool has_small_rows = false) {
  using Gemm = typename QuantizingGemm<Kind, Problem, Tile, kScope, kCluster, Format, kGelu>::Type;
  for (int tokens : token_counts) {
    typename Kind::template Layer<Problem> layer(tokens);
    if (has_small_rows) layer.lower_every_third_token(0.25f);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
      mc::GemmArguments arguments = layer.arguments();
      arguments.quantized = quantized.target();
      const std::string name = describe_mapped<Kind, Gemm>(kGelu ? "gelu quantize" : "quantize", tokens);
      if (!launch_mapped<Kind, Gemm>(name, arguments, tokens, clusters)) {
        report(name, 1, 1);
        continue;
      }
      std::vector<float> rows = layer.values();
      if (kGelu) {
        for (float& x : rows) x = gelu_erf(x);
      }
      quantized.check(name, rows, tokens, kGelu ? Kind::kGeluCodes : CodeMatch::kExact, false);
    }
  }
}

template <class Kind, class Problem, class Tile, RowScope kScope, int kCluster, class Format>
void mapped_layer_norm_is_near_the_reference(const std::vector<int>& token_counts, int clusters) {
  using Gemm =
      typename Kind::template Then<Problem, Tile, kScope, kCluster, mc::Residual, mc::LayerNormStep<mc::Half, Epsilon>,
                                   mc::StoreF16, mc::QuantizeRows<Format>>;
  constexpr int kN = Problem::kN;
  for (int tokens : token_counts) {
    typename Kind::template Layer<Problem> layer(tokens);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      QuantizedTarget<Format> quantized(tokens, kN, kGemmConstants);
      platform::Array<mc::Half> output(size_t(tokens) * kN, 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.quantized = quantized.target();
      arguments.output = output.device();
      arguments.gamma = layer.gamma_half.device(), arguments.beta = layer.beta_half.device();
      const std::string name = describe_mapped<Kind, Gemm>("layer norm", tokens);
      if (!launch_mapped<Kind, Gemm>(name, arguments, tokens, clusters)) {
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

}  // namespace checks
