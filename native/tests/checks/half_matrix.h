// FP16 numbers in kernel memory, with what they stand for at hand.
#pragma once

#include "checks/numbers.h"
#include "mc/half.cuh"
#include "platform.h"

namespace checks {

constexpr unsigned short kHalfNaN = 0x7e00;

class HalfMatrix {
 public:
  // Numbers rounded to FP16, followed by `beyond` NaNs, which no kernel may let into its results.
  explicit HalfMatrix(const std::vector<float>& numbers, size_t beyond = 0)
      : values_(numbers), memory_(numbers.size() + beyond) {
    for (size_t i = 0; i < memory_.size(); ++i) {
      memory_[i].bits = i < numbers.size() ? float_to_half(numbers[i]) : kHalfNaN;
      if (i < numbers.size()) values_[i] = half_to_float(memory_[i].bits);
    }
  }

  float operator[](size_t i) const { return values_[i]; }
  const mc::Half* device() { return memory_.device(); }

 private:
  std::vector<float> values_;
  platform::Array<mc::Half> memory_;
};

constexpr unsigned char kOutputPoison = 0xa5;

// Elements from `first` on that are no longer poison.
template <class T>
long long overwritten_from(platform::Array<T>& array, size_t first) {
  long long wrong = 0;
  for (size_t i = first; i < array.size(); ++i) {
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &array[i], sizeof(T));
    for (unsigned char byte : bytes) wrong += byte != kOutputPoison;
  }
  return wrong;
}

}  // namespace checks
