// gemm_ws8sp_as8_n768_k3072_bias_res_ln_f16_qs8_sparse_t112n256_s6_c3_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): s8 codes, one to a byte, range of each token
//
//   A   [tokens, 3072] row-major, s8, through a tensor map in boxes of 112 rows x 128 bytes
//   W   [768, 3072] 2:4 sparse in the order of mc/hopper/sparse_weights.cuh, s8, a scale for each row
//
// wgmma.sp.m64n112k64 on 8-bit operands; outputs are its rows, tokens its columns.
// Tile 112 tokens x 256 outputs, 6 stages of 128 inputs, 224816 bytes of shared memory. One warp group copies,
// 2 share each tile.
// Launch: persistent blocks in clusters of 3 x 1, as many as run at a time, 384 threads. Plan e8548814e89b0d8f.
#include "mc/hopper/sparse_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<768, 3072, mc::Operand::kS8, mc::Operand::kS8>;
using Tile = mc::hopper::SparseTile<112, 2, 1, 6>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<8, 8, false, false>>>;
using Kernel = mc::hopper::SparseGemm<Problem, Tile, mc::RowScope::kCluster, 3, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 224816, "the host provides 224816 bytes of shared memory");
static_assert(Kernel::kBoxRows == 112, "the host makes a map with boxes of 112 rows");

}  // namespace

extern "C" __global__ void __cluster_dims__(3, 1, 1) __launch_bounds__(384, 1)
gemm_ws8sp_as8_n768_k3072_bias_res_ln_f16_qs8_sparse_t112n256_s6_c3_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
