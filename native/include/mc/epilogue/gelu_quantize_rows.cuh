// GELU, then QuantizeRows; in a symmetric dynamic format the row's range is found from what goes into GELU:
//
//   y = gelu(x)      max |y| = gelu(max x)      where max x >= 5/16
//
// From 0 on GELU rises, and |y| of a negative x stays below 0.1701, which gelu(5/16) = 0.1946 exceeds. So blocks that
// share rows tell one another max x before they compute GELU, which takes as long as the words take to arrive. Rows
// with a smaller max x, of which there are hardly any, tell max |y| behind it. A block tells about a row by one word:
//
//   1                        max x < 5/16
//   bits of max x            else, so at least kLargeBits
//   bits of max |y|, plus 2  in place of a 1, where no word of the row is of the second kind; below kLargeBits
//
// Where blocks see different words, some being late, they still decide alike: a word of the last kind says that all
// first words of its row were 1.
#pragma once

#include "mc/epilogue/activation_functions.cuh"
#include "mc/epilogue/quantize_rows.cuh"

namespace mc {

template <GeluForm kForm, class Format, bool kCodeSum = Format::kAsymmetric>
struct GeluQuantizeRows {
  using Quantize = QuantizeRows<Format, kCodeSum>;

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    if constexpr (View::kTellsWords && !Format::kStatic && !Format::kAsymmetric) {
      tell(view, largest_of(view, values, [](float x) { return x; }), [](int, float x) { return word_of_input(x); });
      Gelu<kForm>::apply(view, values, arguments);
      QuantParams params[View::kRows];
      find_params(view, values, arguments.quantized, params);
      Quantize::store(view, values, arguments.quantized, params);
    } else {
      Gelu<kForm>::apply(view, values, arguments);
      Quantize::apply(view, values, arguments);
    }
  }

 private:
  static constexpr float kLarge = 0.3125f;
  static constexpr unsigned kLargeBits = 0x3ea00000u;

  template <class View>
  struct OfRows {
    float at[View::kRows];
  };

  __device__ __forceinline__ static unsigned word_of_input(float x) {
    return x >= kLarge ? static_cast<unsigned>(__float_as_int(x)) : 1u;
  }
  __device__ __forceinline__ static unsigned word_of_output(float y) {
    return static_cast<unsigned>(__float_as_int(y)) + 2u;
  }

  // The largest of of(value) in the quad's part of each row.
  template <class View, class Of>
  __device__ __forceinline__ static OfRows<View> largest_of(View& view, typename View::Values& values, Of&& of) {
    OfRows<View> largest;
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) largest.at[r] = MaxOp::identity<float>();
    for_each_pair(view, values, [&](int r, int, float first, float second) {
      largest.at[r] = fmaxf(largest.at[r], fmaxf(of(first), of(second)));
    });
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) largest.at[r] = lanes_max<4>(largest.at[r]);
    return largest;
  }

  template <class View, class WordOf>
  __device__ __forceinline__ static void tell(View& view, const OfRows<View>& largest, WordOf&& word_of) {
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) view.tell_row(r, word_of(r, largest.at[r]));
  }

  template <class View>
  __device__ __forceinline__ static void find_params(View& view, typename View::Values& values,
                                                     const QuantizedRows& target, QuantParams (&params)[View::kRows]) {
    unsigned words[View::kRows], above[View::kRows] = {};
    view.await_rows(above, words);
    bool small = false;
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      above[r] = words[r] < kLargeBits;
      small |= above[r] != 0;
    }
    if (__ballot_sync(kFullWarp, small) != 0) {
      tell(view, largest_of(view, values, [](float y) { return fabsf(y); }),
           [&](int r, float y) { return above[r] == 0 ? words[r] : word_of_output(y); });
      view.await_rows(above, words);
    }
    RowRange ranges[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      const bool of_input = words[r] >= kLargeBits;
      const float value = __int_as_float(static_cast<int>(of_input ? words[r] : words[r] - 2u));
      const float largest = of_input ? gelu<kForm>(value) : value;
      ranges[r] = {-largest, largest};
    }
    Format::from_ranges(ranges, target.clip, params);
  }
};

}  // namespace mc
