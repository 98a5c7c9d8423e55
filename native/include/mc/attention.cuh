// Variable-length self-attention of an encoder, FP16 matrix products with fp32 accumulation and fp32 softmax.
//
//   context[t, h, :] = sum over keys u of the sequence of t:  softmax_u(q[t,h,:] . k[u,h,:] / sqrt(head_dim)) v[u,h,:]
//
//   qkv      [tokens, 3 * hidden] f16 row-major, a row is q | k | v, each [heads, head_dim]
//   context  [tokens, hidden] f16, f32, or quantized with one scale per token over all heads
//
// Online softmax after Dao et al., 'FlashAttention-2' (2023), algorithm 1. Probabilities are rounded to FP16 for the
// product with v; the row sum that they are divided by uses their fp32 values.
//
// A thread block takes 16 consecutive packed tokens, one warp per head. The tokens may belong to several sequences:
// the block visits the keys from the start of the first token's sequence to the end of the last token's, and masks per
// row. So the grid depends on the bucket alone. With all heads in the block, a token's range over all heads is reduced
// through shared memory and the context is quantized from its fp32 values.
//
// k and v go from global memory to registers in fragment form, with no shared memory between:
// - In q.k the order of head_dim does not matter, so a lane reads 8 consecutive elements of a key (16 bytes) and both
//   operands use the permuted order.
// - In p.v the columns are free to be permuted: column tile j, column n is element n * kColumnTiles + j. A lane reads
//   kColumnTiles consecutive elements of a key's value, and ends with head_dim / 4 consecutive elements of the context.
//
// sequence_starts, sequence_count and token_count are written before the first kernel of the graph starts, so that the
// window is found while the kernel ahead still runs.
//
// Launch: grid (ceil(bucket / 16), kHeads / kHeadsPerBlock), block Config::kThreads, dynamic shared memory 0 bytes.
// Static shared memory, quantized output: 16 * kHeads * 8 (dynamic scale) + 16 * kHeads * 4 (asymmetric) bytes.
#pragma once

#include "mc/attention_config.cuh"
#include "mc/context_store.cuh"
#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/mma.cuh"
#include "mc/ptx.cuh"
#include "mc/reduce.cuh"
#include "mc/sequences.cuh"

namespace mc {

template <typename Config>
struct Attention {
  using Store = ContextStore<Config>;
  using Product = Mma<Operand::kF16, Operand::kF16>;
  static constexpr int kHeadDim = Config::kHeadDim;
  static constexpr int kRowStride = 3 * Config::kHidden;  // of qkv, in elements
  static constexpr int kKeyTile = Config::kKeyTile;
  static constexpr int kKeyGroups = kKeyTile / 8;                   // column tiles of the scores
  static constexpr int kSteps = kKeyTile / 16;                      // k steps of p.v
  static constexpr int kDepthSteps = kHeadDim / 16;                 // k steps of q.k
  static constexpr int kChunkWords = kHeadDim >= 32 ? 4 : 2;        // words that a lane reads at once from q and k
  static constexpr int kChunks = kHeadDim / 4 / (2 * kChunkWords);  // such reads per row
  static constexpr int kColumnTiles = kHeadDim / 8;                 // column tiles of the context
  static constexpr int kValueWords = kHeadDim / 16;                 // words that a lane reads of a key's value
  static constexpr int kLaneWidth = Store::kLaneWidth;

  // Scores are multiplied by log2(e) / sqrt(head_dim), so that the softmax is one exp2 per score.
  static constexpr float kScoreScale = 1.4426950408889634f * (kHeadDim == 16   ? 0.25f
                                                              : kHeadDim == 32 ? 0.17677669529663687f
                                                              : kHeadDim == 64 ? 0.125f
                                                                               : 0.08838834764831845f);

  using RowWords = unsigned[kChunks][kChunkWords];
  using KeyFragments = unsigned[kKeyGroups][kChunks][kChunkWords];
  using ValueFragments = unsigned[kSteps][4][kValueWords];

  using Lane = AttentionLane;

  template <int kWords>
  __device__ __forceinline__ static void load_words(const Half* source, unsigned* words) {
    if constexpr (kWords >= 4) {
#pragma unroll
      for (int i = 0; i < kWords / 4; ++i) {
        const uint4 v = reinterpret_cast<const uint4*>(source)[i];
        words[4 * i] = v.x, words[4 * i + 1] = v.y, words[4 * i + 2] = v.z, words[4 * i + 3] = v.w;
      }
    } else if constexpr (kWords == 2) {
      const uint2 v = *reinterpret_cast<const uint2*>(source);
      words[0] = v.x, words[1] = v.y;
    } else {
      words[0] = *reinterpret_cast<const unsigned*>(source);
    }
  }

  // One row of q or k of this head: chunk c holds elements 8 * kChunkWords * c + 2 * kChunkWords * member onward.
  __device__ __forceinline__ static void load_row(const Half* row, int member, RowWords& words) {
#pragma unroll
    for (int c = 0; c < kChunks; ++c) {
      load_words<kChunkWords>(row + 8 * kChunkWords * c + 2 * kChunkWords * member, words[c]);
    }
  }

  // Words of k step s within a row: the pairs that stand for k = 2 * member and k = 2 * member + 8.
  __device__ __forceinline__ static unsigned depth_word(const RowWords& words, int step, int half) {
    return words[2 * step / kChunkWords][2 * step % kChunkWords + half];
  }

  // Keys first_key + 8 * n + group. Keys at or beyond `end` are read from the last one; the mask removes them.
  __device__ __forceinline__ static void load_keys(const Half* keys, int first_key, int end, const Lane& lane,
                                                   KeyFragments& fragments) {
#pragma unroll
    for (int n = 0; n < kKeyGroups; ++n) {
      const int key = min(first_key + 8 * n + lane.group, end - 1);
      load_row(keys + static_cast<size_t>(key) * kRowStride, lane.member, fragments[n]);
    }
  }

  // Values of keys first_key + 16 * step + {2 * member, 2 * member + 1, 2 * member + 8, 2 * member + 9}.
  __device__ __forceinline__ static void load_values(const Half* values, int first_key, int end, const Lane& lane,
                                                     ValueFragments& fragments) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int key = min(first_key + 16 * step + 2 * lane.member + (i & 1) + 4 * (i & 2), end - 1);
        load_words<kValueWords>(values + static_cast<size_t>(key) * kRowStride + kColumnTiles * lane.group,
                                fragments[step][i]);
      }
    }
  }

  // Scores outside the row's own sequence become minus infinity.
  __device__ __forceinline__ static void mask(float (&scores)[kKeyGroups][4], int first_key, const Lane& lane,
                                              const int (&start)[2], const int (&end)[2]) {
#pragma unroll
    for (int n = 0; n < kKeyGroups; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int key = first_key + 8 * n + 2 * lane.member + (i & 1);
        const int row = i / 2;
        if (key < start[row] || key >= end[row]) scores[n][i] = minus_infinity();
      }
    }
  }

  // Turns scores into unnormalised probabilities, and rescales what was summed under a smaller maximum.
  __device__ __forceinline__ static void softmax_step(float (&scores)[kKeyGroups][4], float (&maximum)[2],
                                                      float (&sum)[2], float (&context)[kColumnTiles][4]) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float highest = maximum[row];
#pragma unroll
      for (int n = 0; n < kKeyGroups; ++n) {
        highest = fmaxf(highest, fmaxf(scores[n][2 * row], scores[n][2 * row + 1]));
      }
      highest = lanes_max<4>(highest);
      // A row whose keys all lie in later tiles has no finite maximum yet; base 0 keeps its probabilities 0, not NaN.
      const float base = highest == minus_infinity() ? 0.0f : highest * kScoreScale;
      const float correction = ptx::exp2_approximate(maximum[row] * kScoreScale - base);
      maximum[row] = highest;
      sum[row] *= correction;
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
        context[j][2 * row] *= correction;
        context[j][2 * row + 1] *= correction;
      }
#pragma unroll
      for (int n = 0; n < kKeyGroups; ++n) {
#pragma unroll
        for (int i = 2 * row; i < 2 * row + 2; ++i) {
          scores[n][i] = ptx::exp2_approximate(fmaf(scores[n][i], kScoreScale, -base));
          sum[row] += scores[n][i];
        }
      }
    }
  }

  // context += p . v. Score tiles 2s and 2s + 1 have the layout of the A fragment of k step s.
  __device__ __forceinline__ static void add_values(const float (&p)[kKeyGroups][4], const ValueFragments& values,
                                                    float (&context)[kColumnTiles][4]) {
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      const unsigned a[4] = {pack_half2(p[2 * step][0], p[2 * step][1]), pack_half2(p[2 * step][2], p[2 * step][3]),
                             pack_half2(p[2 * step + 1][0], p[2 * step + 1][1]),
                             pack_half2(p[2 * step + 1][2], p[2 * step + 1][3])};
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
        // Element j of two neighbouring keys, paired in one word.
        const unsigned selector = j % 2 == 0 ? 0x5410u : 0x7632u;
        const unsigned b[2] = {__byte_perm(values[step][0][j / 2], values[step][1][j / 2], selector),
                               __byte_perm(values[step][2][j / 2], values[step][3][j / 2], selector)};
        Product::multiply_add(context[j], a, b);
      }
    }
  }

  __device__ __forceinline__ static void run(const AttentionArguments& args) {
    const int tokens = *args.token_count;
    const int first_token = static_cast<int>(blockIdx.x) * Config::kQueryTile;
    if (first_token >= tokens) return;

    const Lane lane = {static_cast<int>(threadIdx.x) / 32, static_cast<int>(threadIdx.x) % 32 / 4,
                       static_cast<int>(threadIdx.x) % 4};
    const int token = first_token + lane.group;  // and token + 8
    const int head = static_cast<int>(blockIdx.y) * Config::kHeadsPerBlock + lane.warp;
    const Half* queries = args.qkv + head * kHeadDim;
    const Half* keys = queries + Config::kHidden;
    const Half* values = keys + Config::kHidden;

    const SequenceWindow window =
        find_window<Config::kQueryTile>(args.sequence_starts, *args.sequence_count, first_token);
    dependency_wait();
    dependency_release();
    const int start[2] = {window.start_of(lane.group), window.start_of(lane.group + 8)};
    const int end[2] = {window.end_of(lane.group), window.end_of(lane.group + 8)};

    // Rows beyond the last token repeat it and are not stored.
    RowWords query[2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      load_row(queries + static_cast<size_t>(min(token + 8 * row, tokens - 1)) * kRowStride, lane.member, query[row]);
    }

    float context[kColumnTiles][4] = {};
    float maximum[2] = {minus_infinity(), minus_infinity()};
    float sum[2] = {0.0f, 0.0f};
    KeyFragments key_fragments;
    load_keys(keys, window.first_start, window.last_end, lane, key_fragments);
    for (int first_key = window.first_start; first_key < window.last_end; first_key += kKeyTile) {
      ValueFragments value_fragments;
      load_values(values, first_key, window.last_end, lane, value_fragments);

      float scores[kKeyGroups][4] = {};
#pragma unroll
      for (int step = 0; step < kDepthSteps; ++step) {
        const unsigned a[4] = {depth_word(query[0], step, 0), depth_word(query[1], step, 0),
                               depth_word(query[0], step, 1), depth_word(query[1], step, 1)};
#pragma unroll
        for (int n = 0; n < kKeyGroups; ++n) {
          const unsigned b[2] = {depth_word(key_fragments[n], step, 0), depth_word(key_fragments[n], step, 1)};
          Product::multiply_add(scores[n], a, b);
        }
      }
      // The next tile's keys travel while this tile's softmax and p.v are computed.
      if (first_key + kKeyTile < window.last_end) {
        load_keys(keys, first_key + kKeyTile, window.last_end, lane, key_fragments);
      }
      if (!window.single() || first_key + kKeyTile > window.last_end) mask(scores, first_key, lane, start, end);
      softmax_step(scores, maximum, sum, context);
      add_values(scores, value_fragments, context);
    }

    float result[2][kLaneWidth];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      const float inverse = ptx::reciprocal_approximate(lanes_sum<4>(sum[row]));
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
        result[row][j] = context[j][2 * row] * inverse;
        result[row][kColumnTiles + j] = context[j][2 * row + 1] * inverse;
      }
    }
    if constexpr (Config::kOutput == AttentionOutput::kQuantized) {
      Store::store_quantized(args, lane, token, tokens, result);
    } else {
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        if (token + 8 * row < tokens) {
          const size_t element =
              static_cast<size_t>(token + 8 * row) * Config::kHidden + head * kHeadDim + lane.member * kLaneWidth;
          Store::store_context(args.output, element, result[row]);
        }
      }
    }
  }
};

}  // namespace mc
