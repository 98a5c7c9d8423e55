// Shared memory of a block of few_qkv_attention.cuh:
//
//   weights, activations         as resident_mainloop.cuh says
//   queries                      [2][16][kRowBytes]          of the block's token tile
//   keys, values                 [2][kKeys][kRowBytes] each  of all tokens
//   barriers                     kArrived: queries, keys and values that others sent have landed
//                                kTaken: those that this block sent have landed
//
// The 64 columns of a matrix are two panels of 32, so a head has six: two of queries, of keys and of values. A block
// computes kPanels of them for its token tile, where they belong in its own memory, and copies them from there to the
// same place in others. A row of a panel is 32 FP16 numbers and 16 bytes that spread the eight rows of an ldmatrix over
// all banks.
//
// The numbers of a row lie in the order in which the lanes of the product hold them: with n-tiles of 8 columns, number
// 8 t + 2 j + e of a panel is column 8 j + 2 t + e, because lane t holds columns 2 t + e of n-tile j. Scores do not
// depend on the order, as queries and keys share it; the context's columns are in the order of the values.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/few_qkv_attention_config.cuh"
#include "mc/hopper/resident_mainloop.cuh"

namespace mc::hopper {

template <class Config>
struct FewQkvAttentionShared {
  using Loop = ResidentMainloop<typename Config::Problem, typename Config::Tile>;
  static constexpr int kRowBytes = 2 * Config::kPanelColumns + 16;
  static constexpr int kTileBytes = Config::kTileM * kRowBytes;  // of a panel and a token tile
  static constexpr int kKeyPanelBytes = Config::kKeys * kRowBytes;

  static constexpr int kQueries = Loop::kSharedBytes;
  static constexpr int kKeys = kQueries + 2 * kTileBytes;
  static constexpr int kValues = kKeys + 2 * kKeyPanelBytes;
  static constexpr int kArrived = kValues + 2 * kKeyPanelBytes;
  static constexpr int kTaken = kArrived + kBarrierBytes;
  static constexpr int kBytes = kTaken + kBarrierBytes;
  static_assert(kBytes <= 227 * 1024, "the weights do not fit in shared memory: take more parts");

  // Of panel 0 to 5 of a head, the rows of a token tile.
  __device__ __forceinline__ static int panel_rows(int panel, int token_tile) {
    return panel < 2 ? kQueries + panel * kTileBytes : kKeys + (panel - 2) * kKeyPanelBytes + token_tile * kTileBytes;
  }
};

}  // namespace mc::hopper
