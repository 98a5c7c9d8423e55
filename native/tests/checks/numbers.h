// Numbers that the references are made of: random values, FP16 by bits (independent of the kernels' conversions), and
// the elementwise functions of the epilogues in the same fp32 operations.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

namespace checks {

class Random {
 public:
  explicit Random(unsigned long long seed = 0) : state_(88172645463325252ull ^ (seed * 0x9e3779b97f4a7c15ull)) {}
  unsigned next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return static_cast<unsigned>(state_ >> 32);
  }
  int between(int low, int high) { return low + static_cast<int>(next() % static_cast<unsigned>(high - low + 1)); }
  float real(float low, float high) { return low + (high - low) * static_cast<float>(next() % 65536) / 65536.0f; }
  // Mean 0, standard deviation `deviation`; the sum of twelve uniform numbers.
  float normal(float deviation) {
    float sum = -6.0f;
    for (int i = 0; i < 12; ++i) sum += real(0.0f, 1.0f);
    return sum * deviation;
  }

 private:
  unsigned long long state_;
};

inline float half_to_float(unsigned short bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const float size = exponent == 0    ? std::ldexp(static_cast<float>(mantissa), -24)
                     : exponent == 31 ? (mantissa != 0 ? NAN : INFINITY)
                                      : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return bits & 0x8000 ? -size : size;
}

// Rounds to nearest even.
inline unsigned short float_to_half(float value) {
  const int sign = std::signbit(value) ? 0x8000 : 0;
  const float size = std::fabs(value);
  if (std::isnan(value)) return static_cast<unsigned short>(sign | 0x7e00);
  if (size >= 65520.0f) return static_cast<unsigned short>(sign | 0x7c00);
  if (size < 6.103515625e-5f) {
    return static_cast<unsigned short>(sign | static_cast<int>(std::nearbyint(std::ldexp(size, 24))));
  }
  int exponent = 0;
  // 1024 to 2048, where 2048 carries into the exponent by itself.
  const int mantissa = static_cast<int>(std::nearbyint(std::ldexp(std::frexp(size, &exponent), 11)));
  return static_cast<unsigned short>(sign | (((exponent + 14) << 10) + mantissa - 1024));
}

inline std::vector<float> random_floats(Random& random, size_t count, float deviation, float mean = 0.0f) {
  std::vector<float> values(count);
  for (float& value : values) value = mean + random.normal(deviation);
  return values;
}

// In double, because 1 + erf(x) cancels for negative x.
inline float gelu_erf(float x) { return static_cast<float>(0.5 * x * std::erfc(x * -0.70710678118654752)); }

inline float gelu_tanh(float x) {
  const float scaled_cube = 0.044715f * (x * x * x);
  return 0.5f * x * (1.0f + tanhf(0.79788456f * (x + scaled_cube)));
}

}  // namespace checks
