// Element-wise functions between a linear layer and what follows it.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

enum class GeluForm { kErf, kTanh };

//   kErf    y = 0.5 x (1 + erf(x / sqrt 2))
//   kTanh   y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))        the config's gelu_new
template <GeluForm kForm>
__device__ __forceinline__ float gelu(float x) {
  float inner;
  if constexpr (kForm == GeluForm::kErf) {
    inner = erff(__fmul_rn(x, 0.70710678f));
  } else {
    const float cube = __fmul_rn(__fmul_rn(x, x), x);
    inner = tanhf(__fmul_rn(0.79788456f, __fadd_rn(x, __fmul_rn(0.044715f, cube))));
  }
  return __fmul_rn(__fmul_rn(0.5f, x), __fadd_rn(1.0f, inner));
}

template <GeluForm kForm>
struct Gelu {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    view.for_each_pair(values, [](int, int, float& first, float& second) {
      first = gelu<kForm>(first);
      second = gelu<kForm>(second);
    });
  }
};

//   y = max(x, 0)
struct Relu {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    view.for_each_pair(values, [](int, int, float& first, float& second) {
      first = fmaxf(first, 0.0f);
      second = fmaxf(second, 0.0f);
    });
  }
};

//   y = tanh x
struct Tanh {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values, const GemmArguments&) {
    view.for_each_pair(values, [](int, int, float& first, float& second) {
      first = tanhf(first);
      second = tanhf(second);
    });
  }
};

}  // namespace mc
