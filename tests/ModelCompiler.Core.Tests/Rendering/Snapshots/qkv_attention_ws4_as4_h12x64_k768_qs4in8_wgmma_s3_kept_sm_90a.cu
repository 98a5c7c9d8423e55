// qkv_attention_ws4_as4_h12x64_k768_qs4in8_wgmma_s3_kept_sm_90a
//
//   q, k, v      = (half)(dequantize(sum over k of a[t, k] * w[n, k]) + bias[n])
//   context[t, h, :] = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//   quantized[t, :] = quantize(context[t, :]): s4 codes, one to a byte, range of each token
//
//   a        [tokens, 768] codes in bytes, row-major, a scale each
//   w        [3 x 768, 768] codes in bytes: queries, keys, values, each 12 heads of 64
//
// A block takes one head of tiles of at most 128 tokens, whole sequences; 3 steps of K in flight, weights stay; 222848 bytes of shared memory.
// Launch: grid (blocks that fit the chip at a time, in whole sets of heads, 1), 512 threads. Plan 425470ca38cfa141.
#include "mc/hopper/qkv_attention.cuh"

namespace {

using Config = mc::hopper::QkvAttentionConfig<12, 768, mc::QuantFormat<4, 8, false, false>, 3, mc::hopper::WeightFlow::kStationary, 1>;
using Kernel = mc::hopper::QkvAttention<Config>;

static_assert(Kernel::kThreads == 512, "the host launches 512 threads");
static_assert(Kernel::kSharedBytes == 222848, "the host provides 222848 bytes of shared memory");

}  // namespace

extern "C" __global__ void __launch_bounds__(512, 1)
qkv_attention_ws4_as4_h12x64_k768_qs4in8_wgmma_s3_kept_sm_90a(const __grid_constant__ mc::hopper::QkvAttentionArguments arguments) {
  Kernel::run(arguments);
}
