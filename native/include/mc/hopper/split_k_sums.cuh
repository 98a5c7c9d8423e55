// The one message of the split-K GEMM: every block of a cluster sends its sums of a warp's 16 rows to the block that
// owns them, which adds them in the order of its peers.
//
// Shared memory of the receiver: [peer][owned warp][kN / 8][lane] quadruples of sums, those that a lane of wgmma holds.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"

namespace mc::hopper {

template <class Tile>
struct SplitKSums {
  static constexpr int kQuads = Tile::kN / 8;  // of a lane
  static constexpr int kWarpBytes = kQuads * 32 * 16;
  static constexpr int kPeerBytes = Tile::kOwnedWarps * kWarpBytes;
  static constexpr int kBytes = (Tile::kSplit - 1) * kPeerBytes;

  __device__ __forceinline__ static bool owns(int rank, int warp) { return warp / Tile::kOwnedWarps == rank; }

  // By a warp whose rows another block owns. offset: of kBytes in each block's shared memory. arrived: barrier that
  // counts them.
  template <class Sum>
  __device__ __forceinline__ static void send(const Sum (&sums)[kQuads][4], int rank, int warp, int lane,
                                              unsigned offset, unsigned arrived) {
    const int owner = warp / Tile::kOwnedWarps;
    const int peer = (rank - owner - 1 + Tile::kSplit) % Tile::kSplit;
    const unsigned target = offset + peer * kPeerBytes + warp % Tile::kOwnedWarps * kWarpBytes + lane * 16;
#pragma unroll
    for (int j = 0; j < kQuads; ++j) {
      const uint4 quad = make_uint4(bits(sums[j][0]), bits(sums[j][1]), bits(sums[j][2]), bits(sums[j][3]));
      store_cluster(target + j * 512, quad, arrived, owner);
    }
  }

  // By a warp that owns its rows, when all have arrived. memory: the shared memory above.
  template <class Sum>
  __device__ __forceinline__ static void add(const unsigned char* memory, int warp, int lane, Sum (&sums)[kQuads][4]) {
    const unsigned char* source = memory + warp % Tile::kOwnedWarps * kWarpBytes + lane * 16;
#pragma unroll
    for (int peer = 0; peer < Tile::kSplit - 1; ++peer) {
#pragma unroll
      for (int j = 0; j < kQuads; ++j) {
        const uint4 words = *reinterpret_cast<const uint4*>(source + peer * kPeerBytes + j * 512);
        add(words.x, sums[j][0]), add(words.y, sums[j][1]), add(words.z, sums[j][2]), add(words.w, sums[j][3]);
      }
    }
  }

 private:
  __device__ __forceinline__ static unsigned bits(int sum) { return static_cast<unsigned>(sum); }
  __device__ __forceinline__ static unsigned bits(float sum) { return static_cast<unsigned>(__float_as_int(sum)); }
  __device__ __forceinline__ static void add(unsigned word, int& sum) { sum += static_cast<int>(word); }
  __device__ __forceinline__ static void add(unsigned word, float& sum) {
    sum += __int_as_float(static_cast<int>(word));
  }
};

}  // namespace mc::hopper
