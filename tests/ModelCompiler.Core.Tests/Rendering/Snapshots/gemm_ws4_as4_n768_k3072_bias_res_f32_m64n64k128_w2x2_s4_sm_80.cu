// gemm_ws4_as4_n768_k3072_bias_res_f32_m64n64k128_w2x2_s4_sm_80
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   output[m, n] = y, fp32
//
//   A   [tokens, 3072] row-major, s4 packed two to a byte
//   W   [768, 3072] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k64 on 4-bit operands.
// Tile 64 tokens x 64 outputs x 128 inputs, 2 x 2 warps, 4 stages, 32768 bytes of shared memory.
// Launch: grid (12, ceil(bucket tokens / 64)), 128 threads. Plan 3cba23750d865f16.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<768, 3072, mc::Operand::kS4, mc::Operand::kS4, 0>;
using Tile = mc::Tile<64, 64, 128, 2, 2, 4>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::StoreF32>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 128, "the host launches 128 threads");
static_assert(Kernel::kSharedBytes == 32768, "the host provides 32768 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(128, 1)
gemm_ws4_as4_n768_k3072_bias_res_f32_m64n64k128_w2x2_s4_sm_80(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
