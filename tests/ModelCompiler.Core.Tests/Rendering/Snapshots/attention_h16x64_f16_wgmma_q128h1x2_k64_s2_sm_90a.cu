// attention_h16x64_f16_wgmma_q128h1x2_k64_s2_sm_90a
//
//   context[t, h, :] = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//
//   qkv      [tokens, 3 x 1024] row-major FP16: queries, keys, values, each 16 heads of 64
//   output   [tokens, 1024] row-major mc::Half
//
// A block takes 128 query tokens and 1 heads at once, 2 times; 64 keys a step, 2 steps in flight; 65696 bytes of shared memory.
// Launch: grid (ceil(bucket tokens / 128) x 8, 1), 288 threads. Plan 13bcf7afa4bd37aa.
#include "mc/hopper/attention.cuh"

namespace {

using Config = mc::hopper::AttentionConfig<16, 64, mc::AttentionOutput::kHalf, mc::NoFormat, 2, 1, 2, 64, 2>;
using Kernel = mc::hopper::Attention<Config>;

static_assert(Config::kClusterSize == 1, "the host launches clusters of 1");
static_assert(Kernel::kThreads == 288, "the host launches 288 threads");
static_assert(Kernel::kSharedBytes == 65696, "the host provides 65696 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(288, Kernel::kBlocksPerSm)
attention_h16x64_f16_wgmma_q128h1x2_k64_s2_sm_90a(const __grid_constant__ mc::hopper::AttentionArguments arguments) {
  Kernel::run(arguments);
}
