// A tile's part of the residual in shared memory, for tiles whose sums leave a thread no registers to fetch it early: a
// warp of its own copies it row by row while the tile is multiplied.
//
// There is one place, for the tiles of all teams in turn; each team has barriers of its own, because one may be a tile
// ahead of the other. A row of it is 64 bytes longer than it need be, so that eight
// lanes that read 16 bytes of two rows meet no bank twice.
#pragma once

#include "mc/dependency.cuh"
#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/gemm_arguments.cuh"
#include "mc/hopper/wgmma_tile.cuh"
#include "mc/hopper/work.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// kUsed: false takes no room, and none of the functions may be called.
template <class Problem, class Tile, bool kUsed>
struct ResidualTile {
  static constexpr int kCopiedBytes = 2 * Tile::kN;  // of a row
  static constexpr int kRowBytes = kCopiedBytes + 64;
  static constexpr int kBarriersAt = Tile::kM * kRowBytes;  // [team] full, then empty
  static constexpr int kBytes = kUsed ? kBarriersAt + Tile::kTeams * 2 * kBarrierBytes : 0;
  static_assert(!kUsed || Problem::kN % Tile::kN == 0, "a row of the tile lies within the matrix");

  int place;  // in dynamic shared memory
  int tile;   // of the block

  __device__ __forceinline__ unsigned full() const {
    return ptx::shared_address(ptx::dynamic_shared() + place) + kBarriersAt + tile % Tile::kTeams * 2 * kBarrierBytes;
  }
  __device__ __forceinline__ unsigned empty() const { return full() + kBarrierBytes; }
  __device__ __forceinline__ int parity() const { return tile / Tile::kTeams & 1; }

  __device__ __forceinline__ static void init(int place) {
    for (int team = 0; team < Tile::kTeams; ++team) {
      const ResidualTile first = {place, team};
      barrier_init(first.full(), 1);
      barrier_init(first.empty(), 4 * Tile::kGroupsOfTile);
    }
  }

  // Called by each warp of the team, before it reads and after.
  __device__ __forceinline__ void wait() const { barrier_wait(full(), parity()); }
  __device__ __forceinline__ void release(int lane) const {
    __syncwarp();
    if (lane == 0) barrier_arrive(empty());
  }

  // The number in a row of the tile, a multiple of 8.
  __device__ __forceinline__ const Half* at(int row, int column) const {
    return reinterpret_cast<const Half*>(ptx::dynamic_shared() + place + row * kRowBytes) + column;
  }

  // All copies of the block, by one thread. Rows beyond the tokens are left out.
  template <class Work>
  __device__ __forceinline__ static void copy_all(const mc::GemmArguments& arguments, int place, const Work& work) {
    dependency_wait();
    const int tokens = *arguments.token_count;
    const int tiles = work.tiles(tokens);
    ResidualTile self = {place, 0};
#pragma unroll 1
    for (; self.tile < tiles; ++self.tile) {
      const TilePlace at = work.place(self.tile, tiles);
      const int rows = ::max(0, ::min(Tile::kM, tokens - at.first_row));
      if (self.tile > 0) {
        const ResidualTile before = {place, self.tile - 1};
        barrier_wait(before.empty(), before.parity());
      }
      barrier_arrive_expect(self.full(), rows * kCopiedBytes);
      const Half* source = arguments.residual + (static_cast<long long>(at.first_row) * Problem::kN + at.first_column);
      unsigned target = ptx::shared_address(ptx::dynamic_shared() + place);
#pragma unroll 1
      for (int row = 0; row < rows; ++row, source += Problem::kN, target += kRowBytes) {
        load_bulk(target, source, kCopiedBytes, self.full());
      }
    }
  }
};

}  // namespace mc::hopper
