// Leaves it to the reader of fp32 rows to find their ranges: each block stores the largest |y| of its columns.
//
//   range_parts[m, b] = max over the columns n of block b of |y[m, n]|        b = blockIdx.x, one of N / kTileN
//
// The values themselves are stored by StoreF32. Both need no other block, so no one waits.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

struct StoreRangeParts {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    float largest[View::kRows];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) largest[r] = 0.0f;
    for_each_pair(view, values, [&](int r, int, float first, float second) {
      largest[r] = fmaxf(largest[r], fmaxf(fabsf(first), fabsf(second)));
    });
    view.store_block_maxima(largest, arguments.range_parts);
  }
};

}  // namespace mc
