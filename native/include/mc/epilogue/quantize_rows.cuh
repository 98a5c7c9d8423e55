// Quantizes each row for the next linear layer and stores codes and row metadata (equations: quantize.cuh).
//
//   codes[m, n] = Format::quantize(y[m, n]; scale[m], lo[m])        code_sum[m] = sum over n of codes[m, n]
//
// The range is that of the fp32 values, whether or not they are stored as FP16 by a step before. A dynamic format needs
// whole rows (any RowScope but kPartial). So does the code sum, which only asymmetric weights read; without it
// (kCodeSum = false) a static format runs in any scope.
#pragma once

#include "mc/epilogue/store.cuh"
#include "mc/quantize.cuh"

namespace mc {

template <class Format, bool kCodeSum = Format::kAsymmetric>
struct QuantizeRows {
  static_assert(Format::kAsymmetric || !kCodeSum, "only asymmetric formats have code sums");

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    const QuantizedRows& target = arguments.quantized;
    QuantParams params[View::kRows];
    find_params(view, values, target, params);
    store(view, values, target, params);
  }

  // Writes codes and row metadata.
  template <class View>
  __device__ __forceinline__ static void store(View& view, typename View::Values& values, const QuantizedRows& target,
                                               const QuantParams (&params)[View::kRows]) {
    float code_sum[View::kRows][1] = {};  // exact: at most 255 * N < 2^24
    static_assert(!kCodeSum || Format::kHighest * View::Problem::kN < (1 << 24), "code sums must be exact in fp32");
    store_pairs<Format::kContainerBits>(view, target.codes, [&](int r, int c) {
      const int first = Format::quantize_bits(values.at[r][c][0], params[r], target.clip);
      const int second = Format::quantize_bits(values.at[r][c][1], params[r], target.clip);
      if (kCodeSum && view.column_valid(c)) {
        // Unsigned, because rows beyond the tokens may hold NaN.
        const unsigned pair = static_cast<unsigned>(first) + static_cast<unsigned>(second) - 2u * Format::kBitsOfZero;
        code_sum[r][0] += static_cast<float>(static_cast<int>(pair));
      }
      return Format::kContainerBits == 8 ? __byte_perm(first, second, 0x0040)
                                         : (static_cast<unsigned>(first) & 15u) | static_cast<unsigned>(second) << 4;
    });

    if constexpr (kCodeSum) view.template reduce_rows<SumOp>(code_sum);
    if (!view.first_of_row()) return;
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      if (!view.row_valid(r)) continue;
      target.scale[view.row(r)] = params[r].scale;
      if constexpr (Format::kAsymmetric) target.lo[view.row(r)] = params[r].lo;
      if constexpr (kCodeSum) target.code_sum[view.row(r)] = static_cast<int>(code_sum[r][0]);
    }
  }

 private:
  template <class View>
  __device__ __forceinline__ static void find_params(View& view, typename View::Values& values,
                                                     const QuantizedRows& target, QuantParams (&params)[View::kRows]) {
    if constexpr (Format::kStatic) {
#pragma unroll
      for (int r = 0; r < View::kRows; ++r) params[r] = Format::from_static(target);
    } else {
      // Two maxima give both ends of the range, because negation is exact: max(-y) = -min(y).
      constexpr int kEnds = Format::kAsymmetric ? 2 : 1;
      float ends[View::kRows][kEnds];
#pragma unroll
      for (int r = 0; r < View::kRows; ++r) {
#pragma unroll
        for (int i = 0; i < kEnds; ++i) ends[r][i] = MaxOp::identity<float>();
      }
      for_each_pair(view, values, [&](int r, int, float first, float second) {
        if constexpr (Format::kAsymmetric) {
          ends[r][0] = fmaxf(ends[r][0], fmaxf(first, second));
          ends[r][1] = fmaxf(ends[r][1], fmaxf(-first, -second));
        } else {
          ends[r][0] = fmaxf(ends[r][0], fmaxf(fabsf(first), fabsf(second)));
        }
      });
      if constexpr (View::kFinishesRows && !Format::kAsymmetric) {
        float2 found[View::kRows];
        const auto scale_and_inverse = [&](float2 of_row) {
          const QuantParams of = Format::from_range({-of_row.x, of_row.x}, target.clip);
          return make_float2(of.scale, of.inv);
        };
        view.template finish_rows<MaxOp>(ends, scale_and_inverse, found);
#pragma unroll
        for (int r = 0; r < View::kRows; ++r) params[r] = {found[r].x, 0.0f, found[r].y};
      } else {
        view.template reduce_rows<MaxOp>(ends);
        RowRange ranges[View::kRows];
#pragma unroll
        for (int r = 0; r < View::kRows; ++r) ranges[r] = {-ends[r][kEnds - 1], ends[r][0]};
        Format::from_ranges(ranges, target.clip, params);
      }
    }
  }
};

}  // namespace mc
