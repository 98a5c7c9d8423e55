// attention_h12x64_qs4in8_wgmma_q64h1x3_k64_s2_grid_sm_90a
//
//   context[t, h, :] = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//   quantized[t, :] = quantize(context[t, :]): s4 codes, one to a byte, range of each token
//
//   qkv      [tokens, 3 x 768] row-major FP16: queries, keys, values, each 12 heads of 64
//
// A block takes 64 query tokens and 1 heads at once, 3 times; 64 keys a step, 2 steps in flight; 73864 bytes of shared memory.
// Blocks of the same tokens find their range in device memory that a graph has cleared.
// Launch: grid (ceil(bucket tokens / 64) x 4, 1), 160 threads. Plan 1f80f2fd45ed691a.
#include "mc/hopper/attention.cuh"

namespace {

using Config = mc::hopper::AttentionConfig<12, 64, mc::AttentionOutput::kQuantized, mc::QuantFormat<4, 8, false, false>, 1, 1, 3, 64, 2, true>;
using Kernel = mc::hopper::Attention<Config>;

static_assert(Config::kClusterSize == 1, "the host launches clusters of 1");
static_assert(Kernel::kThreads == 160, "the host launches 160 threads");
static_assert(Kernel::kSharedBytes == 73864, "the host provides 73864 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(160, Kernel::kBlocksPerSm)
attention_h12x64_qs4in8_wgmma_q64h1x3_k64_s2_grid_sm_90a(const __grid_constant__ mc::hopper::AttentionArguments arguments) {
  Kernel::run(arguments);
}
