// Checks of one GEMM kernel each, for ragged token counts. Integer sums and what follows them in separately rounded
// fp32 operations must equal the reference bit for bit.
#pragma once

#include <type_traits>

#include "checks/linear_layer.h"
#include "checks/quantized_target.h"
#include "mc/epilogue/steps.cuh"
#include "mc/gemm.cuh"
#include "platform.h"

namespace checks {

using mc::RowScope;

constexpr QuantConstants kGemmConstants = {0.03f, -1.5f, 1.25f};

template <class Problem>
std::string describe(const char* what, int tokens) {
  const char* names[] = {"s4", "u4", "s8", "u8", "f16"};
  char text[200];
  std::snprintf(text, sizeof text, "gemm %s, n%d k%d a_%s w_%s g%d, %d tokens", what, Problem::kN, Problem::kK,
                names[static_cast<int>(Problem::kActivation)], names[static_cast<int>(Problem::kWeight)],
                Problem::kGroup, tokens);
  return text;
}

// Dequantization and bias of a problem, in the order of docs/numerics.md, followed by other steps.
enum class Terms { kPlain, kActivationOffset, kWeightOffset, kBothOffsets };

template <class Problem>
constexpr Terms terms_of() {
  const bool a = is_asymmetric(Problem::kActivation), w = is_asymmetric(Problem::kWeight);
  return a && w ? Terms::kBothOffsets : a ? Terms::kActivationOffset : w ? Terms::kWeightOffset : Terms::kPlain;
}

template <Terms kTerms, bool kStaticScale, class... Steps>
struct Linearized {
  using Type = mc::Epilogue<mc::DequantizeWithBias<kStaticScale>, Steps...>;
};
template <bool kStaticScale, class... Steps>
struct Linearized<Terms::kActivationOffset, kStaticScale, Steps...> {
  using Type = mc::Epilogue<mc::DequantizeWithBias<kStaticScale>, mc::ActivationOffset<kStaticScale>, Steps...>;
};
template <bool kStaticScale, class... Steps>
struct Linearized<Terms::kWeightOffset, kStaticScale, Steps...> {
  using Type = mc::Epilogue<mc::Dequantize<kStaticScale>, mc::WeightOffset<kStaticScale>, mc::Bias, Steps...>;
};
template <bool kStaticScale, class... Steps>
struct Linearized<Terms::kBothOffsets, kStaticScale, Steps...> {
  using Type = mc::Epilogue<mc::Dequantize<kStaticScale>, mc::WeightOffset<kStaticScale>,
                            mc::ActivationOffset<kStaticScale>, mc::OffsetProduct<kStaticScale>, mc::Bias, Steps...>;
};

// The kernel of a problem: its linear part, then `Steps`.
template <class Problem, class Tile, RowScope kScope, int kCluster, class... Steps>
using LinearThen =
    mc::Gemm<Problem, Tile, kScope, kCluster, typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;

// Rows of a kernel's inputs that must exist in memory. Those that read whole tiles say so.
template <class Gemm>
int rows_in_memory(int tokens) {
  if constexpr (requires { Gemm::kReadsWholeTiles; }) {
    constexpr int kTileM = Gemm::Tile::kTileM;
    return ((tokens + kTileM - 1) / kTileM + 1) * kTileM;
  } else {
    return tokens;
  }
}

// What the blocks of a kernel with RowScope::kGrid tell one another about all rows; it must be zero.
template <class Gemm>
size_t slot_bytes(int tokens) {
  if constexpr (Gemm::View::kScope == RowScope::kGrid) {
    return Gemm::View::Slots::bytes(tokens);
  } else {
    return 1;
  }
}

// A grid for a bucket of one tile more than the tokens need: the blocks beyond leave at once.
template <class Gemm>
bool launch(const std::string& name, mc::GemmArguments arguments, int tokens) {
  using Tile = typename Gemm::Tile;
  platform::Shape shape;
  shape.columns = (Gemm::Problem::kN + Tile::kTileN - 1) / Tile::kTileN;
  shape.rows = (tokens + Tile::kTileM - 1) / Tile::kTileM + 1;
  shape.cluster = Gemm::View::kClusterSize;
  shape.shared_bytes = Gemm::kSharedBytes;
  shape.resident = Gemm::View::kScope == RowScope::kGrid;
  platform::Array<unsigned char> slots(slot_bytes<Gemm>(tokens));
  arguments.row_slots = slots.device();
  return platform::launch<Gemm, Gemm::kThreads>(name, shape, arguments);
}

// Elements of `found` whose bits are not those of `expected`.
inline long long different(platform::Array<float>& found, const std::vector<float>& expected) {
  long long wrong = 0;
  for (size_t i = 0; i < expected.size(); ++i) wrong += std::memcmp(&found[i], &expected[i], 4) != 0;
  return wrong;
}

inline long long different(platform::Array<mc::Half>& found, const std::vector<float>& expected) {
  long long wrong = 0;
  for (size_t i = 0; i < expected.size(); ++i) wrong += found[i].bits != float_to_half(expected[i]);
  return wrong;
}

// The epilogue of a linear part alone. Store: StoreF32 with float, StoreF16 with Half as the element.
template <class Problem, class Element, bool kStaticScale>
using LinearStore = typename Linearized<terms_of<Problem>(), kStaticScale,
                                        std::conditional_t<sizeof(Element) == 4, mc::StoreF32, mc::StoreF16>>::Type;

template <class Gemm, class Element, bool kStaticScale = false>
void linear_of_kernel_equals_the_reference(const std::vector<int>& token_counts) {
  using Problem = typename Gemm::Problem;
  constexpr bool kFloat = sizeof(Element) == 4;
  for (int tokens : token_counts) {
    LinearLayer<Problem> layer(tokens, rows_in_memory<Gemm>(tokens));
    const std::vector<float> expected = layer.values(kStaticScale);
    for (auto timing : platform::kCopyTimings) {
      platform::select(timing);
      platform::Array<Element> output(expected.size(), 0xff);
      mc::GemmArguments arguments = layer.arguments();
      arguments.output = output.device();
      const std::string name = describe<Problem>(kStaticScale ? "static scale" : kFloat ? "fp32" : "fp16", tokens);
      const bool ended = launch<Gemm>(name, arguments, tokens);
      report(name, ended ? different(output, expected) : 1, output.size());
    }
  }
}

template <class Problem, class Tile, class Element, bool kStaticScale = false>
void linear_equals_the_reference(const std::vector<int>& token_counts) {
  linear_of_kernel_equals_the_reference<
      mc::Gemm<Problem, Tile, RowScope::kPartial, 1, LinearStore<Problem, Element, kStaticScale>>, Element,
      kStaticScale>(token_counts);
}

// An elementwise step between the linear part and the store. Step: Relu, which is exact, or Tanh.
template <class Problem, class Tile, class Step>
void elementwise_is_near_the_reference(const char* what, float (*function)(float),
                                       const std::vector<int>& token_counts) {
  using Gemm = LinearThen<Problem, Tile, RowScope::kPartial, 1, Step, mc::StoreF32>;
  for (int tokens : token_counts) {
    LinearLayer<Problem> layer(tokens, rows_in_memory<Gemm>(tokens));
    std::vector<float> expected = layer.values();
    platform::Array<float> output(expected.size(), 0xff);
    mc::GemmArguments arguments = layer.arguments();
    arguments.output = output.device();
    const std::string name = describe<Problem>(what, tokens);
    const bool ended = launch<Gemm>(name, arguments, tokens);
    long long wrong = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const float y = function(expected[i]);
      wrong += !(std::fabs(output[i] - y) <= 2e-6f * std::fabs(y));
    }
    report(name, ended ? wrong : 1, expected.size());
  }
}

// The form that the renderer chooses.
template <class Format>
constexpr mc::GeluForm kErfFor = Format::kBits == 4 ? mc::GeluForm::kErfCoarse : mc::GeluForm::kErf;

template <class Gemm, class Format, mc::GeluForm kForm, bool kCodeSum>
void gelu_then_quantize_of_kernel_equals_the_reference(const std::vector<int>& token_counts) {
  using Problem = typename Gemm::Problem;
  for (int tokens : token_counts) {
    LinearLayer<Problem> layer(tokens, rows_in_memory<Gemm>(tokens));
    QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
    mc::GemmArguments arguments = layer.arguments();
    arguments.quantized = quantized.target();
    const std::string name = describe<Problem>("gelu quantize", tokens);
    if (!launch<Gemm>(name, arguments, tokens)) {
      report(name, 1, 1);
      continue;
    }
    std::vector<float> rows = layer.values();
    for (float& x : rows) x = kForm == mc::GeluForm::kTanh ? gelu_tanh(x) : gelu_erf(x);
    // GELU's erf form is not the reference's; tanh is, where the kernel's tanhf is the host's.
    const bool exact = platform::kExactMath && kForm == mc::GeluForm::kTanh;
    quantized.check(name, rows, tokens, exact ? CodeMatch::kExact : CodeMatch::kTies, kCodeSum);
  }
}

template <class Problem, class Tile, RowScope kScope, int kCluster, class Format, mc::GeluForm kForm = kErfFor<Format>,
          bool kCodeSum = Format::kAsymmetric>
void gelu_then_quantize_equals_the_reference(const std::vector<int>& token_counts) {
  gelu_then_quantize_of_kernel_equals_the_reference<
      LinearThen<Problem, Tile, kScope, kCluster, mc::GeluQuantizeRows<kForm, Format, kCodeSum>>, Format, kForm,
      kCodeSum>(token_counts);
}

// The quantizer without a function before it: bit for bit on every platform.
template <class Gemm, class Format>
void quantize_of_kernel_equals_the_reference(const std::vector<int>& token_counts) {
  using Problem = typename Gemm::Problem;
  for (int tokens : token_counts) {
    LinearLayer<Problem> layer(tokens, rows_in_memory<Gemm>(tokens));
    QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
    mc::GemmArguments arguments = layer.arguments();
    arguments.quantized = quantized.target();
    const std::string name = describe<Problem>("quantize", tokens);
    if (launch<Gemm>(name, arguments, tokens)) {
      quantized.check(name, layer.values(), tokens, CodeMatch::kExact);
    } else {
      report(name, 1, 1);
    }
  }
}

template <class Problem, class Tile, RowScope kScope, int kCluster, class Format>
void quantize_equals_the_reference(const std::vector<int>& token_counts) {
  quantize_of_kernel_equals_the_reference<LinearThen<Problem, Tile, kScope, kCluster, mc::QuantizeRows<Format>>,
                                          Format>(token_counts);
}

struct Epsilon {
  static constexpr float kValue = 1e-12f;
};

// Replaces rows by layer_norm(rows + residual), and counts the outputs that are not near it.
template <class Layer>
long long layer_norm_differences(Layer& layer, std::vector<float>& rows, int tokens,
                                 platform::Array<mc::Half>& output) {
  constexpr int kN = Layer::kN;
  long long wrong = 0;
  for (int m = 0; m < tokens; ++m) {
    float* row = &rows[size_t(m) * kN];
    double mean = 0, variance = 0;
    for (int n = 0; n < kN; ++n) {
      row[n] += half_to_float(layer.residual[size_t(m) * kN + n].bits);
      mean += row[n] / double(kN);
    }
    for (int n = 0; n < kN; ++n) variance += (row[n] - mean) * (row[n] - mean) / kN;
    for (int n = 0; n < kN; ++n) {
      row[n] = float((row[n] - mean) / std::sqrt(variance + Epsilon::kValue) * layer.gamma[n] + layer.beta[n]);
      const float bound = 1e-4f + std::fabs(row[n]) / 2048.0f;  // half a unit in the last place of FP16, and a little
      wrong += !(std::fabs(half_to_float(output[size_t(m) * kN + n].bits) - row[n]) <= bound);
    }
  }
  return wrong;
}

// Element: storage type of gamma and beta.
template <class Gemm, class Format, class Element>
void layer_norm_of_kernel_is_near_the_reference(const std::vector<int>& token_counts) {
  using Problem = typename Gemm::Problem;
  constexpr int kN = Problem::kN;
  for (int tokens : token_counts) {
    LinearLayer<Problem> layer(tokens, rows_in_memory<Gemm>(tokens));
    QuantizedTarget<Format> quantized(tokens, kN, kGemmConstants);
    platform::Array<mc::Half> output(size_t(tokens) * kN, 0xff);
    mc::GemmArguments arguments = layer.arguments();
    arguments.quantized = quantized.target();
    arguments.output = output.device();
    if constexpr (sizeof(Element) == 4) {
      arguments.gamma = layer.gamma.device(), arguments.beta = layer.beta.device();
    } else {
      arguments.gamma = layer.gamma_half.device(), arguments.beta = layer.beta_half.device();
    }
    const std::string name = describe<Problem>("layer norm", tokens);
    if (!launch<Gemm>(name, arguments, tokens)) {
      report(name, 1, 1);
      continue;
    }
    std::vector<float> rows = layer.values();
    const long long wrong = layer_norm_differences(layer, rows, tokens, output);
    report(name, wrong, rows.size());
    quantized.check(name + " quantize", rows, tokens, CodeMatch::kNearTolerance);
  }
}

template <class Problem, class Tile, RowScope kScope, int kCluster, class Format, class Element = float>
void residual_layer_norm_quantize_is_near_the_reference(const std::vector<int>& token_counts) {
  layer_norm_of_kernel_is_near_the_reference<
      LinearThen<Problem, Tile, kScope, kCluster, mc::Residual, mc::LayerNormStep<Element, Epsilon>, mc::StoreF16,
                 mc::QuantizeRows<Format>>,
      Format, Element>(token_counts);
}

}  // namespace checks
