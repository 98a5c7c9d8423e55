// One linear layer with random operands, its weights in the order of weight_layout.cuh, and its exact fp32 outputs.
#pragma once

#include "checks/numbers.h"
#include "mc/gemm_arguments.cuh"
#include "mc/operand.cuh"
#include "mc/weight_layout.cuh"
#include "platform.h"

namespace checks {

using mc::Operand;

// FP16 activations and weights are small integers, so that their sums are exact.
inline int lowest(Operand o) { return o == Operand::kS8 ? -128 : mc::is_signed(o) ? -8 : 0; }
inline int highest(Operand o) {
  return o == Operand::kS4 ? 7 : o == Operand::kS8 ? 127 : o == Operand::kF16 ? 8 : o == Operand::kU4 ? 15 : 255;
}

constexpr bool is_asymmetric(Operand o) { return o == Operand::kU4 || o == Operand::kU8; }

// Layout_: where weights lie (mc/weight_layout.cuh).
template <class Problem, class Layout_ = mc::WeightLayout<Problem::kActivation, Problem::kWeight, Problem::kN, Problem::kK>>
class LinearLayer {
 public:
  static constexpr int kN = Problem::kN, kK = Problem::kK, kGroup = Problem::kGroup;
  static constexpr Operand kA = Problem::kActivation, kW = Problem::kWeight;
  static constexpr int kGroups = kGroup == 0 ? 1 : kK / kGroup;
  using Layout = Layout_;
  static constexpr bool kTwoOfFour = requires { Layout::kTwoOfFour; };  // sparse; Layout::pack instead of position

  explicit LinearLayer(int tokens) : LinearLayer(tokens, tokens) {}

  // rows: places in memory for the inputs of a token, at least as many as there are tokens. What is beyond is NaN.
  LinearLayer(int tokens, int rows)
      : residual(size_t(rows) * kN, 0xff),
        gamma(kN),
        beta(kN),
        gamma_half(kN),
        beta_half(kN),
        tokens_(tokens),
        a_(size_t(tokens) * kK),
        w_(size_t(kN) * kK),
        activations_(size_t(rows) * Problem::kRowBytes, 0xff),
        weights_(Layout::kBytes),
        a_scale_(rows, 0xff),
        a_lo_(tokens),
        w_scale_(kN * kGroups),
        w_lo_(kN),
        correction_(kN),
        bias_(kN),
        a_sum_(tokens),
        token_count_(1) {
    Random random(static_cast<unsigned long long>(tokens));
    token_count_[0] = tokens;
    fill_activations(random);
    fill_weights(random);
    for (int n = 0; n < kN; ++n) {
      gamma_half[n] = {float_to_half(random.real(0.5f, 1.5f))};
      beta_half[n] = {float_to_half(random.real(-0.5f, 0.5f))};
      gamma[n] = half_to_float(gamma_half[n].bits), beta[n] = half_to_float(beta_half[n].bits);
    }
    for (size_t i = 0; i < size_t(tokens) * kN; ++i) residual[i] = {float_to_half(random.real(-2.0f, 2.0f))};
  }

  // [tokens, N]: the equations of docs/numerics.md, each operation rounded to fp32 on its own but for the fused one.
  // static_scale: the scale and the offset of token 0 are those of every token.
  std::vector<float> values(bool static_scale = false) {
    std::vector<float> result(size_t(tokens_) * kN);
    for (int m = 0; m < tokens_; ++m) {
      for (int n = 0; n < kN; ++n) result[size_t(m) * kN + n] = value(m, n, static_scale ? 0 : m);
    }
    return result;
  }

  // Replaces token m's codes of one byte each, and their scale.
  void set_activations(int m, const std::vector<int>& codes, float scale) {
    static_assert(kA == Operand::kS8, "codes are signed bytes");
    a_scale_[m] = scale;
    for (int k = 0; k < kK; ++k) {
      a_[size_t(m) * kK + k] = codes[k];
      activations_[size_t(m) * kK + k] = static_cast<unsigned char>(codes[k]);
    }
  }

  // Makes every third token's values its biases, nearly, and those at most `highest`.
  void lower_every_third_token(float highest) {
    for (int m = 0; m < tokens_; m += 3) a_scale_[m] = 1e-9f;
    for (int n = 0; n < kN; ++n) bias_[n] = highest - std::fabs(bias_[n]);
  }

  mc::GemmArguments arguments() {
    mc::GemmArguments result{};
    result.token_count = token_count_.device();
    result.activations = activations_.device();
    result.activation_scale = a_scale_.device();
    result.activation_lo = a_lo_.device();
    result.activation_sum = a_sum_.device();
    result.weights = weights_.device();
    result.weight_scale = w_scale_.device();
    result.weight_lo = w_lo_.device();
    result.weight_correction = correction_.device();
    result.bias = bias_.device();
    result.residual = residual.device();
    return result;
  }

  platform::Array<mc::Half> residual;
  platform::Array<float> gamma, beta;
  platform::Array<mc::Half> gamma_half, beta_half;  // the same numbers

 private:
  void fill_activations(Random& random) {
    for (int m = 0; m < tokens_; ++m) {
      a_scale_[m] = random.real(0.001f, 0.02f), a_lo_[m] = random.real(-1.0f, 0.0f);
      for (int k = 0; k < kK; ++k) {
        const size_t index = size_t(m) * kK + k;
        if (k == 0) std::memset(&activations_[size_t(m) * Problem::kRowBytes], 0, Problem::kRowBytes);
        a_[index] = random.between(lowest(kA), highest(kA));
        a_sum_[m] += a_[index];
        if (kA == Operand::kF16) {
          put_half(activations_, index * 2, a_[index]);
        } else if (mc::bits_of(kA) == 8) {
          activations_[index] = static_cast<unsigned char>(a_[index]);
        } else {
          activations_[index / 2] |= static_cast<unsigned char>((a_[index] & 15) << index % 2 * 4);
        }
      }
    }
  }

  // What lies outside [N, K] stays zero bits.
  void fill_weights(Random& random) {
    for (size_t i = 0; i < w_scale_.size(); ++i) w_scale_[i] = random.real(0.001f, 0.02f);
    for (int n = 0; n < kN; ++n) {
      bias_[n] = random.real(-1.0f, 1.0f), w_lo_[n] = random.real(-0.1f, 0.0f);
      float correction = 0.0f;
      int sum = 0;
      for (int k = 0; k < kK; ++k) {
        const int code = w_[size_t(n) * kK + k] = keeps(random, k) ? random.between(lowest(kW), highest(kW)) : 0;
        sum += code;
        if (kGroup != 0 && (k + 1) % kGroupOrRow == 0) {
          correction += w_scale_[k / kGroupOrRow * kN + n] * static_cast<float>(sum);
          sum = 0;
        }
      }
      correction_[n] = kGroup == 0 ? w_scale_[n] * static_cast<float>(sum) : correction;
    }
    pack_weights();
  }

  // Of four inputs, whether a sparse layer may have this one.
  bool keeps(Random& random, int k) {
    if constexpr (kTwoOfFour) {
      constexpr int kPairs[] = {0b0011, 0b0101, 0b1001, 0b0110, 0b1010, 0b1100};
      if (k % 4 == 0) kept_ = kPairs[random.between(0, 5)];
    }
    return kept_ >> k % 4 & 1;
  }

  void pack_weights() {
    if constexpr (kTwoOfFour) {
      Layout::pack(w_, weights_);
    } else {
      for (int n = 0; n < kN; ++n) {
        for (int k = 0; k < kK; ++k) {
          const int code = w_[size_t(n) * kK + k];
          const mc::WeightPosition position = Layout::position(n, k);
          if (mc::is_float(kW)) {
            put_half(weights_, position.byte, code);
          } else {
            const unsigned bits = static_cast<unsigned>(code + Layout::kBias) & ((1u << Layout::kBits) - 1);
            weights_[position.byte] |= static_cast<unsigned char>(bits << position.shift);
          }
        }
      }
    }
  }

  static void put_half(platform::Array<unsigned char>& bytes, size_t byte, int number) {
    const unsigned short bits = float_to_half(static_cast<float>(number));
    bytes[byte] = static_cast<unsigned char>(bits), bytes[byte + 1] = static_cast<unsigned char>(bits >> 8);
  }

  // row: the token whose scale and offset hold for token m.
  float value(int m, int n, int row) {
    const int* a = &a_[size_t(m) * kK];
    const int* w = &w_[size_t(n) * kK];
    float total = 0.0f;  // of scaled groups
    int sum = 0;         // of the whole row
    for (int group = 0; group < kK / kGroupOrRow; ++group) {
      int group_sum = 0;
      for (int k = group * kGroupOrRow; k < (group + 1) * kGroupOrRow; ++k) group_sum += a[k] * w[k];
      sum += group_sum;
      if (kGroup != 0) {
        const float scaled = static_cast<float>(group_sum) * w_scale_[group * kN + n];
        total = total + scaled;
      }
    }
    if (mc::is_float(kA)) {
      const float factor = mc::is_float(kW) || kGroup != 0 ? 1.0f : w_scale_[n];
      const float product = kGroup != 0 ? total : static_cast<float>(sum);
      if (!is_asymmetric(kW)) return std::fma(product, factor, bias_[n]);
      const float y = product * factor + w_lo_[n] * static_cast<float>(a_sum_[m]);
      return y + bias_[n];
    }
    const float product = kGroup != 0 ? total : static_cast<float>(sum) * a_scale_[row];
    const float factor = kGroup != 0 ? a_scale_[row] : w_scale_[n];
    if (is_asymmetric(kW)) {
      float y = product * factor;
      y = y + w_lo_[n] * (a_scale_[row] * static_cast<float>(a_sum_[m]));
      y = y + a_lo_[row] * correction_[n];
      y = y + static_cast<float>(kK) * a_lo_[row] * w_lo_[n];
      return y + bias_[n];
    }
    const float y = std::fma(product, factor, bias_[n]);
    return is_asymmetric(kA) ? y + a_lo_[row] * correction_[n] : y;
  }

  static constexpr int kGroupOrRow = kGroup == 0 ? kK : kGroup;

  int tokens_;
  int kept_ = 0b1111;
  std::vector<int> a_, w_;
  platform::Array<unsigned char> activations_, weights_;
  platform::Array<float> a_scale_, a_lo_, w_scale_, w_lo_, correction_, bias_;
  platform::Array<int> a_sum_, token_count_;
};

}  // namespace checks
