// The two warp groups of qkv_attention.cuh that attend: 64 queries of a token tile each, of one head, to all keys of
// the tile at once. Probabilities stay in registers.
//
// A thread has rows 16 w + g and + 8 of the group's 64: scores[n][2 h + e] is that of key 8 n + 2 t + e,
// context[j][2 h + e] column 8 j + 2 t + e of the values in shared memory, output 32 (j / 4) + 8 t + 2 (j % 4) + e.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/online_softmax.cuh"
#include "mc/hopper/qkv_attention_shared.cuh"
#include "mc/hopper/row_slots.cuh"
#include "mc/hopper/sequence_boundaries.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/hopper/wgmma.cuh"

namespace mc::hopper {

template <class Config>
struct TileAttention {
  using Format = typename Config::Format;
  using Shared = QkvAttentionShared<Config>;
  using Work = QkvAttentionWork<Config>;
  using Softmax = OnlineSoftmax<Config::kTokens, Config::kHeadDim>;
  using ScoreProduct = Wgmma<Config::kTokens, Operand::kF16, Operand::kF16, Major::kK>;
  using ContextProduct = Wgmma<Config::kHeadDim, Operand::kF16, Operand::kF16, Major::kN>;
  using Scores = typename ScoreProduct::Sums;
  using Context = typename ContextProduct::Sums;
  using Probabilities = unsigned[Config::kTokens / 16][4];

  const QkvAttentionArguments& arguments;
  const Work& work;
  unsigned shared;
  int group;  // 0 or 1: queries from 64 * group on
  int lane;
  int row;  // of the thread, within the token tile; and row + 8

  // With dynamic scales a tile's context is quantized behind the next one's softmax; by then the other heads have left
  // their ranges.
  //
  // While products are under way there is no branch that lanes may take apart, and no accumulator lives from one turn
  // of the loop to the next: either makes compilers serialise all products of the kernel.
  __device__ __forceinline__ void run() const {
    const QkvHandover<Config> handover = {shared};
    const int count = *arguments.tile_count;
    const int units = work.units(count);
    dependency_wait();
    if (units == 0) return;
    Place next = place_of(0, count);
    int2 before = make_int2(0, 0);
    Context kept = {};
    Ranges ranges;
#pragma unroll 1
    for (int unit = 0; unit < units; ++unit) {
      const Place place = next;
      const bool masked = uniform(!place.boundaries.none()) != 0;
      next = place_of(unit + 1, count);
      barrier_wait(handover.scores_full(), unit & 1);
      Scores scores;
      multiply_keys(scores);
      handover.arrive(handover.scores_empty(), lane);
      if (masked) mask(place.boundaries, scores);
      Context context;
      Softmax softmax;
      softmax.step(scores, true, context);
      read_ranges(before, ranges);
      Probabilities p;
      round(scores, p);
      if (kDeferred && unit > 0) finish(before, ranges, kept);
      barrier_wait(handover.values_full(), unit & 1);
      multiply_values(p, context);
      handover.arrive(handover.values_empty(), lane);
      normalise(softmax, place.tokens, context);
      if constexpr (kDeferred) {
        before = place.tokens;
#pragma unroll
        for (int i = 0; i < 4 * kTiles; ++i) kept[i / 4][i % 4] = context[i / 4][i % 4];
      } else {
        finish(place.tokens, ranges, context);
      }
    }
    if constexpr (kDeferred) {
      read_ranges(before, ranges);
      finish(before, ranges, kept);
    }
  }

 private:
  // A unit's tile.
  struct Place {
    int2 tokens;
    SequenceBoundaries boundaries;
  };

  __device__ __forceinline__ Place place_of(int unit, int count) const {
    return {work.tokens(arguments.tiles, unit, count),
            SequenceBoundaries::of(arguments.tiles[::min(work.tile(unit), count - 1)].boundaries)};
  }

  // Of a thread's two tokens, each from some of the heads; the lanes of a quad have those of all.
  using Slots = RowSlots<Config::kHeads, 1, 1, 4, 8>;
  using Ranges = typename Slots::template Received<2>;
  static constexpr int kTiles = Config::kHeadDim / 8;
  static constexpr bool kDeferred = !Format::kStatic;

  // scores = q . k
  __device__ __forceinline__ void multiply_keys(Scores& scores) const {
    const unsigned long long queries = k_major_descriptor(shared + Shared::kQueriesAt + 64 * group * Shared::kRowBytes);
    const unsigned long long keys = k_major_descriptor(shared + Shared::kKeysAt);
    wgmma_hold(scores);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; ++k) ScoreProduct::multiply(scores, queries + 2 * k, keys + 2 * k, k > 0);  // 32 bytes each
    wgmma_commit();
    wgmma_wait<0>();
    wgmma_hold(scores);
  }

  __device__ __forceinline__ void mask(const SequenceBoundaries& boundaries, Scores& scores) const {
    int first[2], length[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int start = boundaries.start_of(row + 8 * h);
      first[h] = lane % 4 * 2 - start;
      length[h] = boundaries.end_of(row + 8 * h) - start;
    }
    Softmax::mask(scores, first, length);
  }

  // To FP16, all before the first product: scores, probabilities and context together have no room in registers. Score
  // tiles 2 k and 2 k + 1 have the layout of the A operand of 16 keys.
  __device__ __forceinline__ static void round(const Scores& scores, Probabilities& p) {
#pragma unroll
    for (int k = 0; k < Config::kTokens / 16; ++k) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float* pair = scores[2 * k + i / 2] + 2 * (i % 2);
        p[k][i] = pack_half2(pair[0], pair[1]);
      }
    }
    wgmma_hold(p);
  }

  // context = p . v
  __device__ __forceinline__ void multiply_values(Probabilities& p, Context& context) const {
    const unsigned long long values = n_major_descriptor(shared + Shared::kValuesAt, Shared::kMatrixBytes);
    wgmma_hold(context);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < Config::kTokens / 16; ++k) {
      ContextProduct::multiply(context, p[k], values + Shared::kRowBytes * k, k > 0);
    }
    wgmma_commit();
    wgmma_wait<0>();
    wgmma_hold(context);
    wgmma_hold(p);
  }

  // Divides by the sums of the probabilities, and leaves the range for the other heads.
  __device__ __forceinline__ void normalise(const Softmax& softmax, int2 tokens, Context& context) const {
    const float inverse[2] = {softmax.inverse_sum(0), softmax.inverse_sum(1)};
    float largest[2] = {0.0f, 0.0f};
#pragma unroll
    for (int j = 0; j < kTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        context[j][i] *= inverse[i / 2];
        largest[i / 2] = fmaxf(largest[i / 2], fabsf(context[j][i]));
      }
    }
    if constexpr (!Format::kStatic) {
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        largest[h] = lanes_max<4>(largest[h]);
        const int token = tokens.x + row + 8 * h;
        if (lane % 4 == 0 && token < tokens.y) slots().tell(token, 0, work.head, make_float2(largest[h], largest[h]));
      }
    }
  }

  __device__ __forceinline__ Slots slots() const { return {arguments.head_ranges}; }

  // Quantizes and stores the context of a tile.
  __device__ __forceinline__ void finish(int2 tokens, Ranges& found, const Context& context) const {
    QuantParams params[2];
    if constexpr (Format::kStatic) {
      params[0] = params[1] = Format::from_static(arguments.quantized);
    } else {
      while (tokens.x != tokens.y && __ballot_sync(kFullWarp, !read_missing(tokens, found)) != 0) slots_pause();
      RowRange ranges[2];
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        float largest = 0.0f;
        found.for_each(h, lane, [&](float2 of_head) { largest = fmaxf(largest, of_head.x); });
        largest = lanes_max<4>(largest);
        ranges[h] = {-largest, largest};
      }
      Format::from_ranges(ranges, arguments.quantized.clip, params);
    }
#pragma unroll
    for (int h = 0; h < 2; ++h) store(tokens, h, params[h], context);
  }

  __device__ __forceinline__ void store(int2 tokens, int h, const QuantParams& params, const Context& context) const {
    const int member = lane % 4;
    const int token = tokens.x + row + 8 * h;
    const bool exists = token < tokens.y;
    unsigned char* codes =
        static_cast<unsigned char*>(arguments.quantized.codes) +
        (static_cast<long long>(token) * Config::kHidden + work.head * Config::kHeadDim + 8 * member);
#pragma unroll
    for (int j = 0; j < kTiles; j += 4) {
      unsigned words[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const float* pair = context[j + k] + 2 * h;
        const int first = Format::quantize_bits(pair[0], params, arguments.quantized.clip);
        const int second = Format::quantize_bits(pair[1], params, arguments.quantized.clip);
        words[k] = __byte_perm(first, second, 0x0040);
      }
      const uint2 run = make_uint2(__byte_perm(words[0], words[1], 0x5410), __byte_perm(words[2], words[3], 0x5410));
      if (exists) *reinterpret_cast<uint2*>(codes + 8 * j) = run;
    }
    if (exists && work.head == 0 && member == 0) arguments.quantized.scale[token] = params.scale;
  }

  // Starts to read; nobody waits for it here.
  __device__ __forceinline__ void read_ranges(int2 tokens, Ranges& found) const {
    if constexpr (!Format::kStatic) {
      found = {};
      read_missing(tokens, found);
    }
  }

  // Rows beyond the tile's last take part for that one; where there is no tile, what is read says nothing.
  __device__ __forceinline__ bool read_missing(int2 tokens, Ranges& found) const {
    const auto token = [&](int h) { return ::max(::min(tokens.x + row + 8 * h, tokens.y - 1), 0); };
    return slots().template read<Slots::Reread::kMissing, 2>(0, lane, token, found, Slots::is_filled);
  }
};

}  // namespace mc::hopper
