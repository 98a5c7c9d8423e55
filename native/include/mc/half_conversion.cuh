// One FP16 number, and its conversions to and from fp32: the part of half.cuh that needs PTX.
// Conversions round to nearest even.
#pragma once

namespace mc {

// One FP16 number in memory. There is no arithmetic on it: widen, compute in fp32, round once.
struct alignas(2) Half {
  unsigned short bits;
};
static_assert(sizeof(Half) == 2, "Half is the IEEE 754 binary16 storage format");

__device__ __forceinline__ float to_float(Half value) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
}

__device__ __forceinline__ Half to_half(float value) {
  Half result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

// Two FP16 numbers in one 32-bit word, `low` in bits 0 to 15.
__device__ __forceinline__ unsigned pack_half2(float low, float high) {
  unsigned result;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

__device__ __forceinline__ float2 unpack_half2(unsigned word) {
  float2 result;
  asm("{ .reg .f16 low, high;\n\t"
      "mov.b32 {low, high}, %2;\n\t"
      "cvt.f32.f16 %0, low;\n\t"
      "cvt.f32.f16 %1, high; }"
      : "=f"(result.x), "=f"(result.y)
      : "r"(word));
  return result;
}

}  // namespace mc
