// The matrix product for few tokens, where latency is all: a block's whole slice of the weights lies in shared memory
// before the kernel ahead of it has ended.
//
//   y[m, n] = epilogue(sum over k of a[m, k] * w[n, k])        m < *token_count, n < N
//
//   using Kernel = mc::hopper::ResidentGemm<mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS4>,
//                                           mc::hopper::ResidentTile<16, 96, 3, 4, 4>, mc::RowScope::kCluster, 8,
//                                           mc::Epilogue<mc::DequantizeWithBias<>, mc::StoreF16>>;
//   extern "C" __global__ void __launch_bounds__(Kernel::kThreads, 1) NAME(const mc::GemmArguments arguments) {
//     Kernel::run(arguments);
//   }
//
// Launch: grid (N / kTileN, ceil(bucket tokens / kTileM), 1), kThreads threads, kSharedBytes of dynamic shared memory,
// with the programmatic attribute. With RowScope::kCluster the entry point carries
// __cluster_dims__(kClusterSize, 1, 1), gridDim.x is kClusterSize, and more than 8 blocks need the non-portable cluster
// size attribute.
//
// RowScope::kGrid needs all blocks on the chip at once: gridDim.x * gridDim.y at most the number of SMs.
//
// Activations, their scales and the residual are read before the token count is known, a tile's rows at a time, so
// gridDim.y * kTileM rows of them must exist in memory. What the rows beyond the tokens hold has no effect.
//
// Time after the former kernel's end, estimated for a 16 x 96 tile with K = 768 in cycles, of which an H100 has about
// 1.7 a nanosecond:
//
//   weights, column parameters, cluster barrier              0      in the shadow of the former kernel
//   activations, scales, residual, token count               600    one round trip to L2, all at once
//   products                                                 430    96 x 768 x 16 at 2700 multiply-adds a cycle
//   sums over K meet                                         100    two barriers, one pass through shared memory
//   layer norm                                               500    one exchange in the cluster (resident_view.cuh)
//   range of the row, codes                                  500    another one
//
// Dependents are released first of all: their blocks take what shared memory this kernel leaves on the SM and load
// their own weights, while everything that they read or overwrite waits for the end of this kernel.
//
//   shared_bytes = kTileN * K * weight_bits / 8
//                  + max(kTileM * (K * activation_bits / 8 + 16), (kWarpsK - 1) * kTileM * kTileN * 4)
//                  + 16 * kTileN + 4 * kTileM + (residual ? 2 * kTileM * (kTileN + 8) : 0)
//                  + (exchanges == 0 ? 0 : 32 + 8 * kTileM * exchanges * (row_warps + ranks))
//   exchanges    = layer norm + dynamic quantizer + code sums, 1 each
//   ranks        = row_scope == kCluster ? kClusterSize : 0
//   row_warps    = kWarpsN * kColumnOwners, the epilogue's warps that share a row (resident_tile.cuh)
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/resident_mainloop.cuh"
#include "mc/hopper/resident_parameters.cuh"
#include "mc/hopper/resident_view.cuh"

namespace mc::hopper {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, class Epilogue_>
struct ResidentGemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Loop = ResidentMainloop<Problem, Tile>;
  using Parameters = ResidentParameters<Problem, Tile, Epilogue>;
  using Needs = EpilogueNeeds<Epilogue>;
  using View = ResidentView<Problem, Tile, kScope_, kClusterSize_, Needs::kExchanges, Needs::kExchangedWords>;

  static constexpr int kThreads = Tile::kThreads;
  static constexpr bool kReadsWholeTiles = true;  // rows beyond the tokens are read as well
  static constexpr int kParametersOffset = Loop::kSharedBytes;
  static constexpr int kScratchOffset = kParametersOffset + Parameters::kSharedBytes;
  static constexpr int kSharedBytes = kScratchOffset + View::kScratchBytes;
  static_assert(kSharedBytes <= 227 * 1024, "the tile's weights do not fit in shared memory: take a narrower tile");

  __device__ __forceinline__ static void run(const GemmArguments& arguments) {
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const auto place = ResidentPlace<Tile>::current();

    dependency_release();
    const typename Loop::Pieces pieces(arguments, shared, place);
    const typename Parameters::RowPieces row_pieces(arguments, kParametersOffset, place);
    Loop::load_weights(arguments, shared, place);
    Parameters::load_columns(arguments, kParametersOffset, place);
    if constexpr (kScope_ == RowScope::kCluster) {
      if (threadIdx.x < 32) View::initialise(shared + kScratchOffset);
      ptx::cluster_meet();
    }

    dependency_wait();
    Parameters::load_rows(row_pieces);
    Loop::load_activations(pieces);
    const int tokens = *arguments.token_count;
    if (place.first_row >= tokens) {
      ptx::copy_async_wait<0>();
      return;
    }

    typename Loop::Result result;
    Loop::run(shared, place, result);
    if (!place.owns()) return;
    View view(place, arguments, tokens, kScratchOffset);
    Epilogue::run(view, result, Parameters::moved(arguments, kParametersOffset, place));
  }
};

}  // namespace mc::hopper
