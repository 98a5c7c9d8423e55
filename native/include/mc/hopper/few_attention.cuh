// The attention of few_qkv_attention.cuh: 16 queries of a head and all keys that their sequences have, which lie in
// shared memory together, so that the softmax knows the largest score before it starts.
//
// Each of four warps computes all scores, which takes no longer than to share them out and to wait for one another, and
// multiplies the probabilities with 16 columns of the values. Its context is the lane's four neighbouring columns of
// two rows (few_qkv_attention_shared.cuh says why), and it tells the largest of them.
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
  // Keys are taken in groups of up to 64, which are left out where no row sees them. Within a group nothing branches,
  // so that products of several steps of 16 keys are under way at once.
  static constexpr int kSteps = Config::kKeys / 16;
  static constexpr int kGroupSteps = kSteps <= 4 ? kSteps : kSteps % 4 == 0 ? 4 : kSteps % 2 == 0 ? 2 : 1;
  static constexpr int kGroups = kSteps / kGroupSteps;
  static constexpr int kStepBytes = 16 * Shared::kRowBytes;
  static constexpr int kDepthSteps = Config::kHeadDim / 16;

  // Scores are multiplied by log2(e) / sqrt(head_dim), so that the softmax is one exp2 per score.
  static constexpr float kScoreScale = 1.4426950408889634f * 0.125f;

  using Scores = float[kGroups][2 * kGroupSteps][4];  // n-tiles of 8 keys

  int warp;
  int lane;
  SequenceWindow window;  // of the queries

  // Zeros for the values of token tiles without tokens, which nobody sends: what memory holds there may be NaN, and
  // 0 * NaN is. By all threads of the block, ahead of its next barrier.
  __device__ __forceinline__ static void clear_missing_values(int token_tiles) {
    constexpr int kPieces = Shared::kKeyPanelBytes / 16;
    unsigned char* values = ptx::dynamic_shared() + Shared::kValues;
#pragma unroll 1
    for (int i = token_tiles * (Shared::kTileBytes / 16) + static_cast<int>(threadIdx.x); i < kPieces;
         i += Config::kThreads) {
#pragma unroll
      for (int panel = 0; panel < 2; ++panel) {
        *reinterpret_cast<uint4*>(values + (panel * kPieces + i) * 16) = make_uint4(0, 0, 0, 0);
      }
    }
  }

  // Whether some row sees keys of group i.
  __device__ __forceinline__ bool sees(int i) const {
    constexpr int kKeys = kGroupSteps * 16;
    return kGroups == 1 || (kKeys * i < window.last_end && kKeys * i + kKeys > window.first_start);
  }

  __device__ __forceinline__ void multiply_keys(unsigned shared, Scores& scores) const {
    unsigned queries[kDepthSteps][4];
    const unsigned query = shared + Shared::kQueries + lane % 16 * Shared::kRowBytes + lane / 16 * 16;
#pragma unroll
    for (int step = 0; step < kDepthSteps; ++step) {
      ptx::load_matrix_x4(queries[step], query + step / 2 * Shared::kTileBytes + step % 2 * 32);
    }
    // Matrices of an ldmatrix: keys 0 to 7 and 8 to 15, each with two neighbouring halves of a step.
    const unsigned key = shared + Shared::kKeys + (lane / 16 * 8 + lane % 8) * Shared::kRowBytes + lane / 8 % 2 * 16;
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
      auto& of_group = scores[group];
#pragma unroll
      for (int n = 0; n < 2 * kGroupSteps; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) of_group[n][e] = 0.0f;
      }
      if (!sees(group)) continue;
#pragma unroll
      for (int step = 0; step < kDepthSteps; ++step) {
#pragma unroll
        for (int i = 0; i < kGroupSteps; ++i) {
          unsigned keys[4];
          ptx::load_matrix_x4(
              keys, key + step / 2 * Shared::kKeyPanelBytes + (group * kGroupSteps + i) * kStepBytes + step % 2 * 32);
          const unsigned low[2] = {keys[0], keys[1]}, high[2] = {keys[2], keys[3]};
          Product::multiply_add(of_group[2 * i], queries[step], low);
          Product::multiply_add(of_group[2 * i + 1], queries[step], high);
        }
      }
    }
  }

  // Scores outside the row's own sequence become minus infinity.
  __device__ __forceinline__ void mask(Scores& scores) const {
    if (window.single() && window.first_start == 0 && window.last_end == Config::kKeys) return;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int start = window.start_of(lane / 4 + 8 * r);
      const unsigned length = static_cast<unsigned>(window.end_of(lane / 4 + 8 * r) - start);
      const int place = lane % 4 * 2 - start;  // of the lane's first key in its sequence
#pragma unroll
      for (int group = 0; group < kGroups; ++group) {
#pragma unroll
        for (int n = 0; n < 2 * kGroupSteps; ++n) {
#pragma unroll
          for (int e = 0; e < 2; ++e) {
            const int key = place + (group * 2 * kGroupSteps + n) * 8 + e;
            if (static_cast<unsigned>(key) >= length) scores[group][n][2 * r + e] = minus_infinity();
          }
        }
      }
    }
  }

  // Scores become probabilities but for the factor `inverse` of each row.
  __device__ __forceinline__ static void softmax(Scores& scores, float (&inverse)[2]) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float highest[2] = {minus_infinity(), minus_infinity()}, sum[2] = {0.0f, 0.0f};
      for_each_score(scores, r, [&](int e, float& score) { highest[e] = fmaxf(highest[e], score); });
      const float base = lanes_max<4>(fmaxf(highest[0], highest[1])) * kScoreScale;
      for_each_score(scores, r, [&](int e, float& score) {
        score = ptx::exp2_approximate(fmaf(score, kScoreScale, -base));
        sum[e] += score;
      });
      inverse[r] = ptx::reciprocal_approximate(lanes_sum<4>(sum[0] + sum[1]));
    }
  }

  // context: two n-tiles of the warp's columns.
  __device__ __forceinline__ void multiply_values(unsigned shared, const Scores& p, float (&context)[2][4]) const {
    // Matrices of an ldmatrix: keys 0 to 7 and 8 to 15, of the first and of the second n-tile.
    const unsigned value = shared + Shared::kValues + warp / 2 * Shared::kKeyPanelBytes +
                           (lane / 8 % 2 * 8 + lane % 8) * Shared::kRowBytes + (warp % 2 * 2 + lane / 16) * 16;
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
      if (!sees(group)) continue;
#pragma unroll
      for (int i = 0; i < kGroupSteps; ++i) {
        unsigned values[4];
        ptx::load_matrix_transposed_x4(values, value + (group * kGroupSteps + i) * kStepBytes);
        const auto& first_keys = p[group][2 * i];
        const auto& second_keys = p[group][2 * i + 1];
        const unsigned a[4] = {pack_half2(first_keys[0], first_keys[1]), pack_half2(first_keys[2], first_keys[3]),
                               pack_half2(second_keys[0], second_keys[1]), pack_half2(second_keys[2], second_keys[3])};
        const unsigned first[2] = {values[0], values[1]}, second[2] = {values[2], values[3]};
        Product::multiply_add(context[0], a, first);
        Product::multiply_add(context[1], a, second);
      }
    }
  }

  __device__ __forceinline__ void run(const GemmArguments& arguments, unsigned shared, int head, int tokens) const {
    Scores scores;
    multiply_keys(shared, scores);
    mask(scores);
    float inverse[2], context[2][4] = {};
    softmax(scores, inverse);
    multiply_values(shared, scores, context);

    const int column = head * Config::kHeadDim + warp / 2 * 32 + lane % 4 * 8 + warp % 2 * 4;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int token = window.first_token + lane / 4 + 8 * r;
      const float4 four = {context[0][2 * r] * inverse[r], context[0][2 * r + 1] * inverse[r],
                           context[1][2 * r] * inverse[r], context[1][2 * r + 1] * inverse[r]};
      const float largest =
          lanes_max<4>(fmaxf(fmaxf(fabsf(four.x), fabsf(four.y)), fmaxf(fabsf(four.z), fabsf(four.w))));
      if (token >= tokens) continue;
      *reinterpret_cast<float4*>(static_cast<float*>(arguments.output) + token * Config::kHidden + column) = four;
      if (lane % 4 == 0) {
        arguments.range_parts[token * Config::kRangeParts + head * Config::kAttendingWarps + warp] = largest;
      }
    }
  }

 private:
  // use(e, score): those of row r, of even and odd keys.
  template <class Use>
  __device__ __forceinline__ static void for_each_score(Scores& scores, int r, Use&& use) {
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
#pragma unroll
      for (int n = 0; n < 2 * kGroupSteps; ++n) {
#pragma unroll
        for (int e = 0; e < 2; ++e) use(e, scores[group][n][2 * r + e]);
      }
    }
  }
};

}  // namespace mc::hopper
