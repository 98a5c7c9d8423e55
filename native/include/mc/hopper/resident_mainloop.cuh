// The sum over K of a tile whose weights lie in shared memory as a whole, packed as they are in device memory.
//
// Shared memory, from its start:
//   weights      [kTileN / 16][K / kBlockK][512 bytes]    the order of weight_layout.cuh
//   activations  [kTileM][kRowBytes + 16]                 the 16 spread the eight rows of an ldmatrix over all banks
//
// A warp multiplies every kWarpsK-th block of inputs. The kWarpsK sums of an output meet in shared memory, where the
// activations were: int32 sums are exact in any order, fp32 sums (FP16 activations) are added in the order of warp_k.
// Each warp writes the parts that others own as the 16 bytes a lane of the accumulators' layout, which has no bank
// conflicts, and reads those of its own.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/resident_tile.cuh"
#include "mc/ptx.cuh"
#include "mc/weight_fragment.cuh"
#include "mc/weight_layout.cuh"

namespace mc::hopper {

template <class Problem, class Tile>
struct ResidentMainloop {
  using Layout = WeightLayout<Problem::kActivation, Problem::kWeight, Problem::kN, Problem::kK>;
  using Fragment = WeightFragment<Problem::kActivation, Problem::kWeight>;
  using Product = typename Fragment::Product;
  using Sum = typename Product::Accumulator;
  using Place = ResidentPlace<Tile>;

  static constexpr int kSteps = Layout::kBlocksK / Tile::kWarpsK;  // of a warp, a block of weights along K each
  static constexpr int kChunkSteps = kSteps / Tile::kChunks;
  static constexpr int kSlabBytes = Layout::kBlocksK * Layout::kBlockBytes;  // 16 outputs
  static constexpr int kWeightBytes = Tile::kTileN / 16 * kSlabBytes;
  static constexpr int kRowStride = Problem::kRowBytes + 16;
  static constexpr int kActivationBytes = Tile::kTileM * kRowStride;
  static constexpr int kPartialBytes = (Tile::kWarpsK - 1) * Tile::kTileM * Tile::kTileN * 4;
  static constexpr int kSharedBytes =
      kWeightBytes + (kActivationBytes > kPartialBytes ? kActivationBytes : kPartialBytes);

  // Products that follow one another on one accumulator wait for each other. A warp with few accumulators keeps two
  // sets of them, one for even and one for odd steps of the tensor core.
  static constexpr int kSets =
      Tile::kBlocksM * Tile::kColumns <= 4 && kSteps * Fragment::kStepsPerBlock % 2 == 0 ? 2 : 1;

  static_assert(Problem::kGroup == 0 && !Problem::kRowSums, "weight groups and row sums are left to mc::Gemm");
  static_assert(Problem::kN % Tile::kTileN == 0, "tiles must divide N");
  static_assert(Problem::kK % Layout::kBlockK == 0, "blocks of weights must divide K");
  static_assert(Layout::kBlocksK % (Tile::kWarpsK * Tile::kChunks) == 0,
                "the blocks of weights along K must divide among kWarpsK warps and kChunks chunks");

  struct Result {
    Sum sums[Tile::kOwnedBlocksM][Tile::kOwnedColumns][4];  // as in Mainloop, rows and columns of ResidentPlace
  };

  // Starts the copies of all weights of the tile: one contiguous piece of memory.
  __device__ __forceinline__ static void load_weights(const GemmArguments& arguments, unsigned shared,
                                                      const Place& place) {
    const unsigned char* source = static_cast<const unsigned char*>(arguments.weights) +
                                  static_cast<long long>(place.first_column / 16) * kSlabBytes;
    copy<kWeightBytes / 16>([&](int index) { ptx::copy_async_16(shared + index * 16, source + index * 16, true); });
  }

  // The first 16 bytes that a thread copies of the activations. The others follow at distances known at compile time,
  // so nothing is left to compute when the tokens may be read.
  struct Pieces {
    static constexpr int kPieces = Problem::kRowBytes / Tile::kChunks / 16;  // of a row in a chunk
    static constexpr int kRowsAtATime = Tile::kThreads / kPieces;
    static_assert(kRowsAtATime >= 1, "a chunk of a row has at most kThreads pieces of 16 bytes: take more chunks");

    const unsigned char* source;
    unsigned target;
    int row;  // kTileM in threads that copy nothing

    __device__ __forceinline__ Pieces(const GemmArguments& arguments, unsigned shared, const Place& place) {
      const int thread = static_cast<int>(threadIdx.x), piece = thread % kPieces;
      row = thread < kRowsAtATime * kPieces ? thread / kPieces : Tile::kTileM;
      source = static_cast<const unsigned char*>(arguments.activations) +
               static_cast<long long>(place.first_row + row) * Problem::kRowBytes + piece * 16;
      target = shared + kWeightBytes + row * kRowStride + piece * 16;
      ptx::keep(source), ptx::keep(target), ptx::keep(row);
    }
  };

  // Starts the copies of the rows, kChunks groups. Rows beyond the tokens are copied like others: see
  // resident_gemm.cuh.
  __device__ __forceinline__ static void load_activations(const Pieces& pieces) {
#pragma unroll
    for (int chunk = 0; chunk < Tile::kChunks; ++chunk) {
      const int byte = chunk * Pieces::kPieces * 16;
#pragma unroll
      for (int first = 0; first < Tile::kTileM; first += Pieces::kRowsAtATime) {
        if (pieces.row >= Tile::kTileM - first) continue;
        ptx::copy_async_16(pieces.target + first * kRowStride + byte, pieces.source + first * Problem::kRowBytes + byte,
                           true);
      }
      ptx::copy_async_commit();
    }
  }

  // Needs both loads before it. Ends with a barrier of the block if kWarpsK > 1, and without one if not.
  __device__ __forceinline__ static void run(unsigned shared, const Place& place, Result& result) {
    Sum sums[kSets][Tile::kBlocksM][Tile::kColumns][4] = {};
    multiply_chunks<0>(shared, place, sums);
#pragma unroll
    for (int i = 0; i < Tile::kBlocksM; ++i) {
#pragma unroll
      for (int j = 0; j < Tile::kColumns; ++j) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          if constexpr (kSets == 2) sums[0][i][j][e] += sums[1][i][j][e];
          if constexpr (Fragment::kProductShift != 0) sums[0][i][j][e] >>= Fragment::kProductShift;
        }
      }
    }
    meet(place, sums[0], result);
  }

 private:
  // A lane's part of the operands of one step: a block of weights, and the activations that it meets.
  struct Operands {
    unsigned weights[Tile::kBlocksN][4];
    unsigned activations[Fragment::kStepsPerBlock][Tile::kBlocksM][4];
  };

  template <int kCopies, class Copy>
  __device__ __forceinline__ static void copy(Copy&& copy) {
#pragma unroll
    for (int first = 0; first < kCopies; first += Tile::kThreads) {
      const int index = first + static_cast<int>(threadIdx.x);
      if (kCopies % Tile::kThreads != 0 && index >= kCopies) break;
      copy(index);
    }
  }

  template <int kChunk, class Sums>
  __device__ __forceinline__ static void multiply_chunks(unsigned shared, const Place& place, Sums& sums) {
    ptx::copy_async_wait<Tile::kChunks - 1 - kChunk>();
    __syncthreads();
    Operands operands[2];
    load(shared, place, kChunk * kChunkSteps, operands[0]);
#pragma unroll
    for (int step = 0; step < kChunkSteps; ++step) {
      if (step + 1 < kChunkSteps) load(shared, place, kChunk * kChunkSteps + step + 1, operands[(step + 1) % 2]);
      multiply(operands[step % 2], step, sums);
    }
    if constexpr (kChunk + 1 < Tile::kChunks) multiply_chunks<kChunk + 1>(shared, place, sums);
  }

  __device__ __forceinline__ static void load(unsigned shared, const Place& place, int step, Operands& operands) {
    const int block = step * Tile::kWarpsK + place.warp_k;
    const unsigned weights =
        shared + place.warp_n * Tile::kBlocksN * kSlabBytes + block * Layout::kBlockBytes + place.lane * 16;
#pragma unroll
    for (int n = 0; n < Tile::kBlocksN; ++n) {
      const uint4 loaded = ptx::load_shared_16(weights + n * kSlabBytes);
      operands.weights[n][0] = loaded.x, operands.weights[n][1] = loaded.y;
      operands.weights[n][2] = loaded.z, operands.weights[n][3] = loaded.w;
    }
    // The row and the 16 bytes whose address this lane gives ldmatrix.
    const unsigned rows = shared + kWeightBytes + place.lane % 16 * kRowStride + place.lane / 16 * 16;
#pragma unroll
    for (int part = 0; part < Fragment::kStepsPerBlock; ++part) {
#pragma unroll
      for (int i = 0; i < Tile::kBlocksM; ++i) {
        ptx::load_matrix_x4(operands.activations[part][i],
                            rows + i * 16 * kRowStride + (block * Fragment::kStepsPerBlock + part) * 32);
      }
    }
  }

  template <class Sums>
  __device__ __forceinline__ static void multiply(const Operands& operands, int step, Sums& sums) {
#pragma unroll
    for (int part = 0; part < Fragment::kStepsPerBlock; ++part) {
      auto& set = sums[(step * Fragment::kStepsPerBlock + part) % kSets];
#pragma unroll
      for (int j = 0; j < Tile::kColumns; ++j) {
        unsigned b[2];
        Fragment::fragment(operands.weights[j / 2], j % 2, part, b);
#pragma unroll
        for (int i = 0; i < Tile::kBlocksM; ++i) Product::multiply_add(set[i][j], operands.activations[part][i], b);
      }
    }
  }

  struct alignas(16) Quad {
    Sum at[4];
  };

  // Partial sums in shared memory: [owner][kWarpsN][owned tile][other warp][32 lanes][16 bytes].
  __device__ __forceinline__ static Quad& slot(const Place& place, int owner, int tile, int other) {
    constexpr int kOwnedTiles = Tile::kOwnedBlocksM * Tile::kOwnedColumns;
    const int index = ((owner * Tile::kWarpsN + place.warp_n) * kOwnedTiles + tile) * (Tile::kWarpsK - 1) + other;
    return reinterpret_cast<Quad*>(ptx::dynamic_shared() + kWeightBytes)[index * 32 + place.lane];
  }

  template <class Sums>
  __device__ __forceinline__ static void meet(const Place& place, const Sums& sums, Result& result) {
    if constexpr (Tile::kWarpsK > 1) __syncthreads();  // every warp has read its activations
#pragma unroll
    for (int owner = 0; owner < Tile::kOwners; ++owner) {
      const int first_i = Tile::kRowOwners == 1 ? 0 : owner * Tile::kOwnedBlocksM;
      const int first_j = Tile::kColumnOwners == 1 ? 0 : owner * Tile::kOwnedColumns;
      const int other = place.warp_k < owner ? place.warp_k : place.warp_k - 1;
#pragma unroll
      for (int i = 0; i < Tile::kOwnedBlocksM; ++i) {
#pragma unroll
        for (int j = 0; j < Tile::kOwnedColumns; ++j) {
          const auto& tile = sums[first_i + i][first_j + j];
          if (place.warp_k == owner) {
#pragma unroll
            for (int e = 0; e < 4; ++e) result.sums[i][j][e] = tile[e];
          } else {
            slot(place, owner, i * Tile::kOwnedColumns + j, other) = {tile[0], tile[1], tile[2], tile[3]};
          }
        }
      }
    }
    if constexpr (Tile::kWarpsK > 1) {
      __syncthreads();
      if (place.owns()) add_others(place, result);
    }
  }

  __device__ __forceinline__ static void add_others(const Place& place, Result& result) {
#pragma unroll
    for (int i = 0; i < Tile::kOwnedBlocksM; ++i) {
#pragma unroll
      for (int j = 0; j < Tile::kOwnedColumns; ++j) {
#pragma unroll
        for (int other = 0; other < Tile::kWarpsK - 1; ++other) {
          const Quad loaded = slot(place, place.warp_k, i * Tile::kOwnedColumns + j, other);
#pragma unroll
          for (int e = 0; e < 4; ++e) result.sums[i][j][e] += loaded.at[e];
        }
      }
    }
  }
};

}  // namespace mc::hopper
