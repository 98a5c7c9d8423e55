// How a block of the split-K GEMM (split_k_gemm.cuh) divides its work.
#pragma once

#include "mc/hopper/operand_stages.cuh"
#include "mc/hopper/work.cuh"

namespace mc::hopper {

// A tile is 64 tokens x kN outputs. The kSplit blocks of a cluster multiply a kSplit-th of its inputs each; afterwards
// each owns the rows of as many of the four warps.
template <int kN_, int kSplit_>
struct SplitKTile {
  static constexpr int kM = 64;
  static constexpr int kN = kN_;
  static constexpr int kSplit = kSplit_;
  static constexpr int kThreads = kWarpGroup;
  static constexpr int kWarps = kWarpGroup / 32;
  static constexpr int kOwnedWarps = kWarps / kSplit;
  static_assert(kSplit == 2 || kSplit == 4, "each block owns the rows of one warp or two");
};

// Where a block stands: clusters take the column tiles of a row block one after another.
template <class Problem, class Tile>
struct SplitKPlace {
  static constexpr int kColumnTiles = Problem::kN / Tile::kN;
  static_assert(Problem::kN % Tile::kN == 0, "whole tiles");

  int part = ptx::cluster_rank();  // of the inputs
  TilePlace tile = {static_cast<int>(blockIdx.x) / Tile::kSplit / kColumnTiles * Tile::kM,
                    static_cast<int>(blockIdx.x) / Tile::kSplit % kColumnTiles * Tile::kN};
};

// The operands of a block's part in shared memory: each step of 128 bytes of K has a place and a barrier of its own, so
// that all of them are on their way at once. Offers Products what Pipeline does.
template <class Problem, class Tile>
struct SplitKOperands {
  using Weights = WeightTiles<Problem::kWeight, Problem::kN, Problem::kK>;
  static constexpr int kSteps = Weights::kSteps / Tile::kSplit;
  static_assert(Weights::kSteps % Tile::kSplit == 0, "the parts have equally many steps");
  // The part, as the product of one warp group sees it.
  using Block = WgmmaTile<Tile::kM, Tile::kN, kSteps, Schedule::kPingPong>;
  using OfPart = GemmProblem<Problem::kN, kSteps * Block::kStepBytes * 8 / bits_of(Problem::kActivation),
                             Problem::kActivation, Problem::kWeight>;

  static constexpr int kActivationBytes = Tile::kM * Block::kStepBytes;
  static constexpr int kStepBytes = kActivationBytes + Block::kWeightBytes;
  static constexpr int kBarriersAt = kSteps * kStepBytes;
  static constexpr int kBytes = kBarriersAt + kSteps * kBarrierBytes;

  unsigned shared;

  __device__ __forceinline__ unsigned activations(int step) const { return shared + step * kStepBytes; }
  __device__ __forceinline__ unsigned weights(int, int step) const { return activations(step) + kActivationBytes; }
  __device__ __forceinline__ unsigned full(int step) const { return shared + kBarriersAt + step * kBarrierBytes; }
  __device__ __forceinline__ unsigned kept(int step) const { return full(step); }
  __device__ __forceinline__ void release(int, int) const {}  // nothing is filled twice

  // The following by one thread.
  __device__ __forceinline__ void init() const {
    for (int step = 0; step < kSteps; ++step) barrier_init(full(step), 1);
  }

  __device__ __forceinline__ void load_weights(const GemmArguments& arguments,
                                               const SplitKPlace<Problem, Tile>& place) const {
    const unsigned char* source = static_cast<const unsigned char*>(arguments.linear.weights) +
                                  (static_cast<long long>(place.part) * kSteps * Weights::kRows +
                                   place.tile.first_column) * Block::kStepBytes;
    for (int step = 0; step < kSteps; ++step) {
      barrier_expect(full(step), Block::kWeightBytes);
      load_bulk(weights(step, step), source + static_cast<long long>(step) * Weights::kRows * Block::kStepBytes,
                Block::kWeightBytes, full(step));
    }
  }

  // Rows from the bucket's end on, and inputs from K on, become zero.
  __device__ __forceinline__ void load_activations(const GemmArguments& arguments,
                                                   const SplitKPlace<Problem, Tile>& place) const {
    for (int step = 0; step < kSteps; ++step) {
      barrier_arrive_expect(full(step), kActivationBytes);
      load_tile_2d(activations(step), &arguments.activations, (place.part * kSteps + step) * Block::kStepBytes,
                   place.tile.first_row, full(step));
    }
  }

  // Instead of load_activations(): a block may not leave before what it has asked for has come.
  __device__ __forceinline__ void await_weights() const {
    for (int step = 0; step < kSteps; ++step) {
      barrier_arrive(full(step));
      barrier_wait(full(step), 0);
    }
  }
};

}  // namespace mc::hopper
