// What an epilogue step sees: the fp32 values that one thread holds of the block's output tile, where they belong
// (output_place.cuh), and reductions over whole rows.
#pragma once

#include "mc/epilogue/output_place.cuh"
#include "mc/mainloop.cuh"
#include "mc/reduce.cuh"

namespace mc {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_>
struct OutputView : OutputPlace<Problem_, 2 * Tile_::kBlocksM, 2 * Tile_::kBlocksN,
                                Problem_::kN % Tile_::kTileN == 0> {
  using Problem = Problem_;
  using Tile = Tile_;
  using Place = OutputPlace<Problem_, 2 * Tile_::kBlocksM, 2 * Tile_::kBlocksN, Problem_::kN % Tile_::kTileN == 0>;
  using typename Place::Values;
  using Place::element;
  using Place::kRows;
  using Place::lane;
  using Place::row_offset;
  using Place::tile_row;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;
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

  __device__ __forceinline__ OutputView(const ThreadPlace<Tile>& place, int token_count)
      : Place(token_count, place.lane, place.warp_m * Tile::kWarpM + place.lane / 4, place.first_row,
              place.first_column + place.warp_n * Tile::kWarpN),
        warp_n(place.warp_n) {}

  // True in one thread of all that share a row: the one that writes what there is once per row.
  __device__ __forceinline__ bool first_of_row() const { return lane % 4 == 0 && warp_n == 0 && blockIdx.x == 0; }

  // Two neighbouring FP16 numbers of the residual, those of values.at[r][c].
  __device__ __forceinline__ unsigned residual(const Half* matrix, int r, int c) const {
    return *reinterpret_cast<const unsigned*>(matrix + element(r, c));
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
    for_each_pair(*this, values, [&](int r, int, float first, float second) { sum[r][0] += first + second; });
    reduce_rows<SumOp>(sum);
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = __fdiv_rn(sum[r][0], kFeatures), sum[r][0] = 0.0f;
    for_each_pair(*this, values, [&](int r, int, float first, float second) {
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

  int warp_n;

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

  int parity_ = 0;
};

}  // namespace mc
