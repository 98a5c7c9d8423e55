// The sum over K of one tile, by a multi-stage pipeline of asynchronous copies and tensor-core products.
//
// Results per thread, with g = lane / 4, t = lane % 4: sums[i][j][2 h + e] is row 16 i + 8 h + g, column 8 j + 2 t + e
// of the warp's part of the tile. Rows beyond the token count and columns beyond N are sums over zeros.
//
// Weight groups: each group is summed by itself (exactly, in int32; in fp32 under FP16 activations), then added in the
// order of k,
//   total = total + (float)sum_of_group * weight_scale[k / kGroup, n],
// product and sum each rounded on its own, so that the CPU executor computes the same bits for integer activations.
#pragma once

#include "mc/tile.cuh"
#include "mc/tile_copy.cuh"
#include "mc/weight_fragment.cuh"

namespace mc {

// Where a thread stands: its block's corner in the output, its warp in the block, its lane.
template <class Tile>
struct ThreadPlace {
  int first_row;     // of the block
  int first_column;  // of the block
  int warp_m;
  int warp_n;
  int lane;

  __device__ __forceinline__ static ThreadPlace current() {
    const int warp = static_cast<int>(threadIdx.x) / 32;
    return {static_cast<int>(blockIdx.y) * Tile::kTileM, static_cast<int>(blockIdx.x) * Tile::kTileN,
            warp / Tile::kWarpsN, warp % Tile::kWarpsN, static_cast<int>(threadIdx.x) % 32};
  }
};

// Grouped sums are already scaled, so they are fp32 whatever the product accumulates.
template <class Raw, bool kGrouped>
struct SumElement {
  using Type = Raw;
};
template <class Raw>
struct SumElement<Raw, true> {
  using Type = float;
};

template <class Problem, class Tile>
struct Mainloop {
  using Activations = ActivationTile<Problem, Tile>;
  using Weights = WeightTile<Problem, Tile>;
  using Fragment = WeightFragment<Problem::kActivation, Problem::kWeight>;
  using Product = typename Fragment::Product;
  using Raw = typename Product::Accumulator;
  using Place = ThreadPlace<Tile>;

  static constexpr int kBlocksM = Tile::kBlocksM;      // of 16 rows, per warp
  static constexpr int kColumns = 2 * Tile::kBlocksN;  // of 8 columns, per warp
  static constexpr bool kGrouped = Problem::kGroup != 0;
  static constexpr int kSteps = (Weights::Layout::kBlocksK + Weights::kBlocksK - 1) / Weights::kBlocksK;
  static constexpr int kStageBytes = Activations::kBytes + Weights::kBytes;
  static constexpr int kSharedBytes = Tile::kStages * kStageBytes;
  static_assert(!kGrouped || Problem::kGroup % Weights::Layout::kBlockK == 0, "a weight block must lie in one group");

  // A thread holds kWarpM * kWarpN / 32 sums. 128 of them leave registers for nothing but a plain epilogue.
  static constexpr bool kPlainWeights = !kGrouped && is_signed(Problem::kWeight);
  static_assert(Tile::kWarpM * Tile::kWarpN <= (kPlainWeights ? 64 * 64 : 64 * 32),
                "registers would spill: a warp's tile may have 64 x 64 outputs, but only 64 x 32 with weight groups or "
                "asymmetric weights");

  struct Result {
    typename SumElement<Raw, kGrouped>::Type sums[kBlocksM][kColumns][4];
    float row_sums[kBlocksM][4];  // if Problem::kRowSums: sum over k of a[m, k], rows as in sums, any column
  };

  // Starts the copies of the weights of the first kStages - 1 steps. They join the first group that is committed.
  __device__ __forceinline__ static void prefetch_weights(const GemmArguments& arguments, unsigned shared,
                                                          const Place& place) {
#pragma unroll
    for (int step = 0; step < Tile::kStages - 1 && step < kSteps; ++step) load_weights(arguments, shared, place, step);
  }

  // Needs prefetch_weights before it. Leaves no copy in flight, but other warps may still read shared memory.
  __device__ __forceinline__ static void run(const GemmArguments& arguments, unsigned shared, const Place& place,
                                             int tokens, Result& result) {
    clear(result.sums);
    if constexpr (Problem::kRowSums) clear_row(result.row_sums);
    Raw partial[kGrouped ? kBlocksM : 1][kGrouped ? kColumns : 1][4];
    if constexpr (kGrouped) clear(partial);

#pragma unroll
    for (int step = 0; step < Tile::kStages - 1; ++step) {
      if (step < kSteps) load_activations(arguments, shared, place, tokens, step);
      ptx::copy_async_commit();
    }
#pragma unroll 1
    for (int step = 0; step < kSteps; ++step) {
      ptx::copy_async_wait<Tile::kStages - 2>();  // this thread's copies of `step` have landed
      __syncthreads();                            // everybody's have, and nobody reads the stage before it any more
      const int ahead = step + Tile::kStages - 1;
      if (ahead < kSteps) {
        load_activations(arguments, shared, place, tokens, ahead);
        load_weights(arguments, shared, place, ahead);
      }
      ptx::copy_async_commit();
      multiply(arguments, shared + step % Tile::kStages * kStageBytes, place, step, result, partial);
    }
    if constexpr (!kGrouped && Fragment::kProductShift != 0) {
#pragma unroll
      for (int i = 0; i < kBlocksM; ++i) {
#pragma unroll
        for (int j = 0; j < kColumns; ++j) {
#pragma unroll
          for (int e = 0; e < 4; ++e) result.sums[i][j][e] >>= Fragment::kProductShift;
        }
      }
    }
  }

 private:
  // A stage: the activation tile, then the weight tile.
  __device__ __forceinline__ static void load_activations(const GemmArguments& arguments, unsigned shared,
                                                          const Place& place, int tokens, int step) {
    Activations::load(shared + step % Tile::kStages * kStageBytes, arguments.activations, place.first_row, tokens,
                      step);
  }

  __device__ __forceinline__ static void load_weights(const GemmArguments& arguments, unsigned shared,
                                                      const Place& place, int step) {
    Weights::load(shared + step % Tile::kStages * kStageBytes + Activations::kBytes, arguments.weights,
                  place.first_column / Weights::Layout::kBlockN, step);
  }

  // One stage: for each weight block along K, for each 32 bytes of the tokens' rows, kBlocksM x kColumns products.
  template <class Partial>
  __device__ __forceinline__ static void multiply(const GemmArguments& arguments, unsigned stage, const Place& place,
                                                  int step, Result& result, Partial& partial) {
    const int row = place.warp_m * Tile::kWarpM + place.lane % 16;  // the row whose address this lane gives ldmatrix
    const unsigned weights = stage + Activations::kBytes +
                             place.warp_n * Tile::kBlocksN * Weights::kBlocksK * Weights::Layout::kBlockBytes +
                             place.lane * 16;
#pragma unroll
    for (int block = 0; block < Weights::kBlocksK; ++block) {
      unsigned words[Tile::kBlocksN][4];
#pragma unroll
      for (int n = 0; n < Tile::kBlocksN; ++n) {
        const uint4 loaded =
            ptx::load_shared_16(weights + (n * Weights::kBlocksK + block) * Weights::Layout::kBlockBytes);
        words[n][0] = loaded.x, words[n][1] = loaded.y, words[n][2] = loaded.z, words[n][3] = loaded.w;
      }
#pragma unroll
      for (int part = 0; part < Fragment::kStepsPerBlock; ++part) {
        const int chunk = (block * Fragment::kStepsPerBlock + part) * 2 + place.lane / 16;
        unsigned a[kBlocksM][4];
#pragma unroll
        for (int i = 0; i < kBlocksM; ++i) {
          ptx::load_matrix_x4(a[i], stage + Activations::offset(row + 16 * i, chunk));
        }
#pragma unroll
        for (int j = 0; j < kColumns; ++j) {
          unsigned b[2];
          Fragment::fragment(words[j / 2], j % 2, part, b);
#pragma unroll
          for (int i = 0; i < kBlocksM; ++i) {
            if constexpr (kGrouped) {
              Product::multiply_add(partial[i][j], a[i], b);
            } else {
              Product::multiply_add(result.sums[i][j], a[i], b);
            }
          }
        }
        if constexpr (Problem::kRowSums) {
          const unsigned ones[2] = {0x3c003c00u, 0x3c003c00u};  // FP16: every column becomes the sum of the row
#pragma unroll
          for (int i = 0; i < kBlocksM; ++i) Product::multiply_add(result.row_sums[i], a[i], ones);
        }
      }
      if constexpr (kGrouped) {
        constexpr int kBlocksPerGroup = Problem::kGroup / Weights::Layout::kBlockK;
        const int blocks_done = step * Weights::kBlocksK + block + 1;
        const bool closes_group = Weights::kBlocksK % kBlocksPerGroup == 0 ? (block + 1) % kBlocksPerGroup == 0
                                                                           : blocks_done % kBlocksPerGroup == 0;
        const bool inside = Weights::Layout::kBlocksK % Weights::kBlocksK == 0 || blocks_done <= Weights::Layout::kBlocksK;
        if (closes_group && inside) add_group(arguments, place, blocks_done / kBlocksPerGroup - 1, result, partial);
      }
    }
  }

  template <class Partial>
  __device__ __forceinline__ static void add_group(const GemmArguments& arguments, const Place& place, int group,
                                                   Result& result, Partial& partial) {
    const int first_column = place.first_column + place.warp_n * Tile::kWarpN + place.lane % 4 * 2;
    const float* scales = arguments.weight_scale + static_cast<long long>(group) * Problem::kN + first_column;
#pragma unroll
    for (int j = 0; j < kColumns; ++j) {
      if (Problem::kN % Tile::kTileN != 0 && first_column + 8 * j >= Problem::kN) continue;
      const float2 scale = *reinterpret_cast<const float2*>(scales + 8 * j);
#pragma unroll
      for (int i = 0; i < kBlocksM; ++i) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const Raw sum = unshifted(partial[i][j][e]);
          const float scaled = __fmul_rn(static_cast<float>(sum), e % 2 == 0 ? scale.x : scale.y);
          result.sums[i][j][e] = __fadd_rn(result.sums[i][j][e], scaled);
        }
      }
    }
    clear(partial);
  }

  __device__ __forceinline__ static int unshifted(int sum) { return sum >> Fragment::kProductShift; }
  __device__ __forceinline__ static float unshifted(float sum) { return sum; }

  template <class Element, int kI, int kJ>
  __device__ __forceinline__ static void clear(Element (&values)[kI][kJ][4]) {
#pragma unroll
    for (int i = 0; i < kI; ++i) clear_row(values[i]);
  }
  template <class Element, int kJ>
  __device__ __forceinline__ static void clear_row(Element (&values)[kJ][4]) {
#pragma unroll
    for (int j = 0; j < kJ; ++j) values[j][0] = values[j][1] = values[j][2] = values[j][3] = Element(0);
  }
};

}  // namespace mc
