// The matrix product for many tokens on sm_90a:
//
//   y[m, n] = epilogue(sum over k of a[m, k] * w[n, k])        m < *token_count, n < N
//
//   using Kernel = mc::hopper::Gemm<mc::GemmProblem<3072, 768, mc::Operand::kS8, mc::Operand::kS8>,
//                                   mc::hopper::WgmmaTile<128, 128, 6, mc::hopper::Schedule::kPingPong>,
//                                   mc::RowScope::kGrid, 1, Epilogue>;
//   extern "C" __global__ void __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const __grid_constant__ mc::hopper::GemmArguments arguments) {
//     Kernel::run(arguments);
//   }
//
// Blocks are persistent. Two or four warp groups multiply tiles and run the epilogue; the last warps copy operands to
// shared memory.
// Operands have one byte or FP16 each; int4 codes are widened to bytes at load. Groups of weights are not offered.
//
// Launch: grid (clusters * kClusterSize, 1, 1), kThreads threads, kSharedBytes of dynamic shared memory, clusters of
// kClusterSize blocks (__cluster_dims__), more than 8 with the non-portable attribute. Units of work (work.cuh):
//
//   row_groups = ceil(bucket tokens / (kM * (row_scope == kCluster ? 1 : kClusterSize)))
//   units      = row_groups * (row_scope == kCluster ? 1 : ceil(N / kN))
//   clusters   = min(units, clusters that fit the chip at once: SMs / kClusterSize, fewer where its parts are odd)
//
// RowScope::kGrid waits for other blocks, so no more clusters may be launched than fit the chip, nor (where there are
// more units than clusters) fewer than the column tiles, or half of them unless the schedule is kCooperative.
//
//   shared_bytes = kStages * (kM + kN) * 128 + 16 * kStages
//                  + (row_scope == kCluster ? kGroups * (16 * kClusterSize * kGroupM + 16) : 0)
//   kGroups      = schedule == kPairs ? 4 : 2
//   kGroupM      = kM / (schedule == kPingPong ? 1 : 2)
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/output_view.cuh"
#include "mc/hopper/producer.cuh"
#include "mc/hopper/products.cuh"

namespace mc::hopper {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, class Epilogue_>
struct Gemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Arguments = GemmArguments;
  using Work = hopper::Work<Problem, Tile, kScope_, kClusterSize_>;
  using Pipeline = hopper::Pipeline<Tile, kClusterSize_>;
  using View = OutputView<Problem, Tile, kScope_, kClusterSize_>;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;

  static constexpr int kThreads = Tile::kThreads;
  static constexpr int kExchangeAt = Pipeline::kEnd;
  static constexpr int kExchangeBytes = kScope == RowScope::kCluster ? Tile::kGroups * View::Exchange::kBytes : 0;
  static constexpr int kSharedBytes = kExchangeAt + kExchangeBytes;
  static_assert(kSharedBytes <= 227 * 1024, "a block has at most 227 KiB of shared memory");
  static_assert(Problem::kGroup == 0, "weight groups stay with mc::Gemm");
  static_assert(bits_of(Problem::kActivation) == bits_of(Problem::kWeight) && bits_of(Problem::kWeight) >= 8,
                "operands are bytes or FP16; int4 codes are widened at load");

  __device__ __forceinline__ static void run(const GemmArguments& arguments) {
    const Work work;
    const Pipeline pipeline = {ptx::shared_address(ptx::dynamic_shared()), work.rank};
    const int group = uniform(static_cast<int>(threadIdx.x) / kWarpGroup);
    if (threadIdx.x == 0) {
      pipeline.init();
      if constexpr (kScope == RowScope::kCluster) {
        for (int i = 0; i < Tile::kGroups; ++i) exchange(i, work.rank).init();
      }
      barrier_init_fence();
    }
    if constexpr (kClusterSize > 1) {
      ptx::cluster_barrier();
    } else {
      __syncthreads();
    }
    if (group == Tile::kGroups) {
      registers_shrink<Tile::kProducerRegisters>();
      if (threadIdx.x == Tile::kComputingThreads) {
        Producer<Problem, Tile, kScope, kClusterSize>::run(arguments, pipeline, work);
      }
    } else {
      registers_grow<Tile::kConsumerRegisters>();
      consume(arguments, pipeline, work, group);
    }
    // A block may not leave while others of the cluster can still reach its shared memory.
    if constexpr (kClusterSize > 1) ptx::cluster_barrier();
  }

 private:
  using Products = hopper::Products<Problem, Tile, kClusterSize>;

  __device__ __forceinline__ static typename View::Exchange exchange(int group, int rank) {
    return {kExchangeAt + group * View::Exchange::kBytes, rank};
  }

  __device__ __forceinline__ static void consume(const GemmArguments& arguments, const Pipeline& pipeline,
                                                 const Work& work, int group) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int team = group / Tile::kGroupsOfTile;
    const int first_row = group % Tile::kGroupsOfTile * Tile::kGroupM;
    typename View::Exchange of_group = exchange(group, work.rank);
    dependency_wait();
    const int tokens = *arguments.linear.token_count;
    const int tiles = work.tiles(tokens);
#pragma unroll 1
    for (int tile = team; tile < tiles; tile += Tile::kTeams) {
      const TilePlace place = work.place(tile);
      typename Products::Result result;
      if (kTurns && tile > 0) named_barrier_wait(turn(team), Tile::kGroups * kWarpGroup);
      Products::run(pipeline, first_row, lane, Products::Step::of(tile * Products::Weights::kSteps), result, [&] {
        if (kTurns && tile + 1 < tiles) named_barrier_arrive(turn(1 - team), Tile::kGroups * kWarpGroup);
      });
      // The second of two row blocks of a cluster may lie beyond the tokens.
      if (!Work::kAlongN && kClusterSize > 1 && place.first_row >= tokens) continue;
      View view(place, group, tokens, of_group, arguments.linear);
      Epilogue::run(view, result, arguments.linear);
    }
  }

  static constexpr bool kTurns = Tile::kTeams > 1;
  // Named barrier at which a team waits for its turn at the tensor cores. 1 to kGroups are those of the view.
  __device__ __forceinline__ static int turn(int team) { return 1 + Tile::kGroups + team; }
};

}  // namespace mc::hopper
