// The terms that asymmetric quantizers add to sum * scale. With a = S_a q_a + lo_a and w = S_w q_w + lo_w,
//
//   sum over k of a w = S_a S_w sum(q_a q_w) + lo_w S_a sum(q_a) + lo_a S_w sum(q_w) + K lo_a lo_w
//
// Their order in the epilogue, and so the order of rounding, is that of docs/numerics.md:
//   asymmetric activations, symmetric weights   DequantizeWithBias, ActivationOffset
//   asymmetric activations and weights          Dequantize, WeightOffset, ActivationOffset, OffsetProduct, Bias
//   FP16 activations, asymmetric weights        Dequantize, WeightOffset, Bias
// kStaticScale: S_a and lo_a are those of token 0 for every token.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

//   y[m, n] = y[m, n] + a_lo[m] * w_correction[n]        w_correction: fp32 [N], S_w[n] * (float)sum of q_w[n, :]
template <bool kStaticScale = false>
struct ActivationOffset {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    float lo[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) lo[r] = arguments.activation_lo[kStaticScale ? 0 : view.readable_row(r)];
    for_each_pair(view, values, [&](int r, int c, float& first, float& second) {
      const float2 correction = *reinterpret_cast<const float2*>(arguments.weight_correction + view.column(c));
      first = __fadd_rn(first, __fmul_rn(lo[r], correction.x));
      second = __fadd_rn(second, __fmul_rn(lo[r], correction.y));
    });
  }
};

//   y[m, n] = y[m, n] + w_lo[n] * (a_scale[m] * (float)a_sum[m])        integer activations
//   y[m, n] = y[m, n] + w_lo[n] * (sum over k of a[m, k])               FP16 activations
template <bool kStaticScale = false>
struct WeightOffset {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    static_assert(View::Problem::kGroup == 0, "asymmetric weights are row-wise");
    float row_sum[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      if constexpr (View::Problem::kRowSums) {
        row_sum[r] = values.row_sum[r];
      } else {
        const int row = view.readable_row(r);
        row_sum[r] = __fmul_rn(arguments.activation_scale[kStaticScale ? 0 : row],
                               static_cast<float>(arguments.activation_sum[row]));
      }
    }
    for_each_pair(view, values, [&](int r, int c, float& first, float& second) {
      const float2 lo = *reinterpret_cast<const float2*>(arguments.weight_lo + view.column(c));
      first = __fadd_rn(first, __fmul_rn(lo.x, row_sum[r]));
      second = __fadd_rn(second, __fmul_rn(lo.y, row_sum[r]));
    });
  }
};

//   y[m, n] = y[m, n] + ((float)K * a_lo[m]) * w_lo[n]
template <bool kStaticScale = false>
struct OffsetProduct {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    float scaled_lo[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      scaled_lo[r] = __fmul_rn(static_cast<float>(View::Problem::kK),
                               arguments.activation_lo[kStaticScale ? 0 : view.readable_row(r)]);
    }
    for_each_pair(view, values, [&](int r, int c, float& first, float& second) {
      const float2 lo = *reinterpret_cast<const float2*>(arguments.weight_lo + view.column(c));
      first = __fadd_rn(first, __fmul_rn(scaled_lo[r], lo.x));
      second = __fadd_rn(second, __fmul_rn(scaled_lo[r], lo.y));
    });
  }
};

}  // namespace mc
