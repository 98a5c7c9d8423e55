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
// Blocks are persistent. Two to four warp groups multiply tiles and run the epilogue; the last warps copy operands to
// shared memory. Operands have one byte or FP16 each, and signed int4 activations may be packed (Operand::kS4 with
// weights of kS8); int4 weights are widened to bytes at load. Groups of weights are not offered.
//
// Launch: grid (clusters * kClusterSize, 1, 1), kThreads threads, kSharedBytes of dynamic shared memory, clusters of
// kClusterSize blocks (__cluster_dims__), more than 8 with the non-portable attribute. Units of work (work.cuh):
//
//   cluster    = row_blocks x column_blocks, ranks row by row
//                column_blocks = row_scope == kCluster ? ceil(N / kN) : stationary ? kClusterSize : 1
//   units      = ceil(bucket tokens / (kM * row_blocks)) * ceil(N / kN) / column_blocks
//   clusters   = min(units, clusters that fit the chip at once: SMs / kClusterSize, fewer where its parts are odd)
//
// Stationary weights need a cluster for each kClusterSize column tiles. RowScope::kGrid waits for other blocks, so no
// more clusters may be launched than fit the chip, nor (where there are more units than clusters) fewer than the column
// tiles, or half of them unless the schedule is kCooperative.
//
//   shared_bytes = kStages * (row * kM + (stationary ? 0 : 128 * kN) + 16) + (stationary ? weights : 0)
//                  + kGroups * (parameters + exchange)
//   row          = 128, of packed activations 64
//   weights      = steps * 128 * kN + 8 * (steps rounded up to an even number)
//   steps        = ceil(bytes of K of a row of weights / 128)
//   parameters   = 16 * kN + 4 * kGroupM
//   exchange     = row_scope == kCluster ? 8 * words * column_blocks * kGroupM + 16 : 0
//   words        = 2 with layer norm or a dynamic asymmetric quantizer, else 1
//   kGroups      = 2 for kCooperative and kPingPong, 3 for kThrees, 4 for kPairs and kFours
//   kGroupM      = kM / 2 for kCooperative and kPairs, else kM
//
// Packed activations need a multiple of 32 inputs, kStages that divide the steps, an even number of blocks of 64 rows
// in a warp group's stages, two computing warp groups, and weights that are not stationary.
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/output_view.cuh"
#include "mc/hopper/packed_products.cuh"
#include "mc/hopper/producer.cuh"
#include "mc/hopper/tile_parameters.cuh"

namespace mc::hopper {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, class Epilogue_>
struct Gemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Arguments = GemmArguments;
  using Work = hopper::Work<Problem, Tile, kScope_, kClusterSize_>;
  using Products = hopper::Products<Problem, Tile, Work>;
  using Pipeline = typename Products::Pipeline;
  using Parameters = TileParameters<Problem, Tile, Epilogue>;
  using Needs = EpilogueNeeds<Epilogue>;
  using View = OutputView<Problem, Tile, kScope_, Work::kClusterColumns, Needs::kExchangedWords, Needs::kExchanges>;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = kClusterSize_;

  static constexpr int kThreads = Tile::kThreads;
  static constexpr int kParametersAt = Pipeline::kEnd;
  static constexpr int kExchangeAt = kParametersAt + Tile::kGroups * Parameters::kBytes;
  static constexpr int kExchangeBytes = kScope == RowScope::kCluster ? Tile::kGroups * View::Exchange::kBytes : 0;
  static constexpr int kSharedBytes = kExchangeAt + kExchangeBytes;
  static_assert(kSharedBytes <= 227 * 1024, "a block has at most 227 KiB of shared memory");
  static_assert(Problem::kGroup == 0, "weight groups stay with mc::Gemm");
  static_assert(bits_of(Problem::kWeight) >= 8, "weights are bytes or FP16; int4 codes are widened at load");

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
      if (uniform(static_cast<int>(threadIdx.x) / 32) == Tile::kComputingThreads / 32 && elect_one()) {
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
  __device__ __forceinline__ static typename View::Exchange exchange(int group, int rank) {
    return {kExchangeAt + group * View::Exchange::kBytes, rank};
  }

  __device__ __forceinline__ static void consume(const GemmArguments& arguments, const Pipeline& pipeline,
                                                 const Work& work, int group) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int team = group / Tile::kGroupsOfTile;
    const int first_row = group % Tile::kGroupsOfTile * Tile::kGroupM;
    const int barrier = 1 + group, parameters = kParametersAt + group * Parameters::kBytes;
    typename View::Exchange of_group = exchange(group, work.rank);
    dependency_wait();
    const int tokens = *arguments.linear.token_count;
    const int tiles = work.tiles(tokens);
    if (Tile::kStationary) Parameters::load_columns(arguments.linear, parameters, work.place(0, 1).first_column);
#pragma unroll 1
    for (int tile = team; tile < tiles; tile += Tile::kTeams) {
      const TilePlace place = work.place(tile, tiles);
      // The last of a cluster's row blocks may lie beyond the tokens.
      const bool beyond = Work::kClusterRows > 1 && place.first_row >= tokens;
      if (!beyond) {
        named_barrier_wait(barrier, kWarpGroup);  // all have read the parameters of the last tile
        if (!Tile::kStationary) Parameters::load_columns(arguments.linear, parameters, place.first_column);
        // The first tiles do without: where there are no others, the batch is small, and its residual still in the L2.
        if (Needs::kResidual && tile >= Tile::kTeams) prefetch_residual(arguments.linear, place, first_row, tokens);
        Parameters::load_rows(arguments.linear, parameters, place.first_row + first_row, tokens);
      }
      if (kTurns && tile > 0) named_barrier_wait(turn(team), kTurnThreads);
      typename Products::Result result;
      Products::run(pipeline, first_row, lane, tile * Products::Weights::kSteps, result, [&] {
        if (kTurns && tile + 1 < tiles) named_barrier_arrive(turn((team + 1) % Tile::kTeams), kTurnThreads);
      });
      if (beyond) continue;
      Parameters::wait(barrier);
      View view(place, group, tokens, of_group, arguments.linear);
      Epilogue::run(view, result,
                    Parameters::moved(arguments.linear, parameters, place.first_row + first_row, place.first_column));
    }
  }

  // Has the L2 fetch the residual of a warp group's part of a tile while that is multiplied.
  __device__ __forceinline__ static void prefetch_residual(const mc::GemmArguments& arguments, const TilePlace& place,
                                                           int first_row, int tokens) {
    constexpr int kLine = 64;  // numbers
    constexpr int kLines = (Tile::kN + kLine - 1) / kLine;
    const int thread = static_cast<int>(threadIdx.x) % kWarpGroup;
#pragma unroll
    for (int first = 0; first < Tile::kGroupM * kLines; first += kWarpGroup) {
      const int index = first + thread;
      const int row = place.first_row + first_row + index / kLines;
      const int column = place.first_column + index % kLines * kLine;
      if (index >= Tile::kGroupM * kLines || row >= tokens || column >= Problem::kN) continue;
      ptx::prefetch_l2(arguments.residual + (static_cast<long long>(row) * Problem::kN + column));
    }
  }

  static constexpr bool kTurns = Tile::kTeams > 1;
  static constexpr int kTurnThreads = 2 * Tile::kGroupsOfTile * kWarpGroup;  // of a team and of the one before it
  // Named barrier at which a team waits for its turn at the tensor cores. 1 to kGroups are those of the view.
  __device__ __forceinline__ static int turn(int team) { return 1 + Tile::kGroups + team; }
};

}  // namespace mc::hopper
