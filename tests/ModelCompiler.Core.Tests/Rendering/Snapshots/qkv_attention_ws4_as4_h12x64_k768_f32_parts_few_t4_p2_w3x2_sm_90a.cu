// qkv_attention_ws4_as4_h12x64_k768_f32_parts_few_t4_p2_w3x2_sm_90a
//
//   q, k, v             = (half)(dequantize(sum over k of a[t, k] * w[n, k]) + bias[n])
//   values[t, h, :]     = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//   range_parts[t, p]   = the largest |value| of a quarter of a head's columns, 0 <= p < 48
//
//   a        [tokens, 768] codes in bytes, row-major, a scale each; whole tiles of 16 rows are read
//   w        [3 x 768, 768] in the order of mc/weight_layout.cuh: queries, keys, values, each 12 heads of 64
//
// A head's 8 blocks are a cluster: 2 for each 16 of up to 64 tokens. 3 warps along the outputs x 2 along
// the inputs; 72464 bytes of shared memory.
// Launch: grid (8, 12) in clusters of 8 x 1, 192 threads. Plan 71e8f2872acb673f.
#include "mc/hopper/few_qkv_attention.cuh"

namespace {

using Config = mc::hopper::FewQkvAttentionConfig<12, 768, mc::Operand::kS4, 4, 2, 3, 2>;
using Kernel = mc::hopper::FewQkvAttention<Config>;

static_assert(Kernel::kThreads == 192, "the host launches 192 threads");
static_assert(Kernel::kSharedBytes == 72464, "the host provides 72464 bytes of shared memory");
static_assert(Config::kRangeParts == 48, "the reader expects 48 parts of a row's range");

}  // namespace

extern "C" __global__ void __cluster_dims__(8, 1, 1) __launch_bounds__(192, 1)
qkv_attention_ws4_as4_h12x64_k768_f32_parts_few_t4_p2_w3x2_sm_90a(const __grid_constant__ mc::hopper::FewQkvAttentionArguments arguments) {
  Kernel::run(arguments);
}
