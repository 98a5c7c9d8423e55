// What the kernel of qkv_attention.cuh is told: at compile time its configuration, at run time its arguments.
#pragma once

#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/weight_tiles.cuh"
#include "mc/hopper/wgmma_tile.cuh"
#include "mc/operand.cuh"
#include "mc/quantize.cuh"

namespace mc::hopper {

// Whole consecutive sequences of at most 128 tokens in all.
struct alignas(16) TokenTile {
  int first_token;         //  0
  int end_token;           //  4: one past the last, first_token + 1 to first_token + 128
  int reserved[2];         //  8: 0
  unsigned boundaries[4];  // 16: bit i % 32 of word i / 32, i = 1 .. 127: a sequence starts at first_token + i, or the
                           //     tile ends there. All are 0 where one sequence of 128 tokens fills the tile.
};
static_assert(sizeof(TokenTile) == 32, "layout is shared with the host");

// Taken as `const __grid_constant__`. The tiles and their count are written before the first kernel of the graph
// starts.
struct alignas(64) QkvAttentionArguments {
  TensorMap activations;          //   0: of [bucket rows, K bytes], boxes of 128 bytes x Config::Tile::kM rows
  const TokenTile* tiles;         // 128: [*tile_count]
  const int* tile_count;          // 136: [1]
  const float* activation_scale;  // 144: [rows]
  const void* weights;            // 152: [3 * hidden, K], in the order of weight_tiles.cuh
  const float* weight_scale;      // 160: [3 * hidden]
  const float* bias;              // 168: [3 * hidden]
  unsigned* head_ranges;          // 176: slots of this launch (row_slots.cuh): the largest |value| of each head
  QuantizedRows quantized;        // 184: codes [rows, hidden], one a byte, and their scales
  unsigned char reserved[24];
};
static_assert(sizeof(QkvAttentionArguments) == 256, "layout is shared with the host");

// kStages: of 128 bytes of K. kWeightFlow: a head's weights stay in a block where they leave room for stages, up to 768
// inputs; else they are streamed with the activations, and the kClusterSize blocks of a cluster share them, each with a
// token tile of its own.
template <int kHeads_, int kInputs_, typename Format_, int kStages_, WeightFlow kWeightFlow = WeightFlow::kStationary,
          int kClusterSize_ = 1>
struct QkvAttentionConfig {
  static constexpr int kHeads = kHeads_;
  static constexpr int kInputs = kInputs_;
  using Format = Format_;
  static constexpr int kClusterSize = kClusterSize_;
  static constexpr bool kStationary = kWeightFlow == WeightFlow::kStationary;

  static constexpr int kHeadDim = 64;
  static constexpr int kHidden = kHeads * kHeadDim;
  static constexpr int kTokens = 128;  // of a tile
  using Problem = GemmProblem<3 * kHidden, kInputs, Operand::kS8, Operand::kS8>;
  // Two warp groups multiply. Beside weights that stay each takes its half of a tile in turn, so that the tensor cores
  // are busy while the other converts; streamed weights serve both at once.
  static constexpr int kParts = kStationary ? 2 : 1;  // of a token tile, one after another
  using Tile = WgmmaTile<kTokens / kParts, 3 * kHeadDim, kStages_,
                         kStationary ? Schedule::kPingPong : Schedule::kCooperative, kWeightFlow>;
  using Weights = WeightTiles<Operand::kS8, 3 * kHidden, kInputs>;

  static_assert(kClusterSize == 1 || !kStationary, "only streamed weights are shared");
  static_assert(kStages_ <= Weights::kSteps, "a stage is filled again for the next part of a tile at the latest");
  static_assert(Format::kContainerBits == 8 && !Format::kAsymmetric, "codes are symmetric and lie in bytes");
};

}  // namespace mc::hopper
