// The QKV projection and the attention of few tokens in one kernel: the contract and the masking of mc/attention.cuh,
// the numbers of mc::DequantizeWithBias and mc::StoreF16 between them, and fp32 values with parts of their ranges as
// output, which the product behind quantizes (ValuesOfRows). So no head waits for another.
//
//   q | k | v [t, :]   = half(dequantize(sum over i of a[t, i] * w[:, i]) + bias)          t < *token_count
//   values[t, h, :]    = sum over keys u of the sequence of t:  softmax_u(q[t, h, :] . k[u, h, :] / 8) v[u, h, :]
//   range_parts[t, p]  = the largest |value| of a quarter of a head's columns
//
//   using Config = mc::hopper::FewQkvAttentionConfig<12, 768, mc::Operand::kS4, 2, 3, 2, 4>;
//   using Kernel = mc::hopper::FewQkvAttention<Config>;
//   extern "C" __global__ void __cluster_dims__(Config::kClusterSize, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const __grid_constant__ mc::hopper::FewQkvAttentionArguments arguments) { Kernel::run(arguments); }
//
// The blocks of a head are a cluster: for each 16 tokens of the bucket kParts of them, which divide the head's 192
// outputs. They keep their weights in shared memory, loaded while the kernel ahead still runs, multiply as the resident
// GEMM does (resident_mainloop.cuh), and send queries, keys and values to the block of each token tile that attends.
// That message is all that blocks wait for.
//
// sequence_starts, sequence_count and token_count are written before the first kernel of the graph starts, so that
// blocks know their sequences, and those without tokens end, before the kernel ahead has.
//
// Activations and their scales are read a token tile at a time, so rows of whole tiles must exist in memory. What the
// rows beyond the tokens hold has no effect.
//
// Launch: grid (kClusterSize, kHeads, 1), kThreads threads, kSharedBytes of dynamic shared memory, with the
// programmatic attribute; more than 8 blocks of a cluster need the non-portable cluster size attribute.
#pragma once

#include "mc/dependency.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/few_attention.cuh"
#include "mc/hopper/few_qkv_exchange.cuh"
#include "mc/hopper/few_qkv_projection.cuh"
#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

template <class Config_>
struct FewQkvAttention {
  using Config = Config_;
  using Shared = FewQkvAttentionShared<Config>;
  using Loop = typename Shared::Loop;
  static constexpr int kThreads = Config::kThreads;
  static constexpr int kClusterSize = Config::kClusterSize;
  static constexpr int kSharedBytes = Shared::kBytes;

  // Threads that store to the panels or read them: the first of the block.
  static constexpr int kAttendingThreads = 32 * Config::kAttendingWarps;
  static constexpr int kPanelThreads =
      Config::Tile::kEpilogueThreads > kAttendingThreads ? Config::Tile::kEpilogueThreads : kAttendingThreads;

  __device__ __forceinline__ static void run(const FewQkvAttentionArguments& arguments) {
    const GemmArguments& linear = arguments.linear;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const auto block = FewQkvPlace<Config>::current();
    const int first_token = block.token_tile * Config::kTileM, warp = static_cast<int>(threadIdx.x) / 32;
    dependency_release();
    FewQkvProjection<Config> projection(block);
    const int lane = projection.place.lane;
    const typename Loop::Pieces pieces(linear, shared, projection.place);
    projection.load_constants(linear, shared);
    const int tokens = *linear.token_count;
    const FewQkvExchange<Config> exchange = {block, shared, (tokens + Config::kTileM - 1) / Config::kTileM};
    if (threadIdx.x == 0 && first_token < tokens) exchange.initialise();
    FewAttention<Config> attention = {warp, lane, {}};
    const bool attends = block.attends() && warp < Config::kAttendingWarps && first_token < tokens;
    if (attends) {
      attention.window = find_window<Config::kTileM>(arguments.sequence_starts, *arguments.sequence_count, first_token);
    }
    if (block.attends()) FewAttention<Config>::clear_missing_values(exchange.token_tiles);
    ptx::cluster_meet();
    if (first_token >= tokens) {
      ptx::copy_async_wait<0>();
      return;
    }

    dependency_wait();
    projection.load_row_scales(linear);
    Loop::load_activations(pieces);
    typename Loop::Result result;
    Loop::run(shared, projection.place, result);
    if (static_cast<int>(threadIdx.x) >= kPanelThreads) return;
    if (projection.place.owns()) projection.store(result, tokens);
    fence_async_proxy();
    named_barrier_wait(1, kPanelThreads);
    if (warp == 0) exchange.send(lane);
    if (attends) {
      exchange.receive();
      if (warp == 1) exchange.acknowledge(lane);
      attention.run(linear, shared, block.head, tokens);
    }
    if (warp == 0) exchange.leave();
  }
};

}  // namespace mc::hopper
