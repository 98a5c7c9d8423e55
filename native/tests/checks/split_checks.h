// The GEMM whose cluster divides K (mc/hopper/split_gemm.cuh), from codes and from fp32 values that it quantizes
// itself, and the kernel that stores such values.
#pragma once

#include "checks/resident_checks.h"
#include "mc/hopper/split_gemm.cuh"

namespace checks {

// Random fp32 rows, the largest |value| of each kParts-th of a row, and the codes of a plain quantizer. Rows beyond the
// tokens are NaN.
template <class Format, int kFeatures, int kParts>
struct ValuesInMemory {
  platform::Array<float> values, parts;
  std::vector<std::vector<int>> codes;
  std::vector<float> scales;

  ValuesInMemory(int tokens, int rows)
      : values(size_t(rows) * kFeatures, 0xff), parts(size_t(rows) * kParts, 0xff), codes(tokens), scales(tokens) {
    Random random(static_cast<unsigned long long>(tokens) + 7);
    for (int m = 0; m < tokens; ++m) {
      float* row = &values[size_t(m) * kFeatures];
      float largest = 0.0f;
      for (int k = 0; k < kFeatures; ++k) {
        row[k] = m % 5 == 3 ? 0.0f : random.normal(0.3f);  // some rows have no range
        float& part = parts[size_t(m) * kParts + k / (kFeatures / kParts)];
        part = k % (kFeatures / kParts) == 0 ? std::fabs(row[k]) : std::max(part, std::fabs(row[k]));
        largest = std::max(largest, std::fabs(row[k]));
      }
      scales[m] = largest == 0.0f ? 1.0f : largest / Format::kHighest;
      const float inverse = 1.0f / scales[m];
      for (int k = 0; k < kFeatures; ++k) {
        codes[m].push_back(static_cast<int>(std::nearbyint(static_cast<double>(row[k]) * inverse)));
      }
    }
  }
};

// The epilogue of an encoder's outputs behind a split product. Activations: what it reads, with its values in memory.
// Sums, and so everything before layer norm, are exact.
template <class Problem, class Tile, class Source, int kParts, class Activations, class Element, class Format>
void split_layer_norm(const std::vector<int>& token_counts) {
  constexpr bool kOfValues = kParts != 0;
  using Gemm =
      mc::hopper::SplitGemm<Problem, Tile, Source,
                            mc::Epilogue<mc::DequantizeWithBias<>, mc::Residual, mc::LayerNormStep<Element, Epsilon>,
                                         mc::StoreF16, mc::QuantizeRows<Format>>>;
  for (int tokens : platform::tokens(token_counts)) {
    const int rows = rows_in_memory<Gemm>(tokens);
    LinearLayer<Problem> layer(tokens, rows);
    ValuesInMemory<Activations, Problem::kK, kOfValues ? kParts : 1> source(tokens, rows);
    for (int m = 0; m < tokens; ++m) layer.set_activations(m, source.codes[m], source.scales[m]);
    QuantizedTarget<Format> quantized(tokens, Problem::kN, kGemmConstants);
    platform::Array<mc::Half> output(size_t(tokens) * Problem::kN, 0xff);
    mc::GemmArguments arguments = layer.arguments();
    if (kOfValues) {
      arguments.activations = source.values.device(), arguments.range_parts = source.parts.device();
      arguments.activation_scale = nullptr;
    }
    arguments.quantized = quantized.target();
    arguments.output = output.device();
    if constexpr (sizeof(Element) == 4) {
      arguments.gamma = layer.gamma.device(), arguments.beta = layer.beta.device();
    } else {
      arguments.gamma = layer.gamma_half.device(), arguments.beta = layer.beta_half.device();
    }
    char what[100];
    std::snprintf(what, sizeof what, "split %d x %d of %s, layer norm", Tile::kSplitN, Tile::kSplitK,
                  kOfValues ? "values" : "codes");
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

// The values and the parts of their ranges, bit for bit: no function stands between.
template <class Problem, class Tile>
void range_parts_equal_the_reference(const std::vector<int>& token_counts) {
  using Gemm = mc::hopper::ResidentGemm<Problem, Tile, RowScope::kPartial, 1,
                                        mc::Epilogue<mc::DequantizeWithBias<>, mc::StoreF32, mc::StoreRangeParts>>;
  constexpr int kParts = Problem::kN / Tile::kTileN;
  for (int tokens : platform::tokens(token_counts)) {
    const int rows = rows_in_memory<Gemm>(tokens);
    LinearLayer<Problem> layer(tokens, rows);
    platform::Array<float> output(size_t(tokens) * Problem::kN, 0xff), parts(size_t(tokens) * kParts, 0xff);
    mc::GemmArguments arguments = layer.arguments();
    arguments.output = output.device(), arguments.range_parts = parts.device();
    const std::string name = describe<Problem>("range parts", tokens);
    const bool ended = launch<Gemm>(name, arguments, tokens);
    const std::vector<float> expected = layer.values();
    std::vector<float> expected_parts(parts.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      float& part = expected_parts[i / Problem::kN * kParts + i % Problem::kN / Tile::kTileN];
      part = std::max(part, std::fabs(expected[i]));
    }
    report(name, ended ? different(output, expected) + different(parts, expected_parts) : 1,
           output.size() + parts.size());
  }
}

template <int kBits, Operand kW>
void check_split_family() {
  using mc::GemmProblem;
  using mc::hopper::CodesOfRows;
  using mc::hopper::ResidentTile;
  using mc::hopper::SplitTile;
  using mc::hopper::ValuesOfRows;
  using Activations = mc::QuantFormat<kBits, 8, false>;
  using Codes = CodesOfRows<kBits>;
  using Row = GemmProblem<512, 512, Operand::kS8, kW>;
  using Wide = GemmProblem<768, 1536, Operand::kS8, kW>;
  range_parts_equal_the_reference<Row, ResidentTile<16, 32, 2, 2, 1>>({1, 17});
  range_parts_equal_the_reference<Row, ResidentTile<32, 64, 2, 4, 2>>({33});
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    split_layer_norm<Row, SplitTile<Row, 16, 2, 8, 4, 1, 4>, Codes, 0, Activations, mc::Half, Activations>({1, 31});
    split_layer_norm<Row, SplitTile<Row, 16, 4, 4, 4, 2, 4>, Codes, 0, Activations, float, Activations>({17});
    split_layer_norm<Row, SplitTile<Row, 16, 2, 4, 4, 2, 4>, Codes, 0, Activations, mc::Half, Activations>({33});
    split_layer_norm<Row, SplitTile<Row, 16, 2, 8, 8, 1, 8>, ValuesOfRows<Activations, 32>, 32, Activations, mc::Half,
                     Activations>({1, 33});
    split_layer_norm<Row, SplitTile<Row, 32, 4, 4, 4, 2, 8>, ValuesOfRows<Activations, 16>, 16, Activations, mc::Half,
                     Activations>({127});
  }
  split_layer_norm<Wide, SplitTile<Wide, 16, 2, 8, 12, 1, 3>, ValuesOfRows<Activations, 64>, 64, Activations, mc::Half,
                   Activations>({17});
  split_layer_norm<Wide, SplitTile<Wide, 16, 4, 4, 6, 2, 6>, ValuesOfRows<Activations, 64>, 64, Activations, mc::Half,
                   Activations>({31});
}

constexpr int kSplitFamilies = 3;

template <int kFamily>
void check_split() {
  if constexpr (kFamily == 0) check_split_family<4, Operand::kS4>();
  if constexpr (kFamily == 1) check_split_family<8, Operand::kS4>();
  if constexpr (kFamily == 2) check_split_family<8, Operand::kS8>();
}

}  // namespace checks
