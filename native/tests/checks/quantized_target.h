// Where a quantizing kernel writes, and the comparison with a plain quantizer (docs/numerics.md) of fp32 rows.
#pragma once

#include <algorithm>

#include "checks/numbers.h"
#include "checks/report.h"
#include "mc/quantize.cuh"
#include "platform.h"

namespace checks {

// The numbers that a format may read besides the rows themselves.
struct QuantConstants {
  float static_scale, static_lo, clip;
};

// Those of the attention and row checks; some values saturate.
constexpr QuantConstants kRowConstants = {0.013f, -0.9f, 0.5f};

template <class... Formats>
struct FormatList {};

using FewFormats = FormatList<mc::QuantFormat<4, 4, false>, mc::QuantFormat<8, 8, true>>;
using AllFormats = FormatList<mc::QuantFormat<4, 4, false>, mc::QuantFormat<4, 4, true>, mc::QuantFormat<4, 8, false>,
                              mc::QuantFormat<4, 8, true>, mc::QuantFormat<8, 8, false>, mc::QuantFormat<8, 8, true>,
                              mc::QuantFormat<8, 8, true, true>, mc::QuantFormat<4, 4, false, true>,
                              mc::QuantFormat<8, 8, false, false, true>, mc::QuantFormat<4, 4, true, false, true>>;

// How far codes and row metadata may be from the reference.
enum class CodeMatch {
  kExact,         // the rows are bit-exact, so everything is
  kTies,          // the rows may differ in the last place: at most one code in 10^4 off by one
  kNearTolerance  // the rows come from reductions in another order (layer norm): one in 5000
};

template <class Format>
class QuantizedTarget {
 public:
  // rows: places in memory, at least as many as the tokens that are written. All of them are poisoned.
  QuantizedTarget(int rows, int features, QuantConstants constants)
      : rows_(rows),
        features_(features),
        constants_(constants),
        codes_(static_cast<size_t>(rows) * row_bytes(), kPoison),
        scale_(rows, kPoison),
        lo_(rows, kPoison),
        code_sum_(rows, kPoison) {}

  mc::QuantizedRows target() {
    return {codes_.device(),         scale_.device(),      lo_.device(),    code_sum_.device(),
            constants_.static_scale, constants_.static_lo, constants_.clip, 0};
  }

  // One code in its integer value.
  int code(int m, int n) {
    const unsigned char byte = codes_[m * row_bytes() + static_cast<size_t>(n) * Format::kContainerBits / 8];
    if (Format::kContainerBits == 8) return Format::kAsymmetric ? byte : static_cast<signed char>(byte);
    const int nibble = byte >> n % 2 * 4 & 15;
    return Format::kAsymmetric ? nibble : (nibble ^ 8) - 8;
  }

  // The value that a code stands for.
  double value(int m, int n) {
    return code(m, n) * static_cast<double>(scale_[m]) + (Format::kAsymmetric ? static_cast<double>(lo_[m]) : 0.0);
  }
  float scale(int m) { return scale_[m]; }

  // rows: [tokens, features] before the quantizer. has_sums: the kernel computes code sums.
  void check(const std::string& name, const std::vector<float>& rows, int tokens, CodeMatch match,
             bool has_sums = Format::kAsymmetric) {
    long long wrong = 0, off_by_one = 0;
    for (int m = 0; m < tokens; ++m) {
      std::vector<float> row(rows.begin() + static_cast<long long>(m) * features_,
                             rows.begin() + static_cast<long long>(m + 1) * features_);
      if (Format::kClip) {
        for (float& x : row) x = std::min(std::max(x, -constants_.clip), constants_.clip);
      }
      const auto [low, high] = std::minmax_element(row.begin(), row.end());
      float scale = Format::kStatic       ? constants_.static_scale
                    : Format::kAsymmetric ? (*high - *low) / Format::kHighest
                                          : std::max(std::fabs(*low), std::fabs(*high)) / Format::kHighest;
      if (scale == 0.0f) scale = 1.0f;
      const float lo = !Format::kAsymmetric ? 0.0f : Format::kStatic ? constants_.static_lo : *low;
      // A range of less than the function's error may have come out as none, which makes the scale 1, here or there.
      const bool vanished = match == CodeMatch::kTies && (scale == 1.0f || scale_[m] == 1.0f) &&
                            std::min(scale, static_cast<float>(scale_[m])) * Format::kHighest < kFunctionError;
      wrong += !vanished && !near(scale_[m], scale, scale, match);
      if (Format::kAsymmetric) wrong += !near(lo_[m], lo, std::fabs(lo) + scale, match);
      const float inverse = 1.0f / scale;
      long long sum = 0;
      const bool judged_by_value = vanished || (match == CodeMatch::kTies && scale < 2 * kFunctionError);
      for (int n = 0; n < features_; ++n) {
        const float difference = row[n] - lo;
        const double rounded = std::nearbyint(static_cast<double>(difference) * inverse);  // of the exact product
        const int expected = static_cast<int>(std::clamp(rounded, double(Format::kLowest), double(Format::kHighest)));
        const int found = code(m, n);
        sum += found;
        if (judged_by_value) {
          wrong += std::fabs(value(m, n) - row[n]) > (vanished ? 0.0f : scale) + kFunctionError;
          continue;
        }
        off_by_one += std::abs(found - expected) == 1;
        wrong += std::abs(found - expected) > 1;
      }
      if (has_sums) wrong += code_sum_[m] != sum;
    }
    wrong += settle_off_by_one(match, off_by_one, static_cast<long long>(tokens) * features_);
    report(name, wrong, static_cast<long long>(tokens) * features_);
    report(name + ", rows beyond the tokens", written_beyond(tokens), rows_ - tokens);
  }

 private:
  static constexpr unsigned char kPoison = 0xa5;
  static constexpr unsigned kPoisonWord = 0xa5a5a5a5u;

  size_t row_bytes() const { return Format::row_bytes(features_); }

  // GELU's 1 + erf(x) cancels for negative x: a last place of erf, 2^-24, is an absolute error of |x| / 2 of those, which
  // is the whole range of a row whose outputs all lie in the negative tail (|x| below 8 in these cases). Where the step of
  // a row is finer than that, its codes say nothing, and the values that they stand for are compared. For 4-bit codes it
  // is computed to 4.5e-7.
  static constexpr float kFunctionError = Format::kBits == 4 ? 6e-7f : 4.0f / (1 << 24);

  static bool near(float found, float expected, float size, CodeMatch match) {
    if (match == CodeMatch::kExact) return found == expected;
    return std::fabs(found - expected) <= 1e-5f * size + kFunctionError;
  }

  // How many of the codes that are off by one count as wrong.
  static long long settle_off_by_one(CodeMatch match, long long off_by_one, long long of) {
    if (match == CodeMatch::kExact) return off_by_one;
    if (match == CodeMatch::kNearTolerance) return off_by_one > of / 5000 + 1 ? off_by_one : 0;
    codes += of, codes_off_by_one += off_by_one;  // judged together in finish(); one case alone may be unlucky
    return off_by_one > of / kCodesPerTie + 2 ? off_by_one : 0;
  }

  long long written_beyond(int tokens) {
    long long written = 0;
    for (int m = tokens; m < rows_; ++m) {
      for (size_t i = 0; i < row_bytes(); ++i) written += codes_[m * row_bytes() + i] != kPoison;
      written += bits(scale_[m]) != kPoisonWord || bits(lo_[m]) != kPoisonWord ||
                 static_cast<unsigned>(code_sum_[m]) != kPoisonWord;
    }
    return written;
  }

  static unsigned bits(float value) {
    unsigned word;
    std::memcpy(&word, &value, 4);
    return word;
  }

  int rows_, features_;
  QuantConstants constants_;
  platform::Array<unsigned char> codes_;
  platform::Array<float> scale_, lo_;
  platform::Array<int> code_sum_;
};

}  // namespace checks
