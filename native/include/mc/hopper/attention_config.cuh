// What a Hopper attention kernel is told: at compile time its configuration, at run time its arguments. See
// attention.cuh.
#pragma once

#include "mc/attention_config.cuh"
#include "mc/hopper/bulk_copy.cuh"

namespace mc::hopper {

// Taken as `const __grid_constant__`, because the copy engine reads the map where the launch left it.
struct alignas(64) AttentionArguments {
  // Over qkv: [bucket rows, 3 * hidden] f16 row-major, boxes of 64 columns x 64 rows, 128-byte swizzle, rows beyond the
  // map are zeros.
  TensorMap qkv;                     //   0
  mc::AttentionArguments attention;  // 128: its qkv is not read
  // Where blocks meet with kAcrossGrid: a ticket in 16 bytes, then a slot for each part of a token's range
  // (context_output.cuh), zero when the graph starts and of this launch alone.
  unsigned* rendezvous;  // 216
};
static_assert(sizeof(AttentionArguments) == 256, "layout is shared with the host");

// What a quantizer asks of all heads of a token: its range, or the sum of its codes.
template <typename Format>
constexpr bool kMeasuresRange = !Format::kStatic;
template <>
constexpr bool kMeasuresRange<NoFormat> = false;
template <typename Format>
constexpr bool kSumsCodes = Format::kAsymmetric;
template <>
constexpr bool kSumsCodes<NoFormat> = false;

// A block takes 64 * kQueryGroups queries of kHeadsAtOnce * kTurns heads: a warpgroup per 64 queries and head, kTurns
// heads one after the other. Warpgroups on one head share its keys and values.
// kAcrossGrid: where all that is asked of a token is its largest magnitude, the blocks of a query tile find it in
// device memory (row_slots.cuh), not as a cluster. kKeyTile: keys of one step of the online softmax and of one stage
// of the pipeline. kStages: such tiles in flight.
template <int kHeads_, int kHeadDim_, AttentionOutput kOutput_, typename Format_ = NoFormat, int kQueryGroups_ = 1,
          int kHeadsAtOnce_ = 2, int kTurns_ = 1, int kKeyTile_ = 64, int kStages_ = 2, bool kAcrossGrid_ = false>
struct AttentionConfig {
  static constexpr int kHeads = kHeads_;
  static constexpr int kHeadDim = kHeadDim_;
  static constexpr AttentionOutput kOutput = kOutput_;
  using Format = Format_;
  static constexpr int kQueryGroups = kQueryGroups_;
  static constexpr int kHeadsAtOnce = kHeadsAtOnce_;
  static constexpr int kTurns = kTurns_;
  static constexpr int kKeyTile = kKeyTile_;
  static constexpr int kStages = kStages_;

  static constexpr int kHidden = kHeads * kHeadDim;
  static constexpr int kQueryTile = 64 * kQueryGroups;
  static constexpr int kHeadsPerBlock = kHeadsAtOnce * kTurns;
  static constexpr int kBlocksPerTile = kHeads / kHeadsPerBlock;  // blocks that share a query tile, one for some heads
  static constexpr int kWarpgroups = kQueryGroups * kHeadsAtOnce;
  static constexpr int kThreads = 128 * kWarpgroups + 32;  // the last warp issues the copies

  static constexpr bool kQuantized = kOutput == AttentionOutput::kQuantized;
  static constexpr bool kMeasuresRange = kQuantized && hopper::kMeasuresRange<Format>;
  static constexpr bool kSumsCodes = kQuantized && hopper::kSumsCodes<Format>;
  // A token's range and code sum span all heads. The blocks of a query tile are a cluster that exchanges them, or leave
  // the range in device memory, a part for each block and head at once.
  static constexpr bool kAcrossGrid = kAcrossGrid_ && kMeasuresRange && !kSumsCodes;
  static constexpr bool kInCluster = (kMeasuresRange || kSumsCodes) && !kAcrossGrid;
  static constexpr int kClusterSize = kInCluster ? kBlocksPerTile : 1;
  static constexpr int kRangeParts = kBlocksPerTile * kHeadsAtOnce;

  static_assert(kHeadDim == 64 || kHeadDim == 128, "rows of 128 or 256 bytes; other heads run on mc/attention.cuh");
  static_assert(kHeads % kHeadsPerBlock == 0, "every block has the same number of heads");
  static_assert(kClusterSize <= 16, "a cluster has at most 16 blocks (8 where portable)");
  static_assert(kKeyTile == 64 || kKeyTile == 128, "a key tile is one or two boxes of the tensor map");
  static_assert(kStages >= 2, "one tile travels while another is used");
  static_assert(kThreads <= 1024, "a block has at most 1024 threads");
};

}  // namespace mc::hopper
