// The attention of few_qkv_attention.cuh: 16 queries of a head and all keys that their sequences have, which lie in
// shared memory together, so that the softmax knows the largest score before it starts.
//
// Each of four warps of 16 queries computes all scores, which takes no longer than to share them out and to wait for one another, and
// multiplies the probabilities with 16 columns of the values. Its context is the lane's four neighbouring columns of two
// rows (few_qkv_attention_shared.cuh says why), and it tells the largest of them.
#pragma once

#include "mc/half.cuh"
#include "mc/hopper/few_qkv_attention_shared.cuh"
#include "mc/mma.cuh"
#include "mc/ptx.cuh"
#include "mc/reduce.cuh"
#include "mc/sequences.cuh"

namespace mc::hopper {

template <class Config>
struct FewAttention {
  using Shared = FewQkvAttentionShared<Config>;
  using Product = Mma<Operand::kF16, Operand::kF16>;
  static constexpr int kTiles = Config::kKeys / 16;  // of 16 keys
  static constexpr int kTileBytes = 16 * Shared::kRowBytes;
  static constexpr int kDepthSteps = Config::kHeadDim / 16;

  // Scores are multiplied by log2(e) / sqrt(head_dim), so that the softmax is one exp2 per score.
  static constexpr float kScoreScale = 1.4426950408889634f * 0.125f;

  using Scores = float[2 * kTiles][4];  // n-tiles of 8 keys

  int first_token;  // of the 16 queries
  int first_row;    // of them, in the block's token tile
  int quarter;      // of the columns
  int lane;
  SequenceWindow window;

  __device__ __forceinline__ FewAttention(int token_tile, int warp, int lane_index)
      : first_row(warp / Config::kColumnWarps * 16), quarter(warp % Config::kColumnWarps), lane(lane_index) {
    first_token = token_tile * Config::kTileM + first_row;
  }

  // For queries that exist.
  __device__ __forceinline__ void find_sequences(const FewQkvAttentionArguments& arguments) {
    window = find_window<16>(arguments.sequence_starts, *arguments.sequence_count, first_token);
  }

  // The keys of tile i are some row's.
  __device__ __forceinline__ bool sees(int i) const { return 16 * i < window.last_end && 16 * i + 16 > window.first_start; }

  __device__ __forceinline__ void multiply_keys(unsigned shared, Scores& scores) const {
    unsigned queries[kDepthSteps][4];
    const unsigned query = shared + Shared::kQueries + (first_row + lane % 16) * Shared::kRowBytes + lane / 16 * 16;
#pragma unroll
    for (int step = 0; step < kDepthSteps; ++step) {
      ptx::load_matrix_x4(queries[step], query + step / 2 * Shared::kTileBytes + step % 2 * 32);
    }
    // Matrices of an ldmatrix: keys 0 to 7 and 8 to 15, each with two neighbouring halves of a step.
    const unsigned key = shared + Shared::kKeys + (lane / 16 * 8 + lane % 8) * Shared::kRowBytes + lane / 8 % 2 * 16;
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) scores[2 * i][e] = scores[2 * i + 1][e] = 0.0f;
      if (!sees(i)) continue;
#pragma unroll
      for (int step = 0; step < kDepthSteps; ++step) {
        unsigned keys[4];
        ptx::load_matrix_x4(keys, key + step / 2 * Shared::kKeyPanelBytes + i * kTileBytes + step % 2 * 32);
        const unsigned low[2] = {keys[0], keys[1]}, high[2] = {keys[2], keys[3]};
        Product::multiply_add(scores[2 * i], queries[step], low);
        Product::multiply_add(scores[2 * i + 1], queries[step], high);
      }
    }
  }

  // Scores outside the row's own sequence become minus infinity.
  __device__ __forceinline__ void mask(Scores& scores) const {
    const int start[2] = {window.start_of(lane / 4), window.start_of(lane / 4 + 8)};
    const int end[2] = {window.end_of(lane / 4), window.end_of(lane / 4 + 8)};
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      if (window.single() && 16 * i >= window.first_start && 16 * i + 16 <= window.last_end) continue;
#pragma unroll
      for (int n = 2 * i; n < 2 * i + 2; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const int key = 8 * n + lane % 4 * 2 + e % 2;
          if (key < start[e / 2] || key >= end[e / 2]) scores[n][e] = minus_infinity();
        }
      }
    }
  }

  // Scores become probabilities but for the factor `inverse` of each row.
  __device__ __forceinline__ static void softmax(Scores& scores, float (&inverse)[2]) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float highest = minus_infinity();
#pragma unroll
      for (int n = 0; n < 2 * kTiles; ++n) highest = fmaxf(highest, fmaxf(scores[n][2 * r], scores[n][2 * r + 1]));
      const float base = lanes_max<4>(highest) * kScoreScale;
      float sum = 0.0f;
#pragma unroll
      for (int n = 0; n < 2 * kTiles; ++n) {
#pragma unroll
        for (int e = 2 * r; e < 2 * r + 2; ++e) {
          scores[n][e] = ptx::exp2_approximate(fmaf(scores[n][e], kScoreScale, -base));
          sum += scores[n][e];
        }
      }
      inverse[r] = 1.0f / lanes_sum<4>(sum);
    }
  }

  // context: two n-tiles of the warp's columns.
  __device__ __forceinline__ void multiply_values(unsigned shared, const Scores& p, float (&context)[2][4]) const {
    // Matrices of an ldmatrix: keys 0 to 7 and 8 to 15, of the first and of the second n-tile.
    const unsigned value = shared + Shared::kValues + quarter / 2 * Shared::kKeyPanelBytes +
                           (lane / 8 % 2 * 8 + lane % 8) * Shared::kRowBytes + (quarter % 2 * 2 + lane / 16) * 16;
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      if (!sees(i)) continue;
      unsigned values[4];
      ptx::load_matrix_transposed_x4(values, value + i * kTileBytes);
      const unsigned a[4] = {pack_half2(p[2 * i][0], p[2 * i][1]), pack_half2(p[2 * i][2], p[2 * i][3]),
                             pack_half2(p[2 * i + 1][0], p[2 * i + 1][1]),
                             pack_half2(p[2 * i + 1][2], p[2 * i + 1][3])};
      const unsigned first[2] = {values[0], values[1]}, second[2] = {values[2], values[3]};
      Product::multiply_add(context[0], a, first);
      Product::multiply_add(context[1], a, second);
    }
  }

  __device__ __forceinline__ void run(const GemmArguments& arguments, unsigned shared, int head, int tokens) const {
    Scores scores;
    multiply_keys(shared, scores);
    mask(scores);
    float inverse[2], context[2][4] = {};
    softmax(scores, inverse);
    multiply_values(shared, scores, context);

    const int column = head * Config::kHeadDim + quarter / 2 * 32 + lane % 4 * 8 + quarter % 2 * 4;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int token = first_token + lane / 4 + 8 * r;
      const float4 four = {context[0][2 * r] * inverse[r], context[0][2 * r + 1] * inverse[r],
                           context[1][2 * r] * inverse[r], context[1][2 * r + 1] * inverse[r]};
      const float largest =
          lanes_max<4>(fmaxf(fmaxf(fabsf(four.x), fabsf(four.y)), fmaxf(fabsf(four.z), fabsf(four.w))));
      if (token >= tokens) continue;
      *reinterpret_cast<float4*>(static_cast<float*>(arguments.output) + token * Config::kHidden + column) = four;
      if (lane % 4 == 0) {
        arguments.range_parts[token * Config::kRangeParts + head * Config::kColumnWarps + quarter] = largest;
      }
    }
  }
};

}  // namespace mc::hopper
