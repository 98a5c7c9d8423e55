//   y[m, n] = y[m, n] + residual[m, n]        residual: FP16 [tokens, N]; the sum is fp32
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

struct Residual {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    if constexpr (View::kRuns) {
      add_runs(view, values, arguments.residual);
    } else {
      add_pairs(view, values, arguments.residual);
    }
  }

 private:
  // Rows beyond the tokens are not in memory.
  template <class View>
  __device__ __forceinline__ static void add_pairs(View& view, typename View::Values& values, const Half* residual) {
    for_each_pair(view, values, [&](int r, int c, float& first, float& second) {
      if (!view.row_valid(r)) return;
      const float2 pair = unpack_half2(view.residual(residual, r, c));
      first = __fadd_rn(first, pair.x);
      second = __fadd_rn(second, pair.y);
    });
  }

  // 8 neighbouring columns a lane by one access.
  template <class View>
  __device__ __forceinline__ static void add_runs(View& view, typename View::Values& values, const Half* residual) {
#pragma unroll
    for (int c = 0; c < View::kColumns; c += 4) {
      if (!view.column_valid(c)) continue;
#pragma unroll
      for (int r = 0; r < View::kRows; ++r) {
        float run[8];
        view.load_residual(residual, r, c, run);
#pragma unroll
        for (int i = 0; i < 8; ++i) values.at[r][c + i / 2][i % 2] = __fadd_rn(values.at[r][c + i / 2][i % 2], run[i]);
      }
    }
  }
};

}  // namespace mc
