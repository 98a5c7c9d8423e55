// The view (epilogue/output_view.cuh) of a product whose rows are outputs and whose columns are tokens, as that of
// sparse weights is: a warp group computes d[64 outputs, kTokens] twice, for 128 neighbouring outputs.
//
// Accumulators of a thread are four neighbouring outputs of two tokens; steps do less for each token where a thread has
// eight outputs of one. So neighbouring lanes g and g ^ 1 exchange a token's four first (pair_lanes), and then, with
// w = warp of the group, g = lane / 4, t = lane % 4, values.at[r][c][e] belongs to
//
//   token 8 r + 2 t + g % 2, output 32 w + 8 (g / 2) + 2 c + e
//
// So four lanes hold 32 neighbouring outputs of a token; its row is shared by the lanes of equal g % 2 and t, by the
// four warps, and by the warp groups.
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/row_slots.cuh"
#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

// Named barriers: of the teams, and of their turns.
constexpr int kTeamBarrier = 1, kTurnBarrier = 3;

// Where the view of a team keeps what its threads exchange: offsets into its part of shared memory.
template <int kTokens, int kGroups, RowScope kScope, int kClusterSize>
struct TransposedScratch {
  static constexpr int kWholeRows = kScope != RowScope::kPartial;

  static constexpr int kPartial = 0;  // [warp][kTokens] pairs of floats
  static constexpr int kPartialBytes = kWholeRows * kTokens * 4 * kGroups * 2 * 4;
  static constexpr int kTotals = kPartial + kPartialBytes;  // [2][rank][kTokens] pairs of floats
  static constexpr int kTotalsBytes = (kScope == RowScope::kCluster) * 2 * kClusterSize * 2 * kTokens * 4;
  static constexpr int kShared = kTotals + kTotalsBytes;  // [kTokens] pairs of floats
  static constexpr int kSharedBytes = kWholeRows * kTokens * 8;
  static constexpr int kBarriers = kShared + kSharedBytes;  // [2], of the totals
  static constexpr int kBytes = kBarriers + kWholeRows * 2 * kBarrierBytes;
};

// kWords: that blocks exchange about a row at a time. kExchanges: of the whole epilogue.
template <class Problem_, int kTokens, int kGroups, RowScope kScope_, int kClusterSize_, int kWords, int kExchanges>
class TransposedView {
 public:
  using Problem = Problem_;
  using Scratch = TransposedScratch<kTokens, kGroups, kScope_, kClusterSize_>;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;
  static constexpr int kRows = kTokens / 8;
  static constexpr int kColumns = 4;
  static constexpr int kTileN = 128 * kGroups;
  static constexpr bool kWholeColumns = Problem::kN % kTileN == 0;
  static constexpr bool kRuns = true, kNeighbours = false, kFinishesRows = true, kTellsWords = false;
  using Slots = RowSlots<(Problem::kN + kTileN - 1) / kTileN, kWords, kExchanges, 1, 32 / kWords>;
  static_assert(kScope != RowScope::kTile, "a block that spans all columns is a cluster of one");
  static_assert(kScope != RowScope::kCluster ||
                    (kTileN * kClusterSize >= Problem::kN && kTileN * (kClusterSize - 1) < Problem::kN),
                "RowScope::kCluster: the cluster must span all N columns and have no idle block");

  struct Values {
    float at[kRows][kColumns][2];
    float row_sum[kRows];  // unset
  };

  // scratch: shared address. One thread calls it, before the barrier of the cluster.
  __device__ __forceinline__ static void init_barriers(unsigned scratch) {
    if constexpr (kScope == RowScope::kCluster) {
      for (int i = 0; i < 2; ++i) barrier_init(scratch + Scratch::kBarriers + i * kBarrierBytes, 1);
    }
  }

  // team: warp groups that share tiles, kGroups of them; thread: of the team. scratch: offset in shared memory.
  __device__ __forceinline__ TransposedView(const mc::GemmArguments& arguments, int team, int thread, int rank,
                                            unsigned scratch)
      : arguments_(arguments), team_(team), thread_(thread), rank_(rank), scratch_(scratch) {}

  // Moves to another tile.
  __device__ __forceinline__ void select(int token_count, int tile_m, int tile_n) {
    const int lane = thread_ % 32;
    tokens = token_count;
    tile_m_ = tile_m;
    met_ = 0;
    tile_n_ = tile_n;
    first_row = tile_m * kTokens + lane_token();
    first_column_ = tile_n * kTileN + thread_ / 32 * 32 + lane / 8 * 8;
    first_element_ = static_cast<long long>(first_row) * Problem::kN + first_column_;
  }

  __device__ __forceinline__ static int row_offset(int r) { return 8 * r; }
  __device__ __forceinline__ int row(int r) const { return first_row + row_offset(r); }
  __device__ __forceinline__ bool row_valid(int r) const { return row(r) < tokens; }
  __device__ __forceinline__ int readable_row(int r) const { return ::min(row(r), tokens - 1); }
  __device__ __forceinline__ int column(int c) const { return first_column_ + 2 * c; }
  __device__ __forceinline__ int run_column() const { return first_column_; }
  __device__ __forceinline__ long long element(int r, int c) const {
    return first_element_ + (row_offset(r) * Problem::kN + 2 * c);
  }
  __device__ __forceinline__ void load_residual(const Half* residual, int r, int c, float (&run)[8]) const {
    load_half8(residual + (static_cast<long long>(readable_row(r)) * Problem::kN + column(c)), run);
  }
  __device__ __forceinline__ bool column_valid(int c) const { return kWholeColumns || column(c) < Problem::kN; }
  __device__ __forceinline__ bool first_of_row() const { return tile_n_ == 0 && thread_ / 32 == 0 && thread_ % 32 < 8; }

  // sums: two blocks of 64 outputs, as the product leaves them. result.sums[r / 2][c][r % 2 * 2 + e]: as above.
  // Of the first kRows slices of a tile.
  template <class Result, int kSlices>
  __device__ __forceinline__ void pair_lanes(const int (&sums)[2][kSlices][4], Result& result) const {
    const bool odd = thread_ & 4;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int block = 0; block < 2; ++block) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          const int first = sums[block][r][2 * e], second = sums[block][r][2 * e + 1];  // of tokens 2 t and 2 t + 1
          const int received = __shfl_xor_sync(kFullWarp, odd ? first : second, 4);
          result.sums[r / 2][block][r % 2 * 2 + e] = odd ? received : first;
          result.sums[r / 2][2 + block][r % 2 * 2 + e] = odd ? second : received;
        }
      }
    }
  }

  // Reduces partial[r][i] over all threads that share row r. The teams of the cluster, or of all blocks of the row
  // block, call it.
  template <class Op, int kQuantities>
  __device__ __forceinline__ void reduce_rows(float (&partial)[kRows][kQuantities]) {
    float2 totals[kRows];
    finish_rows<Op>(
        partial, [](float2 total) { return total; }, totals);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      partial[r][0] = totals[r].x;
      if constexpr (kQuantities == 2) partial[r][1] = totals[r].y;
    }
  }

  // finished[r] = finish(row r's first and last quantity), by one thread for each row: a thread holds many.
  template <class Op, int kQuantities, class Finish>
  __device__ __forceinline__ void finish_rows(float (&partial)[kRows][kQuantities], Finish&& finish,
                                              float2 (&finished)[kRows]) {
    static_assert(kScope != RowScope::kPartial, "this step needs whole rows: use RowScope::kCluster or kGrid");
    static_assert(kQuantities <= 2, "an exchange has room for two quantities");
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kQuantities; ++i) partial[r][i] = over_lanes<Op>(partial[r][i]);
      store_partial(r, make_float2(partial[r][0], partial[r][kQuantities - 1]));
    }
    team_meets();
    const auto of_block = [&](int token) {
      float2 total = *partials(0, token);
#pragma unroll
      for (int warp = 1; warp < kWarps; ++warp) {
        const float2 part = *partials(warp, token);
        total = make_float2(Op::apply(total.x, part.x), Op::apply(total.y, part.y));
      }
      return total;
    };
    if constexpr (kClusterSize == 1 && kScope == RowScope::kCluster) {
      share_rows([&](int token) { return finish(of_block(token)); });
    } else if constexpr (kScope == RowScope::kCluster) {
      exchange_in_cluster(of_block);
      share_rows([&](int token) {
        float2 total = received(token, 0);
#pragma unroll
        for (int rank = 1; rank < kClusterSize; ++rank) {
          const float2 part = received(token, rank);
          total = make_float2(Op::apply(total.x, part.x), Op::apply(total.y, part.y));
        }
        return finish(total);
      });
    } else {
      const Slots slots{static_cast<typename Slots::Word*>(arguments_.row_slots)};
#pragma unroll 1
      for (int token = thread_; token < kTokens; token += kTeamThreads) {
        const int row = tile_m_ * kTokens + token;
        if (row < tokens) slots.tell(row, met_, tile_n_, of_block(token));
      }
      share_rows([&](int token) {
        typename Slots::template Received<1> received;
        slots.receive(
            met_, 0, [&](int) { return ::min(tile_m_ * kTokens + token, tokens - 1); }, received);
        float2 total = make_float2(Op::template identity<float>(), Op::template identity<float>());
        received.for_each(
            0, 0, [&](float2 part) { total = make_float2(Op::apply(total.x, part.x), Op::apply(total.y, part.y)); });
        return finish(total);
      });
      ++met_;
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) finished[r] = *shared(lane_token() + row_offset(r));
  }

  // Mean, and sum of the squared differences to it, of every row: of a warp's part in two passes, then of joined parts.
  __device__ __forceinline__ void row_moments(Values& values, float (&mean)[kRows], float (&squares)[kRows]) {
    static_assert(kScope == RowScope::kCluster, "layer norm needs whole rows");
    static_assert(Problem::kN == kTileN * kClusterSize, "the parts of a row must be equally long");
    constexpr float kOfWarp = 32.0f, kOfBlock = static_cast<float>(kTileN);
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = squares[r] = 0.0f;
    for_each_pair(*this, values, [&](int r, int, float first, float second) { mean[r] += first + second; });
#pragma unroll
    for (int r = 0; r < kRows; ++r) mean[r] = __fmul_rn(over_lanes<SumOp>(mean[r]), 1.0f / kOfWarp);
    for_each_pair(*this, values, [&](int r, int, float first, float second) {
      const float a = first - mean[r], b = second - mean[r];
      squares[r] = __fmaf_rn(a, a, __fmaf_rn(b, b, squares[r]));
    });
#pragma unroll
    for (int r = 0; r < kRows; ++r) store_partial(r, make_float2(mean[r], over_lanes<SumOp>(squares[r])));
    team_meets();
    const auto of_block = [&](int token) {
      return join_moments<kWarps>(kOfWarp, [&](int warp) { return *partials(warp, token); });
    };
    if constexpr (kClusterSize > 1) exchange_in_cluster(of_block);
    share_rows([&](int token) {
      if constexpr (kClusterSize == 1) {
        return of_block(token);
      } else {
        return join_moments<kClusterSize>(kOfBlock, [&](int rank) { return received(token, rank); });
      }
    });
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float2 moments = *shared(lane_token() + row_offset(r));
      mean[r] = moments.x, squares[r] = moments.y;
    }
  }

  int tokens;
  int first_row;  // within the output, of r = 0

 private:
  static constexpr int kTeamThreads = kGroups * kWarpGroup;
  static constexpr int kWarps = 4 * kGroups;

  __device__ __forceinline__ int lane_token() const { return thread_ % 4 * 2 + thread_ / 4 % 2; }
  __device__ __forceinline__ unsigned char* at(int offset) const { return ptx::dynamic_shared() + scratch_ + offset; }
  __device__ __forceinline__ void team_meets() const { named_barrier_wait(kTeamBarrier + team_, kTeamThreads); }
  // [warp][token] of this block, and [rank][token] of the cluster.
  __device__ __forceinline__ float2* partials(int warp, int token) const {
    return reinterpret_cast<float2*>(at(Scratch::kPartial)) + warp * kTokens + token;
  }
  __device__ __forceinline__ float2 received(int token, int rank) const {
    return reinterpret_cast<const float2*>(at(Scratch::kTotals))[(buffer_ * kClusterSize + rank) * kTokens + token];
  }
  // [token], once the team has met.
  __device__ __forceinline__ float2* shared(int token) const {
    return reinterpret_cast<float2*>(at(Scratch::kShared)) + token;
  }

  // Each thread finds what all need of tokens of its own. The next time is behind another meeting of the team, so
  // behind all reads.
  template <class OfToken>
  __device__ __forceinline__ void share_rows(OfToken&& of_token) const {
#pragma unroll 1
    for (int token = thread_; token < kTokens; token += kTeamThreads) *shared(token) = of_token(token);
    team_meets();
  }

  template <class Op>
  __device__ __forceinline__ static float over_lanes(float value) {
    value = Op::apply(value, __shfl_xor_sync(kFullWarp, value, 8));
    return Op::apply(value, __shfl_xor_sync(kFullWarp, value, 16));
  }
  __device__ __forceinline__ void store_partial(int r, float2 words) const {
    if (thread_ % 32 < 8) *partials(thread_ / 32, lane_token() + row_offset(r)) = words;
  }

  // Moments of kParts parts of equal length together (Chan, Golub, LeVeque 1979). part(i): mean and squares.
  template <int kParts, class Part>
  __device__ __forceinline__ static float2 join_moments(float length, Part&& part) {
    float mean = part(0).x;
#pragma unroll
    for (int i = 1; i < kParts; ++i) mean += part(i).x;
    mean = __fmul_rn(mean, 1.0f / kParts);
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < kParts; ++i) {
      const float difference = part(i).x - mean;
      squares += part(i).y + length * (difference * difference);
    }
    return make_float2(mean, squares);
  }

  // Each block sends of_block(token) to all blocks. Two buffers alternate: a block sends to one again when all have
  // sent to the other, which they do after they have read the first.
  template <class OfBlock>
  __device__ __forceinline__ void exchange_in_cluster(OfBlock&& of_block) {
    buffer_ = exchanges_ % 2;
    const int parity = exchanges_ / 2 % 2;
    ++exchanges_;
    const unsigned scratch = ptx::shared_address(at(0));
    const unsigned bar = scratch + Scratch::kBarriers + buffer_ * kBarrierBytes;
    if (thread_ == 0) barrier_arrive_expect(bar, kClusterSize * kTokens * 8);
#pragma unroll 1
    for (int token = thread_; token < kTokens; token += kTeamThreads) {
      const float2 total = of_block(token);
      const uint2 words =
          make_uint2(static_cast<unsigned>(__float_as_int(total.x)), static_cast<unsigned>(__float_as_int(total.y)));
      const unsigned place = scratch + Scratch::kTotals + ((buffer_ * kClusterSize + rank_) * kTokens + token) * 8;
#pragma unroll
      for (int rank = 0; rank < kClusterSize; ++rank) store_cluster(place, words, bar, rank);
    }
    barrier_wait(bar, parity);
  }

  const mc::GemmArguments& arguments_;
  int team_, thread_, rank_;
  unsigned scratch_;
  int tile_m_ = 0;
  int tile_n_ = 0;
  int first_column_ = 0;  // of c = 0
  long long first_element_ = 0;
  int met_ = 0;                     // exchanges in the grid about the tile so far
  int exchanges_ = 0, buffer_ = 0;  // in the cluster: begun, and that of the latest
};

}  // namespace mc::hopper
