// What the blocks of a head send one another in few_qkv_attention.cuh: queries to the block of their token tile that
// attends, keys and values to all blocks that attend. The copy engine takes a panel of a token tile at a time: messages
// of a few words a lane, counted by a barrier each, take several times as long.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/cluster_copy.cuh"
#include "mc/hopper/few_qkv_projection.cuh"

namespace mc::hopper {

template <class Config>
struct FewQkvExchange {
  using Shared = FewQkvAttentionShared<Config>;
  static constexpr int kTileBytes = Shared::kTileBytes;

  FewQkvPlace<Config> block;
  unsigned shared;
  int token_tiles;  // that have tokens

  // By one thread, before the blocks of the cluster meet.
  __device__ __forceinline__ void initialise() const {
    barrier_init(shared + Shared::kArrived, 1);
    if (receivers() > 0) barrier_init(shared + Shared::kTaken, receivers());
    barrier_init_fence();
    barrier_arrive_expect(shared + Shared::kArrived, arriving_bytes());
  }

  // By one warp, when the block's panels are written and everyone who wrote has fenced and passed a barrier.
  __device__ __forceinline__ void send(int lane) const {
    if (lane >= token_tiles) return;
    const int to = lane;
#pragma unroll
    for (int i = 0; i < Config::kPanels; ++i) {
      const int panel = block.first_panel() + i;
      if (!goes_to(panel, to)) continue;
      store_bulk_cluster(shared + Shared::panel_rows(panel, block.token_tile), kTileBytes, shared + Shared::kArrived,
                         to * Config::kParts);
    }
  }

  // By all that attend; by whole warps.
  __device__ __forceinline__ void receive() const { barrier_wait(shared + Shared::kArrived, 0); }

  // By one warp of those, behind receive: lets the senders end.
  __device__ __forceinline__ void acknowledge(int lane) const {
    if (lane >= token_tiles * Config::kParts) return;
    const FewQkvPlace<Config> from = {block.head, lane / Config::kParts, lane % Config::kParts};
    const bool is_own = from.token_tile == block.token_tile;
    if (from.part == block.part && is_own) return;
    if (!is_own && !sends_to_all(from.part)) return;
    barrier_arrive_cluster_after_reads(shared + Shared::kTaken, lane);
  }

  // By one warp of each block, last of all: others read its shared memory until then.
  __device__ __forceinline__ void leave() const {
    if (receivers() > 0) barrier_wait(shared + Shared::kTaken, 0);
  }

 private:
  __device__ __forceinline__ static bool is_of_all(int panel) { return panel >= 2; }
  __device__ __forceinline__ static bool sends_to_all(int part) { return is_of_all((part + 1) * Config::kPanels - 1); }

  // Whether a panel is sent to the block that attends to a token tile.
  __device__ __forceinline__ bool goes_to(int panel, int token_tile) const {
    const bool is_own = token_tile == block.token_tile;
    return is_own ? !block.attends() : is_of_all(panel);
  }

  // Blocks that this one sends to.
  __device__ __forceinline__ int receivers() const {
    return (sends_to_all(block.part) ? token_tiles - 1 : 0) + (block.attends() ? 0 : 1);
  }

  // All panels of its own token tile that others have, keys and values of the others.
  __device__ __forceinline__ int arriving_bytes() const {
    return block.attends() ? (6 - Config::kPanels + 4 * (token_tiles - 1)) * kTileBytes : 0;
  }
};

}  // namespace mc::hopper
