// What an epilogue reads per column and per row, copied to shared memory by the warp group that needs it, while its
// tile is multiplied. From device memory each of the steps would wait for the L2, a dozen times a tile: blocks that meet
// (rendezvous.cuh) throw away what the L1 holds.
//
// The steps read as always. They receive a copy of the arguments whose pointers lead to shared memory, moved back by
// the tile's first column or row. What is not named here is read from where it was.
//
//   weight_scale, bias, gamma, beta   [kN], 4 bytes each (FP16 gamma and beta use half)
//   activation_scale                  [kGroupM], 4 bytes each
#pragma once

#include "mc/hopper/epilogue_needs.cuh"
#include "mc/hopper/wgmma_tile.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

template <class Problem, class Tile, class Epilogue>
struct TileParameters {
  using Needs = EpilogueNeeds<Epilogue>;
  static constexpr bool kWeightScale = !is_float(Problem::kWeight);
  static constexpr bool kTokenScale = Needs::kTokenScale && !is_float(Problem::kActivation);
  static constexpr int kVectorBytes = 4 * Tile::kN;
  static constexpr int kTokenScaleAt = 4 * kVectorBytes;
  static constexpr int kBytes = kTokenScaleAt + 4 * Tile::kGroupM;
  static_assert(Tile::kGroupM <= kWarpGroup, "a thread copies one token scale");

  // Starts the copies of what belongs to columns. offset: of the warp group's part of dynamic shared memory.
  // first_column: of the warp group in the output. Called by the whole warp group, when all of it has read what lay
  // there; load_rows, which closes the group of copies, comes after it.
  __device__ __forceinline__ static void load_columns(const mc::GemmArguments& arguments, int offset,
                                                      int first_column) {
    const int thread = static_cast<int>(threadIdx.x) % kWarpGroup;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared()) + offset;
    if constexpr (kWeightScale) load_vector<4>(shared, arguments.weight_scale, first_column, thread);
    if constexpr (Needs::kBias) load_vector<4>(shared + kVectorBytes, arguments.bias, first_column, thread);
    if constexpr (Needs::kNormBytes != 0) {
      load_vector<Needs::kNormBytes>(shared + 2 * kVectorBytes, arguments.gamma, first_column, thread);
      load_vector<Needs::kNormBytes>(shared + 3 * kVectorBytes, arguments.beta, first_column, thread);
    }
  }

  // Starts the copies of what belongs to rows. Rows beyond the tokens get the last token's scale.
  __device__ __forceinline__ static void load_rows(const mc::GemmArguments& arguments, int offset, int first_row,
                                                   int tokens) {
    const int thread = static_cast<int>(threadIdx.x) % kWarpGroup;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared()) + offset;
    if (kTokenScale && thread < Tile::kGroupM) {
      const int row = ::min(first_row + thread, tokens - 1);
      ptx::copy_async_4(shared + kTokenScaleAt + 4 * thread, arguments.activation_scale + row);
    }
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
};

}  // namespace mc::hopper
