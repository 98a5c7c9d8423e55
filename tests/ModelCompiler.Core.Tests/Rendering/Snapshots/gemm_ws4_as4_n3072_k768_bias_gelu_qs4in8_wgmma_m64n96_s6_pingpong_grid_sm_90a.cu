// gemm_ws4_as4_n3072_k768_bias_gelu_qs4in8_wgmma_m64n96_s6_pingpong_grid_sm_90a
//
//   acc = sum over k of A[m, k] · W[n, k], int32, exact
//   y = fma(acc · a_scale[m], w_scale[n], bias[n])
//   y = gelu(y), erf form; quantized[m, n] = quantize(y): s4 codes, one to a byte, range of each token
//
//   A   [tokens, 768] row-major, s4 in bytes, through a tensor map in boxes of 64 rows x 128 bytes
//   W   [3072, 768] in the order of mc/hopper/weight_tiles.cuh, s4, a scale for each row
//
// wgmma.m64n96k32 on 8-bit operands, weights widened at load.
// Tile 64 tokens x 96 outputs, 6 stages of 128 bytes along the inputs, 126560 bytes of shared memory. One warp group copies,
// two take tiles in turn.
// Launch: persistent blocks, as many as run at a time, 384 threads. Plan 82dfdef391d1a35a.
#include "mc/hopper/gemm.cuh"
#include "mc/epilogue/steps.cuh"

namespace {

using Problem = mc::GemmProblem<3072, 768, mc::Operand::kS8, mc::Operand::kS8>;
using Tile = mc::hopper::WgmmaTile<64, 96, 6, mc::hopper::Schedule::kPingPong>;
using Epilogue = mc::Epilogue<
    mc::DequantizeWithBias<>,
    mc::GeluQuantizeRows<mc::GeluForm::kErfCoarse, mc::QuantFormat<4, 8, false, false>>>;
using Kernel = mc::hopper::Gemm<Problem, Tile, mc::RowScope::kGrid, 1, Epilogue>;

static_assert(Kernel::kThreads == 384, "the host launches 384 threads");
static_assert(Kernel::kSharedBytes == 126560, "the host provides 126560 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(384, 1)
gemm_ws4_as4_n3072_k768_bias_gelu_qs4in8_wgmma_m64n96_s6_pingpong_grid_sm_90a(const __grid_constant__ mc::hopper::GemmArguments arguments) {
  Kernel::run(arguments);
}
