// gemm_ws4_as4in4_n768_k3072_bias_res_ln_f16_qs4in8_wgmma_m128n192_s6_together_grid_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): s4 codes, one to a byte, range of each token
//
//   A   [tokens, 3072] row-major, s4 packed two to a byte, through a tensor map in boxes of 128 rows x 64 bytes
//   W   [768, 3072] in the order of mc/hopper/weight_tiles.cuh, s4, a scale for each row
//
// wgmma.m64n192k32 on 8-bit operands, weights widened at load, activations in registers.
// Tile 128 tokens x 192 outputs, 6 stages of 128 bytes along the inputs, 203360 bytes of shared memory. One warp group copies,
// two share each tile.
// Launch: persistent blocks, as many as run at a time, 384 threads. Plan 6c82971f8ae28b73.
#include "mc/hopper/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 3072, mc::Operand::kS4, mc::Operand::kS8>;
using Tile = mc::hopper::WgmmaTile<128, 192, 6, mc::hopper::Schedule::kCooperative>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<4, 8, false, false>>>;
using Kernel = mc::hopper::Gemm<Problem, Tile, mc::RowScope::kGrid, 1, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 203360, "the host provides 203360 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(384, 1)
gemm_ws4_as4in4_n768_k3072_bias_res_ln_f16_qs4in8_wgmma_m128n192_s6_together_grid_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
