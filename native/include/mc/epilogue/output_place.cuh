// Where the values belong that one thread holds of an output tile.
//
// A thread holds kRows rows x kColumns pairs of neighbouring columns: values.at[r][c][e] is y[row(r), column(c) + e].
// Rows come in pairs 8 apart, pairs in steps of 16. The four lanes of a quad hold neighbouring pairs, so 8 columns in
// a row of the output. That is the accumulators' layout of every tensor-core product.
#pragma once

#include "mc/half.cuh"

namespace mc {

// Calls step(r, c, value_0, value_1) for every pair of a view within N, columns outermost.
template <class View, class Values, class Step>
__device__ __forceinline__ void for_each_pair(const View& view, Values& values, Step&& step) {
#pragma unroll
  for (int c = 0; c < View::kColumns; ++c) {
    if (!view.column_valid(c)) continue;
#pragma unroll
    for (int r = 0; r < View::kRows; ++r) step(r, c, values.at[r][c][0], values.at[r][c][1]);
  }
}

template <class Problem_, int kRows_, int kColumns_, bool kWholeColumns_>
struct OutputPlace {
  using Problem = Problem_;
  static constexpr int kRows = kRows_;
  static constexpr int kColumns = kColumns_;
  static constexpr bool kRuns = false;  // whether a thread's pairs c = 4 q .. 4 q + 3 are neighbours in the output
  static constexpr bool kNeighbours = false;    // whether it has two pairs of a row, which are neighbours
  static constexpr bool kFinishesRows = false;  // whether what follows from a row's reduction is found once for a row
  static constexpr bool kTellsWords = false;    // whether a step may tell words of its own (gelu_quantize_rows.cuh)
  static constexpr bool kWholeColumns = kWholeColumns_;  // every column of the tile is one of the output

  struct Values {
    float at[kRows][kColumns][2];
    float row_sum[kRows];  // sum over k of a[m, k] if Problem::kRowSums, else unset
  };

  // tile_row: within the block's tile, of the lane's row r = 0. warp_column: within the output, of the warp.
  __device__ __forceinline__ OutputPlace(int token_count, int lane_, int tile_row_, int block_row, int warp_column_)
      : tokens(token_count),
        lane(lane_),
        tile_row(tile_row_),
        first_row(block_row + tile_row_),
        warp_column(warp_column_),
        first_element_(static_cast<long long>(first_row) * Problem::kN + warp_column + lane % 4 * 2) {}

  __device__ __forceinline__ static int row_offset(int r) { return r / 2 * 16 + r % 2 * 8; }
  __device__ __forceinline__ int row(int r) const { return first_row + row_offset(r); }
  __device__ __forceinline__ bool row_valid(int r) const { return row(r) < tokens; }
  // For reads of per-row inputs: rows beyond the tokens read the last token's, whose place exists.
  __device__ __forceinline__ int readable_row(int r) const { return ::min(row(r), tokens - 1); }

  __device__ __forceinline__ int column(int c) const { return warp_column + 8 * c + lane % 4 * 2; }
  // First of the 8 neighbouring columns that the lane stores of pairs 0 to 3.
  __device__ __forceinline__ int run_column() const { return warp_column + 8 * (lane % 4); }
  // Index of values.at[r][c][0] in a row-major [tokens, N] matrix: one number, and an offset known at compile time.
  __device__ __forceinline__ long long element(int r, int c) const {
    return first_element_ + (row_offset(r) * Problem::kN + 8 * c);
  }
  __device__ __forceinline__ bool column_valid(int c) const { return kWholeColumns || column(c) < Problem::kN; }

  int tokens;
  int lane;
  int tile_row;     // within the block's tile, of r = 0
  int first_row;    // within the output, of r = 0
  int warp_column;  // within the output

 private:
  long long first_element_;
};

}  // namespace mc
