// gemm_ws8_as8static_n3072_k768_bias_gelu_qs8static_m128n128k64_w2x4_s3_sm_80
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale, w_scale[n], bias[n])
//   y = gelu(y), erf form; quantized[m, n] = quantize(y): s8 codes, one to a byte, static range
//
//   A   [tokens, 768] row-major, s8
//   W   [3072, 768] in the order of mc/weight_layout.cuh, s8, a scale for each row
//
// mma.m16n8k32 on 8-bit operands.
// Tile 128 tokens x 128 outputs x 64 inputs, 2 x 4 warps, 3 stages, 49152 bytes of shared memory.
// Launch: grid (24, ceil(bucket tokens / 128)), 256 threads. Plan 0d81d954bbcf2b10.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<3072, 768, mc::Operand::kS8, mc::Operand::kS8, 0>;
using Tile = mc::Tile<128, 128, 64, 2, 4, 3>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<true>,
    mc::GeluQuantizeRows<mc::GeluForm::kErf, mc::QuantFormat<8, 8, false, true>>>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 256, "the host launches 256 threads");
static_assert(Kernel::kSharedBytes == 49152, "the host provides 49152 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(256, 1)
gemm_ws8_as8static_n3072_k768_bias_gelu_qs8static_m128n128k64_w2x4_s3_sm_80(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
