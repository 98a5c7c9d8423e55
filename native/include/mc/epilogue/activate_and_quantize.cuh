// An activation and a dynamic symmetric quantizer behind it, in one step, so that the exchange of the row's range passes
// while the activation is computed:
//
//   y[m, n] = f(y[m, n])        then as QuantizeRows
//
// f grows from Activation::kGrowsFrom on, and is there larger than |f| of anything smaller. So where the largest input of
// a row reaches that, max |f(y)| = f(max y), and blocks tell one another their largest inputs, which are known before
// the first f. In the other rows, which a model hardly has, they meet a second time, about max |f(y)|.
//
// No rendered kernel uses it yet: one of its device checks fails (bench/results/2026-11-26-h100-hopper.md).
#pragma once

#include "mc/epilogue/activation_functions.cuh"
#include "mc/epilogue/quantize_rows.cuh"

namespace mc {

template <class Activation, class Format>
struct ActivateAndQuantize {
  static_assert(!Format::kStatic && !Format::kAsymmetric, "the range is that of the row, and symmetric");

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    float ends[View::kRows][1];
    largest<false>(view, values, ends);
    view.send_maxima(ends);
    // Rows beyond the tokens need none. Without a branch the compiler would compute f before it sends.
    if (view.row_valid(0)) Activation::apply(view, values, arguments);
    view.receive_maxima(ends);

    bool is_small = false;
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) is_small |= view.row_valid(r) && ends[r][0] < Activation::kGrowsFrom;
    if (view.any_of_rows(is_small)) {
      largest<true>(view, values, ends);
      view.template reduce_rows<MaxOp>(ends);
    } else {
#pragma unroll
      for (int r = 0; r < View::kRows; ++r) ends[r][0] = Activation::value(ends[r][0]);
    }

    QuantParams params[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) params[r] = Format::from_range({-ends[r][0], ends[r][0]}, arguments.quantized.clip);
    QuantizeRows<Format>::store(view, values, arguments.quantized, params);
  }

 private:
  template <bool kAbsolute, class View>
  __device__ __forceinline__ static void largest(View& view, typename View::Values& values,
                                                 float (&ends)[View::kRows][1]) {
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) ends[r][0] = MaxOp::identity<float>();
    for_each_pair(view, values, [&](int r, int, float first, float second) {
      const float of_pair = kAbsolute ? fmaxf(fabsf(first), fabsf(second)) : fmaxf(first, second);
      ends[r][0] = fmaxf(ends[r][0], of_pair);
    });
  }
};

}  // namespace mc
