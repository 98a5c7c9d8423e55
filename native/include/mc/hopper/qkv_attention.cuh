// The QKV projection and the attention of whole sequences of at most 128 tokens in one kernel on sm_90a, so that
// queries, keys and values never leave the chip:
//
//   qkv[t, n]        = half(sum over k of a[t, k] * w[n, k] * a_scale[t] * w_scale[n] + bias[n])
//   context[t, h, :] = sum over keys u of the sequence of t:  softmax_u(q[t,h,:] . k[u,h,:] / sqrt(64)) v[u,h,:]
//   codes[t, :]      = Format::quantize(context[t, :, :]; scale[t])
//
//   using Kernel = mc::hopper::QkvAttention<mc::hopper::QkvAttentionConfig<12, 768, mc::QuantFormat<4, 8, false>, 3>>;
//   extern "C" __global__ void __cluster_dims__(Kernel::kClusterSize, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const __grid_constant__ mc::hopper::QkvAttentionArguments arguments) {
//     Kernel::run(arguments);
//   }
//
// Blocks are persistent. A block keeps to one head, whose weights stay in shared memory where there is room, and takes
// token tiles of 128 rows, the rows of whole sequences (TokenTile). Its warp groups work on different tiles at a time:
//
//   0, 1   project (qkv_projection.cuh): 64 rows of a tile each, and copy operands (qkv_attention_feed.cuh)
//   2, 3   attend (tile_attention.cuh): 64 queries each
//
// With one role a warp group needs 128 registers, so that four warps a scheduler hide each other's latencies, and the
// loops of both fit the cache of instructions.
//
// Rows of a tile behind its last token belong to other tiles, or to none. They are computed as if their activations
// were 0, so whatever their scales hold; as keys no token of the tile sees them, as queries they are not stored.
//
// The scale of a token's context needs all heads: blocks exchange the range in device memory, a slot for each
// head (rendezvous.cuh).
//
// Launch: grid (kHeads * kClusterSize * sets, 1, 1), sets at most ceil(token tiles / kClusterSize) and so few that
// every block fits the chip at once. kThreads threads, kSharedBytes of dynamic shared memory, clusters of kClusterSize.
//
//   shared_bytes = 48 KiB + stages * (stationary ? 8192 + 16 : 40960 + 16)
//                  + (stationary ? steps * 24576 + 8 * (steps rounded up to an even number) : 0) + 32 + 1536
//   steps        = ceil(K / 128)
#pragma once

#include "mc/hopper/qkv_projection.cuh"
#include "mc/hopper/tile_attention.cuh"

namespace mc::hopper {

template <class Config_>
struct QkvAttention {
  using Config = Config_;
  using Arguments = QkvAttentionArguments;
  using Tile = typename Config::Tile;
  using Shared = QkvAttentionShared<Config>;
  using Work = QkvAttentionWork<Config>;
  static constexpr int kClusterSize = Config::kClusterSize;
  static constexpr int kThreads = 4 * kWarpGroup;
  static constexpr int kSharedBytes = Shared::kBytes;

  __device__ __forceinline__ static void run(const QkvAttentionArguments& arguments) {
    const Work work;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const typename Shared::Pipeline pipeline = {shared + Shared::kPipelineAt, work.rank};
    const int warp = uniform(static_cast<int>(threadIdx.x) / 32);
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if (threadIdx.x == 0) {
      pipeline.init();
      QkvHandover<Config>{shared}.init();
      barrier_init_fence();
    }
    load_columns(arguments, work.head);
    __syncthreads();
    if constexpr (kClusterSize > 1) ptx::cluster_barrier();
    const int group = warp / 4, row_of_warp = warp % 8 * 16;
    if (group < 2) {
      QkvProjection<Config>{arguments, pipeline, work, shared, group, lane, row_of_warp}.run();
    } else {
      TileAttention<Config>{arguments, work, shared, group - 2, lane, row_of_warp + lane / 4}.run();
    }
    // A block may not leave while others of the cluster can still reach its shared memory.
    if constexpr (kClusterSize > 1) ptx::cluster_barrier();
  }

 private:
  // Scales and biases [3][64] of the head. They depend on no earlier kernel.
  __device__ __forceinline__ static void load_columns(const QkvAttentionArguments& arguments, int head) {
    float* columns = reinterpret_cast<float*>(ptx::dynamic_shared() + Shared::kColumnsAt);
    const int column = static_cast<int>(threadIdx.x);
    if (column >= Tile::kN) return;
    const int output =
        column / Config::kHeadDim * Config::kHidden + head * Config::kHeadDim + column % Config::kHeadDim;
    columns[column] = arguments.weight_scale[output];
    columns[Tile::kN + column] = arguments.bias[output];
  }
};

}  // namespace mc::hopper
