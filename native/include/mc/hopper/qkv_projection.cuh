// The two warp groups of qkv_attention.cuh that project: queries, keys and values of one head and 64 of a tile's tokens
// each, dequantized as by mc::DequantizeWithBias, rounded to FP16 as by mc::StoreF16, to shared memory.
//
// A thread has sums[j][2 h + e], row 16 w + 8 h + g and column 8 j + 2 t + e of the tile (products.cuh); columns 0 to
// 63 are the head's queries, then keys, then values. They are stored in that order, which is not that of the outputs:
// it is the same for queries and keys, so scores do not depend on it, and the context's columns are in the values'
// order.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/hopper/products.cuh"
#include "mc/hopper/qkv_attention_feed.cuh"
#include "mc/hopper/qkv_attention_shared.cuh"
#include "mc/hopper/store_matrix.cuh"

namespace mc::hopper {

template <class Config>
struct QkvProjection {
  using Tile = typename Config::Tile;
  using Shared = QkvAttentionShared<Config>;
  using Work = QkvAttentionWork<Config>;
  using Products = hopper::Products<typename Config::Problem, Tile, Work>;
  using Sums = typename Products::Product::Sums;
  static_assert(Tile::kBlocksM == 1, "a warp group has 64 rows");

  const QkvAttentionArguments& arguments;
  const typename Shared::Pipeline& pipeline;
  const Work& work;
  unsigned shared;
  int group;  // 0 or 1: rows from 64 * group on
  int lane;
  int first_row;  // of the warp, within the token tile

  __device__ __forceinline__ void run() const {
    const QkvHandover<Config> handover = {shared};
    const int count = *arguments.tile_count;
    const int units = work.units(count);
    int2 tokens = work.tokens(arguments.tiles, 0, count);
    QkvAttentionFeed<Config> feed = {arguments, pipeline, work.head, false, 0, tokens.x, -1};
    const bool first_warp = uniform(static_cast<int>(threadIdx.x) / 32 % 4) == 0;
    feed.copies = first_warp && (kTurns || group == 0);
    const bool begins = first_warp && group == 0 && units > 0 && elect_one();
    if (begins) feed.load_early_weights();
    dependency_wait();
    if (begins) feed.begin();
    __syncwarp();
#pragma unroll 1
    for (int unit = 0; unit < units; ++unit) {
      float row_scale[2];
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int token = tokens.x + first_row + lane / 4 + 8 * h;
        row_scale[h] = token < tokens.y ? arguments.activation_scale[token] : 0.0f;
      }
      const int2 next = work.tokens(arguments.tiles, unit + 1, count);
      const int turn = unit * Config::kParts + group % Config::kParts;
      feed.first_step = turn * Config::Weights::kSteps;
      feed.first_row = tokens.x + (kTurns ? 64 * group : 0);
      feed.next_row = kTurns && group == 0 ? tokens.x + 64 : unit + 1 < units ? next.x : -1;
      feed.step = 0;
      if (kTurns && turn > 0) named_barrier_wait(kTurnBarrier + group, 2 * kWarpGroup);
      typename Products::Result result;
      Products::run(feed, kTurns ? 0 : 64 * group, lane, feed.first_step, result, [&] {
        if (kTurns && turn + 1 < units * Config::kParts) {
          named_barrier_arrive(kTurnBarrier + (group ^ 1), 2 * kWarpGroup);
        }
      });
      tokens = next;
      barrier_wait(handover.scores_empty(), unit & 1 ^ 1);
      store(result.sums[0], 0, row_scale);
      store(result.sums[0], 1, row_scale);
      fence_async_proxy();
      handover.arrive(handover.scores_full(), lane);
      barrier_wait(handover.values_empty(), unit & 1 ^ 1);
      store(result.sums[0], 2, row_scale);
      fence_async_proxy();
      handover.arrive(handover.values_full(), lane);
    }
    dependency_release();
  }

 private:
  static constexpr bool kTurns = Config::kParts > 1;
  static constexpr int kTurnBarrier = 1;  // and the next one: named barriers at which a group waits for its turn

  // part: 0 queries, 1 keys, 2 values.
  __device__ __forceinline__ void store(const Sums& sums, int part, const float (&row_scale)[2]) const {
    const int row = first_row + lane / 8 % 2 * 8 + lane % 8;
    const unsigned place = shared + part * Shared::kMatrixBytes + row * Shared::kRowBytes + (lane / 16 ^ lane % 8) * 16;
    const float* columns = reinterpret_cast<const float*>(ptx::dynamic_shared() + Shared::kColumnsAt) +
                           part * Config::kHeadDim + lane % 4 * 8;
#pragma unroll
    for (int j = 0; j < 8; j += 2) {  // chunk of the row; outputs 32 (j / 4) + 8 t + 2 (j % 4) to + 3
      const float* first = columns + j / 4 * 32 + j % 4 * 2;
      const float4 scale = *reinterpret_cast<const float4*>(first);
      const float4 bias = *reinterpret_cast<const float4*>(first + Tile::kN);
      const int(&even)[4] = sums[8 * part + j];
      const int(&odd)[4] = sums[8 * part + j + 1];
      const unsigned words[4] = {half_pair(even[0], even[1], row_scale[0], scale.x, scale.y, bias.x, bias.y),
                                 half_pair(even[2], even[3], row_scale[1], scale.x, scale.y, bias.x, bias.y),
                                 half_pair(odd[0], odd[1], row_scale[0], scale.z, scale.w, bias.z, bias.w),
                                 half_pair(odd[2], odd[3], row_scale[1], scale.z, scale.w, bias.z, bias.w)};
      store_matrix_x4(place ^ 16 * j, words);
    }
  }

  __device__ __forceinline__ static unsigned half_pair(int first, int second, float row_scale, float first_scale,
                                                       float second_scale, float first_bias, float second_bias) {
    return pack_half2(__fmaf_rn(__fmul_rn(static_cast<float>(first), row_scale), first_scale, first_bias),
                      __fmaf_rn(__fmul_rn(static_cast<float>(second), row_scale), second_scale, second_bias));
  }
};

}  // namespace mc::hopper
