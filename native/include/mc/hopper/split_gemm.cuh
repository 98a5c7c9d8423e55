// The matrix product for few tokens whose epilogue needs whole rows, with K divided among the blocks of a cluster.
//
//   y[m, n] = epilogue(sum over k of a[m, k] * w[n, k])        m < *token_count, n < N
//
//   using Problem = mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS4>;
//   using Kernel = mc::hopper::SplitGemm<Problem, mc::hopper::SplitTile<Problem, 16, 2, 8, 12, 1, 6>,
//                                        mc::hopper::ValuesOfRows<mc::QuantFormat<4, 8, false>, 64>,
//                                        mc::Epilogue<mc::DequantizeWithBias<>, ...>>;
//   extern "C" __global__ void __cluster_dims__(Kernel::kClusterSize, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const mc::GemmArguments arguments) { Kernel::run(arguments); }
//
// Launch: grid (kClusterSize, ceil(bucket tokens / kTileM), 1), kThreads threads, kSharedBytes of dynamic shared
// memory, with the programmatic attribute; 16 blocks need the non-portable cluster size attribute.
//
// Each block multiplies a part of the inputs with a part of the outputs (split_tile.cuh) and sends its sums to the
// blocks that own their rows (split_sums.cuh). From then on a row is one block's affair, so layer norm and a dynamic
// quantizer cost a barrier of the block each. With whole inputs in a block (resident_gemm.cuh) both cost an exchange in
// the cluster, and long rows take one block long.
//
// Rows beyond the tokens: see resident_gemm.cuh.
//
//   shared_bytes = weights, activations as ResidentMainloop of a part
//                  + 8 N + 2 N norm_bytes + 8 kTileM        split_parameters.cuh
//                  + owned_rows * kSplitK * N / 2 * (narrow ? 4 : 8)
//                  + scratch of the view + 16
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/epilogue_needs.cuh"
#include "mc/hopper/expecting_barrier.cuh"
#include "mc/hopper/split_activations.cuh"
#include "mc/hopper/split_parameters.cuh"
#include "mc/hopper/split_sums.cuh"
#include "mc/hopper/split_view.cuh"

namespace mc::hopper {

template <class Problem_, class Tile_, class Source, class Epilogue_>
struct SplitGemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Needs = EpilogueNeeds<Epilogue>;
  using Loop = ResidentMainloop<typename Tile::Part, typename Tile::Block>;
  using Reader = typename Source::template Reader<Tile>;
  using Sums = SplitSums<Tile, Source::kCodeBits>;
  using View = SplitView<Tile, Needs::kExchanges>;
  using Parameters = SplitParameters<Tile, Epilogue>;
  using Owner = SplitOwner<Tile, Sums>;

  static constexpr int kThreads = Tile::kThreads;
  static constexpr int kClusterSize = Tile::kRanks;
  static constexpr bool kReadsWholeTiles = true;

  static constexpr int kParametersOffset = Loop::kSharedBytes;
  static constexpr int kScalesOffset = kParametersOffset + Parameters::kScalesOffset;
  static constexpr int kSumsOffset = kParametersOffset + Parameters::kSharedBytes;
  static constexpr int kScratchOffset = kSumsOffset + Sums::kSharedBytes;
  static constexpr int kBarrierOffset = kScratchOffset + View::kScratchBytes;
  static constexpr int kSharedBytes = kBarrierOffset + 16;
  static_assert(kSharedBytes <= 227 * 1024,
                "a part of the weights does not fit in shared memory: split K or N further");

  __device__ __forceinline__ static void run(const GemmArguments& arguments) {
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const unsigned arrived = shared + kBarrierOffset;
    const auto place = SplitPlace<Tile>::current();
    const auto in_product = place.in_product();
    dependency_release();
    Reader reader(arguments, place, in_product.first_row, Loop::kWeightBytes, kScalesOffset);
    Owner owner(arguments, place, in_product.first_row);
    load_weights(arguments, shared, place);
    Parameters::load_columns(arguments, kParametersOffset);
    if (threadIdx.x < 32) barrier_init_expecting(arrived, Sums::kSharedBytes);
    ptx::cluster_meet();

    dependency_wait();
    reader.start();
    ptx::copy_async_commit();
    if (Needs::kResidual && owner.owns()) owner.load_residual();
    const int tokens = *arguments.token_count;
    if (in_product.first_row >= tokens) {
      ptx::copy_async_wait<0>();
      return;
    }
    reader.finish(ptx::dynamic_shared() + kScalesOffset);

    typename Loop::Result of_part;
    Loop::run(shared, in_product, of_part);
    if (in_product.owns()) Sums::send(place, in_product, of_part, shared + kSumsOffset, arrived);
    if (!owner.owns()) return;

    barrier_wait(arrived, 0);
    typename Sums::Result sums;
    Sums::add(ptx::dynamic_shared() + kSumsOffset, owner.slot, owner.row_thread, sums);
    View view(tokens, owner.row, owner.column, kScratchOffset, owner.residual);
    Epilogue::run(view, sums, Parameters::moved(arguments, kParametersOffset, in_product.first_row));
  }

 private:
  // The block's part: of each 16 outputs one contiguous piece, in the order that ResidentMainloop expects.
  __device__ __forceinline__ static void load_weights(const GemmArguments& arguments, unsigned shared,
                                                      const SplitPlace<Tile>& place) {
    using Whole = WeightLayout<Problem::kActivation, Problem::kWeight, Problem::kN, Problem::kK>;
    constexpr int kSlabPieces = Loop::kSlabBytes / 16, kPieces = Loop::kWeightBytes / 16;
    constexpr int kWholeSlabBytes = Whole::kBlocksK * Whole::kBlockBytes;
    const unsigned char* source = static_cast<const unsigned char*>(arguments.weights) +
                                  place.part_n * (Tile::Part::kN / 16) * kWholeSlabBytes +
                                  place.part_k * Loop::kSlabBytes;
#pragma unroll 4
    for (int index = static_cast<int>(threadIdx.x); index < kPieces; index += kThreads) {
      ptx::copy_async_16(shared + index * 16, source + index / kSlabPieces * kWholeSlabBytes + index % kSlabPieces * 16,
                         true);
    }
  }
};

}  // namespace mc::hopper
