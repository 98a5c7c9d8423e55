// Linear layers with 2:4 sparse weights, for many tokens:
//
//   y[m, n] = epilogue(sum over k of a[m, k] * w[n, k])        m < *token_count, n < N
//
//   using Kernel = mc::hopper::SparseGemm<mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS8>,
//                                         mc::hopper::SparseTile<192, 1, 2, 5>, mc::RowScope::kPartial, 2,
//                                         mc::Epilogue<mc::DequantizeWithBias<>, mc::StoreF16>>;
//   extern "C" __global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//       NAME(const __grid_constant__ mc::hopper::GemmArguments arguments) { Kernel::run(arguments); }
//
// The sparse operand of a product can only be its first, so outputs are the product's rows and tokens its columns. A
// warp group computes 128 outputs x kTokens tokens, and kGroups of them, a team, a tile. Two teams take turns: one
// multiplies while the other is in the epilogue of its tile. One more thread fetches both operands, in pieces of 128
// inputs, of which kStages are in shared memory. Blocks of a cluster compute neighbouring outputs of the same tokens:
// each fetches its share of the tokens for all. Where weights are stationary a block keeps those of its outputs, and
// stages hold tokens alone.
//
// The multiprocessor's instruction cache holds about 32 KB, so the epilogue of a tile is a loop over parts of its
// tokens.
//
// Launch: a grid of whole clusters along x, at least N / (kTileN * kClusterSize) of them and with RowScope::kGrid at
// most as many as the chip holds at once; they take up tiles in the order of tokens. kThreads threads, kSharedBytes of
// dynamic shared memory. Weights: sparse_weights.cuh. The map's box has kBoxRows rows.
//
//   pieces       = ceil(K / 128)
//   shared_bytes = kStages * (128 * kTokens + (stationary ? 0 : 10240 * kGroups) + 16)
//                  + (stationary ? pieces * 10240 * kGroups + 8 * (pieces rounded up to an even number) : 0)
//                  + kTeams * team_bytes
//   team_bytes   = 8 * (kTokens + 512 * kGroups) + TransposedScratch::kBytes
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/hopper/gemm_arguments.cuh"
#include "mc/hopper/sparse_tile.cuh"
#include "mc/hopper/sparse_weights.cuh"
#include "mc/hopper/sparse_wgmma.cuh"
#include "mc/hopper/transposed_parameters.cuh"
#include "mc/hopper/transposed_slice.cuh"
#include "mc/hopper/transposed_view.cuh"

namespace mc::hopper {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, class Epilogue_>
struct SparseGemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Weights = SparseWeights<Problem::kN, Problem::kK>;
  using Product = SparseWgmma<Tile::kTokens, Problem::kWeight, Problem::kActivation>;
  static constexpr int kPart = Tile::kPart;
  using Needs = EpilogueNeeds<Epilogue>;
  using View =
      TransposedView<Problem, kPart, Tile::kGroups, kScope_, kClusterSize_, Needs::kExchangedWords, Needs::kExchanges>;
  using Slice = TransposedSlice<Problem, Tile::kGroups>;
  using Parameters = TransposedParameters<Problem, Epilogue, Tile::kTokens, 128 * Tile::kGroups>;

  // Epilogues that need no whole rows run in slices of 8 tokens.
  static constexpr bool kSliced = kScope_ == RowScope::kPartial;
  static constexpr int kClusterSize = kClusterSize_;
  static constexpr int kTileM = Tile::kTokens, kTileN = 128 * Tile::kGroups;
  static constexpr int kThreads = Tile::kThreads;
  // Tiles along N, and groups of them that a cluster takes up together.
  static constexpr int kTilesN = Weights::kPiecesN / Tile::kGroups, kGroupsN = kTilesN / kClusterSize;
  // The rows of activations that a block fetches: its share, where that is whole swizzled groups.
  static constexpr int kSharers = kTileM % (8 * kClusterSize) == 0 ? kClusterSize : 1;
  static constexpr int kBoxRows = kTileM / kSharers;

  static constexpr int kTokenBytes = kTileM * 128;
  static constexpr int kWeightBytes = Tile::kGroups * Weights::kPieceBytes;
  static constexpr int kStageBytes = kTokenBytes + (Tile::kStationary ? 0 : kWeightBytes);
  // Pieces of stationary weights follow the stages.
  static constexpr int kKeptPieces = Tile::kStationary ? Weights::kPiecesK : 0;
  static constexpr int kKeptAt = Tile::kStages * kStageBytes;
  static constexpr int kScratch = kKeptAt + kKeptPieces * kWeightBytes;
  // A team's part: parameters of two tiles, then what is exchanged about rows.
  static constexpr int kExchangeAt = 2 * Parameters::kBytes;
  static constexpr int kTeamBytes = kExchangeAt + View::Scratch::kBytes;
  // Barriers of the stages: the operands are there, and all have read them. One of each piece of stationary weights.
  static constexpr int kFull = kScratch + Tile::kTeams * kTeamBytes;
  static constexpr int kEmpty = kFull + Tile::kStages * kBarrierBytes;
  static constexpr int kKept = kEmpty + Tile::kStages * kBarrierBytes;
  static constexpr int kSharedBytes = kKept + (kKeptPieces + 1) / 2 * 2 * kBarrierBytes;

  static_assert(bits_of(Problem::kActivation) == 8 && Problem::kWeight == Operand::kS8 && Problem::kGroup == 0,
                "sparse products are of codes in 8-bit containers, weights symmetric and scaled by rows");
  static_assert(Weights::kPiecesN % (Tile::kGroups * kClusterSize) == 0, "clusters must span whole outputs");
  static_assert(kStageBytes % kSwizzleBytes == 0 && kTokenBytes % kSwizzleBytes == 0,
                "tiles are aligned to 1024 bytes");
  static_assert(kSharedBytes <= 227 * 1024, "a block has at most 227 KiB of shared memory");

  __device__ __forceinline__ static void run(const GemmArguments& arguments) {
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const int thread = static_cast<int>(threadIdx.x);
    const int rank = kClusterSize == 1 ? 0 : ptx::cluster_rank();
    if (thread == 0) {
      for (int stage = 0; stage < Tile::kStages; ++stage) {
        barrier_init(shared + kFull + stage * kBarrierBytes, 1);
        barrier_init(shared + kEmpty + stage * kBarrierBytes, kSharers * Tile::kGroups * kWarpGroup);
      }
      for (int piece = 0; piece < kKeptPieces; ++piece) barrier_init(shared + kKept + piece * kBarrierBytes, 1);
      for (int team = 0; team < Tile::kTeams; ++team) View::init_barriers(shared + scratch(team) + kExchangeAt);
      barrier_init_fence();
      prefetch_map(&arguments.activations);
    }
    meet();
    const int group = uniform(thread / kWarpGroup);
    if (group == Tile::kConsumers) {
      if constexpr (Tile::kConsumers > 1) registers_shrink<Tile::kProducerRegisters>();
      if (uniform(thread / 32) == Tile::kConsumers * kWarpGroup / 32) fetch(arguments, shared, rank);
    } else {
      if constexpr (Tile::kConsumers > 1) registers_grow<Tile::kConsumerRegisters>();
      consume(arguments, shared, group, rank);
    }
    if constexpr (kClusterSize > 1) ptx::cluster_barrier();  // others may still send to this block
  }

 private:
  static constexpr int kTeamThreads = Tile::kGroups * kWarpGroup;

  __device__ __forceinline__ static constexpr int scratch(int team) { return kScratch + team * kTeamBytes; }

  // Walks the stages round and round. `parity` is that of the current round.
  struct Place {
    int stage = 0, parity = 0;
    __device__ __forceinline__ void advance() {
      if (++stage == Tile::kStages) stage = 0, parity ^= 1;
    }
    // Past a tile of the other team.
    __device__ __forceinline__ void skip_tile() {
      stage += Weights::kPiecesK;
      parity ^= stage / Tile::kStages & 1;
      stage %= Tile::kStages;
    }
  };

  // The right to multiply goes from team to team. Without it a team would take a stage's former round for its own.
  __device__ __forceinline__ static void await_turn(int team) {
    if constexpr (Tile::kTeams > 1) named_barrier_wait(kTurnBarrier + team, 2 * kTeamThreads);
  }
  __device__ __forceinline__ static void give_turn(int team) {
    if constexpr (Tile::kTeams > 1) named_barrier_arrive(kTurnBarrier + team, 2 * kTeamThreads);
  }

  __device__ __forceinline__ static void meet() {
    if constexpr (kClusterSize > 1) {
      ptx::cluster_barrier();
    } else {
      __syncthreads();
    }
  }

  // Tiles of a cluster. Beside stationary weights the step is a whole number of the groups along N, so that a cluster
  // stays with one, and clusters beyond the step have no tile.
  __device__ __forceinline__ static int first_tile() { return static_cast<int>(blockIdx.x) / kClusterSize; }
  __device__ __forceinline__ static int tile_step() {
    const int clusters = static_cast<int>(gridDim.x) / kClusterSize;
    return Tile::kStationary ? clusters / kGroupsN * kGroupsN : clusters;
  }
  __device__ __forceinline__ static int last_tile(int tokens) {
    return Tile::kStationary && first_tile() >= tile_step() ? 0 : (tokens + kTileM - 1) / kTileM * kGroupsN;
  }

  // One warp, of which one thread copies: elected, so that the compiler knows the operands of copies to be uniform.
  __device__ __forceinline__ static void fetch(const GemmArguments& arguments, unsigned shared, int rank) {
    const unsigned char* weights = static_cast<const unsigned char*>(arguments.linear.weights);
    if (Tile::kStationary && elect_one()) {  // depends on no earlier kernel
      const int kept_n = (first_tile() % kGroupsN * kClusterSize + rank) * Tile::kGroups;
      for (int piece = 0; piece < kKeptPieces; ++piece) {
        const unsigned kept = shared + kKept + piece * kBarrierBytes;
        barrier_arrive_expect(kept, kWeightBytes);
        load_bulk(shared + kKeptAt + piece * kWeightBytes, weights + Weights::piece(kept_n, piece), kWeightBytes, kept);
      }
    }
    dependency_wait();
    const int tiles = last_tile(uniform(*arguments.linear.token_count));
    if (elect_one()) fetch_tiles(arguments, shared, rank, tiles);
    // A block without a tile may not leave before its weights have landed.
    for (int piece = 0; piece < kKeptPieces; ++piece) barrier_wait(shared + kKept + piece * kBarrierBytes, 0);
  }

  __device__ __forceinline__ static void fetch_tiles(const GemmArguments& arguments, unsigned shared, int rank,
                                                     int tiles) {
    const unsigned char* weights = static_cast<const unsigned char*>(arguments.linear.weights);
    Place place;
    for (int tile = first_tile(); tile < tiles; tile += tile_step()) {
      const int row = tile / kGroupsN * kTileM + (kSharers == 1 ? 0 : rank * kBoxRows);
      const int piece_n = (tile % kGroupsN * kClusterSize + rank) * Tile::kGroups;
#pragma unroll 1
      for (int k = 0; k < Weights::kPiecesK; ++k, place.advance()) {
        const unsigned full = shared + kFull + place.stage * kBarrierBytes;
        const unsigned stage = shared + place.stage * kStageBytes;
        barrier_wait(shared + kEmpty + place.stage * kBarrierBytes, place.parity ^ 1);
        barrier_arrive_expect(full, kStageBytes);
        if constexpr (!Tile::kStationary) {
          load_bulk(stage + kTokenBytes, weights + Weights::piece(piece_n, k), kWeightBytes, full);
        }
        if constexpr (kSharers == 1) {
          load_tile_2d(stage, &arguments.activations, k * 128, row, full);
        } else {
          load_tile_2d_multicast(stage + rank * kBoxRows * 128, &arguments.activations, k * 128, row, full,
                                 static_cast<unsigned short>((1 << kClusterSize) - 1));
        }
      }
    }
  }

  __device__ __forceinline__ static void consume(const GemmArguments& arguments, unsigned shared, int group, int rank) {
    const int team = group / Tile::kGroups, thread = static_cast<int>(threadIdx.x) % kTeamThreads;
    group %= Tile::kGroups;
    dependency_wait();
    const int tokens = uniform(*arguments.linear.token_count), tiles = last_tile(tokens);
    View view(arguments.linear, team, thread, rank, scratch(team) + kExchangeAt);
    Place place;
    if (team == 1) {
      give_turn(0);
      place.skip_tile();
    }
    int buffer = 0;
#pragma unroll 1
    for (int tile = first_tile() + team * tile_step(); tile < tiles; tile += Tile::kTeams * tile_step()) {
      const int tile_m = tile / kGroupsN, tile_n = tile % kGroupsN * kClusterSize + rank;
      const int first_token = tile_m * kTileM, first_output = tile_n * kTileN;
      // Two buffers, because a warp that is late may still read the former tile's.
      const int parameters = scratch(team) + buffer * Parameters::kBytes;
      buffer ^= 1;
      Parameters::load(arguments.linear, parameters, thread, tokens, first_token, first_output);
      typename Product::Sums sums[2];
      multiply(shared, team, group, tokens, tile < Tile::kTeams * tile_step(), place, sums);
      if (tile + tile_step() >= tiles) dependency_release();
      Parameters::wait();
      named_barrier_wait(kTeamBarrier + team, kTeamThreads);
      const mc::GemmArguments moved = Parameters::moved(arguments.linear, parameters, first_token, first_output);
#pragma unroll 1
      for (int part = 0; part < kTileM / kPart && first_token + part * kPart < tokens; ++part) {
        const int token = first_token + part * kPart;
        if constexpr (kSliced) {
          run_slices(moved, thread, tokens, token, first_output, sums);
        } else {
          view.select(tokens, tile_m * (kTileM / kPart) + part, tile_n);
          Result result;
          view.pair_lanes(sums, result);
          Epilogue::run(view, result, moved);
        }
        to_next_part(sums);
      }
    }
  }

  // Registers cannot be indexed: the sums of the next part move to where those of this one were.
  __device__ __forceinline__ static void to_next_part(typename Product::Sums (&sums)[2]) {
    constexpr int kSlices = kTileM / 8, kOfPart = kPart / 8;
#pragma unroll
    for (int block = 0; block < 2; ++block) {
#pragma unroll
      for (int i = 0; i + kOfPart < kSlices; ++i) {
#pragma unroll
        for (int e = 0; e < 4; ++e) sums[block][i][e] = sums[block][i + kOfPart][e];
      }
    }
  }

  // first_token: of the part.
  __device__ __forceinline__ static void run_slices(const mc::GemmArguments& arguments, int thread, int tokens,
                                                    int first_token, int first_output,
                                                    const typename Product::Sums (&sums)[2]) {
#pragma unroll
    for (int token = 0; token < kPart; token += Slice::kTokens) {
      Slice slice(thread, tokens, first_token + token, first_output);
      Epilogue::run(slice, Slice::slice(sums, token / Slice::kTokens), arguments);
    }
  }

  struct Result {
    int sums[View::kRows / 2 + View::kRows % 2][View::kColumns][4];
  };

  // Pieces of a run, whose code is unrolled: few, because the epilogue's code needs the instruction cache too.
  static constexpr int kRun = [] {
    int pieces = Weights::kPiecesK <= 6 ? Weights::kPiecesK : 4;
    while (Weights::kPiecesK % pieces != 0) --pieces;
    return pieces;
  }();

  __device__ __forceinline__ static void clear(typename Product::Sums (&sums)[2]) {
#pragma unroll
    for (int i = 0; i < kTileM / 8; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[0][i][e] = sums[1][i][e] = 0;
    }
  }

  // The sums of one tile, when it is the team's turn: both blocks of 64 outputs of the warp group. is_first: tile of
  // the team. Runs of pieces are unrolled.
  __device__ __forceinline__ static void multiply(unsigned shared, int team, int group, int tokens, bool is_first,
                                                  Place& place, typename Product::Sums (&sums)[2]) {
    // In a loop of runs all add, so that one code does for all.
    if constexpr (kRun != Weights::kPiecesK) clear(sums);
    await_turn(team);
#pragma unroll 1
    for (int first = 0; first < Weights::kPiecesK; first += kRun) {
      multiply_run(shared, team, group, tokens, is_first, first, place, sums);
    }
    if constexpr (Tile::kTeams > 1) place.skip_tile();
  }

  // Products of a piece are started while those of the piece before still run, so pieces have their metadata in two
  // sets of registers by turns. In a loop the compiler might move them between registers meanwhile: hence the end of
  // all products at the end of a run. When the last product of the tile has been started, the turn passes on.
  __device__ __forceinline__ static void multiply_run(unsigned shared, int team, int group, int tokens, bool is_first,
                                                      int first_piece, Place& place,
                                                      typename Product::Sums (&sums)[2]) {
    SparseMetadata metadata[2];
    int stage_before = 0;
    wgmma_hold(sums);
#pragma unroll
    for (int k = 0; k < kRun; ++k) {
      const int piece = first_piece + k;
      if (Tile::kStationary && is_first) barrier_wait(shared + kKept + piece * kBarrierBytes, 0);
      start(shared, group, place, piece, k > 0 || kRun != Weights::kPiecesK, metadata[k % 2], sums);
      if (k > 0) {
        wgmma_wait<1>();
        sparse_hold(metadata[1 - k % 2], tokens);
        release(shared, stage_before);
      }
      stage_before = place.stage;
      place.advance();
    }
    if (first_piece + kRun == Weights::kPiecesK) give_turn(1 - team);
    wgmma_wait<0>();
    wgmma_hold(sums);
    sparse_hold(metadata[1 - kRun % 2], tokens);
    release(shared, stage_before);
  }

  // Starts the products of a piece when it is there. add: to what sums hold; else they begin anew.
  __device__ __forceinline__ static void start(unsigned shared, int group, const Place& place, int piece, bool add,
                                               SparseMetadata& metadata, typename Product::Sums (&sums)[2]) {
    const unsigned stage = shared + place.stage * kStageBytes;
    const unsigned weights = (Tile::kStationary ? shared + kKeptAt + piece * kWeightBytes : stage + kTokenBytes) +
                             group * Weights::kPieceBytes;
    barrier_wait(shared + kFull + place.stage * kBarrierBytes, place.parity);
    metadata.words = ptx::load_shared_16(weights + Weights::kValueBytes + threadIdx.x % kWarpGroup * 16);
    const unsigned long long a = core_matrix_descriptor(weights), b = k_major_descriptor(stage);
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < 2; ++step) {
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        Product::multiply(sums[block], a + (block * 2 + step) * (Weights::kStepBytes >> 4), metadata.of(block, step),
                          b + step * 4, add || step > 0);
      }
    }
    wgmma_commit();
  }

  // This thread has read the stage, as the products of its warp group have: tells all blocks that write to it. One lane
  // for a warp would be no faster.
  __device__ __forceinline__ static void release(unsigned shared, int stage) {
    const unsigned empty = shared + kEmpty + stage * kBarrierBytes;
    if constexpr (kSharers == 1) {
      barrier_arrive(empty);
    } else {
#pragma unroll
      for (int rank = 0; rank < kSharers; ++rank) barrier_arrive_cluster_after_reads(empty, rank);
    }
  }
};

}  // namespace mc::hopper
