//   y[m, n] = y[m, n] + residual[m, n]        residual: FP16 [tokens, N]; the sum is fp32
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

struct Residual {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    view.for_each_pair(values, [&](int r, int c, float& first, float& second) {
      if (!view.row_valid(r)) return;  // there is no such row in memory
      const float2 residual = unpack_half2(view.residual(arguments.residual, r, c));
      first = __fadd_rn(first, residual.x);
      second = __fadd_rn(second, residual.y);
    });
  }
};

}  // namespace mc
