// The two warp groups of qkv_attention.cuh that attend: 64 queries of a token tile each, of one head, to all keys of
// the tile at once. Probabilities stay in registers.
//
// A thread has rows 16 w + g and + 8 of the group's 64: scores[n][2 h + e] is that of key 8 n + 2 t + e,
// context[j][2 h + e] column 8 j + 2 t + e of the values in shared memory, output 32 (j / 4) + 8 t + 2 (j % 4) + e.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/head_ranges.cuh"
#include "mc/hopper/online_softmax.cuh"
#include "mc/hopper/qkv_attention_shared.cuh"
#include "mc/hopper/sequence_boundaries.cuh"
#include "mc/hopper/wgmma.cuh"

namespace mc::hopper {

template <class Config>
struct TileAttention {
  static constexpr int kKeys = 64;  // of a step of the online softmax
  using Format = typename Config::Format;
  using Shared = QkvAttentionShared<Config>;
  using Work = QkvAttentionWork<Config>;
  using Softmax = OnlineSoftmax<kKeys, Config::kHeadDim>;
  using ScoreProduct = Wgmma<kKeys, Operand::kF16, Operand::kF16, Major::kK>;
  using ContextProduct = Wgmma<Config::kHeadDim, Operand::kF16, Operand::kF16, Major::kN>;
  using Scores = typename ScoreProduct::Sums;
  using Context = typename ContextProduct::Sums;
  using Probabilities = unsigned[kKeys / 16][4];

  const QkvAttentionArguments& arguments;
  const Work& work;
  unsigned shared;
  int group;  // 0 or 1: queries from 64 * group on
  int lane;
  int row;  // of the thread, within the token tile; and row + 8

  // A tile's context is quantized while the next one's scores are multiplied; by then the other heads have left their
  // ranges.
  __device__ __forceinline__ void run() const {
    const QkvHandover<Config> handover = {shared};
    const int count = *arguments.tile_count;
    const int units = work.units(count);
    dependency_wait();
    int2 before = make_int2(0, 0);
    Context kept = {};
#pragma unroll 1
    for (int unit = 0; unit < units; ++unit) {
      const int2 tokens = work.tokens(arguments.tiles, unit, count);
      const SequenceBoundaries boundaries =
          SequenceBoundaries::of(arguments.tiles[::min(work.tile(unit), count - 1)].boundaries);
      const int first_step = boundaries.start_of(64 * group) / kKeys;
      const int last_step = (boundaries.end_of(64 * group + 63) - 1) / kKeys;
      Softmax softmax;
      Context context;
      Scores scores;
      barrier_wait(handover.scores_full(), unit & 1);
      multiply_keys(first_step, scores);
      if (unit > 0) finish(before, kept);
      wgmma_wait<0>();
      wgmma_hold(scores);
#pragma unroll 1
      for (int step = first_step; step <= last_step; ++step) {
        if (step == last_step) handover.arrive(handover.scores_empty(), lane);
        if (!boundaries.none()) mask(boundaries, step, scores);
        softmax.step(scores, step == first_step, context);
        if (step == first_step) barrier_wait(handover.values_full(), unit & 1);
        Probabilities p;
        round(scores, p);
        multiply_values(p, step, step > first_step, context);
        if (step < last_step) multiply_keys(step + 1, scores);
        wgmma_wait<0>();
        wgmma_hold(scores);
        wgmma_hold(context);
        wgmma_hold(p);
      }
      handover.arrive(handover.values_empty(), lane);
      normalise(softmax, tokens, context);
      before = tokens;
#pragma unroll
      for (int i = 0; i < 4 * kTiles; ++i) kept[i / 4][i % 4] = context[i / 4][i % 4];
    }
    if (units > 0) finish(before, kept);
  }

 private:
  static constexpr int kTiles = Config::kHeadDim / 8;
  static constexpr int kStepRows = kKeys * Shared::kRowBytes / 16;  // keys of a step, as descriptors count them

  // Starts scores = q . k.
  __device__ __forceinline__ void multiply_keys(int step, Scores& scores) const {
    const unsigned long long queries = k_major_descriptor(shared + Shared::kQueriesAt + 64 * group * Shared::kRowBytes);
    const unsigned long long keys = k_major_descriptor(shared + Shared::kKeysAt) + kStepRows * step;
    wgmma_hold(scores);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; ++k) ScoreProduct::multiply(scores, queries + 2 * k, keys + 2 * k, k > 0);  // 32 bytes each
    wgmma_commit();
  }

  __device__ __forceinline__ void mask(const SequenceBoundaries& boundaries, int step, Scores& scores) const {
    int first[2], length[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int start = boundaries.start_of(row + 8 * h);
      first[h] = kKeys * step + lane % 4 * 2 - start;
      length[h] = boundaries.end_of(row + 8 * h) - start;
    }
    Softmax::mask(scores, first, length);
  }

  // To FP16. Score tiles 2 k and 2 k + 1 have the layout of the A operand of 16 keys.
  __device__ __forceinline__ static void round(const Scores& scores, Probabilities& p) {
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float* pair = scores[2 * k + i / 2] + 2 * (i % 2);
        p[k][i] = pack_half2(pair[0], pair[1]);
      }
    }
  }

  // Starts context (+)= p . v.
  __device__ __forceinline__ void multiply_values(const Probabilities& p, int step, bool accumulate,
                                                  Context& context) const {
    const unsigned long long values =
        n_major_descriptor(shared + Shared::kValuesAt, Shared::kMatrixBytes) + kStepRows * step;
    wgmma_hold(context);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      ContextProduct::multiply(context, p[k], values + Shared::kRowBytes * k, k > 0 || accumulate);
    }
    wgmma_commit();
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
    if constexpr (Format::kStatic) return;
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      largest[h] = lanes_max<4>(largest[h]);
      const int token = tokens.x + row + 8 * h;
      if (lane % 4 == 0 && token < tokens.y) head_range_leave(ranges_of(token) + work.head, largest[h]);
    }
  }

  // Words of a token, one a head.
  __device__ __forceinline__ unsigned* ranges_of(int token) const {
    return arguments.head_ranges + static_cast<long long>(token) * Config::kRangeWords;
  }

  // Quantizes and stores the context of a tile.
  __device__ __forceinline__ void finish(int2 tokens, const Context& context) const {
    const int member = lane % 4;
    QuantParams params[2];
    if constexpr (Format::kStatic) {
      params[0] = params[1] = Format::from_static(arguments.quantized);
    } else {
      find_params(tokens, params);
    }
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int token = tokens.x + row + 8 * h;
      if (token >= tokens.y) continue;
      unsigned char* codes =
          static_cast<unsigned char*>(arguments.quantized.codes) +
          (static_cast<long long>(token) * Config::kHidden + work.head * Config::kHeadDim + 8 * member);
#pragma unroll
      for (int j = 0; j < kTiles; j += 4) {
        unsigned words[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          const float* pair = context[j + k] + 2 * h;
          const int first = Format::quantize_bits(pair[0], params[h], arguments.quantized.clip);
          const int second = Format::quantize_bits(pair[1], params[h], arguments.quantized.clip);
          words[k] = __byte_perm(first, second, 0x0040);
        }
        *reinterpret_cast<uint2*>(codes + 8 * j) =
            make_uint2(__byte_perm(words[0], words[1], 0x5410), __byte_perm(words[2], words[3], 0x5410));
      }
      if (work.head == 0 && member == 0) arguments.quantized.scale[token] = params[h].scale;
    }
  }

  // Waits until all heads have left their ranges. Rows beyond the tile's last take part for that one.
  __device__ __forceinline__ void find_params(int2 tokens, QuantParams (&params)[2]) const {
    if (tokens.x == tokens.y) return;  // a tile that does not exist
    unsigned largest[2];
    while (!all_there(tokens, largest)) head_range_pause();
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const float of_row = lanes_max<4>(from_ordered_image(largest[h]));
      params[h] = Format::from_range({-of_row, of_row}, arguments.quantized.clip);
    }
  }

  // Each lane of a quad reads four heads, or some of them twice.
  __device__ __forceinline__ bool all_there(int2 tokens, unsigned (&largest)[2]) const {
    constexpr int kReads = Config::kRangeWords / 4, kReadsOfLane = (kReads + 3) / 4;
    bool there = true;
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const unsigned* words = ranges_of(::min(tokens.x + row + 8 * h, tokens.y - 1));
      largest[h] = 0;
#pragma unroll
      for (int i = 0; i < kReadsOfLane; ++i) {
        const int read = ::min(lane % 4 + 4 * i, kReads - 1);
        unsigned images[4];
        head_range_images(words + 4 * read, images);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          there = there && (images[k] != 0 || (Config::kHeads % 4 != 0 && 4 * read + k >= Config::kHeads));
          largest[h] = ::max(largest[h], images[k]);
        }
      }
    }
    return there;
  }
};

}  // namespace mc::hopper
