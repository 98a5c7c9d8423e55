// gemm_ws4_as4_n768_k768_bias_res_ln_f16_qs4in8_split_m16_n2k4_w12x1_e6_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): s4 codes, one to a byte, range of each token
//
//   A   [tokens, 768] row-major, s4 in bytes; whole tiles of rows are read
//   W   [768, 768] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k32 on 8-bit operands, weights widened in registers.
// 16 tokens x all outputs a cluster; its 8 blocks divide the outputs in 2 and the inputs in 4 parts and send their sums
// to the block that finishes the row. 12 warps along the outputs x 1 along the inputs, 6 of them for the rows,
// 65008 bytes of shared memory.
// Launch: grid (8, ceil(bucket tokens / 16)) in clusters of 8 x 1, 384 threads. Plan a1bf8f5526bdcc9e.
#include "mc/hopper/split_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 768, mc::Operand::kS8, mc::Operand::kS4>;
using Tile = mc::hopper::SplitTile<Problem, 16, 2, 4, 12, 1, 6>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<4, 8, false, false>>>;
using Kernel = mc::hopper::SplitGemm<Problem, Tile, mc::hopper::CodesOfRows<4>, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 65008, "the host provides 65008 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(8, 1, 1) __launch_bounds__(384, 1)
gemm_ws4_as4_n768_k768_bias_res_ln_f16_qs4in8_split_m16_n2k4_w12x1_e6_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
