// gemm_ws4_af16_n3072_k768_bias_gelu_f16_resident_m16n48_w3x4_p1_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], fp32
//   y = fma(acc, w_scale[n], bias[n])
//   y = gelu(y), erf form
//   output[m, n] = y, FP16
//
//   A   [tokens, 768] row-major, FP16; whole tiles of rows are read
//   W   [3072, 768] in the order of mc/weight_layout.cuh, s4, a scale for each row
//
// mma.m16n8k16 on FP16 operands, weights widened in registers.
// Tile 16 tokens x 48 outputs with all its weights in shared memory, 3 warps along the outputs x 4 along the inputs,
// activations in 1 parts, 44096 bytes of shared memory.
// Launch: grid (64, ceil(bucket tokens / 16)), 384 threads. Plan e813a4d613c59bc5.
#include "mc/hopper/resident_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<3072, 768, mc::Operand::kF16, mc::Operand::kS4>;
using Tile = mc::hopper::ResidentTile<16, 48, 3, 4, 1>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::Gelu<mc::GeluForm::kErf>,
    mc::StoreF16>;
using Kernel = mc::hopper::ResidentGemm<Problem, Tile, mc::RowScope::kPartial, 1, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 44096, "the host provides 44096 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(384, 1)
gemm_ws4_af16_n3072_k768_bias_gelu_f16_resident_m16n48_w3x4_p1_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
