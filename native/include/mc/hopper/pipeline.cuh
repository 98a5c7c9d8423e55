// The stages of a block's pipeline in shared memory, between the warp that copies and the warp groups that compute.
//
// Step i of all the steps that a block computes, tile after tile, uses stage i % kStages. Its full barrier counts the
// bytes of both operands; its empty barrier counts the warps that have read it.
//
// In a cluster one operand is the same for all blocks (the activations along N, the weights along M). The block of rank
// stage % kClusterSize copies it to all of them, once the warps of all blocks have read the stage.
//
// Stationary weights lie behind the stages, the kWeightSteps steps of K one after another; each has a barrier that counts
// its bytes once.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/wgmma_tile.cuh"

namespace mc::hopper {

// kSteps: of K.
template <class Tile, int kClusterSize, int kSteps>
struct Pipeline {
  static constexpr int kWeightSteps = Tile::kStationary ? kSteps : 0;
  static constexpr int kReaders = 4 * Tile::kGroupsOfTile;  // warps that read a stage
  static constexpr int kWeightsAt = Tile::kStages * Tile::kStageBytes;
  static constexpr int kBarriersAt = kWeightsAt + kWeightSteps * Tile::kWeightBytes;
  static constexpr int kBarriers = 2 * Tile::kStages + (kWeightSteps + 1) / 2 * 2;  // in whole 16 bytes
  static constexpr int kEnd = kBarriersAt + kBarriers * kBarrierBytes;              // in shared memory

  unsigned shared;
  int rank;

  __device__ __forceinline__ unsigned activations(int stage) const { return shared + stage * Tile::kStageBytes; }
  __device__ __forceinline__ unsigned weights(int step, int stage) const {
    return Tile::kStationary ? shared + kWeightsAt + step * Tile::kWeightBytes
                             : activations(stage) + Tile::kActivationBytes;
  }
  __device__ __forceinline__ unsigned full(int stage) const { return shared + kBarriersAt + stage * kBarrierBytes; }
  __device__ __forceinline__ unsigned empty(int stage) const { return full(stage) + Tile::kStages * kBarrierBytes; }
  // Of a step of the stationary weights.
  __device__ __forceinline__ unsigned kept(int step) const {
    return shared + kBarriersAt + (2 * Tile::kStages + step) * kBarrierBytes;
  }
  __device__ __forceinline__ static int loader(int stage) { return stage % kClusterSize; }

  __device__ __forceinline__ void init() const {
    for (int stage = 0; stage < Tile::kStages; ++stage) {
      barrier_init(full(stage), 1);
      barrier_init(empty(stage), loader(stage) == rank ? kReaders * kClusterSize : kReaders);
    }
    for (int step = 0; step < kWeightSteps; ++step) barrier_init(kept(step), 1);
  }

  // Called by each reading warp when its products have read the stage.
  __device__ __forceinline__ void release(int stage, int lane) const {
    if (lane != 0) return;
    barrier_arrive(empty(stage));
    if (kClusterSize > 1 && loader(stage) != rank) barrier_arrive_cluster_after_reads(empty(stage), loader(stage));
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
