// gemm_wf16_af16_n1024_k1024_bias_res_ln_f16_wgmma_m128n128_s6_together_c8_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], fp32
//   y = acc + bias[n]
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//
//   A   [tokens, 1024] row-major, FP16, through a tensor map in boxes of 128 rows x 128 bytes
//   W   [1024, 1024] in the order of mc/hopper/weight_tiles.cuh, FP16
//
// wgmma.m64n128k16 on FP16 operands.
// Tile 128 tokens x 128 outputs, 6 stages of 128 bytes along the inputs, 217728 bytes of shared memory. One warp group copies,
// two share each tile.
// Launch: persistent blocks in clusters of 8 x 1, as many as run at a time, 384 threads. Plan 5641ff8b49771ac4.
#include "mc/hopper/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<1024, 1024, mc::Operand::kF16, mc::Operand::kF16>;
using Tile = mc::hopper::WgmmaTile<128, 128, 6, mc::hopper::Schedule::kCooperative>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16>;
using Kernel = mc::hopper::Gemm<Problem, Tile, mc::RowScope::kCluster, 8, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 217728, "the host provides 217728 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(8, 1, 1) __launch_bounds__(384, 1)
gemm_wf16_af16_n1024_k1024_bias_res_ln_f16_wgmma_m128n128_s6_together_c8_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
