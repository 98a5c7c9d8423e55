// First step of every epilogue: the sums of the mainloop become fp32 values.
//
//   integer activations      y[m, n] = (float)sum[m, n] * (a_scale[m] * w_scale[n])
//     weight groups          y[m, n] = total[m, n] * a_scale[m]            total: mainloop.cuh
//   FP16 activations         y[m, n] = sum[m, n]                           FP16 weights
//     int4 weights           y[m, n] = sum[m, n] * w_scale[n]
//     int4 weight groups     y[m, n] = total[m, n]
//
// The terms of asymmetric quantizers are steps of their own (offsets.cuh). kStaticScale: a_scale[0] for every token.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

template <bool kStaticScale = false>
struct Dequantize {
  template <class View, class Result>
  __device__ __forceinline__ static void start(View& view, const Result& result, typename View::Values& values,
                                               const GemmArguments& arguments) {
    using Problem = typename View::Problem;
    constexpr bool kGrouped = Problem::kGroup != 0;
    constexpr bool kRowScale = !is_float(Problem::kActivation);
    constexpr bool kColumnScale = !kGrouped && !is_float(Problem::kWeight);

    float row_scale[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      if constexpr (kRowScale) row_scale[r] = arguments.activation_scale[kStaticScale ? 0 : view.readable_row(r)];
      if constexpr (Problem::kRowSums) values.row_sum[r] = result.row_sums[r / 2][r % 2 * 2];
    }
#pragma unroll
    for (int c = 0; c < View::kColumns; ++c) {
      float2 column_scale = make_float2(1.0f, 1.0f);
      if (kColumnScale && view.column_valid(c)) {
        column_scale = *reinterpret_cast<const float2*>(arguments.weight_scale + view.column(c));
      }
#pragma unroll
      for (int r = 0; r < View::kRows; ++r) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          float value = static_cast<float>(result.sums[r / 2][c][r % 2 * 2 + e]);
          const float of_column = e == 0 ? column_scale.x : column_scale.y;
          if constexpr (kRowScale && kColumnScale) {
            value = __fmul_rn(value, __fmul_rn(row_scale[r], of_column));
          } else if constexpr (kRowScale) {
            value = __fmul_rn(value, row_scale[r]);
          } else if constexpr (kColumnScale) {
            value = __fmul_rn(value, of_column);
          }
          values.at[r][c][e] = value;
        }
      }
    }
  }
};

}  // namespace mc
