// Checks of the kernels that take one token's row each: rows.cuh and embedding.cuh.
#pragma once

#include "checks/half_matrix.h"
#include "checks/quantized_target.h"
#include "checks/sequences.h"
#include "mc/embedding.cuh"
#include "mc/rows.cuh"

namespace checks {

constexpr double kHalfError = 6e-4;  // relative to 1 + |y|: one rounding to FP16, and a little

// Layer norm of one row, in place, in fp64.
inline void normalize(std::vector<double>& row, double epsilon, platform::Array<float>& gamma,
                      platform::Array<float>& beta) {
  double mean = 0, variance = 0;
  for (double x : row) mean += x / double(row.size());
  for (double x : row) variance += (x - mean) * (x - mean) / double(row.size());
  for (size_t i = 0; i < row.size(); ++i) row[i] = (row[i] - mean) / std::sqrt(variance + epsilon) * gamma[i] + beta[i];
}

// Keeps the largest error; NaN stays.
inline void note_error(double& worst, double error) {
  if (!(error <= worst)) worst = error;
}

template <class Config>
int row_blocks(int rows) {
  return (rows + Config::Launch::kRowsPerBlock - 1) / Config::Launch::kRowsPerBlock;
}

// Rows with NaN beyond the token count, and rows that are constant, tiny, huge or made of ties.
template <int kFeatures>
std::vector<float> hard_rows(int tokens, int rows) {
  Random random(kFeatures);
  std::vector<float> values = random_floats(random, size_t(rows) * kFeatures, 1.0f, 0.2f);
  for (int i = 0; i < kFeatures; ++i) {
    values[3 * kFeatures + i] = 0.0f;
    values[4 * kFeatures + i] = -2.5f;
    values[5 * kFeatures + i] *= 1e-30f;
    values[6 * kFeatures + i] *= 1e30f;
    values[7 * kFeatures + i] = static_cast<float>(i % 31 - 15);
  }
  for (size_t i = size_t(tokens) * kFeatures; i < values.size(); ++i) values[i] = NAN;
  return values;
}

constexpr int kRowTokens = 37, kRowPlaces = 45;

template <int kFeatures, class Format>
void quantized_rows_equal_the_reference() {
  using Config = mc::RowsConfig<kFeatures, float, false, false, Format, mc::DefaultRowLaunch<kFeatures>>;
  const std::vector<float> rows = hard_rows<kFeatures>(kRowTokens, kRowPlaces);
  platform::Array<float> input(rows);
  platform::Array<int> token_count(std::vector<int>{kRowTokens});
  QuantizedTarget<Format> quantized(kRowPlaces, kFeatures, kRowConstants);
  platform::Shape shape;
  shape.columns = row_blocks<Config>(kRowPlaces);
  mc::RowsArguments arguments = {};
  arguments.input = input.device(), arguments.token_count = token_count.device();
  arguments.quantized = quantized.target();
  char name[100];
  std::snprintf(name, sizeof name, "rows of %d, %d bits in %d, asymmetric %d, static %d, clip %d", kFeatures,
                Format::kBits, Format::kContainerBits, Format::kAsymmetric, Format::kStatic, Format::kClip);
  if (platform::launch<mc::Rows<Config>, Config::Launch::kThreads>(name, shape, arguments)) {
    quantized.check(name, rows, kRowTokens, CodeMatch::kExact);
  } else {
    report(name, 1, 1);
  }
}

template <int kFeatures, class... Formats>
void quantized_rows_equal_the_reference(FormatList<Formats...>) {
  (quantized_rows_equal_the_reference<kFeatures, Formats>(), ...);
}

// Layer norm, FP16 store and quantizer of one kernel.
template <int kFeatures>
void normalized_rows_are_near_the_reference() {
  using Format = mc::QuantFormat<8, 8, true>;
  using Config = mc::RowsConfig<kFeatures, float, true, true, Format, mc::DefaultRowLaunch<kFeatures>>;
  Random random(kFeatures + 1);
  platform::Array<float> input(random_floats(random, size_t(kRowPlaces) * kFeatures, 2.0f, 5.0f));
  platform::Array<float> gamma(random_floats(random, kFeatures, 1.0f, 1.0f));
  platform::Array<float> beta(random_floats(random, kFeatures, 1.0f));
  platform::Array<int> token_count(std::vector<int>{kRowTokens});
  platform::Array<mc::Half> output(input.size(), kOutputPoison);
  QuantizedTarget<Format> quantized(kRowPlaces, kFeatures, kRowConstants);
  for (size_t i = size_t(kRowTokens) * kFeatures; i < input.size(); ++i) input[i] = NAN;
  platform::Shape shape;
  shape.columns = row_blocks<Config>(kRowPlaces);
  mc::RowsArguments arguments = {};
  arguments.input = input.device(), arguments.gamma = gamma.device(), arguments.beta = beta.device();
  arguments.token_count = token_count.device(), arguments.output = output.device();
  arguments.quantized = quantized.target(), arguments.epsilon = 1e-12f;
  const std::string name = "layer norm of rows of " + std::to_string(kFeatures);
  if (!platform::launch<mc::Rows<Config>, Config::Launch::kThreads>(name, shape, arguments)) {
    report(name, 1, 1);
    return;
  }
  double worst = 0, worst_code = 0;
  std::vector<float> rows;
  for (int t = 0; t < kRowTokens; ++t) {
    std::vector<double> row(kFeatures);
    for (int i = 0; i < kFeatures; ++i) row[i] = input[size_t(t) * kFeatures + i];
    normalize(row, 1e-12, gamma, beta);
    for (int i = 0; i < kFeatures; ++i) {
      rows.push_back(float(row[i]));
      const double found = half_to_float(output[size_t(t) * kFeatures + i].bits);
      note_error(worst, std::fabs(found - row[i]) / (1 + std::fabs(row[i])));
      note_error(worst_code, std::fabs(quantized.value(t, i) - row[i]) / quantized.scale(t));
    }
  }
  report_error(name, worst, kHalfError);
  report_error(name + " quantize, in steps", worst_code, 0.5005);
  quantized.check(name + " quantize", rows, kRowTokens, CodeMatch::kNearTolerance);
  report(name + ", beyond the tokens", overwritten_from(output, size_t(kRowTokens) * kFeatures), 1);
}

template <int kFeatures, mc::TokenTypes kTypes>
void embeddings_are_near_the_reference(int position_offset, int sequence_count) {
  using Format = mc::QuantFormat<4, 4, false>;
  using Config = mc::EmbeddingConfig<kFeatures, kTypes, true, Format, mc::DefaultRowLaunch<kFeatures>>;
  constexpr int kVocabulary = 50, kPositions = 40, kRowsPerBlock = Config::Launch::kRowsPerBlock;
  Lengths lengths;
  for (int i = 0; i < sequence_count; ++i) lengths.push_back(1 + i * 7 % 13);
  Sequences sequences(lengths);
  const int tokens = sequences.tokens(), rows = (tokens + 20) / kRowsPerBlock * kRowsPerBlock;
  Random random(kFeatures + 2);
  HalfMatrix word(random_floats(random, size_t(kVocabulary) * kFeatures, 1.0f));
  HalfMatrix position(random_floats(random, size_t(kPositions) * kFeatures, 1.0f));
  HalfMatrix type(random_floats(random, size_t(2) * kFeatures, 1.0f));
  platform::Array<float> gamma(random_floats(random, kFeatures, 1.0f, 1.0f));
  platform::Array<float> beta(random_floats(random, kFeatures, 1.0f));
  platform::Array<int> ids(rows), types(rows);
  // Beyond the tokens there are ids that no table has.
  for (int i = 0; i < rows; ++i) {
    ids[i] = i < tokens ? random.between(0, kVocabulary - 1) : 1 << 30;
    types[i] = i < tokens ? random.between(0, 1) : 1 << 30;
  }
  platform::Array<mc::Half> output(size_t(rows) * kFeatures, kOutputPoison);
  QuantizedTarget<Format> quantized(rows, kFeatures, kRowConstants);
  const mc::EmbeddingArguments arguments = {ids.device(),
                                            types.device(),
                                            word.device(),
                                            position.device(),
                                            type.device(),
                                            gamma.device(),
                                            beta.device(),
                                            sequences.device_starts(),
                                            sequences.sequence_count(),
                                            sequences.token_count(),
                                            output.device(),
                                            quantized.target(),
                                            1e-5f,
                                            position_offset};
  platform::Shape shape;
  shape.columns = row_blocks<Config>(rows);
  const std::string name =
      "embedding of " + std::to_string(kFeatures) + ", " + std::to_string(sequence_count) + " sequences";
  if (!platform::launch<mc::Embedding<Config>, Config::Launch::kThreads>(name, shape, arguments)) {
    report(name, 1, 1);
    return;
  }
  double worst = 0;
  std::vector<float> expected;
  for (int t = 0; t < tokens; ++t) {
    const int place = t - sequences.start(sequences.of(t)) + position_offset;
    std::vector<double> row(kFeatures);
    for (int i = 0; i < kFeatures; ++i) {
      row[i] = double(word[size_t(ids[t]) * kFeatures + i]) + position[size_t(place) * kFeatures + i];
      if (kTypes == mc::TokenTypes::kZero) row[i] += type[i];
      if (kTypes == mc::TokenTypes::kIds) row[i] += type[size_t(types[t]) * kFeatures + i];
    }
    normalize(row, 1e-5, gamma, beta);
    for (int i = 0; i < kFeatures; ++i) {
      expected.push_back(float(row[i]));
      const double found = half_to_float(output[size_t(t) * kFeatures + i].bits);
      note_error(worst, std::fabs(found - row[i]) / (1 + std::fabs(row[i])));
    }
  }
  report_error(name, worst, kHalfError);
  quantized.check(name + " quantize", expected, tokens, CodeMatch::kNearTolerance);
  report(name + ", beyond the tokens", overwritten_from(output, expected.size()), 1);
}

// Every form of token types; few sequences, as many as are read at once, one more, and many.
inline void embeddings_are_near_the_reference() {
  using enum mc::TokenTypes;
  for (int sequences : {1, 5, 127, 128, 129, 400}) embeddings_are_near_the_reference<96, kZero>(2, sequences);
  embeddings_are_near_the_reference<256, kIds>(0, 70);
  embeddings_are_near_the_reference<768, kNone>(0, 7);
  embeddings_are_near_the_reference<768, kIds>(1, 70);
  embeddings_are_near_the_reference<1024, kIds>(0, 33);
  embeddings_are_near_the_reference<1536, kIds>(2, 9);  // several warps a row
}

}  // namespace checks
