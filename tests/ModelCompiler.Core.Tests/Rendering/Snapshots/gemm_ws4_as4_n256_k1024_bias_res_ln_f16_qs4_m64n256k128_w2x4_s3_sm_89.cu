// gemm_ws4_as4_n256_k1024_bias_res_ln_f16_qs4_m64n256k128_w2x4_s3_sm_89
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y += residual[m, n]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m
//   output[m, n] = y, FP16
//   quantized[m, n] = quantize(y): s4 codes, two to a byte, range of each token
//
//   A   [tokens, 1024] row-major, s4 packed two to a byte
//   W   [256, 1024] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k64 on 4-bit operands.
// Tile 64 tokens x 256 outputs x 128 inputs, 2 x 4 warps, 3 stages, 61440 bytes of shared memory.
// Launch: grid (1, ceil(bucket tokens / 64)), 256 threads. Plan 04fd4496e496e914.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

struct LayerNormEpsilon {
  static constexpr float kValue = 9.99999996E-13f;
};

using Problem = mc::GemmProblem<256, 1024, mc::Operand::kS4, mc::Operand::kS4, 0>;
using Tile = mc::Tile<64, 256, 128, 2, 4, 3>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Residual,
    mc::LayerNormStep<float, LayerNormEpsilon>,
    mc::StoreF16,
    mc::QuantizeRows<mc::QuantFormat<4, 4, false, false>>>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kTile, 1, Epilogue>;

static_assert(Kernel::kThreads == 256, "the host launches 256 threads");
static_assert(Kernel::kSharedBytes == 61440, "the host provides 61440 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(256, 1)
gemm_ws4_as4_n256_k1024_bias_res_ln_f16_qs4_m64n256k128_w2x4_s3_sm_89(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
