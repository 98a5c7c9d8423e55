// The matrix product on sm_90a for few row blocks, with K divided among the blocks of a cluster:
//
//   y[m, n] = epilogue(sum over k of a[m, k] * w[n, k])        m < *token_count, n < N
//
//   using Kernel = mc::hopper::SplitKGemm<mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS8>,
//                                         mc::hopper::SplitKTile<64, 4>, mc::RowScope::kGrid, Epilogue>;
//   extern "C" __global__ void __cluster_dims__(Kernel::kClusterSize, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const __grid_constant__ mc::hopper::GemmArguments arguments) { Kernel::run(arguments); }
//
// Where there are fewer tiles than multiprocessors, a long K takes as long as one of them needs to read a tile's
// operands (gemm.cuh: 24 blocks and 7.0 us for 128 tokens, 768 outputs and 3072 inputs; divided in two, 5.5). Here
// kSplit of them share a tile. Each sends its sums of a row to the block that owns the row, which finishes it; the
// tiles of a row meet through device memory as in gemm.cuh (RowScope::kGrid).
//
// Launch: grid (kClusterSize * N / kN * ceil(bucket tokens / 64), 1, 1), kThreads threads, kSharedBytes of dynamic
// shared memory, with the programmatic attribute. RowScope::kGrid waits for other blocks: all must fit the chip at once.
//
//   shared_bytes = operands + 16 * kN + 256 + (kSplit - 1) * 4 / kSplit * 64 * kN
//   operands     = steps * (128 * (64 + kN) + 8) + 8, in whole 16 bytes
//   steps        = ceil(bytes of K of a row of weights / 128) / kSplit
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/cluster.cuh"
#include "mc/hopper/expecting_barrier.cuh"
#include "mc/hopper/gemm_arguments.cuh"
#include "mc/hopper/output_view.cuh"
#include "mc/hopper/products.cuh"
#include "mc/hopper/split_k_sums.cuh"
#include "mc/hopper/split_k_tile.cuh"
#include "mc/hopper/tile_parameters.cuh"

namespace mc::hopper {

template <class Problem_, class Tile_, RowScope kScope_, class Epilogue_>
struct SplitKGemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Arguments = GemmArguments;
  using Place = SplitKPlace<Problem, Tile>;
  using Operands = SplitKOperands<Problem, Tile>;
  using Block = typename Operands::Block;
  using Products = hopper::Products<typename Operands::OfPart, Block, Work<Problem, Block, RowScope::kPartial, 1>>;
  using Sums = SplitKSums<Tile>;
  using Parameters = TileParameters<Problem, Block, Epilogue>;
  using Needs = EpilogueNeeds<Epilogue>;
  using View = OutputView<Problem, Block, kScope_, 1, Needs::kExchangedWords, Needs::kExchanges>;
  static constexpr RowScope kScope = kScope_;
  static constexpr int kClusterSize = Tile::kSplit;
  static_assert(kScope == RowScope::kPartial || kScope == RowScope::kGrid, "rows are shared by the grid, if at all");

  static constexpr int kThreads = Tile::kThreads;
  static constexpr int kArrivedAt = Operands::kBytes;
  static constexpr int kParametersAt = (kArrivedAt + kBarrierBytes + 15) / 16 * 16;
  static constexpr int kSumsAt = kParametersAt + Parameters::kBytes;
  static constexpr int kSharedBytes = kSumsAt + Sums::kBytes;
  static_assert(kSharedBytes <= 227 * 1024, "a part of K does not fit in shared memory: split it further");

  __device__ __forceinline__ static void run(const GemmArguments& arguments) {
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const unsigned arrived = shared + kArrivedAt;
    const Operands operands = {shared};
    const Place place;
    const bool first_thread = threadIdx.x == 0;
    dependency_release();
    if (threadIdx.x < 32) {
      if (first_thread) operands.init();
      barrier_init_expecting(arrived, Sums::kBytes);
      if (first_thread) operands.load_weights(arguments, place);
    }
    cluster_arrive();
    Parameters::load_columns(arguments.linear, kParametersAt, place.tile.first_column);

    dependency_wait();
    const int tokens = *arguments.linear.token_count;
    if (place.tile.first_row >= tokens) {
      if (first_thread) operands.await_weights();
      ptx::copy_async_wait<0>();
      cluster_wait();
      return;
    }
    if (first_thread) operands.load_activations(arguments, place);
    Parameters::load_rows(arguments.linear, kParametersAt, place.tile.first_row, tokens);
    cluster_wait();

    const int lane = static_cast<int>(threadIdx.x) % 32, warp = uniform(static_cast<int>(threadIdx.x) / 32);
    typename Products::Result result;
    Products::run(operands, 0, lane, 0, result, [] {});
    Parameters::wait(1);
    if (!Sums::owns(place.part, warp)) {
      Sums::send(result.sums[0], place.part, warp, lane, shared + kSumsAt, arrived);
      return;
    }
    barrier_wait(arrived, 0);
    Sums::add(ptx::dynamic_shared() + kSumsAt, warp, lane, result.sums[0]);
    typename View::Exchange none(0, 0);
    View view(place.tile, 0, tokens, none, arguments.linear);
    Epilogue::run(view, result,
                  Parameters::moved(arguments.linear, kParametersAt, place.tile.first_row, place.tile.first_column));
  }
};

}  // namespace mc::hopper
