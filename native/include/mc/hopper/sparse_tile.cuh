// How a thread block of the GEMM for 2:4 sparse weights divides its work.
#pragma once

#include "mc/hopper/wgmma_tile.cuh"

namespace mc::hopper {

// kTokens: of a tile. kGroups: warp groups that share a tile, 128 outputs each: a team. kTeams: that take tiles in
// turn. kMostOfPart: tokens of a part of the epilogue, at most.
template <int kTokens_, int kGroups_, int kTeams_, int kStages_, WeightFlow kWeightFlow_ = WeightFlow::kStreamed,
          int kMostOfPart = 64>
struct SparseTile {
  static constexpr int kTokens = kTokens_;
  static constexpr int kGroups = kGroups_;
  static constexpr int kTeams = kTeams_;
  static constexpr int kStages = kStages_;
  static constexpr bool kStationary = kWeightFlow_ == WeightFlow::kStationary;
  static constexpr int kConsumers = kGroups * kTeams;
  static constexpr int kThreads = (kConsumers + 1) * kWarpGroup;

  // Tokens of a part of the epilogue, whole slices of 8 of which the tile has a whole number.
  static constexpr int kPart = [] {
    int tokens = kMostOfPart;
    while (kTokens % tokens != 0) tokens -= 8;
    return tokens;
  }();

  // Registers of a thread of the copying and of the computing warp groups; one computing warp group keeps its own.
  static constexpr int kProducerRegisters = kConsumers == 3 ? 32 : 24;
  static constexpr int kConsumerRegisters = kConsumers <= 2 ? 240 : kConsumers == 3 ? 160 : 112;

  static_assert(kTokens % 16 == 0 && kTokens <= 192, "a warp group has 16 to 192 tokens, in steps of 16");
  static_assert(kTeams >= 1 && kTeams <= 2 && kConsumers >= 1 && kConsumers <= 4,
                "a block has 1 to 4 computing warp groups, in one team or two");
  static_assert(kTokens <= (kConsumers <= 2   ? 192
                            : kConsumers == 3 ? 112
                                              : 64),
                "registers would spill: each of three warp groups has 112 tokens at most, of four 64");
  static_assert(kStages >= 2 && kStages <= 16, "products of two pieces overlap; the pipeline has 2 to 16 stages");
};

}  // namespace mc::hopper
