// What an epilogue step sees of the resident GEMM: the values of one thread, and rows that blocks share.
//
// RowScope::kCluster: the blocks of a cluster exchange one message a row and reduction, so layer norm and a dynamic
// quantizer cost one each. The parts of a reduction, in cycles, about 400 in all:
//   quads reduce by shuffles; warps write their parts to shared memory          60
//   a barrier of the block's warps                                              30
//   a thread per row and receiver joins the warps' parts and sends the result   260
//   a quad reads the ranks' parts of its rows, and joins them by shuffles       60
//
// RowScope::kGrid: blocks meet in device memory (row_slots.cuh), for rows that are too wide for a cluster: two trips to
// the L2. Each thread reads its share of the parts of one row, and the block's warps meet once more about the results.
//
// Scratch of the view: for each of kExchanges a barrier, 8 bytes; then for each: parts of warps [kTileM][kRowWarps],
// parts of ranks [kTileM][kClusterSize] or of readers [kReaders][kTileM], 8 bytes each. Exchanges have scratch of their
// own, so none waits for another's readers.
#pragma once

#include "mc/epilogue/output_place.cuh"
#include "mc/gemm_arguments.cuh"
#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/expecting_barrier.cuh"
#include "mc/hopper/resident_tile.cuh"
#include "mc/hopper/row_joins.cuh"
#include "mc/hopper/row_slots.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/ptx.cuh"
#include "mc/reduce.cuh"
#include "mc/tile.cuh"

namespace mc::hopper {

// kExchanges: reductions over rows of the whole epilogue. kWords: that blocks tell one another about a row at a time.
template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, int kExchanges_, int kWords>
struct ResidentView : OutputPlace<Problem_, 2 * Tile_::kOwnedBlocksM, Tile_::kOwnedColumns, true> {
  using Problem = Problem_;
  using Tile = Tile_;
  using Place = OutputPlace<Problem_, 2 * Tile_::kOwnedBlocksM, Tile_::kOwnedColumns, true>;
  using Place::kColumns;
  using Place::kRows;
  using Place::lane;
  using Place::row_offset;
  using Place::tile_row;
  using typename Place::Values;
  static constexpr int kReaders =  // threads that share a row's slots
      Tile::kTileM <= Tile::kEpilogueThreads ? Tile::kEpilogueThreads / Tile::kTileM : 1;
  using Slots = RowSlots<Problem::kN / Tile::kTileN, kWords, kExchanges_, kReaders, 32 / kWords>;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;

  static constexpr int kExchanges = kExchanges_;
  static constexpr int kRowWarps = Tile::kWarpsN * Tile::kColumnOwners;  // warps of a block that share a row
  static constexpr int kWarpPartBytes = Tile::kTileM * kRowWarps * 8;
  static constexpr int kRankPartBytes = kScope == RowScope::kCluster ? Tile::kTileM * kClusterSize * 8 : 0;
  static constexpr int kReaderPartBytes = kScope == RowScope::kGrid ? Tile::kTileM * kReaders * 8 : 0;
  static constexpr int kExchangeBytes = kWarpPartBytes + kRankPartBytes + kReaderPartBytes;
  static constexpr int kScratchBytes = kExchanges == 0 ? 0 : 32 + kExchanges * kExchangeBytes;  // 32: barriers

  static_assert(kExchanges <= 4, "the scratch has room for 4 barriers");
  static_assert(kScope != RowScope::kPartial || kExchanges <= 1, "only the maxima of a block need no whole rows");
  static_assert(kScope != RowScope::kTile, "rows are shared by clusters or by the grid, if at all");
  static_assert(kScope == RowScope::kCluster || kClusterSize == 1, "only RowScope::kCluster forms clusters");
  static_assert(kScope != RowScope::kCluster ||
                    (Tile::kTileN * kClusterSize == Problem::kN && kClusterSize % 4 == 0 && kClusterSize <= 16),
                "RowScope::kCluster: 4, 8, 12 or 16 blocks span all N columns");

  // Called by one warp, before the blocks of the cluster meet. Each barrier sees one phase.
  __device__ __forceinline__ static void initialise(unsigned scratch) {
#pragma unroll
    for (int i = 0; i < kExchanges; ++i) barrier_init_expecting(scratch + kBarrierBytes * i, kRankPartBytes);
  }

  // scratch: offset in dynamic shared memory.
  __device__ __forceinline__ ResidentView(const ResidentPlace<Tile>& place, const GemmArguments& arguments,
                                          int token_count, int scratch)
      : Place(token_count, place.lane, place.owned_row() + place.lane / 4, place.first_row,
              place.first_column + place.owned_column()),
        tile_column_(place.owned_column()),
        row_warp_(place.warp_n + (Tile::kColumnOwners == 1 ? 0 : place.warp_k * Tile::kWarpsN)),
        scratch_(scratch),
        block_row_(place.first_row),
        slots_{static_cast<typename Slots::Word*>(arguments.row_slots)} {}

  // True in one thread of all that share a row: the one that writes what there is once per row.
  __device__ __forceinline__ bool first_of_row() const { return lane % 4 == 0 && row_warp_ == 0 && blockIdx.x == 0; }

  // Two neighbouring FP16 numbers of the residual, those of values.at[r][c]. tile: resident_parameters.cuh.
  __device__ __forceinline__ unsigned residual(const Half* tile, int r, int c) const {
    const int column = tile_column_ + 8 * c + lane % 4 * 2;
    return *reinterpret_cast<const unsigned*>(tile + (tile_row + row_offset(r)) * (Tile::kTileN + 8) + column);
  }

  // As OutputView::reduce_rows.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_rows(float (&partial)[kRows][kQuantities]) {
    static_assert(kQuantities == 1 || kQuantities == 2, "a message holds two quantities");
    float2 parts[kRows];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      parts[r].x = lanes_reduce<Op, 4>(partial[r][0]);
      parts[r].y = kQuantities == 2 ? lanes_reduce<Op, 4>(partial[r][kQuantities - 1]) : 0.0f;
    }
    if constexpr (kScope == RowScope::kGrid) {
      meet_in_memory<Op>(parts);
    } else {
      exchange<JoinBoth<Op>>(parts);
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      partial[r][0] = parts[r].x;
      if constexpr (kQuantities == 2) partial[r][1] = parts[r].y;
    }
  }

  // parts[row(r) * blocks of N + this block] = the largest of all largest[r] in the block, none below 0.
  __device__ __forceinline__ void store_block_maxima(const float (&largest)[kRows], float* parts) {
    static_assert(kScope == RowScope::kPartial, "where blocks exchange ranges, they store none");
    static_assert(Tile::kTileM <= Tile::kEpilogueThreads, "a thread stores the maximum of a row");
    float2 of_warp[kRows];
#pragma unroll
    for (int r = 0; r < kRows; ++r) of_warp[r] = {lanes_reduce<MaxOp, 4>(largest[r]), 0.0f};
    float2* of_warps = parts_of_warps(0);
    share_in_block(of_warps, of_warp);
    const int row = static_cast<int>(threadIdx.x);
    if (row >= Tile::kTileM || block_row_ + row >= this->tokens) return;
    parts[(block_row_ + row) * (Problem::kN / Tile::kTileN) + static_cast<int>(blockIdx.x)] =
        join_in_block<JoinBoth<MaxOp>>(of_warps, row).x;
  }

  // Mean, and sum of the squared differences to it, of each row: each warp's in two passes, then joined.
  __device__ __forceinline__ void row_moments(const Values& values, float (&mean)[kRows], float (&squares)[kRows]) {
    float2 parts[kRows];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      float sum = 0.0f, of_warp = 0.0f;
#pragma unroll
      for (int c = 0; c < kColumns; ++c) sum += values.at[r][c][0] + values.at[r][c][1];
      parts[r].x = lanes_sum<4>(sum) * (1.0f / kWarpColumns);
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const float first = values.at[r][c][0] - parts[r].x, second = values.at[r][c][1] - parts[r].x;
        of_warp += first * first + second * second;
      }
      parts[r].y = lanes_sum<4>(of_warp);
    }
    exchange<JoinMoments>(parts);
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = parts[r].x, squares[r] = parts[r].y;
  }

 private:
  static constexpr int kWarpColumns = 8 * kColumns;
  static constexpr int kRankParts = kClusterSize / 4;  // that a lane reads of a row

  __device__ __forceinline__ static void epilogue_barrier() {
    if constexpr (Tile::kEpilogueThreads == Tile::kThreads) {
      __syncthreads();
    } else {
      named_barrier_wait(1, Tile::kEpilogueThreads);
    }
  }

  __device__ __forceinline__ float2* parts_of_warps(int exchange) const {
    return reinterpret_cast<float2*>(ptx::dynamic_shared() + scratch_ + 32 + exchange * kExchangeBytes);
  }

  // Makes the parts of all warps of the block visible to all of its epilogue's threads.
  __device__ __forceinline__ void share_in_block(float2* of_warps, const float2 (&parts)[kRows]) const {
    if (lane % 4 == 0) {
#pragma unroll
      for (int r = 0; r < kRows; ++r) of_warps[(tile_row + row_offset(r)) * kRowWarps + row_warp_] = parts[r];
    }
    epilogue_barrier();
  }

  template <class Join>
  __device__ __forceinline__ static float2 join_in_block(const float2* of_warps, int row) {
    float2 row_parts[kRowWarps];
#pragma unroll
    for (int i = 0; i < kRowWarps; ++i) row_parts[i] = of_warps[row * kRowWarps + i];
    return Join::template join<1, kWarpColumns>(row_parts);
  }

  // parts: one a row, equal in the four lanes of a quad. Every thread of the epilogue calls it, in the whole cluster.
  template <class Join>
  __device__ __forceinline__ void exchange(float2 (&parts)[kRows]) {
    static_assert(kScope == RowScope::kCluster, "this step needs whole rows: use RowScope::kCluster");
    float2* of_warps = parts_of_warps(exchange_);
    float2* of_ranks = of_warps + Tile::kTileM * kRowWarps;
    const unsigned arrived = ptx::shared_address(ptx::dynamic_shared() + scratch_) + kBarrierBytes * exchange_;
    ++exchange_;

    share_in_block(of_warps, parts);
    const int own_rank = ptx::cluster_rank();
#pragma unroll
    for (int first = 0; first < Tile::kTileM * kClusterSize; first += Tile::kEpilogueThreads) {
      const int index = first + static_cast<int>(threadIdx.x);
      if (index >= Tile::kTileM * kClusterSize) break;
      const int row = index / kClusterSize, rank = index % kClusterSize;
      const float2 joined = join_in_block<Join>(of_warps, row);
      const uint2 words = make_uint2(__float_as_int(joined.x), __float_as_int(joined.y));
      store_cluster(ptx::shared_address(of_ranks + row * kClusterSize + own_rank), words, arrived, rank);
    }
    barrier_wait(arrived, 0);  // messages lie in shared memory, so nothing older in L1 can stand for them
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      float2 rank_parts[kRankParts];
      const float2* of_row = of_ranks + (tile_row + row_offset(r)) * kClusterSize + lane % 4 * kRankParts;
#pragma unroll
      for (int i = 0; i < kRankParts; ++i) rank_parts[i] = of_row[i];
      parts[r] = Join::template join<4, kWarpColumns * kRowWarps>(rank_parts);
    }
  }

  // The same for rows that all blocks of a row of the grid share. All of them are running or have ended: the grid fits
  // the chip at once.
  template <class Op>
  __device__ __forceinline__ void meet_in_memory(float2 (&parts)[kRows]) {
    static_assert(Tile::kTileM <= Tile::kEpilogueThreads, "a thread tells the part of a row");
    float2* of_warps = parts_of_warps(exchange_);
    share_in_block(of_warps, parts);
    float2* of_readers = of_warps + Tile::kTileM * kRowWarps;
    const int row = static_cast<int>(threadIdx.x) % Tile::kTileM, reader = static_cast<int>(threadIdx.x) / Tile::kTileM;
    if (reader == 0 && block_row_ + row < this->tokens) {
      slots_.tell(block_row_ + row, exchange_, static_cast<int>(blockIdx.x),
                  join_in_block<JoinBoth<Op>>(of_warps, row));
    }
    if (reader < kReaders) {
      typename Slots::template Received<1> received;
      slots_.receive(
          exchange_, reader, [&](int) { return ::min(block_row_ + row, this->tokens - 1); }, received);
      float2 all = make_float2(Op::template identity<float>(), Op::template identity<float>());
      received.for_each(
          0, reader, [&](float2 part) { all = make_float2(Op::apply(all.x, part.x), Op::apply(all.y, part.y)); });
      of_readers[reader * Tile::kTileM + row] = all;
    }
    epilogue_barrier();
    ++exchange_;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      float2 all = make_float2(Op::template identity<float>(), Op::template identity<float>());
#pragma unroll
      for (int first = 0; first < kReaders; first += 4) {
        if (kReaders % 4 != 0 && first + lane % 4 >= kReaders) break;
        const float2 part = of_readers[(first + lane % 4) * Tile::kTileM + tile_row + row_offset(r)];
        all = make_float2(Op::apply(all.x, part.x), Op::apply(all.y, part.y));
      }
      parts[r] = make_float2(lanes_reduce<Op, 4>(all.x), lanes_reduce<Op, 4>(all.y));
    }
  }

  int tile_column_;  // of the warp
  int row_warp_;     // which of the block's warps that share a row
  int scratch_;
  int exchange_ = 0;
  int block_row_;
  Slots slots_;
};

}  // namespace mc::hopper
