// How a thread block of the warp-specialised GEMM divides its work: two or four warp groups compute, the last warps
// copy.
#pragma once

#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

// kCooperative: two computing warp groups share a tile, the upper and the lower half of its rows.
// kPingPong: two own tiles in turn, so that one's epilogue overlaps the other's products.
// kPairs: two pairs own tiles in turn, for long epilogues: four warps a scheduler hide each other's latencies.
enum class Schedule { kCooperative, kPingPong, kPairs };

// A tile is kM tokens x kN outputs; a stage of the pipeline holds 128 bytes of K of both operands.
template <int kM_, int kN_, int kStages_, Schedule kSchedule_>
struct WgmmaTile {
  static constexpr int kM = kM_;
  static constexpr int kN = kN_;
  static constexpr int kStages = kStages_;
  static constexpr Schedule kSchedule = kSchedule_;

  static constexpr int kTeams = kSchedule == Schedule::kCooperative ? 1 : 2;  // that own tiles in turn
  static constexpr int kGroupsOfTile = kSchedule == Schedule::kPingPong ? 1 : 2;
  static constexpr int kGroups = kTeams * kGroupsOfTile;  // computing warp groups
  static constexpr int kComputingThreads = kGroups * kWarpGroup;
  static constexpr int kThreads = kComputingThreads + kWarpGroup;
  static constexpr int kGroupM = kM / kGroupsOfTile;  // rows of a warp group
  static constexpr int kBlocksM = kGroupM / 64;       // products of 64 rows among them

  static constexpr int kStepBytes = 128;
  static constexpr int kActivationBytes = kM * kStepBytes;  // of a stage
  static constexpr int kWeightBytes = kN * kStepBytes;      // likewise
  static constexpr int kStageBytes = kActivationBytes + kWeightBytes;

  static_assert(kGroupM % 64 == 0 && kGroupM >= 64, "a warp group computes whole blocks of 64 rows");
  static_assert(kN % 32 == 0 && kN >= 32 && kN <= 256, "a tile has 32 to 256 outputs in groups of 32");
  // Registers of a thread of the copying and of the computing warp groups; at launch all have 168, or 96 of five
  // groups.
  static constexpr int kProducerRegisters = 24;
  static constexpr int kConsumerRegisters = kGroups == 2 ? 240 : 112;
  static_assert(kGroupM * kN <= (kGroups == 2 ? 128 * 192 : 64 * 128),
                "registers would spill: a warp group holds at most 128 x 192 sums, or 64 x 128 of four");
  static_assert(kStages >= 2 && kStages <= 16, "the pipeline has 2 to 16 stages");
};

}  // namespace mc::hopper
