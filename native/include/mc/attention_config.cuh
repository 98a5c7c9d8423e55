// What an attention kernel is told: at compile time its configuration, at run time its arguments. See attention.cuh.
#pragma once

#include "mc/half.cuh"
#include "mc/quantize.cuh"

namespace mc {

struct AttentionArguments {
  const Half* qkv;             //  0: [tokens, 3 * hidden], 16-byte aligned
  void* output;                //  8: [tokens, hidden] Half or float, 16-byte aligned; unused when quantized
  const int* sequence_starts;  // 16: [sequences + 1], see sequences.cuh
  const int* sequence_count;   // 24: [1]
  const int* token_count;      // 32: [1], equals sequence_starts[sequence_count]
  QuantizedRows quantized;     // 40: used when quantized; codes 16-byte aligned
};
static_assert(sizeof(AttentionArguments) == 88, "layout is shared with the host");

enum class AttentionOutput { kHalf, kFloat, kQuantized };

// kHeadsPerBlock below kHeads splits the heads over grid.y, for encoders with more heads than a block has room for;
// the context is then stored as kHalf or kFloat, and rows.cuh quantizes the kFloat form.
// kKeyTile: keys of one step of the online softmax, a multiple of 16.
template <int kHeads_, int kHeadDim_, AttentionOutput kOutput_, typename Format_ = NoFormat,
          int kHeadsPerBlock_ = kHeads_, int kKeyTile_ = 16>
struct AttentionConfig {
  static constexpr int kHeads = kHeads_;
  static constexpr int kHeadDim = kHeadDim_;
  static constexpr AttentionOutput kOutput = kOutput_;
  using Format = Format_;
  static constexpr int kHeadsPerBlock = kHeadsPerBlock_;
  static constexpr int kKeyTile = kKeyTile_;

  static constexpr int kHidden = kHeads * kHeadDim;
  static constexpr int kQueryTile = 16;
  static constexpr int kThreads = 32 * kHeadsPerBlock;
  static_assert(kHeadDim == 16 || kHeadDim == 32 || kHeadDim == 64 || kHeadDim == 128, "head_dim is 16, 32, 64 or 128");
  static_assert(kHeads % kHeadsPerBlock == 0, "every block has the same number of heads");
  static_assert(kHeadsPerBlock <= (kHeadDim == 128 ? 8 : 16), "more warps leave too few registers: split the heads");
  static_assert(kOutput != AttentionOutput::kQuantized || kHeadsPerBlock == kHeads,
                "a token's scale spans all heads, so a quantizing block holds all of them");
  static_assert(kKeyTile % 16 == 0 && kKeyTile >= 16, "a key tile is whole steps of 16 keys");
};

}  // namespace mc
