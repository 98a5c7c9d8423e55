// gemm_ws4g128_as8_n3072_k768_bias_gelu_qs8_m64n256k64_w2x4_s3_c12_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma((sum over groups g, in order, of acc_g · w_scale[g, n]), a_scale[m], bias[n])
//   y = gelu(y), erf form; quantized[m, n] = quantize(y): s8 codes, one to a byte, range of each token
//
//   A   [tokens, 768] row-major, s8
//   W   [3072, 768] in the order of mc/weight_layout.cuh, s4, a scale for 128 inputs
//
// mma.m16n8k32 on 8-bit operands, weights widened in registers.
// Tile 64 tokens x 256 outputs x 64 inputs, 2 x 4 warps, 3 stages, 36864 bytes of shared memory.
// Launch: grid (12, ceil(bucket tokens / 64)) in clusters of 12 x 1, 256 threads. Plan be5d745edf151bef.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<3072, 768, mc::Operand::kS8, mc::Operand::kS4, 128>;
using Tile = mc::Tile<64, 256, 64, 2, 4, 3>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::GeluQuantizeRows<mc::GeluForm::kErf, mc::QuantFormat<8, 8, false, false>>>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kCluster, 12, Epilogue>;

static_assert(Kernel::kThreads == 256, "the host launches 256 threads");
static_assert(Kernel::kSharedBytes == 36864, "the host provides 36864 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(12, 1, 1) __launch_bounds__(256, 1)
gemm_ws4g128_as8_n3072_k768_bias_gelu_qs8_m64n256k64_w2x4_s3_c12_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
