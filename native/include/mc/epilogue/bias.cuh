//   y[m, n] = y[m, n] + bias[n]        bias: fp32 [N]
//
// Behind a term of asymmetric weights. A bias directly behind the scales is part of DequantizeWithBias.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

struct Bias {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    for_each_pair(view, values, [&](int, int c, float& first, float& second) {
      const float2 bias = *reinterpret_cast<const float2*>(arguments.bias + view.column(c));
      first = __fadd_rn(first, bias.x);
      second = __fadd_rn(second, bias.y);
    });
  }
};

}  // namespace mc
