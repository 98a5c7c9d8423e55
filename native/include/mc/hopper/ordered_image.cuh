// Floats as unsigned numbers in the same order, so that integer maxima are maxima of floats. 0 lies below every number.
#pragma once

namespace mc::hopper {

__device__ __forceinline__ unsigned ordered_image(float value) {
  const unsigned bits = static_cast<unsigned>(__float_as_int(value));
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ float from_ordered_image(unsigned image) {
  return __int_as_float(static_cast<int>(image & 0x80000000u ? image & 0x7fffffffu : ~image));
}

}  // namespace mc::hopper
