// Checks of native/include/mc/hopper/few_qkv_attention.cuh against a projection whose FP16 results are exact and
// softmax in fp64 (context_reference.h).
#pragma once

#include <algorithm>
#include <cmath>

#include "checks/context_reference.h"
#include "checks/linear_layer.h"
#include "checks/numbers.h"
#include "checks/sequences.h"
#include "mc/hopper/few_qkv_attention.cuh"

namespace checks {

template <class Config>
class FewQkvAttentionCase {
 public:
  using Kernel = mc::hopper::FewQkvAttention<Config>;

  explicit FewQkvAttentionCase(const Lengths& lengths)
      : sequences_(lengths),
        tokens_(sequences_.tokens()),
        rows_((tokens_ + Config::kTileM - 1) / Config::kTileM * Config::kTileM),
        layer_(tokens_, rows_),
        values_(size_t(rows_) * kHidden, kPoison),
        range_parts_(size_t(rows_) * Config::kRangeParts, kPoison) {
    char text[200];
    std::snprintf(
        text, sizeof text,
        "qkv and attention of few tokens, %d heads, %d inputs, %d-bit weights, bucket %d, %d parts, %d threads, "
        "%d tokens of %d sequences",
        Config::kHeads, Problem::kK, mc::bits_of(Problem::kWeight), Config::kKeys, Config::kParts, Config::kThreads,
        tokens_, sequences_.count());
    name_ = text;
    project();
    run();
  }

 private:
  using Problem = typename Config::Problem;
  static constexpr int kHidden = Config::kHidden;
  static constexpr unsigned char kPoison = 0xa5;
  static constexpr unsigned kPoisonWord = 0xa5a5a5a5u;

  // Queries, keys and values of about 1, so that many keys have a part in each context.
  void project() {
    Random random(static_cast<unsigned long long>(tokens_) + 1);
    std::vector<int> codes(Problem::kK);
    const float size = 0.5f * static_cast<float>(highest(Problem::kWeight)) * std::sqrt(float(Problem::kK));
    for (int token = 0; token < tokens_; ++token) {
      for (int& code : codes) code = random.between(-128, 127);
      layer_.set_activations(token, codes, random.real(0.5f, 1.5f) / size);
    }
    for (float value : layer_.values()) qkv_.push_back(half_to_float(float_to_half(value)));
  }

  void run() {
    mc::hopper::FewQkvAttentionArguments arguments = {};
    arguments.linear = layer_.arguments();
    arguments.linear.output = values_.device();
    arguments.linear.range_parts = range_parts_.device();
    arguments.sequence_starts = sequences_.device_starts();
    arguments.sequence_count = sequences_.sequence_count();
    platform::Shape shape;
    shape.columns = Config::kClusterSize;
    shape.rows = Config::kHeads;
    shape.cluster = Config::kClusterSize;
    shape.shared_bytes = Kernel::kSharedBytes;
    if (!platform::launch<Kernel, Kernel::kThreads>(name_, shape, arguments)) return report(name_, 1, 1);
    check();
  }

  void check() {
    long long wrong = 0, wrong_ranges = 0, written = 0;
    for (int token = 0; token < tokens_; ++token) {
      for (int head = 0; head < Config::kHeads; ++head) {
        double context[64], error[64];
        reference_context(qkv_, kHidden, sequences_, token, head, context, error);
        float largest = 0.0f, of_parts = 0.0f;
        for (int i = 0; i < 64; ++i) {
          const float value = values_[size_t(token) * kHidden + head * 64 + i];
          wrong += !(std::fabs(value - context[i]) <= error[i]);
          largest = std::max(largest, std::fabs(value));
        }
        constexpr int kOfHead = Config::kRangeParts / Config::kHeads;
        for (int i = 0; i < kOfHead; ++i) {
          of_parts = std::max(of_parts, range_parts_[size_t(token) * Config::kRangeParts + head * kOfHead + i]);
        }
        wrong_ranges += !(of_parts == largest);
      }
    }
    const auto count = [&](platform::Array<float>& array, int row_floats) {
      for (size_t i = size_t(tokens_) * row_floats; i < array.size(); ++i) {
        unsigned bits;
        std::memcpy(&bits, &array[i], 4);
        written += bits != kPoisonWord;
      }
    };
    count(values_, kHidden), count(range_parts_, Config::kRangeParts);
    report(name_, wrong, static_cast<long long>(tokens_) * kHidden);
    report(name_ + ", parts of ranges", wrong_ranges, static_cast<long long>(tokens_) * Config::kHeads);
    report(name_ + ", rows beyond the tokens", written, rows_ - tokens_);
  }

  Sequences sequences_;
  int tokens_, rows_;
  LinearLayer<Problem> layer_;
  std::vector<float> qkv_;
  platform::Array<float> values_, range_parts_;
  std::string name_;
};

template <int kHeads, int kInputs, Operand kWeight, int kTokenTiles, int kParts, int kWarpsN, int kWarpsK>
void check_few_qkv_attention(std::initializer_list<Lengths> batches) {
  using Config = mc::hopper::FewQkvAttentionConfig<kHeads, kInputs, kWeight, kTokenTiles, kParts, kWarpsN, kWarpsK>;
  for (const auto timing : platform::kCopyTimings) {
    platform::select(timing);
    for (const Lengths& lengths : batches) FewQkvAttentionCase<Config>{lengths};
  }
}

}  // namespace checks
