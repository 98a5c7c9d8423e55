// What an epilogue step sees of a warp group's part of a tile: the concept of mc/epilogue/output_view.cuh for the
// registers of wgmma.
//
// values.at[r][c][e] is y[row(r), column(c) + e]. Pairs c = 4 q .. 4 q + 3 of a thread are 8 neighbouring columns
// (kRuns), because weight_tiles.cuh permutes outputs; the four lanes of a quad hold 32.
//
// A row lies in one quad of one warp. Where blocks share rows they meet in distributed shared memory
// (RowScope::kCluster) or in device memory (RowScope::kGrid).
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/hopper/cluster_exchange.cuh"
#include "mc/hopper/row_slots.cuh"
#include "mc/hopper/work.cuh"
#include "mc/reduce.cuh"

namespace mc::hopper {

// kWords: that blocks exchange about a row at a time. kExchanges: of the whole epilogue.
template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, int kWords, int kExchanges>
struct OutputView {
  using Problem = Problem_;
  using Tile = Tile_;
  using Exchange = ClusterExchange<Tile::kGroupM, kClusterSize_, kWords>;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;
  static constexpr int kRows = 2 * Tile::kBlocksM;
  static constexpr int kColumns = Tile::kN / 8;
  static constexpr bool kRuns = true, kNeighbours = false, kFinishesRows = false;
  static constexpr bool kTellsWords = kScope == RowScope::kGrid;
  static constexpr bool kWholeColumns = Problem::kN % Tile::kN == 0;
  static constexpr int kColumnTiles = (Problem::kN + Tile::kN - 1) / Tile::kN;
  using Slots = RowSlots<kColumnTiles, kWords, kExchanges, 4, 8>;

  // Of more the operands keep the L2 busy.
  static constexpr int kFewTokens = 256;

  static_assert(kScope != RowScope::kTile || kColumnTiles == 1, "RowScope::kTile: one tile must span all N columns");
  static_assert(kScope != RowScope::kCluster || (kClusterSize >= 2 && kClusterSize <= 16),
                "a cluster has 2 to 16 blocks");

  struct Values {
    float at[kRows][kColumns][2];
    float row_sum[kRows];
  };

  // group: of the computing warp groups. exchange: that of the warp group, RowScope::kCluster.
  __device__ __forceinline__ OutputView(const TilePlace& place, int group, int token_count, Exchange& exchange,
                                        const mc::GemmArguments& arguments)
      : tokens(token_count),
        lane(static_cast<int>(threadIdx.x) % 32),
        group_row(static_cast<int>(threadIdx.x) % kWarpGroup / 32 * 16 + lane / 4),
        first_row(place.first_row + group % Tile::kGroupsOfTile * Tile::kGroupM + group_row),
        warp_column(place.first_column),
        exchange_(exchange),
        slots_{static_cast<typename Slots::Word*>(arguments.row_slots)},
        first_element_(static_cast<long long>(first_row) * Problem::kN + warp_column + lane % 4 * 8) {}

  __device__ __forceinline__ static int row_offset(int r) { return r / 2 * 64 + r % 2 * 8; }
  __device__ __forceinline__ int row(int r) const { return first_row + row_offset(r); }
  __device__ __forceinline__ bool row_valid(int r) const { return row(r) < tokens; }
  // For reads of per-row inputs: rows beyond the tokens read the last token's, whose place exists.
  __device__ __forceinline__ int readable_row(int r) const { return ::min(row(r), tokens - 1); }

  __device__ __forceinline__ static int column_offset(int c) { return c / 4 * 32 + c % 4 * 2; }
  __device__ __forceinline__ int column(int c) const { return warp_column + lane % 4 * 8 + column_offset(c); }
  // First of the 8 neighbouring columns that the lane stores of pairs 0 to 3.
  __device__ __forceinline__ int run_column() const { return column(0); }
  // Index of values.at[r][c][0] in a row-major [tokens, N] matrix: one number, and an offset known at compile time.
  __device__ __forceinline__ long long element(int r, int c) const {
    return first_element_ + (row_offset(r) * Problem::kN + column_offset(c));
  }
  // The 8 neighbouring numbers of the residual that belong to values.at[r][c .. c + 3]. Rows beyond the tokens read the
  // last token's. 32-bit places, up to a million rows of 4096 columns: the registers decide whether wide tiles spill.
  __device__ __forceinline__ void load_residual(const Half* residual, int r, int c, float (&run)[8]) const {
    load_half8(residual + (static_cast<unsigned>(readable_row(r)) * Problem::kN + static_cast<unsigned>(column(c))),
               run);
  }
  __device__ __forceinline__ bool column_valid(int c) const { return kWholeColumns || column(c) < Problem::kN; }

  // True in one thread of all that share a row: the one that writes what there is once per row.
  __device__ __forceinline__ bool first_of_row() const { return lane % 4 == 0 && warp_column == 0; }

  // Reduces partial[r][i] over all threads that share row r; each receives the result. Every thread of the warp group
  // calls it. Fixed order, so deterministic; up to two quantities at a time.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_rows(float (&partial)[kRows][kQuantities]) {
    static_assert(kScope != RowScope::kPartial, "this step needs whole rows: use another RowScope");
    static_assert(kQuantities <= 2 && (kScope == RowScope::kTile || kQuantities <= kWords),
                  "an exchange has room for kWords quantities");
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kQuantities; ++i) partial[r][i] = lanes_reduce<Op, 4>(partial[r][i]);
    }
    if constexpr (kScope == RowScope::kCluster) reduce_over_cluster<Op>(partial);
    if constexpr (kScope == RowScope::kGrid) reduce_over_grid<Op>(partial);
  }

  // Mean, and sum of the squared differences to it, of every row: of the quad's part in two passes, then the parts of
  // the blocks joined (Chan, Golub, LeVeque 1979), so that blocks meet once.
  __device__ __forceinline__ void row_moments(Values& values, float (&mean)[kRows], float (&squares)[kRows]) {
    static_assert(kScope != RowScope::kPartial, "layer norm needs whole rows");
    static_assert(kScope == RowScope::kTile || kWholeColumns, "the parts of a row must be equally long");
    constexpr float kPart = static_cast<float>(kColumnTiles == 1 ? Problem::kN : Tile::kN);
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = squares[r] = 0.0f;
    for_each_pair(*this, values, [&](int r, int, float first, float second) { mean[r] += first + second; });
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = __fmul_rn(lanes_sum<4>(mean[r]), 1.0f / kPart);
    for_each_pair(*this, values, [&](int r, int, float first, float second) {
      const float a = first - mean[r], b = second - mean[r];
      squares[r] = __fmaf_rn(a, a, __fmaf_rn(b, b, squares[r]));
    });
#pragma unroll
    for (int r = 0; r < kRows; ++r) squares[r] = lanes_sum<4>(squares[r]);
    if constexpr (kScope == RowScope::kCluster) {
      float2 words[kRows];
#pragma unroll
      for (int r = 0; r < kRows; ++r) words[r] = make_float2(mean[r], squares[r]);
      send_rows(words);
      exchange_.wait();
      received_rows([&](int r, int from, float2 received) {
        mean[r] = from == 0 ? received.x : mean[r] + received.x;
        if (from == kClusterSize - 1) mean[r] = __fmul_rn(mean[r], 1.0f / kClusterSize);
      });
      received_rows([&](int r, int from, float2 received) {
        const float difference = received.x - mean[r];
        squares[r] = __fmaf_rn(kPart * difference, difference, received.y + (from == 0 ? 0.0f : squares[r]));
      });
    }
    if constexpr (kScope == RowScope::kGrid) {
      float2 parts[kRows];
#pragma unroll
      for (int r = 0; r < kRows; ++r) parts[r] = make_float2(mean[r], squares[r]);
      typename Slots::template Received<kRows> received;
      meet_in_grid(parts, received);
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        mean[r] = squares[r] = 0.0f;
        received.for_each(r, lane, [&](float2 part) { mean[r] += part.x; });
        mean[r] = __fmul_rn(lanes_sum<4>(mean[r]), 1.0f / kColumnTiles);
        received.for_each(r, lane, [&](float2 part) {
          const float difference = part.x - mean[r];
          squares[r] += __fmaf_rn(kPart * difference, difference, part.y);
        });
        squares[r] = lanes_sum<4>(squares[r]);
      }
    }
  }

  // For a step that has blocks tell one another about a row by words of its own, one or several after another, none
  // smaller than the one before it. The four lanes of a row call it with the same word.
  __device__ __forceinline__ void tell_row(int r, unsigned word) const {
    if (lane % 4 == 0 && row_valid(r)) slots_.tell_word(row(r), met_, warp_column / Tile::kN, word);
  }

  // largest[r]: of all blocks' words of row r, once all are above[r] + 1 or more. All lanes of the warp call it.
  __device__ __forceinline__ void await_rows(const unsigned (&above)[kRows], unsigned (&largest)[kRows]) const {
    const auto row_of = [&](int r) { return readable_row(r); };
    const auto is_there = [&](int r, unsigned word) { return word > above[r]; };
    const auto largest_of = [&](const auto& received, int r) {
      unsigned all = 0;
      received.for_each_word(r, lane, [&](unsigned word) { all = ::max(all, word); });
      return lanes_reduce<MaxOp, 4>(all);
    };
    if (spares()) {
      slots_.template warp_receives_rows<kRows>(
          met_, lane, row_of, is_there, [&](int r, const auto& received) { largest[r] = largest_of(received, 0); });
    } else {
      typename Slots::template Received<kRows> received;
      slots_.warp_receives(met_, lane, row_of, received, is_there);
#pragma unroll
      for (int r = 0; r < kRows; ++r) largest[r] = largest_of(received, r);
    }
  }

  int tokens;
  int lane;
  int group_row;    // within the warp group's rows, of r = 0
  int first_row;    // within the output, of r = 0
  int warp_column;  // of the tile, within the output

 private:
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_over_cluster(float (&partial)[kRows][kQuantities]) {
    float2 words[kRows];
#pragma unroll
    for (int r = 0; r < kRows; ++r) words[r] = make_float2(partial[r][0], partial[r][kQuantities - 1]);
    send_rows(words);
    exchange_.wait();
    received_rows([&](int r, int from, float2 received) {
      partial[r][0] = from == 0 ? received.x : Op::apply(partial[r][0], received.x);
      if constexpr (kQuantities == 2) partial[r][1] = from == 0 ? received.y : Op::apply(partial[r][1], received.y);
    });
  }

  // Sends words[r] to every block of the cluster.
  __device__ __forceinline__ void send_rows(const float2 (&words)[kRows]) {
    exchange_.begin(threadIdx.x % kWarpGroup == 0);
#pragma unroll
    for (int r = 0; r < kRows; ++r) exchange_.send(group_row + row_offset(r), words[r], lane);
  }

  // Passes on the words of the latest exchange, those of all blocks in the order of their ranks.
  template <class Take>
  __device__ __forceinline__ void received_rows(Take&& take) const {
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int from = 0; from < kClusterSize; ++from)
        take(r, from, exchange_.received(group_row + row_offset(r), from));
    }
  }

  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_over_grid(float (&partial)[kRows][kQuantities]) {
    float2 parts[kRows];
#pragma unroll
    for (int r = 0; r < kRows; ++r) parts[r] = make_float2(partial[r][0], partial[r][kQuantities - 1]);
    typename Slots::template Received<kRows> received;
    meet_in_grid(parts, received);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      float2 all = make_float2(Op::template identity<float>(), Op::template identity<float>());
      received.for_each(r, lane,
                        [&](float2 part) { all = make_float2(Op::apply(all.x, part.x), Op::apply(all.y, part.y)); });
      partial[r][0] = lanes_reduce<Op, 4>(all.x);
      if constexpr (kQuantities == 2) partial[r][1] = lanes_reduce<Op, 4>(all.y);
    }
  }

  // Tells the blocks of all column tiles parts[r], and waits for theirs.
  __device__ __forceinline__ void meet_in_grid(const float2 (&parts)[kRows],
                                               typename Slots::template Received<kRows>& received) {
    if (lane % 4 == 0) {
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        if (row_valid(r)) slots_.tell(row(r), met_, warp_column / Tile::kN, parts[r]);
      }
    }
    const auto row_of = [&](int r) { return readable_row(r); };
    if (spares()) {
      slots_.template warp_receives_rows<kRows>(
          met_, lane, row_of, Slots::is_filled,
          [&](int r, const typename Slots::template Received<1>& of_row) { received.take(r, of_row); });
    } else {
      slots_.warp_receives(met_, lane, row_of, received, Slots::is_filled);
    }
    ++met_;
  }

  __device__ __forceinline__ bool spares() const { return tokens > kFewTokens; }

  Exchange& exchange_;
  Slots slots_;
  int met_ = 0;  // exchanges in the grid so far
  long long first_element_;
};

}  // namespace mc::hopper
