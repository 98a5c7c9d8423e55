// Checks of attention kernels against softmax in fp64, for batches of sequences of mixed lengths. A family says which
// kernel runs, and with what launch: see WarpAttention.
#pragma once

#include "checks/half_matrix.h"
#include "checks/quantized_target.h"
#include "checks/sequences.h"
#include "mc/attention.cuh"

namespace checks {

// Kernels of mc/attention.cuh.
template <int kHeads_, int kHeadDim_, int kHeadsPerBlock = kHeads_, int kKeyTile = 16>
struct WarpAttention {
  static constexpr int kHeads = kHeads_;
  static constexpr int kHeadDim = kHeadDim_;
  static constexpr bool kQuantizes = kHeads == kHeadsPerBlock;

  static std::string name() {
    return std::to_string(kHeadsPerBlock) + " a block, key tile " + std::to_string(kKeyTile);
  }

  // rows: of qkv and of the output, the bucket.
  template <mc::AttentionOutput kOutput, class Format>
  static bool launch(const std::string& name, const mc::AttentionArguments& arguments, int rows) {
    using Config = mc::AttentionConfig<kHeads, kHeadDim, kOutput, Format, kHeadsPerBlock, kKeyTile>;
    platform::Shape shape;
    shape.columns = (rows + Config::kQueryTile - 1) / Config::kQueryTile, shape.rows = kHeads / kHeadsPerBlock;
    return platform::launch<mc::Attention<Config>, Config::kThreads>(name, shape, arguments);
  }
};

template <class Family>
class AttentionCase {
 public:
  explicit AttentionCase(const Lengths& lengths)
      : sequences_(lengths),
        tokens_(sequences_.tokens()),
        rows_((tokens_ + 15) / 16 * 16 + 32),
        qkv_(random_qkv(), size_t(rows_ - tokens_) * 3 * kHidden) {
    char text[160];
    std::snprintf(text, sizeof text, "attention %d heads of %d, %s, %d tokens of %d sequences", kHeads, kHeadDim,
                  Family::name().c_str(), tokens_, sequences_.count());
    name_ = text;
  }

  // The context as fp32 and as FP16.
  void check_context() {
    platform::Array<float> context(size_t(rows_) * kHidden, kOutputPoison);
    platform::Array<mc::Half> halves(context.size(), kOutputPoison);
    if (!launch<mc::AttentionOutput::kFloat>(context.device()) ||
        !launch<mc::AttentionOutput::kHalf>(halves.device())) {
      report(name_, 1, 1);
      return;
    }
    report_error(name_, relative_error(context), 6e-4);
    const size_t written = size_t(tokens_) * kHidden;
    context_.resize(written);
    long long wrong = 0;
    for (size_t i = 0; i < written; ++i) {
      context_[i] = context[i];
      // Two kernels: where their fp32 results differ in the last place, the FP16 ones may too.
      const int distance = halves[i].bits - float_to_half(context[i]);
      wrong += platform::kExactMath ? distance != 0 : std::abs(distance) > 1;
    }
    report(name_ + " fp16", wrong, static_cast<long long>(written));
    report(name_ + ", beyond the tokens", overwritten_from(context, written) + overwritten_from(halves, written),
           static_cast<long long>(context.size() - written));
  }

  // Call check_context first: its fp32 result is what must have been quantized.
  template <class... Formats>
  void check_codes(FormatList<Formats...>) {
    if (!context_.empty()) (check_format<Formats>(), ...);
  }

 private:
  static constexpr int kHeads = Family::kHeads;
  static constexpr int kHeadDim = Family::kHeadDim;
  static constexpr int kHidden = kHeads * kHeadDim;

  std::vector<float> random_qkv() const {
    Random random(static_cast<unsigned long long>(tokens_));
    return random_floats(random, size_t(tokens_) * 3 * kHidden, 1.5f);
  }

  template <mc::AttentionOutput kOutput, class Format = mc::NoFormat>
  bool launch(void* output, mc::QuantizedRows quantized = {}) {
    const mc::AttentionArguments arguments = {
        qkv_.device(), output, sequences_.device_starts(), sequences_.sequence_count(), sequences_.token_count(),
        quantized};
    return Family::template launch<kOutput, Format>(name_, arguments, rows_);
  }

  template <class Format>
  void check_format() {
    char text[80];
    std::snprintf(text, sizeof text, ", %d bits in %d, %s%s%s", Format::kBits, Format::kContainerBits,
                  Format::kAsymmetric ? "asymmetric" : "symmetric", Format::kStatic ? ", static" : "",
                  Format::kClip ? ", clipped" : "");
    QuantizedTarget<Format> quantized(rows_, kHidden, kRowConstants);
    if (launch<mc::AttentionOutput::kQuantized, Format>(nullptr, quantized.target())) {
      quantized.check(name_ + text, context_, tokens_, platform::kExactMath ? CodeMatch::kExact : CodeMatch::kTies);
    } else {
      report(name_ + text, 1, 1);
    }
  }

  // Relative L2 error of the context. Every seventh token where there are many.
  double relative_error(platform::Array<float>& context) {
    double squares_of_error = 0, squares = 0;
    for (int t = 0; t<tokens_; t += tokens_> 600 ? 7 : 1) {
      for (int head = 0; head < kHeads; ++head) {
        const std::vector<double> expected = reference(t, head);
        for (int i = 0; i < kHeadDim; ++i) {
          const double error = context[size_t(t) * kHidden + head * kHeadDim + i] - expected[i];
          squares_of_error += error * error, squares += expected[i] * expected[i];
        }
      }
    }
    return std::sqrt(squares_of_error / squares);
  }

  std::vector<double> reference(int t, int head) const {
    const int start = sequences_.start(sequences_.of(t)), end = sequences_.end(sequences_.of(t));
    const auto at = [&](int token, int part, int i) -> double {
      return qkv_[(size_t(token) * 3 + part) * kHidden + head * kHeadDim + i];
    };
    std::vector<double> scores, result(kHeadDim, 0.0);
    for (int u = start; u < end; ++u) {
      double score = 0;
      for (int i = 0; i < kHeadDim; ++i) score += at(t, 0, i) * at(u, 1, i);
      scores.push_back(score / std::sqrt(double(kHeadDim)));
    }
    const double highest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - highest);
    for (int u = start; u < end; ++u) {
      for (int i = 0; i < kHeadDim; ++i) result[i] += scores[u - start] / sum * at(u, 2, i);
    }
    return result;
  }

  Sequences sequences_;
  int tokens_, rows_;
  HalfMatrix qkv_;
  std::string name_;
  std::vector<float> context_;
};

template <class Family, class Formats>
void check_attention_family(std::initializer_list<Lengths> batches, Formats formats) {
  for (const Lengths& lengths : batches) {
    AttentionCase<Family> one(lengths);
    one.check_context();
    if constexpr (Family::kQuantizes) one.check_codes(formats);
  }
}

template <int kHeads, int kHeadDim, int kHeadsPerBlock = kHeads, int kKeyTile = 16, class Formats = FewFormats>
void check_attention(std::initializer_list<Lengths> batches, Formats formats = {}) {
  check_attention_family<WarpAttention<kHeads, kHeadDim, kHeadsPerBlock, kKeyTile>>(batches, formats);
}

}  // namespace checks
