// gemm_ws4sp_as4_n2304_k768_bias_f16_sparse_t192n128_s6_turns_x2_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   output[m, n] = y, FP16
//
//   A   [tokens, 768] row-major, s4 in bytes, through a tensor map in boxes of 96 rows x 128 bytes
//   W   [2304, 768] 2:4 sparse in the order of mc/hopper/sparse_weights.cuh, s4, a scale for each row
//
// wgmma.sp.m64n192k64 on 8-bit operands, weights widened at load; outputs are its rows, tokens its columns.
// Tile 192 tokens x 128 outputs, 6 stages of 128 inputs, 220256 bytes of shared memory. One warp group copies,
// two take tiles in turn.
// Launch: persistent blocks in clusters of 2 x 1, as many as run at a time, 384 threads. Plan 533cbce1776f7618.
#include "mc/hopper/sparse_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<2304, 768, mc::Operand::kS8, mc::Operand::kS8>;
using Tile = mc::hopper::SparseTile<192, 1, 2, 6>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::StoreF16>;
using Kernel = mc::hopper::SparseGemm<Problem, Tile, mc::RowScope::kPartial, 2, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 220256, "the host provides 220256 bytes of shared memory");
static_assert(Kernel::kBoxRows == 96, "the host makes a map with boxes of 96 rows");

}  // namespace

extern "C" __global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(384, 1)
gemm_ws4sp_as4_n2304_k768_bias_f16_sparse_t192n128_s6_turns_x2_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
