// Element-wise functions between a linear layer and what follows it.
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/ptx.cuh"

namespace mc {

// kErfCoarse: the erf form where the same kernel makes 4-bit codes of it, whose steps are far wider than its error, and
// stores nothing else; fp32 values that the next kernel quantizes are of kErf. NaN for infinite numbers.
enum class GeluForm { kErf, kErfCoarse, kTanh };

// 1 - Phi(z) of the normal distribution, z >= 0: 2 to the power of a polynomial, because the logarithm of the tail is
// nearly a parabola. Minimax fits of z (1 - Phi(z)), what GELU takes of it, below 1e-11 from z = 7 on. The compiler's
// erff takes over twice the instructions, which would make GELU the longest part of an MLP's first layer.
template <GeluForm kForm>
__device__ __forceinline__ float normal_tail(float z) {
  float power;
  if constexpr (kForm == GeluForm::kErf) {  // to 6e-8, z <= 16
    power = 3.309306703e-05f;
    power = __fmaf_rn(power, z, -7.692218060e-04f);
    power = __fmaf_rn(power, z, 8.080722764e-03f);
    power = __fmaf_rn(power, z, -5.341211334e-02f);
    power = __fmaf_rn(power, z, -4.587709606e-01f);
    power = __fmaf_rn(power, z, -1.151201725e+00f);
    power = __fmaf_rn(power, z, -9.999930859e-01f);
  } else {  // to 4.5e-7, all z: the polynomial falls everywhere
    power = -4.732939124e-04f;
    power = __fmaf_rn(power, z, 7.084460929e-03f);
    power = __fmaf_rn(power, z, -5.182716995e-02f);
    power = __fmaf_rn(power, z, -4.599926472e-01f);
    power = __fmaf_rn(power, z, -1.150787711e+00f);
    power = __fmaf_rn(power, z, -1.000037670e+00f);
  }
  return ptx::exp2_approximate(power);
}

//   kErf, kErfCoarse
//           y = x Phi(x) = 0.5 x (1 + erf(x / sqrt 2)), computed as max(x, 0) - |x| (1 - Phi(|x|)), which does not
//           cancel for negative x
//   kTanh   y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))        the config's gelu_new
template <GeluForm kForm>
__device__ __forceinline__ float gelu(float x) {
  if constexpr (kForm != GeluForm::kTanh) {
    const float z = kForm == GeluForm::kErf ? fminf(fabsf(x), 16.0f) : fabsf(x);
    return __fmaf_rn(-z, normal_tail<kForm>(z), ptx::maximum_or_nan(x, 0.0f));
  } else {
    const float cube = __fmul_rn(__fmul_rn(x, x), x);
    const float inner = tanhf(__fmul_rn(0.79788456f, __fadd_rn(x, __fmul_rn(0.044715f, cube))));
    return __fmul_rn(__fmul_rn(0.5f, x), __fadd_rn(1.0f, inner));
  }
}

template <GeluForm kForm>
struct Gelu {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    for_each_pair(view, values, [](int, int, float& first, float& second) {
      first = gelu<kForm>(first);
      second = gelu<kForm>(second);
    });
  }
};

//   y = max(x, 0)
struct Relu {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    for_each_pair(view, values, [](int, int, float& first, float& second) {
      first = fmaxf(first, 0.0f);
      second = fmaxf(second, 0.0f);
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
