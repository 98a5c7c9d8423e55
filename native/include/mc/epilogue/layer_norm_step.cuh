// Layer norm over the N columns of a row, in fp32 (how the moments are summed is the view's affair):
//
//   mean[m] = (sum over n of y[m, n]) / N        variance[m] = (sum over n of (y[m, n] - mean[m])^2) / N
//   y[m, n] = (y[m, n] - mean[m]) * (1 / sqrt(variance[m] + epsilon)) * gamma[n] + beta[n]
//
// Needs whole rows: any RowScope but kPartial.
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/ptx.cuh"

namespace mc {

// Two neighbouring elements of a vector of either storage type.
__device__ __forceinline__ float2 load_pair(const Half* source) {
  return unpack_half2(*reinterpret_cast<const unsigned*>(source));
}
__device__ __forceinline__ float2 load_pair(const float* source) { return *reinterpret_cast<const float2*>(source); }

// Element: Half or float, the type of gamma and beta. Epsilon: a type with `static constexpr float kValue`.
template <class Element, class Epsilon>
struct LayerNormStep {
  static_assert(Epsilon::kValue > 0.0f, "epsilon must be positive");

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    constexpr float kShare = 1.0f / static_cast<float>(View::Problem::kN);
    float mean[View::kRows], squares[View::kRows];
    view.row_moments(values, mean, squares);
    float scale[View::kRows], shift[View::kRows];  // y * scale + shift has mean 0 and variance 1
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      scale[r] = ptx::reciprocal_root_approximate(__fmaf_rn(squares[r], kShare, Epsilon::kValue));
      shift[r] = __fmul_rn(-mean[r], scale[r]);
    }

    const Element* gamma = static_cast<const Element*>(arguments.gamma);
    const Element* beta = static_cast<const Element*>(arguments.beta);
    for_each_pair(view, values, [&](int r, int c, float& first, float& second) {
      const float2 factor = load_pair(gamma + view.column(c));
      const float2 offset = load_pair(beta + view.column(c));
      first = __fmaf_rn(__fmaf_rn(first, scale[r], shift[r]), factor.x, offset.x);
      second = __fmaf_rn(__fmaf_rn(second, scale[r], shift[r]), factor.y, offset.y);
    });
  }
};

}  // namespace mc
