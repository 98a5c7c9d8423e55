// gemm_ws8_as8_n4096_k1024_bias_gelu_qs8_resident_m16n64_w2x4_p1_grid_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y = gelu(y), erf form; quantized[m, n] = quantize(y): s8 codes, one to a byte, range of each token
//
//   A   [tokens, 1024] row-major, s8; whole tiles of rows are read
//   W   [4096, 1024] in the order of mc/weight_layout.cuh, s8, a scale for each row
//
// mma.m16n8k32 on 8-bit operands.
// Tile 16 tokens x 64 outputs with all its weights in shared memory, 2 warps along the outputs x 4 along the inputs,
// activations in 1 parts, 86368 bytes of shared memory.
// Launch: grid (64, ceil(bucket tokens / 16)), all blocks at a time, 256 threads. Plan 61a4fb59c407ccf5.
#include "mc/hopper/resident_gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<4096, 1024, mc::Operand::kS8, mc::Operand::kS8>;
using Tile = mc::hopper::ResidentTile<16, 64, 2, 4, 1>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::GeluQuantizeRows<mc::GeluForm::kErf, mc::QuantFormat<8, 8, false, false>>>;
using Kernel = mc::hopper::ResidentGemm<Problem, Tile, mc::RowScope::kGrid, 1, Epilogue>;

static_assert(Kernel::kThreads == 256, "the host launches 256 threads");
static_assert(Kernel::kSharedBytes == 86368, "the host provides 86368 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(256, 1)
gemm_ws8_as8_n4096_k1024_bias_gelu_qs8_resident_m16n64_w2x4_p1_grid_sm_90a(const mc::GemmArguments arguments) {
  Kernel::run(arguments);
}
