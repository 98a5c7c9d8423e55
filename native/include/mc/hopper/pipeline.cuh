// The stages of a block's pipeline in shared memory, between the warp that copies and the warp groups that compute.
//
// Step i of all the steps that a block computes, tile after tile, uses stage i % kStages. Its full barrier counts the
// bytes of both operands; its empty barrier counts the warps that have read it.
//
// The blocks of a cluster stand in kRows rows of kColumns. Those of a row need the same activations, those of a column
// the same weights. One of them, in turn, copies a stage's operand to all of them, once the warps of all have read the
// stage.
//
// Stationary weights lie behind the stages, the kWeightSteps steps of K one after another; each has a barrier that
// counts its bytes once.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/wgmma_tile.cuh"

namespace mc::hopper {

// Work: work.cuh. kSteps: of K. kRowBytes_: of a step's activations.
template <class Tile, class Work, int kSteps, int kRowBytes_ = Tile::kStepBytes>
struct Pipeline {
  static constexpr int kRowBytes = kRowBytes_;
  static constexpr int kActivationBytes = Tile::kM * kRowBytes;  // of a step
  static constexpr int kStageBytes = kActivationBytes + (Tile::kStationary ? 0 : Tile::kWeightBytes);
  static constexpr int kWeightSteps = Tile::kStationary ? kSteps : 0;
  static constexpr int kRows = Work::kClusterRows;
  static constexpr int kColumns = Work::kClusterColumns;
  static constexpr int kReaders = 4 * Tile::kGroupsOfTile;  // warps that read a stage
  static constexpr int kWeightsAt = Tile::kStages * kStageBytes;
  static constexpr int kBarriersAt = kWeightsAt + kWeightSteps * Tile::kWeightBytes;
  static constexpr int kBarriers = 2 * Tile::kStages + (kWeightSteps + 1) / 2 * 2;  // in whole 16 bytes
  static constexpr int kEnd = kBarriersAt + kBarriers * kBarrierBytes;              // in shared memory

  unsigned shared;
  int rank;

  __device__ __forceinline__ unsigned activations(int stage) const { return shared + stage * kStageBytes; }
  __device__ __forceinline__ unsigned weights(int step, int stage) const {
    return Tile::kStationary ? shared + kWeightsAt + step * Tile::kWeightBytes : activations(stage) + kActivationBytes;
  }
  __device__ __forceinline__ unsigned full(int stage) const { return shared + kBarriersAt + stage * kBarrierBytes; }
  __device__ __forceinline__ unsigned empty(int stage) const { return full(stage) + Tile::kStages * kBarrierBytes; }
  // Of a step of the stationary weights.
  __device__ __forceinline__ unsigned kept(int step) const {
    return shared + kBarriersAt + (2 * Tile::kStages + step) * kBarrierBytes;
  }
  // The blocks that copy what this block needs for a stage.
  __device__ __forceinline__ int activation_loader(int stage) const {
    return rank - rank % kColumns + static_cast<unsigned>(stage) % kColumns;
  }
  __device__ __forceinline__ int weight_loader(int stage) const {
    return static_cast<unsigned>(stage) % kRows * kColumns + rank % kColumns;
  }

  // The blocks of the cluster that need the same activations, and the same weights, one bit each.
  __device__ __forceinline__ unsigned short row_mask() const {
    return static_cast<unsigned short>(((1u << kColumns) - 1) << (rank - rank % kColumns));
  }
  __device__ __forceinline__ unsigned short column_mask() const {
    unsigned mask = 0;
#pragma unroll
    for (int row = 0; row < kRows; ++row) mask |= 1u << row * kColumns;
    return static_cast<unsigned short>(mask << rank % kColumns);
  }

  __device__ __forceinline__ void init() const {
    for (int stage = 0; stage < Tile::kStages; ++stage) {
      int blocks = 1;  // that read what this block copies, itself included
      if (activation_loader(stage) == rank) blocks += kColumns - 1;
      if (weight_loader(stage) == rank) blocks += kRows - 1;
      barrier_init(full(stage), 1);
      barrier_init(empty(stage), kReaders * blocks);
    }
    for (int step = 0; step < kWeightSteps; ++step) barrier_init(kept(step), 1);
  }

  // Called by each reading warp when its products have read the stage.
  __device__ __forceinline__ void release(int stage, int lane) const {
    if (lane != 0) return;
    barrier_arrive(empty(stage));
    if (kColumns > 1) release_to(activation_loader(stage), stage);
    if (kRows > 1) release_to(weight_loader(stage), stage);
  }

 private:
  __device__ __forceinline__ void release_to(int loader, int stage) const {
    if (loader != rank) barrier_arrive_cluster_after_reads(empty(stage), loader);
  }
};

// The place of a step: its stage, and the parity of its full barrier's phase.
template <int kStages>
struct StepPlace {
  int stage;
  int parity;

  __device__ __forceinline__ static StepPlace of(int step) { return {step % kStages, step / kStages & 1}; }
  __device__ __forceinline__ void advance() {
    if (++stage == kStages) stage = 0, parity ^= 1;
  }
};

}  // namespace mc::hopper
