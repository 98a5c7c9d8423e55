// What an epilogue step sees: the fp32 values that one thread holds of the block's output tile, where they belong,
// and reductions over whole rows.
//
// A thread holds kRows rows x kColumns pairs of neighbouring columns: values.at[r][c][e] is y[row(r), column(c) + e].
// The four lanes of a quad hold neighbouring pairs, so 8 columns in a row of the output.
#pragma once

#include "mc/mainloop.cuh"
#include "mc/reduce.cuh"

namespace mc {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_>
struct OutputView {
  using Problem = Problem_;
  using Tile = Tile_;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;
  static constexpr int kRows = 2 * Tile::kBlocksM;
  static constexpr int kColumns = 2 * Tile::kBlocksN;
  static constexpr bool kRuns = false;  // whether a thread's pairs c = 4 q .. 4 q + 3 are neighbours in the output
  static constexpr bool kWholeColumns = Problem::kN % Tile::kTileN == 0;
  // An upper bound for both scopes of the layouts below; simple, because the host computes it too.
  static constexpr int kScratchBytes = kScope == RowScope::kPartial ? 0 : 16 * Tile::kTileM * (Tile::kWarpsN + 2);

  static_assert(kScope != RowScope::kGrid, "RowScope::kGrid needs the persistent blocks of mc::hopper::Gemm");
  static_assert(kClusterSize == 1 || kScope == RowScope::kCluster, "only RowScope::kCluster forms clusters");
  static_assert(kScope != RowScope::kTile || Tile::kTileN >= Problem::kN,
                "RowScope::kTile: one block must span all N columns");
  static_assert(kScope != RowScope::kCluster || (kClusterSize >= 2 && kClusterSize <= 16),
                "a cluster has 2 to 16 blocks");
  static_assert(kScope != RowScope::kCluster || (Tile::kTileN * kClusterSize >= Problem::kN &&
                                                 Tile::kTileN * (kClusterSize - 1) < Problem::kN),
                "RowScope::kCluster: the cluster must span all N columns and have no idle block");

  struct Values {
    float at[kRows][kColumns][2];
    float row_sum[kRows];  // sum over k of a[m, k] if Problem::kRowSums, else unset
  };

  __device__ __forceinline__ OutputView(const ThreadPlace<Tile>& place, int token_count)
      : tokens(token_count),
        lane(place.lane),
        warp_n(place.warp_n),
        tile_row(place.warp_m * Tile::kWarpM + place.lane / 4),
        first_row(place.first_row + tile_row),
        warp_column(place.first_column + place.warp_n * Tile::kWarpN),
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

  // True in one thread of all that share a row: the one that writes what there is once per row.
  __device__ __forceinline__ bool first_of_row() const { return lane % 4 == 0 && warp_n == 0 && blockIdx.x == 0; }

  // Calls step(r, c, value_0, value_1) for every pair within N, columns outermost.
  template <class Step>
  __device__ __forceinline__ void for_each_pair(Values& values, Step&& step) const {
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      if (!column_valid(c)) continue;
#pragma unroll
      for (int r = 0; r < kRows; ++r) step(r, c, values.at[r][c][0], values.at[r][c][1]);
    }
  }

  // Reduces partial[r][i] over all threads that share row r; each receives the result. Every thread of the block (of
  // the cluster) calls it. Fixed order, so deterministic. Up to two quantities at a time.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_rows(float (&partial)[kRows][kQuantities]) {
    static_assert(kScope != RowScope::kPartial,
                  "this step needs whole rows: use RowScope::kTile or kCluster, or end with StoreF32 and a rows kernel");
    static_assert(kQuantities <= 2, "the scratch has room for two quantities");
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kQuantities; ++i) partial[r][i] = lanes_reduce<Op, 4>(partial[r][i]);
    }
    if constexpr (kScope == RowScope::kTile) {
      reduce_over_warps<Op>(partial);
    } else {
      reduce_over_cluster<Op>(partial);
    }
  }

  // Mean, and sum of the squared differences to it, of every row, in two passes.
  __device__ __forceinline__ void row_moments(Values& values, float (&mean)[kRows], float (&squares)[kRows]) {
    constexpr float kFeatures = static_cast<float>(Problem::kN);
    float sum[kRows][1] = {};
    for_each_pair(values, [&](int r, int, float first, float second) { sum[r][0] += first + second; });
    reduce_rows<SumOp>(sum);
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = __fdiv_rn(sum[r][0], kFeatures), sum[r][0] = 0.0f;
    for_each_pair(values, [&](int r, int, float first, float second) {
      const float a = __fsub_rn(first, mean[r]), b = __fsub_rn(second, mean[r]);
      sum[r][0] += a * a + b * b;
    });
    reduce_rows<SumOp>(sum);
#pragma unroll
    for (int r = 0; r < kRows; ++r) squares[r] = sum[r][0];
  }

  // A block of a cluster may not leave while others can still read its shared memory.
  __device__ __forceinline__ void finish() const {
    if constexpr (kScope == RowScope::kCluster) ptx::cluster_barrier();
  }

  int tokens;
  int lane;
  int warp_n;
  int tile_row;     // within the block's tile, of r = 0
  int first_row;    // within the output, of r = 0
  int warp_column;  // within the output

 private:
  // Scratch: partial [2][kTileM][kWarpsN][2] floats. Reductions alternate between two halves, so that one barrier
  // each is enough: who writes a half again has passed the barrier that all pass after reading it.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_over_warps(float (&partial)[kRows][kQuantities]) {
    float* scratch = reinterpret_cast<float*>(ptx::dynamic_shared()) + parity_ * Tile::kTileM * Tile::kWarpsN * 2;
    parity_ ^= 1;
    store_partials(scratch, partial);
    __syncthreads();
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float* of_row = scratch + (tile_row + row_offset(r)) * Tile::kWarpsN * 2;
#pragma unroll
      for (int i = 0; i < kQuantities; ++i) {
        partial[r][i] = of_row[i];
#pragma unroll
        for (int warp = 1; warp < Tile::kWarpsN; ++warp) partial[r][i] = Op::apply(partial[r][i], of_row[warp * 2 + i]);
      }
    }
  }

  // Scratch, in floats: partial [kTileM][kWarpsN][2], of_block [2][kTileM][2], total [kTileM][2]. Other blocks read
  // of_block, so it alternates; the barriers below order the rest.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_over_cluster(float (&partial)[kRows][kQuantities]) {
    float* scratch = reinterpret_cast<float*>(ptx::dynamic_shared());
    float* of_block = scratch + Tile::kTileM * Tile::kWarpsN * 2 + parity_ * Tile::kTileM * 2;
    float* total = scratch + Tile::kTileM * (Tile::kWarpsN + 2) * 2;
    parity_ ^= 1;
    store_partials(scratch, partial);
    __syncthreads();
    for (int index = threadIdx.x; index < Tile::kTileM * kQuantities; index += Tile::kThreads) {
      const int row = index / kQuantities, i = index % kQuantities;
      float value = scratch[row * Tile::kWarpsN * 2 + i];
#pragma unroll
      for (int warp = 1; warp < Tile::kWarpsN; ++warp) {
        value = Op::apply(value, scratch[(row * Tile::kWarpsN + warp) * 2 + i]);
      }
      of_block[row * 2 + i] = value;
    }
    ptx::cluster_barrier();
    for (int index = threadIdx.x; index < Tile::kTileM * kQuantities; index += Tile::kThreads) {
      const int place = index / kQuantities * 2 + index % kQuantities;
      const unsigned address = ptx::shared_address(of_block + place);
      float value = ptx::load_cluster_float(address, 0);
#pragma unroll
      for (int rank = 1; rank < kClusterSize; ++rank) value = Op::apply(value, ptx::load_cluster_float(address, rank));
      total[place] = value;
    }
    __syncthreads();
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kQuantities; ++i) partial[r][i] = total[(tile_row + row_offset(r)) * 2 + i];
    }
  }

  template <int kQuantities>
  __device__ __forceinline__ void store_partials(float* scratch, const float (&partial)[kRows][kQuantities]) const {
    if (lane % 4 != 0) return;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kQuantities; ++i) {
        scratch[((tile_row + row_offset(r)) * Tile::kWarpsN + warp_n) * 2 + i] = partial[r][i];
      }
    }
  }

  long long first_element_;
  int parity_ = 0;
};

}  // namespace mc
