// How a thread block divides its part of the output among warps, and how deep it prefetches.
#pragma once

namespace mc {

// The block computes kTileM tokens x kTileN outputs in steps of kTileK inputs. Its warps form a kWarpsM x kWarpsN
// grid over that tile. kStages tiles of both operands are in shared memory at a time.
template <int kTileM_, int kTileN_, int kTileK_, int kWarpsM_, int kWarpsN_, int kStages_>
struct Tile {
  static constexpr int kTileM = kTileM_;
  static constexpr int kTileN = kTileN_;
  static constexpr int kTileK = kTileK_;
  static constexpr int kWarpsM = kWarpsM_;
  static constexpr int kWarpsN = kWarpsN_;
  static constexpr int kStages = kStages_;
  static constexpr int kThreads = 32 * kWarpsM * kWarpsN;

  // Per warp: blocks of 16 tokens, and blocks of 16 outputs, the height of a block of weight_layout.cuh.
  static constexpr int kWarpM = kTileM / kWarpsM;
  static constexpr int kWarpN = kTileN / kWarpsN;
  static constexpr int kBlocksM = kWarpM / 16;
  static constexpr int kBlocksN = kWarpN / 16;

  static_assert(kTileM % (16 * kWarpsM) == 0, "each warp must own whole blocks of 16 tokens");
  static_assert(kTileN % (16 * kWarpsN) == 0, "each warp must own whole blocks of 16 outputs");
  static_assert(kStages >= 2 && kStages <= 12, "the pipeline has 2 to 12 stages");
  static_assert(kThreads >= 32 && kThreads <= 1024, "a block has 1 to 32 warps");
};

// Which threads hold one whole row of the output when the epilogue starts. Layer norm and dynamic quantizers need it.
enum class RowScope {
  kPartial,  // nobody: blocks share rows; only element-wise steps and static quantizers may follow
  kTile,     // one block: kTileN >= N
  kCluster,  // one thread-block cluster along N (sm_90a): kTileN * cluster size >= N
  kGrid      // all blocks of a row block, which meet in device memory (mc/hopper, sm_90a)
};

}  // namespace mc
