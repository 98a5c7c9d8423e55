// Quantizes rows for a product that follows in the same kernel: codes stay in the block's shared memory as rows of its
// ResidentMainloop, with the numbers that QuantizeRows would have stored.
//
//   codes[m][n - first column of the block] = Format::quantize(y[m, n]; scale[m])        bytes, kStride apart
//   scale[m]                                                                             every block has those of all rows
//
// arguments.quantized: codes and scale lead to shared memory, at row 0 of the tile.
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/hopper/epilogue_needs.cuh"
#include "mc/quantize.cuh"

namespace mc::hopper {

template <class Format, int kStride>
struct KeepCodes {
  static_assert(!Format::kAsymmetric && !Format::kStatic && Format::kContainerBits == 8,
                "rows are quantized in symmetric, dynamic formats, a code a byte");

  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    const QuantizedRows& target = arguments.quantized;
    float largest[View::kRows][1];
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) largest[r][0] = 0.0f;
    for_each_pair(view, values, [&](int r, int, float first, float second) {
      largest[r][0] = fmaxf(largest[r][0], fmaxf(fabsf(first), fabsf(second)));
    });
    view.template reduce_rows<MaxOp>(largest);
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) {
      const int row = view.tile_row + view.row_offset(r);
      const QuantParams params = Format::from_range({-largest[r][0], largest[r][0]}, target.clip);
      unsigned char* codes = static_cast<unsigned char*>(target.codes) + row * kStride + view.tile_column(0);
#pragma unroll
      for (int c = 0; c < View::kColumns; ++c) {
        const int first = Format::quantize_bits(values.at[r][c][0], params, target.clip);
        const int second = Format::quantize_bits(values.at[r][c][1], params, target.clip);
        *reinterpret_cast<unsigned short*>(codes + 8 * c) =
            static_cast<unsigned short>(__byte_perm(first, second, 0x0040));
      }
      if (view.first_of_block_row()) target.scale[row] = params.scale;
    }
  }
};

template <class Format, int kStride>
struct StepNeeds<KeepCodes<Format, kStride>> : StepNeeds<void> {
  static constexpr int kExchanges = 1;
};

}  // namespace mc::hopper
