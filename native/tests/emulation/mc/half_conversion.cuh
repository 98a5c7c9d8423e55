// Emulation of native/include/mc/half_conversion.cuh.
#pragma once

#include "device.h"

namespace mc {

struct alignas(2) Half {
  unsigned short bits;
};

inline float to_float(Half value) {
  _Float16 half;
  std::memcpy(&half, &value.bits, 2);
  return static_cast<float>(half);
}

inline Half to_half(float value) {
  const _Float16 half = static_cast<_Float16>(value);
  Half result;
  std::memcpy(&result.bits, &half, 2);
  return result;
}

inline unsigned pack_half2(float low, float high) {
  return to_half(low).bits | static_cast<unsigned>(to_half(high).bits) << 16;
}

inline float2 unpack_half2(unsigned word) {
  return {to_float(Half{static_cast<unsigned short>(word)}), to_float(Half{static_cast<unsigned short>(word >> 16)})};
}

}  // namespace mc
