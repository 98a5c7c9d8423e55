// First step of every epilogue: the sums of the mainloop become fp32 values. Sums are multiplied by the token's scale,
// then by the column's; DequantizeWithBias stands for Dequantize and Bias behind it, and fuses the last of these
// multiplications with the addition.
//
//                            Dequantize                                  DequantizeWithBias
//   integer activations      ((float)sum[m, n] * a_scale[m]) * w_scale[n]   fma((float)sum * a_scale, w_scale, bias[n])
//     weight groups          total[m, n] * a_scale[m]                       fma(total, a_scale, bias[n])
//   FP16 activations         sum[m, n]                                      sum + bias[n]           FP16 weights
//     int4 weights           sum[m, n] * w_scale[n]                         fma(sum, w_scale, bias[n])
//     int4 weight groups     total[m, n]                                    total + bias[n]
//
// total: mainloop.cuh. Where activations were widened in registers (WeightForm::kInt8ForInt4) sums are 16 times too
// large and a_scale stands for its sixteenth, which is exact unless it is less than 2^-122. The terms of asymmetric
// quantizers are steps of their own (offsets.cuh). kStaticScale: a_scale[0] for every token. bias: fp32 [N].
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

template <bool kStaticScale, bool kBias>
struct ScaleSums {
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
      if constexpr (Problem::kForm == WeightForm::kInt8ForInt4) row_scale[r] = __fmul_rn(row_scale[r], 0.0625f);
      if constexpr (Problem::kRowSums) values.row_sum[r] = result.row_sums[r / 2][r % 2 * 2];
    }
#pragma unroll
    for (int c = 0; c < View::kColumns; ++c) {
      float2 column_scale = make_float2(1.0f, 1.0f), bias = make_float2(0.0f, 0.0f);
      if (kColumnScale && view.column_valid(c)) {
        column_scale = *reinterpret_cast<const float2*>(arguments.weight_scale + view.column(c));
      }
      if (kBias && view.column_valid(c)) {
        bias = *reinterpret_cast<const float2*>(arguments.bias + view.column(c));
      }
#pragma unroll
      for (int r = 0; r < View::kRows; ++r) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          float value = static_cast<float>(result.sums[r / 2][c][r % 2 * 2 + e]);
          const float of_column = e == 0 ? column_scale.x : column_scale.y, addend = e == 0 ? bias.x : bias.y;
          if constexpr (kRowScale && kColumnScale) value = __fmul_rn(value, row_scale[r]);
          if constexpr (kColumnScale) {
            value = scaled(value, of_column, addend);
          } else if constexpr (kRowScale) {
            value = scaled(value, row_scale[r], addend);
          } else if constexpr (kBias) {
            value = __fadd_rn(value, addend);
          }
          values.at[r][c][e] = value;
        }
      }
    }
  }

 private:
  __device__ __forceinline__ static float scaled(float value, float scale, float addend) {
    return kBias ? __fmaf_rn(value, scale, addend) : __fmul_rn(value, scale);
  }
};

template <bool kStaticScale = false>
using Dequantize = ScaleSums<kStaticScale, false>;
template <bool kStaticScale = false>
using DequantizeWithBias = ScaleSums<kStaticScale, true>;

}  // namespace mc
