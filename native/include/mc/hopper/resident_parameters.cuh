// What an epilogue reads per column, per row and per value, copied to shared memory with the operands, so that no step
// waits for device memory: weight scales, biases and layer norm's vectors with the weights, activation scales and the
// residual with the tokens.
//
// The steps read them as always. They receive a copy of the arguments whose pointers lead to shared memory, moved back
// by the tile's first column or row. What is not named here is read from where it was.
//
//   weight_scale, bias, gamma, beta   [kTileN], 4 bytes each (FP16 gamma and beta use half)
//   activation_scale                  [kTileM], 4 bytes each
//   residual                          [kTileM][kTileN + 8] FP16, if there is one; the 8 spread rows over all banks
#pragma once

#include "mc/hopper/epilogue_needs.cuh"
#include "mc/hopper/resident_tile.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

template <class Problem, class Tile, class Epilogue>
struct ResidentParameters {
  using Needs = EpilogueNeeds<Epilogue>;
  using Place = ResidentPlace<Tile>;
  static constexpr bool kWeightScale = !is_float(Problem::kWeight);
  static constexpr bool kTokenScale = Needs::kTokenScale && !is_float(Problem::kActivation);
  static constexpr int kVectorBytes = 4 * Tile::kTileN;
  static constexpr int kResidualOffset = 4 * kVectorBytes + 4 * Tile::kTileM;
  static constexpr int kResidualStride = 2 * (Tile::kTileN + 8);
  static constexpr int kSharedBytes = kResidualOffset + (Needs::kResidual ? Tile::kTileM * kResidualStride : 0);

  // Starts the copies of what belongs to the weights. offset: in dynamic shared memory. They and those of load_rows
  // join the next group of copies that is committed.
  __device__ __forceinline__ static void load_columns(const GemmArguments& arguments, int offset, const Place& place) {
    if constexpr (kWeightScale) load<4 * Tile::kTileN>(offset, arguments.weight_scale + place.first_column);
    if constexpr (Needs::kBias) load<4 * Tile::kTileN>(offset + kVectorBytes, arguments.bias + place.first_column);
    if constexpr (Needs::kNormBytes != 0) {
      constexpr int kBytes = Needs::kNormBytes;
      load<kBytes * Tile::kTileN>(offset + 2 * kVectorBytes, byte(arguments.gamma, kBytes * place.first_column));
      load<kBytes * Tile::kTileN>(offset + 3 * kVectorBytes, byte(arguments.beta, kBytes * place.first_column));
    }
  }

  // Where a thread's copies of what earlier kernels write begin, computed ahead like ResidentMainloop::Pieces.
  struct RowPieces {
    static constexpr int kPieces = Tile::kTileN / 8;  // of 16 bytes, in a row of the residual
    static constexpr int kRowsAtATime = Tile::kThreads / kPieces;
    static_assert(kRowsAtATime >= 1, "a row of the residual has at most kThreads pieces");

    const unsigned char* scale;
    const unsigned char* residual;
    unsigned scale_target, residual_target;
    int row;  // of the residual; kTileM in threads that copy nothing

    __device__ __forceinline__ RowPieces(const GemmArguments& arguments, int offset, const Place& place) {
      const int thread = static_cast<int>(threadIdx.x), piece = thread % kPieces;
      const unsigned shared = ptx::shared_address(ptx::dynamic_shared()) + offset;
      row = thread < kRowsAtATime * kPieces ? thread / kPieces : Tile::kTileM;
      scale = byte(arguments.activation_scale, 4 * place.first_row + 16 * thread);
      scale_target = shared + 4 * kVectorBytes + 16 * thread;
      residual = byte(arguments.residual, 0) +
                 (static_cast<long long>(place.first_row + row) * Problem::kN + place.first_column) * 2 + piece * 16;
      residual_target = shared + kResidualOffset + row * kResidualStride + piece * 16;
      ptx::keep(scale), ptx::keep(residual), ptx::keep(scale_target), ptx::keep(residual_target), ptx::keep(row);
    }
  };

  // Starts the copies of what earlier kernels write, for rows beyond the tokens too.
  __device__ __forceinline__ static void load_rows(const RowPieces& pieces) {
    if (kTokenScale && static_cast<int>(threadIdx.x) < Tile::kTileM / 4) {
      ptx::copy_async_16(pieces.scale_target, pieces.scale, true);
    }
    if constexpr (Needs::kResidual) {
#pragma unroll
      for (int first = 0; first < Tile::kTileM; first += RowPieces::kRowsAtATime) {
        if (pieces.row >= Tile::kTileM - first) continue;
        ptx::copy_async_16(pieces.residual_target + first * kResidualStride, pieces.residual + first * Problem::kN * 2,
                           true);
      }
    }
  }

  // The arguments of the epilogue's steps.
  __device__ __forceinline__ static GemmArguments moved(const GemmArguments& arguments, int offset,
                                                        const Place& place) {
    GemmArguments result = arguments;
    const unsigned char* shared = ptx::dynamic_shared() + offset;
    const auto floats = [&](int vector) { return reinterpret_cast<const float*>(shared + vector * kVectorBytes); };
    if constexpr (kWeightScale) result.weight_scale = floats(0) - place.first_column;
    if constexpr (Needs::kBias) result.bias = floats(1) - place.first_column;
    if constexpr (Needs::kNormBytes != 0) {
      result.gamma = shared + 2 * kVectorBytes - Needs::kNormBytes * place.first_column;
      result.beta = shared + 3 * kVectorBytes - Needs::kNormBytes * place.first_column;
    }
    if constexpr (kTokenScale) result.activation_scale = floats(4) - place.first_row;
    // The view knows the tile's rows and their distance.
    if constexpr (Needs::kResidual) result.residual = reinterpret_cast<const Half*>(shared + kResidualOffset);
    return result;
  }

 private:
  __device__ __forceinline__ static const unsigned char* byte(const void* pointer, int index) {
    return static_cast<const unsigned char*>(pointer) + index;
  }

  template <int kBytes>
  __device__ __forceinline__ static void load(int offset, const void* source) {
    static_assert(kBytes % 16 == 0 && kBytes / 16 <= Tile::kThreads, "a thread copies 16 bytes of a vector");
    const int thread = static_cast<int>(threadIdx.x);
    if (thread < kBytes / 16) {
      ptx::copy_async_16(ptx::shared_address(ptx::dynamic_shared()) + offset + 16 * thread, byte(source, 16 * thread),
                         true);
    }
  }
};

}  // namespace mc::hopper
