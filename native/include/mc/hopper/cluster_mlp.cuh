// Both products of an MLP for few tokens in one kernel: a cluster has kTileM tokens, and what is between the products
// never leaves its blocks.
//
//   h = act(a * W_in^T), quantized by rows        y = epilogue(h * W_out^T)        m < *token_count
//
//   using In = mc::GemmProblem<3072, 768, mc::Operand::kS8, mc::Operand::kS4>;
//   using Out = mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS4>;
//   using Kernel = mc::hopper::ClusterMlp<
//       In, mc::hopper::ResidentTile<16, 192, 3, 4, 1>, mc::QuantFormat<4, 8, false>, Out,
//       mc::hopper::SplitTile<Out, 16, 1, 16, 12, 1, 3>, mc::Epilogue<mc::Dequantize<>, mc::Bias, ...>,
//       mc::Dequantize<>, mc::Bias, mc::Gelu<mc::GeluForm::kErf>>;        the steps between the products
//   extern "C" __global__ void __cluster_dims__(Kernel::kClusterSize, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const mc::hopper::MlpArguments arguments) { Kernel::run(arguments); }
//
// Launch: grid (kClusterSize, ceil(bucket tokens / kTileM), 1), kThreads threads, kSharedBytes of dynamic shared memory,
// with the programmatic attribute; more than 8 blocks need the non-portable cluster size attribute.
//
// A block computes N / kClusterSize outputs of the first product from all inputs. They are its inputs of the second one,
// of which it computes sums of all outputs, so only two messages leave it:
//
//   the largest |h| of its part of each row, to all blocks: then each quantizes its own values (resident_view.cuh)
//   its sums of each row, to the block that owns the row and finishes it alone (split_sums.cuh)
//
// Rows beyond the tokens: see resident_gemm.cuh.
//
// Shared memory:
//   W_in's part            ResidentMainloop's order
//   a, then partial sums   that of the first mainloop; the sums that arrive take their place: no block sends any before
//                          all have sent their ranges, with which they have left the first product
//   parameters of the first product, scratch of its view
//   W_out's part, codes    ResidentMainloop's order
//   parameters of the second product, scratch of its view, barriers
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/keep_codes.cuh"
#include "mc/hopper/resident_parameters.cuh"
#include "mc/hopper/resident_view.cuh"
#include "mc/hopper/split_parameters.cuh"
#include "mc/hopper/split_sums.cuh"
#include "mc/hopper/split_view.cuh"

namespace mc::hopper {

// Those of both products, as mc::Gemm would take them. What would lie between them in memory is null: in.quantized but
// its clip, out.activations and their scale.
struct MlpArguments {
  mc::GemmArguments in;   // 0
  mc::GemmArguments out;  // 176
};
static_assert(sizeof(MlpArguments) == 352, "layout is shared with the host");

template <class In_, class InTile_, class Format, class Out_, class OutTile_, class Epilogue_, class... InSteps>
struct ClusterMlp {
  using In = In_;
  using InTile = InTile_;
  using Problem = Out_;
  using Tile = OutTile_;
  using InLoop = ResidentMainloop<In, InTile>;
  using OutLoop = ResidentMainloop<typename Tile::Part, typename Tile::Block>;
  using InEpilogue = mc::Epilogue<InSteps..., KeepCodes<Format, OutLoop::kRowStride>>;
  using Epilogue = Epilogue_;
  using InParameters = ResidentParameters<In, InTile, InEpilogue>;
  using Parameters = SplitParameters<Tile, Epilogue>;
  using InView = ResidentView<In, InTile, RowScope::kCluster, Tile::kRanks, EpilogueNeeds<InEpilogue>::kExchanges>;
  using View = SplitView<Tile, EpilogueNeeds<Epilogue>::kExchanges>;
  using Sums = SplitSums<Tile, Format::kBits>;
  using Owner = SplitOwner<Tile, Sums>;

  static constexpr int kThreads = Tile::kThreads;
  static constexpr int kClusterSize = Tile::kRanks;
  static constexpr bool kReadsWholeTiles = true;  // rows beyond the tokens are read as well

  static constexpr int kSumsOffset = InLoop::kWeightBytes;
  static constexpr int kMeetingBytes = InLoop::kSharedBytes - InLoop::kWeightBytes;
  static constexpr int kInParametersOffset =
      kSumsOffset + (kMeetingBytes > Sums::kSharedBytes ? kMeetingBytes : Sums::kSharedBytes);
  static constexpr int kInScratchOffset = kInParametersOffset + InParameters::kSharedBytes;
  static constexpr int kOutOffset = kInScratchOffset + InView::kScratchBytes;
  static constexpr int kCodesOffset = kOutOffset + OutLoop::kWeightBytes;
  static constexpr int kParametersOffset = kOutOffset + OutLoop::kSharedBytes;
  static constexpr int kScalesOffset = kParametersOffset + Parameters::kScalesOffset;
  static constexpr int kScratchOffset = kParametersOffset + Parameters::kSharedBytes;
  static constexpr int kBarriersOffset = kScratchOffset + View::kScratchBytes;
  static constexpr int kSharedBytes = kBarriersOffset + 32;
  static_assert(kSharedBytes <= 227 * 1024, "the parts of both weights do not fit in shared memory");
  static_assert(Tile::kSplitN == 1 && InTile::kTileN * kClusterSize == In::kN && In::kN == Problem::kK,
                "a block's outputs of the first product are its inputs of the second one");
  static_assert(InTile::kThreads == kThreads && InTile::kTileM == Tile::kTileM, "both products have the same threads");
  static_assert(InTile::kEpilogueThreads == kThreads, "every warp owns a part of the first product's tile");
  static_assert(Tile::Block::kOwners == 1, "sums over K meet in shared memory in the first product alone");

  __device__ __forceinline__ static void run(const MlpArguments& arguments) {
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const unsigned in_weights = shared + kBarriersOffset, out_weights = in_weights + kBarrierBytes;
    const unsigned arrived = out_weights + kBarrierBytes;
    const auto place = SplitPlace<Tile>::current();
    const auto in_place = ResidentPlace<InTile>::current();

    dependency_release();
    if (threadIdx.x == 0) {
      barrier_init(in_weights, 1), barrier_init(out_weights, 1), barrier_init(arrived, 1);
      InView::initialise(shared + kInScratchOffset);  // with the fence of all
      barrier_arrive_expect(arrived, Sums::kSharedBytes);
      load_weights(arguments, shared, place, in_weights, out_weights);
    }
    const typename InLoop::Pieces pieces(arguments.in, shared, in_place);
    const typename InParameters::RowPieces row_pieces(arguments.in, kInParametersOffset, in_place);
    Owner owner(arguments.out, place, in_place.first_row);
    InParameters::load_columns(arguments.in, kInParametersOffset, in_place);
    Parameters::load_columns(arguments.out, kParametersOffset);
    ptx::cluster_meet();

    dependency_wait();
    InParameters::load_rows(row_pieces);
    InLoop::load_activations(pieces);
    if (owner.owns()) owner.load_residual();
    const int tokens = *arguments.in.token_count;
    barrier_wait(in_weights, 0);
    if (in_place.first_row >= tokens) {
      barrier_wait(out_weights, 0);
      ptx::copy_async_wait<0>();
      return;
    }

    typename InLoop::Result hidden;
    InLoop::run(shared, in_place, hidden);
    InView in_view(in_place, arguments.in, tokens, kInScratchOffset);
    InEpilogue::run(in_view, hidden, kept(arguments.in, in_place));

    barrier_wait(out_weights, 0);
    auto out_place = ResidentPlace<typename Tile::Block>::current();
    out_place.first_column = 0;
    typename OutLoop::Result of_part;
    OutLoop::run(shared + kOutOffset, out_place, of_part);  // begins with a barrier: all codes are there
    Sums::send(place, out_place, of_part, shared + kSumsOffset, arrived);
    if (!owner.owns()) return;

    barrier_wait(arrived, 0);
    typename Sums::Result sums;
    Sums::add(ptx::dynamic_shared() + kSumsOffset, owner.slot, owner.row_thread, sums);
    View view(tokens, owner.row, owner.column, kScratchOffset, owner.residual);
    Epilogue::run(view, sums, Parameters::moved(arguments.out, kParametersOffset, in_place.first_row));
  }

 private:
  // By one thread. The first product's part is one piece of memory, the second one's a piece of each 16 outputs.
  __device__ __forceinline__ static void load_weights(const MlpArguments& arguments, unsigned shared,
                                                      const SplitPlace<Tile>& place, unsigned in_bar,
                                                      unsigned out_bar) {
    using Whole = WeightLayout<Problem::kActivation, Problem::kWeight, Problem::kN, Problem::kK>;
    constexpr int kWholeSlabBytes = Whole::kBlocksK * Whole::kBlockBytes;
    barrier_arrive_expect(in_bar, InLoop::kWeightBytes);
    load_bulk(shared, static_cast<const unsigned char*>(arguments.in.weights) + place.rank * InLoop::kWeightBytes,
              InLoop::kWeightBytes, in_bar);
    barrier_arrive_expect(out_bar, OutLoop::kWeightBytes);
    const unsigned char* source =
        static_cast<const unsigned char*>(arguments.out.weights) + place.rank * OutLoop::kSlabBytes;
#pragma unroll 1
    for (int slab = 0; slab < Problem::kN / 16; ++slab) {
      load_bulk(shared + kOutOffset + slab * OutLoop::kSlabBytes, source + slab * kWholeSlabBytes, OutLoop::kSlabBytes,
                out_bar);
    }
  }

  // The arguments of the first product's epilogue: its codes stay here.
  __device__ __forceinline__ static GemmArguments kept(const GemmArguments& arguments,
                                                       const ResidentPlace<InTile>& place) {
    GemmArguments result = InParameters::moved(arguments, kInParametersOffset, place);
    result.quantized.codes = ptx::dynamic_shared() + kCodesOffset;
    result.quantized.scale = reinterpret_cast<float*>(ptx::dynamic_shared() + kScalesOffset);
    return result;
  }
};

}  // namespace mc::hopper
