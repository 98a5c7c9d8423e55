// What an epilogue step sees of the split GEMM: kPairs pairs of columns of one row in each thread, and reductions over
// the row's threads, which are whole warps of one block. A reduction costs one barrier of them.
//
// Scratch: for each of kExchanges reductions, parts of warps [kOwnedRows][kRowWarps], 8 bytes each.
#pragma once

#include "mc/epilogue/output_place.cuh"
#include "mc/gemm_arguments.cuh"
#include "mc/hopper/ordered_image.cuh"
#include "mc/hopper/row_joins.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/ptx.cuh"
#include "mc/reduce.cuh"

namespace mc::hopper {

template <class Tile_, int kExchanges>
struct SplitView {
  using Tile = Tile_;
  using Problem = typename Tile::Problem;
  static constexpr int kRows = 1;
  static constexpr int kColumns = Tile::kPairs;
  static constexpr bool kRuns = false, kNeighbours = false, kFinishesRows = false, kTellsWords = false;
  static constexpr bool kWholeColumns = true;
  static constexpr RowScope kScope = RowScope::kCluster;
  static constexpr int kClusterSize = Tile::kRanks;
  static constexpr int kPartBytes = Tile::kOwnedRows * Tile::kRowWarps * 8;
  static constexpr int kScratchBytes = (kExchanges * kPartBytes + 15) / 16 * 16;

  struct Values {
    float at[1][kColumns][2];
    float row_sum[1];
  };

  // column: of pair 0. scratch: offset in dynamic shared memory. residual: its numbers beside the pairs.
  __device__ __forceinline__ SplitView(int token_count, int row, int column, int scratch,
                                       const unsigned (&residual)[kColumns])
      : tokens(token_count),
        lane(static_cast<int>(threadIdx.x) % 32),
        first_row(row),
        first_column_(column),
        scratch_(scratch) {
#pragma unroll
    for (int c = 0; c < kColumns; ++c) residual_[c] = residual[c];
  }

  __device__ __forceinline__ static int row_offset(int) { return 0; }
  __device__ __forceinline__ int row(int) const { return first_row; }
  __device__ __forceinline__ bool row_valid(int) const { return first_row < tokens; }
  __device__ __forceinline__ int readable_row(int) const { return first_row; }  // rows of whole tiles exist
  __device__ __forceinline__ int column(int c) const { return first_column_ + 8 * c; }
  __device__ __forceinline__ static bool column_valid(int) { return true; }
  __device__ __forceinline__ int run_column() const { return first_column_ + 6 * (lane % 4); }
  __device__ __forceinline__ bool first_of_row() const { return threadIdx.x % Tile::kRowThreads == 0; }
  __device__ __forceinline__ unsigned residual(const Half*, int, int c) const { return residual_[c]; }

  // As OutputView::reduce_rows.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_rows(float (&partial)[1][kQuantities]) {
    static_assert(kQuantities == 1 || kQuantities == 2, "a part of a row has two quantities");
    float2 part = {reduce_in_warp<Op>(partial[0][0]), 0.0f};
    if constexpr (kQuantities == 2) part.y = reduce_in_warp<Op>(partial[0][1]);
    part = join<JoinBoth<Op>>(part);
    partial[0][0] = part.x;
    if constexpr (kQuantities == 2) partial[0][1] = part.y;
  }

  // Mean, and sum of the squared differences to it: each thread's in two passes, then those of ever more threads
  // joined, two equal parts at a time (JoinMoments says whose formula it is). Each step is the latency of one shuffle;
  // first the mean of the warp, then the squares, would be twice as long.
  __device__ __forceinline__ void row_moments(const Values& values, float (&mean)[1], float (&squares)[1]) {
    float2 part = {0.0f, 0.0f};
#pragma unroll
    for (int c = 0; c < kColumns; ++c) part.x += values.at[0][c][0] + values.at[0][c][1];
    part.x *= 1.0f / (2 * kColumns);
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const float first = values.at[0][c][0] - part.x, second = values.at[0][c][1] - part.x;
      part.y += first * first + second * second;
    }
#pragma unroll
    for (int lanes = 1; lanes < 32; lanes *= 2) {
      const float other_mean = __shfl_xor_sync(kFullWarp, part.x, lanes);
      const float other_squares = __shfl_xor_sync(kFullWarp, part.y, lanes);
      const float difference = part.x - other_mean;
      part.x = 0.5f * (part.x + other_mean);
      part.y = part.y + other_squares + static_cast<float>(kColumns * lanes) * (difference * difference);
    }
    part = join<JoinMoments>(part);
    mean[0] = part.x, squares[0] = part.y;
  }

  int tokens;
  int lane;
  int first_row;

 private:
  static constexpr int kWarpColumns = 64 * kColumns;

  // Maxima of a warp are one instruction on integers.
  template <class Op>
  __device__ __forceinline__ static float reduce_in_warp(float value) {
    if constexpr (Op::kIsMax) {
      return from_ordered_image(__reduce_max_sync(kFullWarp, ordered_image(value)));
    } else {
      return lanes_reduce<Op>(value);
    }
  }

  template <class Join>
  __device__ __forceinline__ float2 join(float2 part) {
    const int warp = static_cast<int>(threadIdx.x) / 32;
    float2* of_warps = reinterpret_cast<float2*>(ptx::dynamic_shared() + scratch_ + exchange_ * kPartBytes);
    ++exchange_;
    if (lane == 0) of_warps[warp] = part;
    if constexpr (Tile::kEpilogueThreads == Tile::kThreads) {
      __syncthreads();
    } else {
      named_barrier_wait(1, Tile::kEpilogueThreads);
    }
    float2 parts[Tile::kRowWarps];
#pragma unroll
    for (int i = 0; i < Tile::kRowWarps; ++i) parts[i] = of_warps[warp / Tile::kRowWarps * Tile::kRowWarps + i];
    return Join::template join<1, kWarpColumns>(parts);
  }

  int first_column_;
  int scratch_;
  int exchange_ = 0;
  unsigned residual_[kColumns];
};

}  // namespace mc::hopper
