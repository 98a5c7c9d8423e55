// Quotients that are rounded once, to nearest even, in a few fused multiply-adds and without a branch. __fdiv_rn and
// __frcp_rn have one each, so that a compiler divides the rows of a thread one after another, 100 clocks and more each,
// while all warps of a tile wait.
//
// With the rounded reciprocal r of d and q within a unit in the last place of a / d, q + r (a - d q) rounds to the
// quotient (Markstein, 'Computation of elementary functions on the IBM RISC System/6000 processor', 1990).
#pragma once

#include "mc/ptx.cuh"

namespace mc {

// Whether quotient(value) and reciprocal() of that are exact: 2^-100 <= value < 2^120, so that nothing in between is
// too small or too large for a float.
__device__ __forceinline__ bool divides(float value) {
  constexpr unsigned kSmallest = 27u << 23, kEnd = 247u << 23;  // images of the bounds
  return static_cast<unsigned>(__float_as_int(value)) - kSmallest < kEnd - kSmallest;
}

// value / kDivisor; kDivisor is the highest code of a quantizer.
template <int kDivisor>
__device__ __forceinline__ float quotient(float value) {
  static_assert(kDivisor == 7 || kDivisor == 15 || kDivisor == 127 || kDivisor == 255, "checked for these alone");
  constexpr float kReciprocal = 1.0f / static_cast<float>(kDivisor);
  const float near = __fmul_rn(value, kReciprocal);
  return __fmaf_rn(__fmaf_rn(-static_cast<float>(kDivisor), near, value), kReciprocal, near);
}

// 1 / value, by the steps of __frcp_rn for such numbers.
__device__ __forceinline__ float reciprocal(float value) {
  const float near = ptx::reciprocal_approximate(value);
  return __fmaf_rn(near, -__fmaf_rn(value, near, -1.0f), near);
}

}  // namespace mc
