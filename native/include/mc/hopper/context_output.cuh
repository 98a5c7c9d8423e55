// Last phase of attention.cuh: writes the context as f16 or f32, or quantizes it with one scale per token over all
// heads, which the blocks of a cluster, or those of a query tile through device memory, find together.
//
// A thread holds of two rows (tokens), `group` and `group` + 8 of its warp's 16, columns 8 * j + 2 * member + e as
// context[j][2 * row + e]. Lanes of a quad exchange words so that each writes 16 consecutive bytes.
#pragma once

#include "mc/half.cuh"
#include "mc/hopper/attention_shared.cuh"
#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/cluster.cuh"
#include "mc/hopper/row_slots.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/ptx.cuh"
#include "mc/quantize.cuh"

namespace mc::hopper {

// The place of a thread of a computing warpgroup.
struct AttentionLane {
  int thread;       // within the block
  int head;         // of those that the block computes at once
  int query_group;  // 64 queries
  int row;          // within the block's queries; and row + 8
  int member;       // of its quad: 0 to 3
};

// Lane m of a quad gives words[k] to its lane k and receives in words[k] what lane k had in words[m].
__device__ __forceinline__ void transpose_quad(unsigned (&words)[4], int member) {
#pragma unroll
  for (int bit = 1; bit <= 2; bit *= 2) {
    const bool upper = (member & bit) != 0;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if ((i & bit) != 0) continue;
      const unsigned received = __shfl_xor_sync(kFullWarp, upper ? words[i] : words[i | bit], bit);
      (upper ? words[i] : words[i | bit]) = received;
    }
  }
}

template <typename Config>
struct ContextOutput {
  using Shared = AttentionShared<Config>;
  using Format = typename Config::Format;
  static constexpr int kTiles = Config::kHeadDim / 8;
  using Context = float[kTiles][4];
  using Slots = RowSlots<Config::kRangeParts, 1, 1, 4, 8>;
  static constexpr int kTicketWords = 32;  // ahead of the slots: a line

  const AttentionArguments& arguments;
  const AttentionLane& lane;
  unsigned char* shared;  // at offset 0 of Shared
  int rank;               // of the block among those of its query tile
  int first_token;        // of the block
  int tokens;

  RowRange range[2] = {RowRange::empty(), RowRange::empty()};
  unsigned code_sum[2] = {0, 0};

  __device__ __forceinline__ int token(int row) const { return first_token + lane.row + 8 * row; }
  __device__ __forceinline__ size_t element(int row, int turn) const {
    const int head = rank * Config::kHeadsPerBlock + turn * Config::kHeadsAtOnce + lane.head;
    return static_cast<size_t>(token(row)) * Config::kHidden + head * Config::kHeadDim;
  }

  // Takes the normalised context of the head of one turn.
  __device__ __forceinline__ void take(const Context& context, int turn) {
    if constexpr (Config::kOutput == AttentionOutput::kFloat) {
      store_floats(context, turn);
    } else if constexpr (Config::kOutput == AttentionOutput::kHalf) {
      store_halves(context, turn);
    } else if constexpr (!Config::kMeasuresRange) {
      const QuantParams params = Format::from_static(arguments.attention.quantized);
      store_codes(context, turn, {params, params});
    } else {
#pragma unroll
      for (int j = 0; j < kTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) range[i / 2].include(context[j][i]);
      }
      if (turn + 1 < Config::kTurns) {
        named_barrier_wait(1 + lane.thread / kWarpGroup, kWarpGroup);  // nobody reads the queries any more
#pragma unroll
        for (int i = 0; i < 4 * kTiles; ++i) *kept_word(turn, i) = context[i / 4][i % 4];
      }
    }
  }

  // By one thread of the block, before the barrier behind which cluster_arrive() is called.
  __device__ __forceinline__ static void init_barriers(unsigned base, int rank) {
    barrier_init(base + Shared::kRangesFull, 1);
    barrier_init(base + Shared::kCodeSumsFull, 1);
    if constexpr (Shared::kRangeBytes > 0) barrier_arrive_expect(base + Shared::kRangesFull, Shared::kRangeBytes);
    if constexpr (Config::kSumsCodes) {
      if (rank == 0) barrier_arrive_expect(base + Shared::kCodeSumsFull, Shared::kCodeSumBytes);
    }
  }

  // Behind all turns, with the context of the last one, by every computing thread.
  __device__ __forceinline__ void finish(Context& context) {
    if constexpr (Config::kQuantized) {
      QuantParams params[2];
      if constexpr (Config::kMeasuresRange) {
        if constexpr (Config::kAcrossGrid) {
          exchange_across_grid(params);
        } else {
          exchange_ranges(params);
        }
        store_codes(context, Config::kTurns - 1, params);
#pragma unroll 1
        for (int turn = 0; turn + 1 < Config::kTurns; ++turn) {
#pragma unroll
          for (int i = 0; i < 4 * kTiles; ++i) context[i / 4][i % 4] = *kept_word(turn, i);
          store_codes(context, turn, params);
        }
      } else {
        params[0] = params[1] = Format::from_static(arguments.attention.quantized);
      }
      if constexpr (Config::kSumsCodes) sum_codes();
      if (rank == 0 && lane.head == 0 && lane.member == 0) {
#pragma unroll
        for (int row = 0; row < 2; ++row) {
          if (token(row) >= tokens) continue;
          Format::store_row(arguments.attention.quantized, token(row), params[row], code_sum[row]);
        }
      }
    }
  }

 private:
  __device__ __forceinline__ unsigned base() const { return ptx::shared_address(shared); }

  __device__ __forceinline__ float* kept_word(int turn, int word) const {
    const int thread = lane.thread % kWarpGroup;
    if (word < Shared::kOverQueriesWords) {
      constexpr int kPanelWords = Shared::kQueryPanelBytes / (4 * kWarpGroup);
      const int head = turn * Config::kHeadsAtOnce + lane.head;
      const int panel = (head * Shared::kPanels + word / kPanelWords) * Config::kQueryGroups + lane.query_group;
      return reinterpret_cast<float*>(shared + Shared::kQueries + panel * Shared::kQueryPanelBytes) +
             word % kPanelWords * kWarpGroup + thread;
    }
    return reinterpret_cast<float*>(shared + Shared::kContexts) +
           (turn * Shared::kBehindValuesWords + word - Shared::kOverQueriesWords) * Shared::kComputeThreads +
           lane.thread;
  }

  // Both rows of a quad travel in one message, and those of a warp are neighbours.
  __device__ __forceinline__ int pair_of(int part) const {
    return part * (Config::kQueryTile / 2) + lane.row / 16 * 8 + lane.row % 8;
  }
  __device__ __forceinline__ int own_part() const { return rank * Config::kHeadsAtOnce + lane.head; }

  // The stores that a cluster counts are illegal in a block that was launched without one.
  static constexpr bool kInCluster = Config::kClusterSize > 1;

  // Writes the quad's words, the same in its four lanes, to the place in the first `blocks` blocks.
  template <class Place, class Words>
  __device__ __forceinline__ void tell(Place* place, const Words& words, int full, int blocks) const {
    if constexpr (kInCluster) {
#pragma unroll
      for (int first = 0; first < blocks; first += 4) {
        const int block = first + lane.member;
        if (block < blocks) store_cluster(ptx::shared_address(place), words, base() + full, block);
      }
    } else if (lane.member == 0) {
      *reinterpret_cast<Words*>(place) = words;
    }
  }

  // Until all have told; without a cluster every computing thread calls it.
  __device__ __forceinline__ void await(int full) const {
    if constexpr (kInCluster) {
      barrier_wait(base() + full, 0);
    } else {
      named_barrier_wait(1 + Config::kWarpgroups, Shared::kComputeThreads);
    }
  }

  // Each part of the ranges goes to all blocks, by the four lanes that hold it; then every block has all parts.
  __device__ __forceinline__ void exchange_ranges(QuantParams (&params)[2]) {
    float4* parts = reinterpret_cast<float4*>(shared + Shared::kRanges);
    const RowRange own[2] = {range[0].template over_lanes<4>(), range[1].template over_lanes<4>()};
    const uint4 ends = make_uint4(bits(own[0].min), bits(own[0].max), bits(own[1].min), bits(own[1].max));
    tell(parts + pair_of(own_part()), ends, Shared::kRangesFull, Config::kClusterSize);
    await(Shared::kRangesFull);
    RowRange all[2] = {RowRange::empty(), RowRange::empty()};
#pragma unroll
    for (int i = 0; i < (Shared::kParts + 3) / 4; ++i) {
      const float4 found = parts[pair_of(min(lane.member + 4 * i, Shared::kParts - 1))];
      all[0].include(RowRange{found.x, found.y});
      all[1].include(RowRange{found.z, found.w});
    }
#pragma unroll
    for (int row = 0; row < 2; ++row) all[row] = all[row].template over_lanes<4>();
    Format::from_ranges(all, arguments.attention.quantized.clip, params);
  }

  // Rows beyond the last token take part for that one.
  __device__ __forceinline__ void exchange_across_grid(QuantParams (&params)[2]) const {
    const Slots slots = {arguments.rendezvous + kTicketWords};
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      const RowRange own = range[row].template over_lanes<4>();
      const float largest = fmaxf(-own.min, own.max);
      if (lane.member == 0 && token(row) < tokens) slots.tell(token(row), 0, own_part(), make_float2(largest, largest));
    }
    typename Slots::template Received<2> parts;
    slots.warp_receives(
        0, lane.member, [this](int row) { return ::min(token(row), tokens - 1); }, parts, Slots::is_filled);
    RowRange ranges[2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float largest = 0.0f;
      parts.for_each(row, lane.member, [&](float2 part) { largest = fmaxf(largest, part.x); });
      largest = lanes_max<4>(largest);
      ranges[row] = {-largest, largest};
    }
    Format::from_ranges(ranges, arguments.attention.quantized.clip, params);
  }

  __device__ __forceinline__ static unsigned bits(float value) { return static_cast<unsigned>(__float_as_int(value)); }

  // Leaves the sums over all heads with the lanes of the first block that store them. Only that block waits; the
  // others may end, since nobody writes to them any more.
  __device__ __forceinline__ void sum_codes() {
    uint2* parts = reinterpret_cast<uint2*>(shared + Shared::kCodeSums);
    const uint2 own = make_uint2(lanes_sum<4>(code_sum[0]), lanes_sum<4>(code_sum[1]));
    tell(parts + pair_of(own_part()), own, Shared::kCodeSumsFull, 1);
    if constexpr (!kInCluster) await(Shared::kCodeSumsFull);
    if (rank == 0 && lane.head == 0 && lane.member == 0) {
      if constexpr (kInCluster) await(Shared::kCodeSumsFull);
      code_sum[0] = code_sum[1] = 0;
#pragma unroll
      for (int part = 0; part < Shared::kParts; ++part) {
        const uint2 found = parts[pair_of(part)];
        code_sum[0] += found.x;
        code_sum[1] += found.y;
      }
    }
  }

  __device__ __forceinline__ void store_floats(const Context& context, int turn) const {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      if (token(row) >= tokens) continue;
      float* target = static_cast<float*>(arguments.attention.output) + element(row, turn) + 2 * lane.member;
#pragma unroll
      for (int j = 0; j < kTiles; ++j) {
        *reinterpret_cast<float2*>(target + 8 * j) = make_float2(context[j][2 * row], context[j][2 * row + 1]);
      }
    }
  }

  __device__ __forceinline__ void store_halves(const Context& context, int turn) const {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
#pragma unroll
      for (int first = 0; first < kTiles; first += 4) {
        unsigned words[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          words[k] = pack_half2(context[first + k][2 * row], context[first + k][2 * row + 1]);
        }
        transpose_quad(words, lane.member);  // columns 8 * (first + member) onward
        if (token(row) < tokens) {
          Half* target =
              static_cast<Half*>(arguments.attention.output) + element(row, turn) + 8 * (first + lane.member);
          *reinterpret_cast<uint4*>(target) = make_uint4(words[0], words[1], words[2], words[3]);
        }
      }
    }
  }

  // Quantizes and writes the context of one turn; adds its codes to code_sum.
  __device__ __forceinline__ void store_codes(const Context& context, int turn, const QuantParams (&params)[2]) {
    static_assert(Format::kContainerBits == 8, "codes lie in bytes on this architecture");
#pragma unroll
    for (int row = 0; row < 2; ++row) {
#pragma unroll
      for (int first = 0; first < kTiles; first += 8) {
        // Word k: columns 2 * member and 2 * member + 1 of tile first + 2 k, then of tile first + 2 k + 1.
        unsigned words[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          const float* even = context[first + 2 * k] + 2 * row;
          const float* odd = context[first + 2 * k + 1] + 2 * row;
          const float values[4] = {even[0], even[1], odd[0], odd[1]};
          words[k] = Format::quantize_word(values, params[row], arguments.attention.quantized.clip, code_sum[row]);
        }
        transpose_quad(words, lane.member);  // tiles first + 2 * member and the next, in the low and the high halves
        if (token(row) < tokens) {
          char* target = static_cast<char*>(arguments.attention.quantized.codes) + element(row, turn) + 8 * first +
                         16 * lane.member;
          *reinterpret_cast<uint4*>(target) =
              make_uint4(__byte_perm(words[0], words[1], 0x5410), __byte_perm(words[2], words[3], 0x5410),
                         __byte_perm(words[0], words[1], 0x7632), __byte_perm(words[2], words[3], 0x7632));
        }
      }
    }
  }
};

}  // namespace mc::hopper
