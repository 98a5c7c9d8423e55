// How a thread block of the warp-specialised GEMM divides its work: two to four warp groups compute, the last warps
// copy.
#pragma once

#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

// kCooperative: two computing warp groups share a tile, the upper and the lower half of its rows.
// kPingPong: two own tiles in turn, so that one's epilogue overlaps the other's products.
// kPairs: two pairs own tiles in turn, for long epilogues: four warps a scheduler hide each other's latencies.
// kThrees, kFours: three or four own tiles in turn, for epilogues that wait for other blocks.
enum class Schedule { kCooperative, kPingPong, kPairs, kThrees, kFours };

// kStreamed: a stage of the pipeline holds both operands.
// kStationary: a block keeps the weights of its columns, all of K, and a stage holds activations. Then shared memory,
// which a wgmma with 64 rows reads at two thirds of its rate or more, need not take in the weights again and again.
enum class WeightFlow { kStreamed, kStationary };

// A tile is kM tokens x kN outputs; a stage of the pipeline holds 128 bytes of K.
template <int kM_, int kN_, int kStages_, Schedule kSchedule_, WeightFlow kWeightFlow_ = WeightFlow::kStreamed>
struct WgmmaTile {
  static constexpr int kM = kM_;
  static constexpr int kN = kN_;
  static constexpr int kStages = kStages_;
  static constexpr Schedule kSchedule = kSchedule_;

  static constexpr bool kStationary = kWeightFlow_ == WeightFlow::kStationary;

  static constexpr int kTeams = kSchedule == Schedule::kCooperative ? 1  // that own tiles in turn
                                : kSchedule == Schedule::kThrees    ? 3
                                : kSchedule == Schedule::kFours     ? 4
                                                                    : 2;
  static constexpr int kGroupsOfTile = kSchedule == Schedule::kCooperative || kSchedule == Schedule::kPairs ? 2 : 1;
  static constexpr int kGroups = kTeams * kGroupsOfTile;  // computing warp groups
  static constexpr int kComputingThreads = kGroups * kWarpGroup;
  static constexpr int kThreads = kComputingThreads + kWarpGroup;
  static constexpr int kGroupM = kM / kGroupsOfTile;  // rows of a warp group
  static constexpr int kBlocksM = kGroupM / 64;       // products of 64 rows among them

  static constexpr int kStepBytes = 128;
  static constexpr int kWeightBytes = kN * kStepBytes;  // of a step

  static_assert(kGroupM % 64 == 0 && kGroupM >= 64, "a warp group computes whole blocks of 64 rows");
  static_assert(kN % 32 == 0 && kN >= 32 && kN <= 256, "a tile has 32 to 256 outputs in groups of 32");
  // Registers of a thread of the copying and of the computing warp groups; at launch all have 168 of three groups, 128
  // of four, 96 of five.
  static constexpr int kProducerRegisters = 24;
  static constexpr int kConsumerRegisters = kGroups == 2 ? 240 : kGroups == 3 ? 160 : 112;
  static_assert(kGroupM * kN <= (kGroups == 2 ? 128 * 192 : kGroups == 3 ? 64 * 192 : 64 * 128),
                "registers would spill: a warp group of two holds at most 128 x 192 sums, of three 64 x 192, of four "
                "64 x 128");
  static_assert(kStages >= 2 && kStages <= 16, "the pipeline has 2 to 16 stages");
};

}  // namespace mc::hopper
