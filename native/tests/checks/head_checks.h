// Checks of what stands on top of an encoder: pooling and small dense layers (pool.cuh, head.cuh).
#pragma once

#include "checks/half_matrix.h"
#include "checks/report.h"
#include "checks/sequences.h"
#include "mc/head.cuh"
#include "mc/pool.cuh"

namespace checks {

template <int kFeatures, mc::Pooling kPooling, bool kUnitLength>
void pooled_rows_are_near_the_reference() {
  using Config = mc::PoolConfig<kFeatures, kPooling, kUnitLength, float>;
  Sequences sequences({1, 5, 300, 16, 2, 64, 33});
  const int rows = sequences.count() + 3;
  Random random(kFeatures + 3);
  HalfMatrix input(random_floats(random, size_t(sequences.tokens()) * kFeatures, 1.0f), size_t(8) * kFeatures);
  platform::Array<float> output(size_t(rows) * kFeatures, kOutputPoison);
  const mc::PoolArguments arguments = {input.device(), output.device(), sequences.device_starts(),
                                       sequences.sequence_count()};
  platform::Shape shape;
  shape.columns = (rows + 1) / 2;  // blocks take two sequences
  const std::string name = std::string("pool ") + (kPooling == mc::Pooling::kMean ? "mean" : "first") + " of " +
                           std::to_string(kFeatures) + (kUnitLength ? ", unit length" : "");
  if (!platform::launch<mc::Pool<Config>, Config::kThreads>(name, shape, arguments)) {
    report(name, 1, 1);
    return;
  }
  long long wrong = 0;
  for (int s = 0; s < sequences.count(); ++s) {
    const int start = sequences.start(s), end = kPooling == mc::Pooling::kFirst ? start + 1 : sequences.end(s);
    std::vector<double> row(kFeatures, 0.0);
    double squares = 0;
    for (int i = 0; i < kFeatures; ++i) {
      for (int t = start; t < end; ++t) row[i] += input[size_t(t) * kFeatures + i] / double(end - start);
      squares += row[i] * row[i];
    }
    for (int i = 0; i < kFeatures; ++i) {
      const double expected = kUnitLength ? row[i] / std::sqrt(squares) : row[i];
      wrong += !(std::fabs(output[size_t(s) * kFeatures + i] - expected) <= 1e-5);
    }
  }
  report(name, wrong, static_cast<long long>(sequences.count()) * kFeatures);
  report(name + ", beyond the sequences", overwritten_from(output, size_t(sequences.count()) * kFeatures), 1);
}

// Blocks take rows twice and more where there are many.
template <int kInputs, int kOutputs, mc::HeadInput kSource, mc::HeadActivation kActivation>
void head_outputs_are_near_the_reference(int rows) {
  using Config = mc::HeadConfig<kInputs, kOutputs, kSource, kActivation, true, float>;
  constexpr int kBlocks = 3, kRowsBeyond = 20;
  Lengths lengths;
  for (int i = 0; i < std::max(rows, 1); ++i) lengths.push_back(1 + i * 5 % 4);
  Sequences sequences(lengths);
  const int input_rows = kSource == mc::HeadInput::kFirstTokens ? sequences.tokens() : std::max(rows, 1);
  Random random(kInputs + 4);
  HalfMatrix input(random_floats(random, size_t(input_rows) * kInputs, 1.0f));
  HalfMatrix weight(random_floats(random, size_t(kOutputs) * kInputs, 0.05f));
  platform::Array<float> bias(random_floats(random, kOutputs, 1.0f));
  platform::Array<int> row_count(std::vector<int>{rows});
  platform::Array<float> output(size_t(rows + kRowsBeyond) * kOutputs, kOutputPoison);
  mc::HeadArguments arguments = {};
  arguments.input = input.device();
  arguments.weight = weight.device(), arguments.bias = bias.device(), arguments.output = output.device();
  arguments.sequence_starts = sequences.device_starts(), arguments.row_count = row_count.device();
  platform::Shape shape;
  shape.columns = (kOutputs + Config::kOutputsPerBlock - 1) / Config::kOutputsPerBlock;
  shape.rows = kBlocks;
  const std::string name =
      "head " + std::to_string(kInputs) + " to " + std::to_string(kOutputs) + ", " + std::to_string(rows) + " rows";
  if (!platform::launch<mc::Head<Config>, Config::kThreads>(name, shape, arguments)) {
    report(name, 1, 1);
    return;
  }
  long long wrong = 0;
  for (int r = 0; r < rows; ++r) {
    const size_t source =
        static_cast<size_t>(kSource == mc::HeadInput::kFirstTokens ? sequences.start(r) : r) * kInputs;
    for (int n = 0; n < kOutputs; ++n) {
      double y = bias[n];
      for (int k = 0; k < kInputs; ++k) y += double(input[source + k]) * weight[size_t(n) * kInputs + k];
      if (kActivation == mc::HeadActivation::kTanh) y = std::tanh(y);
      if (kActivation == mc::HeadActivation::kRelu) y = std::max(y, 0.0);
      wrong += !(std::fabs(output[size_t(r) * kOutputs + n] - y) <= 2e-5);
    }
  }
  report(name, wrong, static_cast<long long>(rows) * kOutputs);
  report(name + ", beyond the rows", overwritten_from(output, size_t(rows) * kOutputs), 1);
}

// No row, one, and numbers beside the rows that a block has at a time and beyond those that all blocks have.
template <int kInputs, int kOutputs, mc::HeadInput kSource, mc::HeadActivation kActivation>
void head_outputs_are_near_the_reference() {
  for (int rows : {0, 1, 7, 8, 9, 16, 17, 128, 200}) {
    head_outputs_are_near_the_reference<kInputs, kOutputs, kSource, kActivation>(rows);
  }
}

// Layers that stand for all: outputs beside those of a block, inputs beside those of a step and of all warps' steps.
inline void heads_are_near_the_reference() {
  using enum mc::HeadInput;
  using enum mc::HeadActivation;
  head_outputs_are_near_the_reference<768, 1, kEachRow, kNone>();
  head_outputs_are_near_the_reference<768, 2, kEachRow, kNone>();
  head_outputs_are_near_the_reference<96, 3, kEachRow, kRelu>();
  head_outputs_are_near_the_reference<256, 20, kFirstTokens, kTanh>();
  head_outputs_are_near_the_reference<328, 45, kFirstTokens, kRelu>();
  head_outputs_are_near_the_reference<1536, 16, kEachRow, kNone>();
  head_outputs_are_near_the_reference<768, 768, kFirstTokens, kTanh>(9);
  head_outputs_are_near_the_reference<1024, 1024, kEachRow, kNone>(1);
}

}  // namespace checks
