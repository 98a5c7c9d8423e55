// gemm_ws4_as4_n2304_k768_bias_f16_m128n128k128_w2x4_s3_sm_80
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   output[m, n] = y, FP16
//
//   A   [tokens, 768] row-major, s4 packed two to a byte
//   W   [2304, 768] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k64 on 4-bit operands.
// Tile 128 tokens x 128 outputs x 128 inputs, 2 x 4 warps, 3 stages, 49152 bytes of shared memory.
// Launch: grid (18, ceil(bucket tokens / 128)), 256 threads. Plan 7f7aaaceea8a5b42.
#include "mc/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<2304, 768, mc::Operand::kS4, mc::Operand::kS4, 0>;
using Tile = mc::Tile<128, 128, 128, 2, 4, 3>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::StoreF16>;
using Kernel = mc::Gemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 256, "the host launches 256 threads");
static_assert(Kernel::kSharedBytes == 49152, "the host provides 49152 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(256, 1)
gemm_ws4_as4_n2304_k768_bias_f16_m128n128k128_w2x4_s3_sm_80(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
