// Element-wise functions between a linear layer and what follows it.
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/ptx.cuh"

namespace mc {

enum class GeluForm { kErf, kTanh };

// 1 - Phi(z) of the normal distribution, 0 <= z <= 16: 2 to the power of a polynomial, because the logarithm of the tail
// is nearly a parabola. Minimax fit of z (1 - Phi(z)), what GELU takes of it, to 6e-8 for an exact power; below 1e-11 from
// z = 7 on. The compiler's erff takes over twice the instructions, which would make GELU the longest part of an MLP's first
// layer.
__device__ __forceinline__ float normal_tail(float z) {
  float power = 3.309306703e-05f;
  power = __fmaf_rn(power, z, -7.692218060e-04f);
  power = __fmaf_rn(power, z, 8.080722764e-03f);
  power = __fmaf_rn(power, z, -5.341211334e-02f);
  power = __fmaf_rn(power, z, -4.587709606e-01f);
  power = __fmaf_rn(power, z, -1.151201725e+00f);
  power = __fmaf_rn(power, z, -9.999930859e-01f);
  return ptx::exp2_approximate(power);
}

//   kErf    y = x Phi(x) = 0.5 x (1 + erf(x / sqrt 2)), computed as max(x, 0) - |x| (1 - Phi(|x|)), which does not
//           cancel for negative x
//   kTanh   y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))        the config's gelu_new
template <GeluForm kForm>
__device__ __forceinline__ float gelu(float x) {
  if constexpr (kForm == GeluForm::kErf) {
    const float z = fminf(fabsf(x), 16.0f);
    return __fmaf_rn(-z, normal_tail(z), ptx::maximum_or_nan(x, 0.0f));
  } else {
    const float cube = __fmul_rn(__fmul_rn(x, x), x);
    const float inner = tanhf(__fmul_rn(0.79788456f, __fadd_rn(x, __fmul_rn(0.044715f, cube))));
    return __fmul_rn(__fmul_rn(0.5f, x), __fadd_rn(1.0f, inner));
  }
}

// kGrowsFrom of an activation f: what activate_and_quantize.cuh asks of it. |GELU| of negative numbers stays below 0.1701,
// and GELU(0.3) is 0.185.
template <GeluForm kForm>
struct Gelu {
  static constexpr float kGrowsFrom = 0.3f;
  __device__ __forceinline__ static float value(float x) { return gelu<kForm>(x); }

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    for_each_pair(view, values, [](int, int, float& first, float& second) {
      first = value(first);
      second = value(second);
    });
  }
};

//   y = max(x, 0)
struct Relu {
  static constexpr float kGrowsFrom = 0.0f;
  __device__ __forceinline__ static float value(float x) { return fmaxf(x, 0.0f); }

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    for_each_pair(view, values, [](int, int, float& first, float& second) {
      first = value(first);
      second = value(second);
    });
  }
};

//   y = tanh x
struct Tanh {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    for_each_pair(view, values, [](int, int, float& first, float& second) {
      first = tanhf(first);
      second = tanhf(second);
    });
  }
};

}  // namespace mc
