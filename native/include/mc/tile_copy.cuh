// Global to shared memory, 16 bytes at a time, for one step of kTileK inputs.
//
// Activations: kTileM rows of kRowBytes. The 16-byte chunks of a row are permuted by exclusive or with the row, so
// that the eight rows that ldmatrix reads at one chunk lie in eight different groups of four banks.
// Weights: whole blocks of weight_layout.cuh, in their order, [kTileN / 16][kTileK / kBlockK][512 bytes]; a warp reads
// a block as 32 neighbouring 16-byte words, so no permutation is needed.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/ptx.cuh"
#include "mc/weight_layout.cuh"

namespace mc {

template <class Problem, class Tile>
struct ActivationTile {
  static constexpr int kRowBytes = Tile::kTileK * bits_of(Problem::kActivation) / 8;
  static constexpr int kRowChunks = kRowBytes / 16;
  static constexpr int kBytes = Tile::kTileM * kRowBytes;
  static constexpr int kChunks = Tile::kTileM * kRowChunks;
  static_assert(kRowBytes >= 32, "kTileK must cover a step of the tensor core");
  static_assert(kRowChunks % 8 == 0 || kRowChunks == 4 || kRowChunks == 2,
                "a row of the tile must be 32, 64 or a multiple of 128 bytes, or the permutation would leave it");

  // Byte offset of a chunk within the tile.
  __device__ __forceinline__ static int offset(int row, int chunk) {
    constexpr int kRowsPerLine = kRowChunks >= 8 ? 1 : 8 / kRowChunks;  // rows in 128 bytes, all 32 banks
    constexpr int kMask = kRowChunks >= 8 ? 7 : kRowChunks - 1;
    return row * kRowBytes + (chunk ^ (row / kRowsPerLine & kMask)) * 16;
  }

  // Rows from `tokens` on, and inputs from K on, become zero.
  __device__ __forceinline__ static void load(unsigned target, const void* activations, int first_row, int tokens,
                                              int step) {
    constexpr bool kWholeSteps = Problem::kRowBytes % kRowBytes == 0;
#pragma unroll
    for (int first = 0; first < kChunks; first += Tile::kThreads) {
      const int index = first + static_cast<int>(threadIdx.x);
      if (kChunks % Tile::kThreads != 0 && index >= kChunks) break;
      const int row = index / kRowChunks;
      const int chunk = index % kRowChunks;
      const int byte = step * kRowBytes + chunk * 16;
      const bool valid = first_row + row < tokens && (kWholeSteps || byte < Problem::kRowBytes);
      const long long source = valid ? static_cast<long long>(first_row + row) * Problem::kRowBytes + byte : 0;
      ptx::copy_async_16(target + offset(row, chunk), static_cast<const unsigned char*>(activations) + source, valid);
    }
  }
};

template <class Problem, class Tile>
struct WeightTile {
  using Layout = WeightLayout<Problem::kActivation, Problem::kWeight, Problem::kN, Problem::kK>;
  static constexpr int kBlocksN = Tile::kTileN / Layout::kBlockN;
  static constexpr int kBlocksK = Tile::kTileK / Layout::kBlockK;
  static constexpr int kBytes = kBlocksN * kBlocksK * Layout::kBlockBytes;
  static constexpr int kChunks = kBytes / 16;
  static_assert(Tile::kTileK % Layout::kBlockK == 0, "kTileK must be a multiple of the weight layout's kBlockK");

  // Blocks outside the layout become zero.
  __device__ __forceinline__ static void load(unsigned target, const void* weights, int first_block_n, int step) {
    constexpr bool kWholeSteps = Layout::kBlocksK % kBlocksK == 0;
    constexpr bool kWholeColumns = Layout::kBlocksN % kBlocksN == 0;
    constexpr int kRunChunks = kBlocksK * (Layout::kBlockBytes / 16);  // contiguous in both memories
#pragma unroll
    for (int first = 0; first < kChunks; first += Tile::kThreads) {
      const int index = first + static_cast<int>(threadIdx.x);
      if (kChunks % Tile::kThreads != 0 && index >= kChunks) break;
      const int block_n = first_block_n + index / kRunChunks;
      const int run_chunk = index % kRunChunks;
      const int block_k = step * kBlocksK + run_chunk / 32;
      const bool valid = (kWholeColumns || block_n < Layout::kBlocksN) && (kWholeSteps || block_k < Layout::kBlocksK);
      const long long source =
          valid ? (static_cast<long long>(block_n) * Layout::kBlocksK + step * kBlocksK) * Layout::kBlockBytes +
                      run_chunk * 16
                : 0;
      ptx::copy_async_16(target + index * 16, static_cast<const unsigned char*>(weights) + source, valid);
    }
  }
};

}  // namespace mc
