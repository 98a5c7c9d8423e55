// gemm_ws4_af16_n768_k768_bias_res_ln_f16_m64n128k64_w2x4_s4_c6_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], fp32
//   y = fma(acc, w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//
//   A   [tokens, 768] row-major, FP16
//   W   [768, 768] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k16 on FP16 operands, weights widened in registers.
// Tile 64 tokens x 128 outputs x 64 inputs, 2 x 4 warps, 4 stages, 49152 bytes of shared memory.
// Launch: grid (6, ceil(bucket tokens / 64)) in clusters of 6 x 1, 256 threads. Plan f4d94866304259bd.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 768, mc::Operand::kF16, mc::Operand::kS4, 0>;
using Tile = mc::Tile<64, 128, 64, 2, 4, 4>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kCluster, 6, Epilogue>;

static_assert(Kernel::kThreads == 256, "the host launches 256 threads");
static_assert(Kernel::kSharedBytes == 49152, "the host provides 49152 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(6, 1, 1) __launch_bounds__(256, 1)
gemm_ws4_af16_n768_k768_bias_res_ln_f16_m64n128k64_w2x4_s4_c6_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
