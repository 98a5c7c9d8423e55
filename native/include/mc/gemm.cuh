// The matrix product at the heart of every linear layer:
//
//   y[m, n] = epilogue(sum over k of a[m, k] * w[n, k])        m < *token_count, n < N
//
// A rendered kernel instantiates Gemm with its problem, tile, row scope and epilogue:
//
//   using Kernel = mc::Gemm<mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS4>,
//                           mc::Tile<128, 128, 128, 2, 4, 3>, mc::RowScope::kPartial, 1,
//                           mc::Epilogue<mc::DequantizeWithBias<>, mc::StoreF16>>;
//   extern "C" __global__ void __launch_bounds__(Kernel::kThreads, 1) NAME(const mc::GemmArguments arguments) {
//     Kernel::run(arguments);
//   }
//
// The 1 in __launch_bounds__ matters: without it the compiler may spill a few registers to fit a second block.
//
// Launch: grid (ceil(N / kTileN), ceil(bucket tokens / kTileM), 1), kThreads threads, kSharedBytes of dynamic shared
// memory. With RowScope::kCluster the entry point carries __cluster_dims__(kClusterSize, 1, 1), gridDim.x is
// kClusterSize, and more than 8 blocks need the non-portable cluster size attribute.
// Blocks whose rows all lie beyond *token_count leave at once, so one captured grid serves every smaller batch.
//
//   stage_bytes  = kTileM * kTileK * activation_bits / 8 + kTileN * kTileK * weight_bits / 8
//   shared_bytes = max(kStages * stage_bytes, row_scope == kPartial ? 0 : 16 * kTileM * (kWarpsN + 2))
#pragma once

#include "mc/dependency.cuh"
#include "mc/epilogue/epilogue.cuh"
#include "mc/mainloop.cuh"

namespace mc {

template <class Problem_, class Tile_, RowScope kScope_, int kClusterSize_, class Epilogue_>
struct Gemm {
  using Problem = Problem_;
  using Tile = Tile_;
  using Epilogue = Epilogue_;
  using Loop = Mainloop<Problem, Tile>;
  using View = OutputView<Problem, Tile, kScope_, kClusterSize_>;

  static constexpr int kThreads = Tile::kThreads;
  static constexpr int kSharedBytes =
      Loop::kSharedBytes > View::kScratchBytes ? Loop::kSharedBytes : View::kScratchBytes;
  static_assert(kSharedBytes <= 227 * 1024, "no chip offers a block more than 227 KiB of shared memory");

  __device__ __forceinline__ static void run(const GemmArguments& arguments) {
    require_architecture();
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const ThreadPlace<Tile> place = ThreadPlace<Tile>::current();

    // Weights depend on no earlier kernel. The first row of blocks always has tokens to multiply them with.
    if (blockIdx.y == 0) Loop::prefetch_weights(arguments, shared, place);
    dependency_wait();
    const int tokens = *arguments.token_count;
    if (place.first_row >= tokens) {
      ptx::copy_async_commit();
      ptx::copy_async_wait<0>();
      return;
    }
    if (blockIdx.y != 0) Loop::prefetch_weights(arguments, shared, place);

    typename Loop::Result result;
    Loop::run(arguments, shared, place, tokens, result);
    dependency_release();
    if constexpr (kScope_ != RowScope::kPartial) __syncthreads();  // row statistics reuse the stages' shared memory
    View view(place, tokens);
    Epilogue::run(view, result, arguments);
    view.finish();
  }

 private:
  __device__ __forceinline__ static void require_architecture() {
#if defined(__CUDA_ARCH__)
    static_assert(__CUDA_ARCH__ < 900 || bits_of(Problem::kActivation) != 4,
                  "sm_90 has no int4 tensor-core products: keep 4-bit codes in 8-bit containers");
    static_assert(__CUDA_ARCH__ >= 900 || kScope_ != RowScope::kCluster, "thread-block clusters begin with sm_90");
    static_assert(__CUDA_ARCH__ >= 900 || kSharedBytes <= (__CUDA_ARCH__ == 800 ? 163 : 99) * 1024,
                  "a block has 163 KiB of shared memory on sm_80, 99 KiB on sm_86 and sm_89");
#endif
  }
};

}  // namespace mc
