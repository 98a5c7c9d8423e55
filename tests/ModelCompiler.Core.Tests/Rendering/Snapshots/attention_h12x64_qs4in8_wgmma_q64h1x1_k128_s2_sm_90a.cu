// attention_h12x64_qs4in8_wgmma_q64h1x1_k128_s2_sm_90a
//
//   context[t, h, :] = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//   quantized[t, :] = quantize(context[t, :]): s4 codes, one to a byte, range of each token
//
//   qkv      [tokens, 3 x 768] row-major FP16: queries, keys, values, each 12 heads of 64
//
// A block takes 64 query tokens and 1 heads at once, 1 times; 128 keys a step, 2 steps in flight; 79984 bytes of shared memory.
// Launch: grid (ceil(bucket tokens / 64) x 12, 1) in clusters of 12 x 1, 160 threads. Plan 243abaf01f471b4d.
#include "mc/hopper/attention.cuh"

namespace {

using Config = mc::hopper::AttentionConfig<12, 64, mc::AttentionOutput::kQuantized, mc::QuantFormat<4, 8, false, false>, 1, 1, 1, 128, 2>;
using Kernel = mc::hopper::Attention<Config>;

static_assert(Config::kClusterSize == 12, "the host launches clusters of 12");
static_assert(Kernel::kThreads == 160, "the host launches 160 threads");
static_assert(Kernel::kSharedBytes == 79984, "the host provides 79984 bytes of shared memory");

}  // namespace

extern "C" __global__ void __cluster_dims__(12, 1, 1) __launch_bounds__(160, Kernel::kBlocksPerSm)
attention_h12x64_qs4in8_wgmma_q64h1x1_k128_s2_sm_90a(const __grid_constant__ mc::hopper::AttentionArguments arguments) {
  Kernel::run(arguments);
}
