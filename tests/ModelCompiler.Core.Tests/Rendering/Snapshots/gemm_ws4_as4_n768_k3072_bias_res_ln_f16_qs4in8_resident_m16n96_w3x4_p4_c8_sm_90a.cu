// gemm_ws4_as4_n768_k3072_bias_res_ln_f16_qs4in8_resident_m16n96_w3x4_p4_c8_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): s4 codes, one to a byte, range of each token
//
//   A   [tokens, 3072] row-major, s4 in bytes; whole tiles of rows are read
//   W   [768, 3072] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k32 on 8-bit operands, weights widened in registers.
// Tile 16 tokens x 96 outputs with all its weights in shared memory, 3 warps along the outputs x 4 along the inputs,
// activations in 4 parts, 206944 bytes of shared memory.
// Launch: grid (8, ceil(bucket tokens / 16)) in clusters of 8 x 1, 384 threads. Plan 23091ba04711a482.
#include "mc/hopper/resident_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS4>;
using Tile = mc::hopper::ResidentTile<16, 96, 3, 4, 4>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<4, 8, false, false>>>;
using Kernel = mc::hopper::ResidentGemm<Problem, Tile, mc::RowScope::kCluster, 8, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 206944, "the host provides 206944 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(8, 1, 1) __launch_bounds__(384, 1)
gemm_ws4_as4_n768_k3072_bias_res_ln_f16_qs4in8_resident_m16n96_w3x4_p4_c8_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
