// gemm_wu8_au8_n768_k3072_bias_res_ln_f16_qu8_wgmma_m64n96_s8_pingpong_c8_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = acc · a_scale[m] · w_scale[n]
//   y += w_lo[n] · (a_scale[m] · sum_k qA[m, k])
//   y += a_lo[m] · (w_scale[n] · sum_k qW[n, k])
//   y += K · a_lo[m] · w_lo[n]
//   y += bias[n]
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): u8 codes, one to a byte, range of each token
//
//   A   [tokens, 3072] row-major, u8, through a tensor map in boxes of 64 rows x 128 bytes
//   W   [768, 3072] in the order of mc/hopper/weight_tiles.cuh, u8, a scale for each row
//
// wgmma.m64n96k32 on 8-bit operands.
// Tile 64 tokens x 96 outputs, 8 stages of 128 bytes along the inputs, 183968 bytes of shared memory. One warp group copies,
// two take tiles in turn.
// Launch: persistent blocks in clusters of 8 x 1, as many as run at a time, 384 threads. Plan 66534716f299d12d.
#include "mc/hopper/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 3072, mc::Operand::kU8, mc::Operand::kU8>;
using Tile = mc::hopper::WgmmaTile<64, 96, 8, mc::hopper::Schedule::kPingPong>;
using Epilogue = mc::Epilogue<
    mc::Dequantize<>,
    mc::WeightOffset<>,
    mc::ActivationOffset<>,
    mc::OffsetProduct<>,
    mc::Bias,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<8, 8, true, false>>>;
using Kernel = mc::hopper::Gemm<Problem, Tile, mc::RowScope::kCluster, 8, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 183968, "the host provides 183968 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(8, 1, 1) __launch_bounds__(384, 1)
gemm_wu8_au8_n768_k3072_bias_res_ln_f16_qu8_wgmma_m64n96_s8_pingpong_c8_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
