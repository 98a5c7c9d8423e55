// What the QKV projection and attention of few tokens are told: at compile time their configuration, at run time their
// arguments. See few_qkv_attention.cuh.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/resident_tile.cuh"
#include "mc/operand.cuh"

namespace mc::hopper {

// Of `linear`: output is fp32 values [rows, hidden]; range_parts is [rows, Config::kRangeParts]; weights, scales and
// biases are those of 3 * hidden outputs, q | k | v, each [heads, head_dim].
struct FewQkvAttentionArguments {
  mc::GemmArguments linear;    //   0
  const int* sequence_starts;  // 176: [sequences + 1], see sequences.cuh
  const int* sequence_count;   // 184: [1]
};
static_assert(sizeof(FewQkvAttentionArguments) == 192, "layout is shared with the host");

// kTokenTiles: of 16 tokens each, all of a bucket. kParts: blocks that divide the 192 outputs of a head for a token
// tile. kWarpsN x kWarpsK warps divide a block's product as in ResidentTile.
template <int kHeads_, int kInputs_, Operand kWeight_, int kTokenTiles_, int kParts_, int kWarpsN, int kWarpsK>
struct FewQkvAttentionConfig {
  static constexpr int kHeads = kHeads_;
  static constexpr int kHeadDim = 64;
  static constexpr int kHidden = kHeads * kHeadDim;
  static constexpr int kHeadOutputs = 3 * kHeadDim;
  static constexpr int kPanelColumns = 32;  // of the six panels of a head: few_qkv_attention_shared.cuh
  static constexpr int kTileM = 16;
  static constexpr int kTokenTiles = kTokenTiles_;
  static constexpr int kParts = kParts_;
  static constexpr int kPanels = 6 / kParts;          // of a block
  static constexpr int kKeys = kTileM * kTokenTiles;  // that a bucket has
  static constexpr int kClusterSize = kTokenTiles * kParts;
  static constexpr int kAttendingWarps = 4;  // each has 16 columns of the context
  static constexpr int kRangeParts = kAttendingWarps * kHeads;

  using Problem = GemmProblem<3 * kHidden, kInputs_, Operand::kS8, kWeight_>;
  using Tile = ResidentTile<kTileM, kHeadOutputs / kParts, kWarpsN, kWarpsK, 1>;
  static constexpr int kThreads = Tile::kThreads;

  static_assert(is_signed(kWeight_) && !is_float(kWeight_), "weights are codes of a symmetric format");
  static_assert(6 % kParts == 0, "each block has as many whole panels");
  static_assert(kClusterSize >= 2 && kClusterSize <= 16, "the blocks of a head are a cluster");
  static_assert(kThreads >= 32 * kAttendingWarps, "a block has all warps that attend");
};

}  // namespace mc::hopper
