// What an epilogue reads per column, per row and per value, copied to shared memory by the warp group that needs it,
// while its tile is multiplied. From device memory each of the steps would wait for the L2, a dozen times a tile: blocks
// that meet (rendezvous.cuh) throw away what the L1 holds.
//
// The steps read as always. They receive a copy of the arguments whose pointers lead to shared memory, moved back by the
// tile's first column or row. What is not named here is read from where it was.
//
//   weight_scale, bias, gamma, beta   [kN], 4 bytes each (FP16 gamma and beta use half)
//   activation_scale                  [kGroupM], 4 bytes each
//   residual                          [kGroupM][kN] FP16, if there is one, in the order of residual_index; beside
//                                     stationary weights alone, because stages of both operands need the room more
#pragma once

#include "mc/hopper/epilogue_needs.cuh"
#include "mc/hopper/wgmma_tile.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// Where 8 neighbouring numbers of the residual begin: piece 0 are columns 0 to 7 of the row. A quad reads 4 pieces of a
// row in one access, and two quads neighbouring rows, which must lie in different banks.
template <int kN>
__device__ __forceinline__ int residual_index(int row, int piece) {
  return row * kN + 8 * (kN % 64 == 0 ? piece ^ row % 2 * 4 : piece);
}

template <class Problem, class Tile, class Epilogue>
struct TileParameters {
  using Needs = EpilogueNeeds<Epilogue>;
  static constexpr bool kWeightScale = !is_float(Problem::kWeight);
  static constexpr bool kTokenScale = Needs::kTokenScale && !is_float(Problem::kActivation);
  static constexpr bool kResidual = Needs::kResidual && Tile::kStationary;
  static constexpr int kVectorBytes = 4 * Tile::kN;
  static constexpr int kTokenScaleAt = 4 * kVectorBytes;
  static constexpr int kResidualAt = kTokenScaleAt + 4 * Tile::kGroupM;
  static constexpr int kBytes = kResidualAt + (kResidual ? 2 * Tile::kGroupM * Tile::kN : 0);
  static_assert(Tile::kGroupM <= kWarpGroup, "a thread copies one token scale");

  // Starts the copies. offset: of the warp group's part of dynamic shared memory. first_row, first_column: of the warp
  // group in the output. Called by the whole warp group, when all of it has read what lay there.
  __device__ __forceinline__ static void load(const mc::GemmArguments& arguments, int offset, int first_row,
                                              int first_column, int tokens) {
    const int thread = static_cast<int>(threadIdx.x) % kWarpGroup;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared()) + offset;
    if constexpr (kWeightScale) load_vector<4>(shared, arguments.weight_scale, first_column, thread);
    if constexpr (Needs::kBias) load_vector<4>(shared + kVectorBytes, arguments.bias, first_column, thread);
    if constexpr (Needs::kNormBytes != 0) {
      load_vector<Needs::kNormBytes>(shared + 2 * kVectorBytes, arguments.gamma, first_column, thread);
      load_vector<Needs::kNormBytes>(shared + 3 * kVectorBytes, arguments.beta, first_column, thread);
    }
    if (kTokenScale && thread < Tile::kGroupM) {
      const int row = ::min(first_row + thread, tokens - 1);
      ptx::copy_async_4(shared + kTokenScaleAt + 4 * thread, arguments.activation_scale + row);
    }
    if constexpr (kResidual) load_residual(arguments, shared + kResidualAt, first_row, first_column, tokens);
    ptx::copy_async_commit();
  }

  // Waits for the copies of the whole warp group. barrier: a named one of its own.
  __device__ __forceinline__ static void wait(int barrier) {
    ptx::copy_async_wait<0>();
    named_barrier_wait(barrier, kWarpGroup);
  }

  // The arguments of the epilogue's steps.
  __device__ __forceinline__ static mc::GemmArguments moved(const mc::GemmArguments& arguments, int offset,
                                                            int first_row, int first_column) {
    mc::GemmArguments result = arguments;
    const unsigned char* shared = ptx::dynamic_shared() + offset;
    const auto floats = [&](int at) { return reinterpret_cast<const float*>(shared + at); };
    if constexpr (kWeightScale) result.weight_scale = floats(0) - first_column;
    if constexpr (Needs::kBias) result.bias = floats(kVectorBytes) - first_column;
    if constexpr (Needs::kNormBytes != 0) {
      result.gamma = shared + 2 * kVectorBytes - Needs::kNormBytes * first_column;
      result.beta = shared + 3 * kVectorBytes - Needs::kNormBytes * first_column;
    }
    if constexpr (kTokenScale) result.activation_scale = floats(kTokenScaleAt) - first_row;
    // The view knows the tile's rows and columns.
    if constexpr (kResidual) result.residual = reinterpret_cast<const Half*>(shared + kResidualAt);
    return result;
  }

 private:
  // Elements from first_column on, as far as the matrix and the tile go.
  template <int kElementBytes>
  __device__ __forceinline__ static void load_vector(unsigned target, const void* source, int first_column,
                                                     int thread) {
    constexpr int kPieces = Tile::kN * kElementBytes / 16;
    static_assert(kPieces <= kWarpGroup && Problem::kN * kElementBytes % 16 == 0, "a thread copies 16 bytes");
    const int byte = first_column * kElementBytes + 16 * thread;
    if (thread < kPieces && byte < Problem::kN * kElementBytes) {
      ptx::copy_async_16(target + 16 * thread, static_cast<const unsigned char*>(source) + byte, true);
    }
  }

  __device__ __forceinline__ static void load_residual(const mc::GemmArguments& arguments, unsigned target,
                                                       int first_row, int first_column, int tokens) {
    constexpr int kPieces = Tile::kN / 8;  // of a row, 16 bytes each
#pragma unroll
    for (int first = 0; first < Tile::kGroupM * kPieces; first += kWarpGroup) {
      const int index = first + static_cast<int>(threadIdx.x) % kWarpGroup;
      if (Tile::kGroupM * kPieces % kWarpGroup != 0 && index >= Tile::kGroupM * kPieces) break;
      const int row = index / kPieces, piece = index % kPieces;
      const int output_row = first_row + row, column = first_column + 8 * piece;
      const bool valid = output_row < tokens && (Problem::kN % Tile::kN == 0 || column < Problem::kN);
      const long long element = valid ? static_cast<long long>(output_row) * Problem::kN + column : 0;
      ptx::copy_async_16(target + 2 * residual_index<Tile::kN>(row, piece), arguments.residual + element, valid);
    }
  }
};

}  // namespace mc::hopper
