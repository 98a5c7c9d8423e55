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

  float maximum[2] = {minus_infinity(), minus_infinity()};
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

  // Turns scores into unnormalised probabilities, and rescales what was summed under a smaller maximum. `first` says
  // that nothing was.
  __device__ __forceinline__ void step(float (&tiles)[kScoreTiles][4], bool first,
                                       float (&context)[kContextTiles][4]) {
    float correction[2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float highest = maximum[row];
#pragma unroll
      for (int n = 0; n < kScoreTiles; ++n) {
        highest = fmaxf(highest, fmaxf(tiles[n][2 * row], tiles[n][2 * row + 1]));
      }
      highest = lanes_max<4>(highest);
      // A row whose keys all lie in other tiles has no finite maximum yet; base 0 keeps its probabilities 0, not NaN.
      const float base = highest == minus_infinity() ? 0.0f : highest * kScoreScale;
      correction[row] = ptx::exp2_approximate(maximum[row] * kScoreScale - base);
      maximum[row] = highest;
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
    if (first) return;
#pragma unroll
    for (int j = 0; j < kContextTiles; ++j) {
#pragma unroll
      for (int i = 0; i < 4; ++i) context[j][i] *= correction[i / 2];
    }
  }

  // What the rows of the context are to be multiplied with. All lanes of the warp call it.
  __device__ __forceinline__ float inverse_sum(int row) const { return 1.0f / lanes_sum<4>(sum[row]); }
};

}  // namespace mc::hopper
