// gemm_ws4_as4_n768_k3072_bias_res_ln_f16_qs4in8_split_m64n64_k2_grid_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): s4 codes, one to a byte, range of each token
//
//   A   [tokens, 3072] row-major, s4 in bytes, through a tensor map in boxes of 64 rows x 128 bytes
//   W   [768, 3072] in the order of mc/hopper/weight_tiles.cuh, s4, a scale for each row
//
// wgmma.m64n64k32 on 8-bit operands, weights widened at load.
// Tile 64 tokens x 64 outputs, whose inputs the 2 blocks of a cluster divide; 206192 bytes of shared memory. Blocks send
// their sums to the one that finishes the row.
// Launch: grid (2 * 12 * ceil(bucket tokens / 64)) in clusters of 2 x 1, 128 threads. Plan 44a6badff13f9596.
#include "mc/hopper/split_k_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS8>;
using Tile = mc::hopper::SplitKTile<64, 2>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<4, 8, false, false>>>;
using Kernel = mc::hopper::SplitKGemm<Problem, Tile, mc::RowScope::kGrid, Epilogue>;

static_assert(Kernel::kThreads == 128, "the host launches 128 threads");
static_assert(Kernel::kSharedBytes == 206192, "the host provides 206192 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(128, 1)
gemm_ws4_as4_n768_k3072_bias_res_ln_f16_qs4in8_split_m64n64_k2_grid_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
