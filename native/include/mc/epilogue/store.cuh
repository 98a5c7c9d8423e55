// Stores of the output tile: each lane writes 8 neighbouring columns by one wide access. Where it does not hold them
// (View::kRuns is false: a quad of lanes holds 8 neighbouring columns of a row as four pairs), four such groups are
// exchanged within the quad first.
#pragma once

#include "mc/epilogue/output_view.cuh"

namespace mc {

// Transposes a 4 x 4 matrix of words that is spread over a quad: words[j] of lane i becomes words[i] of lane j.
__device__ __forceinline__ void transpose_in_quad(unsigned (&words)[4], int lane) {
  const bool odd = lane & 1;
#pragma unroll
  for (int j = 0; j < 4; j += 2) {
    const unsigned received = __shfl_xor_sync(kFullWarp, odd ? words[j] : words[j + 1], 1);
    (odd ? words[j] : words[j + 1]) = received;
  }
  const bool upper = lane & 2;
#pragma unroll
  for (int j = 0; j < 2; ++j) {
    const unsigned received = __shfl_xor_sync(kFullWarp, upper ? words[j] : words[j + 2], 2);
    (upper ? words[j] : words[j + 2]) = received;
  }
}

// A quad's lanes hold a word each of two runs of four. Lane t receives words 2 t and 2 t + 1 of both, one after
// another.
__device__ __forceinline__ uint2 neighbours_in_quad(unsigned first, unsigned second, int lane) {
  const bool upper = lane & 2, odd = lane & 1;
  const unsigned across = __shfl_xor_sync(kFullWarp, upper ? first : second, 2);
  const unsigned low = upper ? across : first, high = upper ? second : across;  // words t % 2 and t % 2 + 2 of a run
  const unsigned beside = __shfl_xor_sync(kFullWarp, odd ? low : high, 1);
  return odd ? make_uint2(beside, high) : make_uint2(low, beside);
}

// Packs the codes of four pairs, which lie in the low bytes of the words.
__device__ __forceinline__ unsigned packed_bytes(const unsigned (&words)[4]) {
  return __byte_perm(__byte_perm(words[0], words[1], 0x0040), __byte_perm(words[2], words[3], 0x0040), 0x5410);
}

// Packed codes of 64 columns are a sector of 32 bytes, which a quad writes at once: the pairs c < kColumns of all rows.
// first_row: of the output, that of the lane.
template <int kColumns, class View, class Pair>
__device__ __forceinline__ void store_sectors(const View& view, unsigned char* first_row, Pair&& pair) {
  unsigned char* lane_place = first_row + (view.warp_column + view.lane % 4 * 16) / 2;
#pragma unroll
  for (int r = 0; r < View::kRows; ++r) {
#pragma unroll
    for (int c = 0; c < kColumns; c += 8) {
      const unsigned first[4] = {pair(r, c), pair(r, c + 1), pair(r, c + 2), pair(r, c + 3)};
      const unsigned second[4] = {pair(r, c + 4), pair(r, c + 5), pair(r, c + 6), pair(r, c + 7)};
      const uint2 words = neighbours_in_quad(packed_bytes(first), packed_bytes(second), view.lane);
      if (!view.row_valid(r)) continue;
      *reinterpret_cast<uint2*>(lane_place + (View::row_offset(r) * (View::Problem::kN / 2) + c * 4)) = words;
    }
  }
}

// Writes row-major rows of kBits-wide elements. pair(r, c): the elements of values.at[r][c], the first in the lowest
// bits of the word; what the bits above the second are has no effect. Called by whole warps. Rows and columns outside
// are not written.
template <int kBits, class View, class Pair>
__device__ __forceinline__ void store_pairs(const View& view, void* target, Pair&& pair) {
  static_assert(kBits == 16 || kBits == 8 || kBits == 4, "pairs of 4, 8 or 16-bit elements");
  constexpr int kRowBytes = View::Problem::kN * kBits / 8;
  constexpr int kGrouped = View::kColumns / 4 * 4;
  // The place of row 0 of the lane: of its 8 columns, and of its pair where fewer are left.
  const int lane_column = view.run_column();
  unsigned char* first_row = static_cast<unsigned char*>(target) + static_cast<long long>(view.first_row) * kRowBytes;
  unsigned char* wide = first_row + lane_column * kBits / 8;
  unsigned char* narrow = first_row + view.column(0) * kBits / 8;
  constexpr int kSectors = kBits == 4 && View::kRuns && View::kWholeColumns ? kGrouped / 8 * 8 : 0;
  if constexpr (kSectors > 0) store_sectors<kSectors>(view, first_row, pair);
#pragma unroll
  for (int r = 0; r < View::kRows; ++r) {
#pragma unroll
    for (int c = kSectors; c < kGrouped; c += 4) {
      unsigned words[4] = {pair(r, c), pair(r, c + 1), pair(r, c + 2), pair(r, c + 3)};
      if constexpr (!View::kRuns) transpose_in_quad(words, view.lane);
      if (!view.row_valid(r) || (!View::kWholeColumns && lane_column + 8 * c >= View::Problem::kN)) continue;
      unsigned char* place = wide + (View::row_offset(r) * kRowBytes + c * kBits);
      if constexpr (kBits == 16) {
        *reinterpret_cast<uint4*>(place) = make_uint4(words[0], words[1], words[2], words[3]);
      } else if constexpr (kBits == 8) {
        *reinterpret_cast<uint2*>(place) =
            make_uint2(__byte_perm(words[0], words[1], 0x5410), __byte_perm(words[2], words[3], 0x5410));
      } else {
        *reinterpret_cast<unsigned*>(place) = packed_bytes(words);
      }
    }
    if constexpr (View::kNeighbours) {
      view.template store_four<kBits>(target, r, pair(r, 0), pair(r, 1));
      continue;
    }
#pragma unroll
    for (int c = kGrouped; c < View::kColumns; ++c) {  // two groups left over where a warp has 16 or 48 columns
      const unsigned word = pair(r, c);
      if (!view.row_valid(r) || !view.column_valid(c)) continue;
      unsigned char* place = narrow + (View::row_offset(r) * kRowBytes + c * kBits);
      if constexpr (kBits == 16) {
        *reinterpret_cast<unsigned*>(place) = word;
      } else if constexpr (kBits == 8) {
        *reinterpret_cast<unsigned short*>(place) = static_cast<unsigned short>(word);
      } else {
        *place = static_cast<unsigned char>(word);
      }
    }
  }
}

//   output[m, n] = (half)y[m, n]        round to nearest even
struct StoreF16 {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    store_pairs<16>(view, arguments.output,
                    [&](int r, int c) { return pack_half2(values.at[r][c][0], values.at[r][c][1]); });
  }
};

//   output[m, n] = y[m, n]        fp32; a quad's pairs are 32 neighbouring bytes, one sector, as they are
struct StoreF32 {
  template <class View>
  __device__ __forceinline__ static void apply(View& view, typename View::Values& values,
                                               const GemmArguments& arguments) {
    float* output = static_cast<float*>(arguments.output);
    for_each_pair(view, values, [&](int r, int c, float first, float second) {
      if (!view.row_valid(r)) return;
      *reinterpret_cast<float2*>(output + view.element(r, c)) = make_float2(first, second);
    });
  }
};

}  // namespace mc
