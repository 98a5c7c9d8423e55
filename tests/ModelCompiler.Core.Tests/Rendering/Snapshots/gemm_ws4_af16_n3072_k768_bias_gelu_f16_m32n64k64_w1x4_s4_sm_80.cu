// gemm_ws4_af16_n3072_k768_bias_gelu_f16_m32n64k64_w1x4_s4_sm_80
//
//   acc = sum over k of A[m, k] · W[n, k], fp32
//   y = fma(acc, w_scale[n], bias[n])
//   y = gelu(y), erf form
//   output[m, n] = y, FP16
//
//   A   [tokens, 768] row-major, FP16
//   W   [3072, 768] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k16 on FP16 operands, weights widened in registers.
// Tile 32 tokens x 64 outputs x 64 inputs, 1 x 4 warps, 4 stages, 24576 bytes of shared memory.
// Launch: grid (48, ceil(bucket tokens / 32)), 128 threads. Plan 25eb5ce8ba0fc622.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<3072, 768, mc::Operand::kF16, mc::Operand::kS4, 0>;
using Tile = mc::Tile<32, 64, 64, 1, 4, 4>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Gelu<mc::GeluForm::kErf>,
    mc::StoreF16>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 128, "the host launches 128 threads");
static_assert(Kernel::kSharedBytes == 24576, "the host provides 24576 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(128, 1)
gemm_ws4_af16_n3072_k768_bias_gelu_f16_m32n64k64_w1x4_s4_sm_80(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
