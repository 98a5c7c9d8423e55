// gemm_ws4g128_as8_n2304_k768_bias_f16_m64n64k64_w2x2_s4_sm_86
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma((sum over groups g, in order, of acc_g · w_scale[g, n]), a_scale[m], bias[n])
//   output[m, n] = y, FP16
//
//   A   [tokens, 768] row-major, s8
//   W   [2304, 768] in the order of mc/weight_layout.cuh, s4, a scale for 128 inputs
//
// mma.m16n8k32 on 8-bit operands, weights widened in registers.
// Tile 64 tokens x 64 outputs x 64 inputs, 2 x 2 warps, 4 stages, 24576 bytes of shared memory.
// Launch: grid (36, ceil(bucket tokens / 64)), 128 threads. Plan f59d10fed31c5581.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<2304, 768, mc::Operand::kS8, mc::Operand::kS4, 128>;
using Tile = mc::Tile<64, 64, 64, 2, 2, 4>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::StoreF16>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 128, "the host launches 128 threads");
static_assert(Kernel::kSharedBytes == 24576, "the host provides 24576 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(128, 1)
gemm_ws4g128_as8_n2304_k768_bias_f16_m64n64k64_w2x2_s4_sm_86(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
