// A block's part of the activations of a split product: codes [rows, K] of the kernel ahead, and their scales. Rows
// beyond the tokens are read like others; what they hold has no effect.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/resident_mainloop.cuh"
#include "mc/hopper/split_tile.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// Where a thread's copies begin, computed ahead like ResidentMainloop::Pieces.
template <class Tile>
struct SplitActivations {
  using Loop = ResidentMainloop<typename Tile::Part, typename Tile::Block>;
  static constexpr int kPieces = Tile::Part::kRowBytes / 16;  // of a row
  static constexpr int kRowsAtATime = Tile::kThreads / kPieces;
  static_assert(kRowsAtATime >= 1, "a row of a part has at most kThreads pieces of 16 bytes");

  const unsigned char* source;
  const unsigned char* scale;
  unsigned target, scale_target;
  int row;  // kTileM and above in threads that copy nothing

  // rows: where the mainloop expects the activations; scales: [kTileM]. Both are offsets in dynamic shared memory.
  __device__ __forceinline__ SplitActivations(const GemmArguments& arguments, const SplitPlace<Tile>& place,
                                              int first_row, int rows, int scales) {
    const int thread = static_cast<int>(threadIdx.x), piece = thread % kPieces;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    row = thread < kRowsAtATime * kPieces ? thread / kPieces : Tile::kTileM;
    source = static_cast<const unsigned char*>(arguments.activations) +
             static_cast<long long>(first_row + row) * Tile::Problem::kRowBytes + place.part_k * Tile::Part::kRowBytes +
             piece * 16;
    target = shared + rows + row * Loop::kRowStride + piece * 16;
    scale = reinterpret_cast<const unsigned char*>(arguments.activation_scale) + 4 * first_row + 16 * thread;
    scale_target = shared + scales + 16 * thread;
    ptx::keep(source), ptx::keep(scale), ptx::keep(target), ptx::keep(scale_target), ptx::keep(row);
  }

  // Starts the copies, which join the next group that is committed. After the kernel ahead.
  __device__ __forceinline__ void load() const {
#pragma unroll
    for (int first = 0; first < Tile::kTileM; first += kRowsAtATime) {
      if (row >= Tile::kTileM - first) continue;
      ptx::copy_async_16(target + first * Loop::kRowStride, source + first * Tile::Problem::kRowBytes, true);
    }
    if (static_cast<int>(threadIdx.x) < Tile::kTileM / 4) ptx::copy_async_16(scale_target, scale, true);
  }
};

}  // namespace mc::hopper
