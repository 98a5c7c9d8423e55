// gemm_wu4_au4_n768_k768_bias_res_ln_f16_qu4in8_m16n128k64_w1x4_s4_c6_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = acc · (a_scale[m] · w_scale[n])
//   y += w_lo[n] · (a_scale[m] · sum_k qA[m, k])
//   y += a_lo[m] · (w_scale[n] · sum_k qW[n, k])
//   y += K · a_lo[m] · w_lo[n]
//   y += bias[n]
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): u4 codes, one to a byte, range of each token
//
//   A   [tokens, 768] row-major, u4 in bytes
//   W   [768, 768] in the order of mc/weight_layout.cuh, u4, a scale for each row
//
// mma.m16n8k32 on 8-bit operands, weights widened in registers.
// Tile 16 tokens x 128 outputs x 64 inputs, 1 x 4 warps, 4 stages, 20480 bytes of shared memory.
// Launch: grid (6, ceil(bucket tokens / 16)) in clusters of 6 x 1, 128 threads. Plan a3da41e4e8cf7a68.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 768, mc::Operand::kU8, mc::Operand::kU4, 0>;
using Tile = mc::Tile<16, 128, 64, 1, 4, 4>;
using Epilogue = mc::Epilogue<
    mc::Dequantize<>,
    mc::WeightOffset<>,
    mc::ActivationOffset<>,
    mc::OffsetProduct<>,
    mc::Bias,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<4, 8, true, false>>>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kCluster, 6, Epilogue>;

static_assert(Kernel::kThreads == 128, "the host launches 128 threads");
static_assert(Kernel::kSharedBytes == 20480, "the host provides 20480 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(6, 1, 1) __launch_bounds__(128, 1)
gemm_wu4_au4_n768_k768_bias_res_ln_f16_qu4in8_m16n128k64_w1x4_s4_c6_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
