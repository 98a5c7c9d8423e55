// gemm_ws4_as4_n3072_k768_bias_gelu_f32_parts_resident_m16n48_w3x4_p1_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y = gelu(y), erf form
//   output[m, n] = y, fp32
//   range_parts[m, b] = max over the columns n of block b of |y|
//
//   A   [tokens, 768] row-major, s4 in bytes; whole tiles of rows are read
//   W   [3072, 768] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k32 on 8-bit operands, weights widened in registers.
// Tile 16 tokens x 48 outputs with all its weights in shared memory, 3 warps along the outputs x 4 along the inputs,
// activations in 1 parts, 32608 bytes of shared memory.
// Launch: grid (64, ceil(bucket tokens / 16)), 384 threads. Plan f900eee18cadc37f.
#include "mc/hopper/resident_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<3072, 768, mc::Operand::kS8, mc::Operand::kS4>;
using Tile = mc::hopper::ResidentTile<16, 48, 3, 4, 1>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Gelu<mc::GeluForm::kErf>,
    mc::StoreF32,
    mc::StoreRangeParts>;
using Kernel = mc::hopper::ResidentGemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 32608, "the host provides 32608 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(384, 1)
gemm_ws4_as4_n3072_k768_bias_gelu_f32_parts_resident_m16n48_w3x4_p1_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
