// Shared memory of attention.cuh, as offsets from its start, a 1024-byte boundary: there the swizzle of copies and
// products repeats. A panel is 64 columns (128 bytes) of a tile, rows of 128 bytes one after the other.
#pragma once

#include "mc/hopper/attention_config.cuh"

namespace mc::hopper {

template <typename Config>
struct AttentionShared {
  static constexpr int kPanels = Config::kHeadDim / 64;
  static constexpr int kRowBytes = 128;
  static constexpr int kQueryPanelBytes = 64 * kRowBytes;
  static constexpr int kQueryBytes = kPanels * kQueryPanelBytes;  // of one warpgroup
  static constexpr int kKeyPanelBytes = Config::kKeyTile * kRowBytes;
  static constexpr int kTileBytes = kPanels * kKeyPanelBytes;  // keys of a tile, or values
  static constexpr int kStagedTiles = Config::kStages * Config::kHeadsAtOnce;
  static constexpr int kQueryTiles = Config::kTurns * Config::kHeadsAtOnce * Config::kQueryGroups;
  static constexpr int kComputeThreads = 128 * Config::kWarpgroups;
  // Contexts of all turns but the last wait for the range of their token, as many words of a thread as there is room
  // for in place of the queries that its warpgroup is done with, the others behind the values.
  static constexpr int kOverQueriesWords = kQueryBytes / (4 * 128);
  static constexpr int kBehindValuesWords = Config::kHeadDim / 2 - kOverQueriesWords;
  static constexpr int kContextWords = Config::kMeasuresRange ? (Config::kTurns - 1) * kBehindValuesWords : 0;
  static constexpr int kParts = Config::kRangeParts;
  static constexpr int kRangeBytes = Config::kMeasuresRange && Config::kInCluster ? kParts * Config::kQueryTile * 8 : 0;
  static constexpr int kCodeSumBytes = Config::kSumsCodes ? kParts * Config::kQueryTile * 4 : 0;

  static constexpr int kQueries = 0;                                  // [turn][head][panel][query group][64][128 bytes]
  static constexpr int kKeys = kQueries + kQueryTiles * kQueryBytes;  // [stage][head][panel][key][128 bytes]
  static constexpr int kValues = kKeys + kStagedTiles * kTileBytes;   // the same
  static constexpr int kContexts = kValues + kStagedTiles * kTileBytes;            // [word][thread] f32
  static constexpr int kRanges = kContexts + kContextWords * kComputeThreads * 4;  // [part][pair of queries] float4
  static constexpr int kCodeSums = kRanges + kRangeBytes;  // [part][pair of queries] uint2, in rank 0
  // mbarriers, 8 bytes each
  static constexpr int kQueriesFull = kCodeSums + kCodeSumBytes;
  static constexpr int kKeysFull = kQueriesFull + Config::kTurns * Config::kHeadsAtOnce * 8;
  static constexpr int kValuesFull = kKeysFull + kStagedTiles * 8;
  static constexpr int kReleased = kValuesFull + kStagedTiles * 8;
  static constexpr int kTailCleared = kReleased + kStagedTiles * 8;  // one a warpgroup
  static constexpr int kRangesFull = kTailCleared + Config::kWarpgroups * 8;
  static constexpr int kCodeSumsFull = kRangesFull + 8;
  static constexpr int kWindows = kCodeSumsFull + 8;                       // [warp of the first head] Attention::Keys
  static constexpr int kTicket = kWindows + 4 * Config::kQueryGroups * 8;  // of the block
  static constexpr int kBytes = kTicket + (Config::kAcrossGrid ? 8 : 0);
};

}  // namespace mc::hopper
