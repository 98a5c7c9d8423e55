// Online softmax of the rows of an accumulator, after Dao et al., 'FlashAttention-2' (2023), algorithm 1.
//
// A thread holds scores of two rows, `group` and `group` + 8 of its warp's 16: tiles[n][2 * row + e] is the score of
// key 8 * n + 2 * member + e. The context that they weight has the same layout, with columns for keys.
#pragma once

#include "mc/ptx.cuh"
#include "mc/reduce.cuh"

namespace mc::hopper {

template <int kKeyTile, int kHeadDim>
struct OnlineSoftmax {
  static constexpr int kScoreTiles = kKeyTile / 8;
  static constexpr int kContextTiles = kHeadDim / 8;

  // Scores are multiplied by log2(e) / sqrt(head_dim), so that the softmax is one exp2 per score.
  static constexpr float kScoreScale = 1.4426950408889634f * (kHeadDim == 64 ? 0.125f : 0.08838834764831845f);

  // Sums are kept relative to a score of the row that is at most kSlack below its largest so far, so that they need to
  // be rescaled only now and then; probabilities stay below 2^8, far inside FP16.
  static constexpr float kSlack = 8.0f / kScoreScale;

  float reference[2] = {minus_infinity(), minus_infinity()};
  float sum[2] = {0.0f, 0.0f};  // of this thread's keys

  // Scores of keys outside the row's own sequence become minus infinity, whatever they were: what lies beyond the last
  // token may be NaN. first: key of tiles[0][0] less the start of each row's sequence; length: of that sequence.
  __device__ __forceinline__ static void mask(float (&tiles)[kScoreTiles][4], const int (&first)[2],
                                              const int (&length)[2]) {
#pragma unroll
    for (int n = 0; n < kScoreTiles; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const unsigned place = static_cast<unsigned>(first[i / 2] + 8 * n + (i & 1));
        if (place >= static_cast<unsigned>(length[i / 2])) tiles[n][i] = minus_infinity();
      }
    }
  }

  // Turns scores into unnormalised probabilities, and rescales what was summed under a smaller reference. `first` says
  // that the context holds no sum yet. All lanes of the warp call it.
  __device__ __forceinline__ void step(float (&tiles)[kScoreTiles][4], bool first, float (&context)[kContextTiles][4]) {
    float correction[2];
    bool outgrown[2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float highest = fmaxf(tiles[0][2 * row], tiles[0][2 * row + 1]);
#pragma unroll
      for (int n = 1; n < kScoreTiles; ++n) {
        highest = fmaxf(highest, fmaxf(tiles[n][2 * row], tiles[n][2 * row + 1]));
      }
      highest = lanes_max<4>(highest);
      outgrown[row] = highest - reference[row] > kSlack;  // false where neither is finite: no key of the row yet
      correction[row] = outgrown[row] ? ptx::exp2_approximate((reference[row] - highest) * kScoreScale) : 1.0f;
      if (outgrown[row]) reference[row] = highest;
      // Base 0 keeps the probabilities of a row without keys 0, not NaN.
      const float base = reference[row] == minus_infinity() ? 0.0f : reference[row] * kScoreScale;
      float added = 0.0f;
#pragma unroll
      for (int n = 0; n < kScoreTiles; ++n) {
#pragma unroll
        for (int i = 2 * row; i < 2 * row + 2; ++i) {
          tiles[n][i] = ptx::exp2_approximate(fmaf(tiles[n][i], kScoreScale, -base));
        }
        added += tiles[n][2 * row] + tiles[n][2 * row + 1];
      }
      sum[row] = sum[row] * correction[row] + added;
    }
    if (first || __ballot_sync(kFullWarp, outgrown[0] || outgrown[1]) == 0) return;
#pragma unroll
    for (int j = 0; j < kContextTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) context[j][i] *= correction[i / 2];
    }
  }

  // What the rows of the context are to be multiplied with. All lanes of the warp call it.
  __device__ __forceinline__ float inverse_sum(int row) const {
    return ptx::reciprocal_approximate(lanes_sum<4>(sum[row]));
  }
};

}  // namespace mc::hopper
