// What the epilogue of rows that one block owns reads, brought to shared memory while the kernel ahead still runs:
// weight scales and biases of all N columns, gamma and beta. The residual of a thread's pairs goes to its registers.
//
//   weight_scale, bias   [N] fp32        gamma, beta   [N] as LayerNormStep says        row scales   [2][kTileM] fp32
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/epilogue_needs.cuh"
#include "mc/hopper/split_tile.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

template <class Tile, class Epilogue>
struct SplitParameters {
  using Needs = EpilogueNeeds<Epilogue>;
  static constexpr int kN = Tile::Problem::kN;
  static constexpr int kNormOffset = 8 * kN;
  static constexpr int kScalesOffset = kNormOffset + 2 * Needs::kNormBytes * kN;
  static constexpr int kSharedBytes = kScalesOffset + 8 * Tile::kTileM;
  static_assert(Needs::kTokenScale && Needs::kBias, "integer sums are scaled, and a bias is added");

  // Starts the copies of what is there per column. offset: in dynamic shared memory.
  __device__ __forceinline__ static void load_columns(const mc::GemmArguments& arguments, int offset) {
    const unsigned target = ptx::shared_address(ptx::dynamic_shared()) + offset;
    load<4 * kN>(target, arguments.weight_scale);
    load<4 * kN>(target + 4 * kN, arguments.bias);
    if constexpr (Needs::kNormBytes != 0) {
      load<Needs::kNormBytes * kN>(target + kNormOffset, arguments.gamma);
      load<Needs::kNormBytes * kN>(target + kNormOffset + Needs::kNormBytes * kN, arguments.beta);
    }
  }

  // The arguments of the epilogue's steps: what lies in shared memory is read there.
  __device__ __forceinline__ static mc::GemmArguments moved(const mc::GemmArguments& arguments, int offset,
                                                            int first_row) {
    mc::GemmArguments result = arguments;
    const unsigned char* memory = ptx::dynamic_shared() + offset;
    result.weight_scale = reinterpret_cast<const float*>(memory);
    result.bias = result.weight_scale + kN;
    result.gamma = memory + kNormOffset;
    result.beta = memory + kNormOffset + Needs::kNormBytes * kN;
    result.activation_scale = reinterpret_cast<const float*>(memory + kScalesOffset) - first_row;
    return result;
  }

 private:
  template <int kBytes>
  __device__ __forceinline__ static void load(unsigned target, const void* source) {
#pragma unroll
    for (int first = 0; first < kBytes; first += 16 * Tile::kThreads) {
      const int byte = first + 16 * static_cast<int>(threadIdx.x);
      if (byte < kBytes) ptx::copy_async_16(target + byte, static_cast<const unsigned char*>(source) + byte, true);
    }
  }
};

// The pairs of one row that a thread of the epilogue owns.
template <class Tile, class Sums>
struct SplitOwner {
  int slot;        // which of the block's rows
  int row_thread;  // of those that share it
  int row;         // in the output
  int column;      // of pair 0; pair c is 8 c further
  const unsigned char* residual_source;
  unsigned residual[Tile::kPairs];

  __device__ __forceinline__ SplitOwner(const mc::GemmArguments& arguments, const SplitPlace<Tile>& place,
                                        int first_row)
      : slot(static_cast<int>(threadIdx.x) / Tile::kRowThreads),
        row_thread(static_cast<int>(threadIdx.x) % Tile::kRowThreads),
        row(first_row + slot * Tile::kRanks + place.rank),
        column(Sums::first_column(row_thread)) {
    const long long element = static_cast<long long>(row) * Tile::Problem::kN + column;
    residual_source = reinterpret_cast<const unsigned char*>(arguments.residual + element);
    ptx::keep(residual_source);
  }

  // False in warps that have nothing to do with the epilogue.
  __device__ __forceinline__ static bool owns() { return static_cast<int>(threadIdx.x) < Tile::kEpilogueThreads; }

  // Starts to read, after the kernels ahead.
  __device__ __forceinline__ void load_residual() {
#pragma unroll
    for (int c = 0; c < Tile::kPairs; ++c) residual[c] = ptx::load_global_4(residual_source + 16 * c);
  }
};

}  // namespace mc::hopper
