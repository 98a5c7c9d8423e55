// qkv_attention_ws8_as8_h16x64_k1024_f32_parts_few_t1_p3_w2x2_sm_90a
//
//   q, k, v             = (half)(dequantize(sum over k of a[t, k] * w[n, k]) + bias[n])
//   values[t, h, :]     = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//   range_parts[t, p]   = the largest |value| of a quarter of a head's columns, 0 <= p < 64
//
//   a        [tokens, 1024] codes in bytes, row-major, a scale each; whole tiles of 16 rows are read
//   w        [3 x 1024, 1024] in the order of mc/weight_layout.cuh: queries, keys, values, each 16 heads of 64
//
// A head's 3 blocks are a cluster: 3 for each 16 of up to 16 tokens. 2 warps along the outputs x 2 along
// the inputs; 89872 bytes of shared memory.
// Launch: grid (3, 16) in clusters of 3 x 1, 128 threads. Plan 4a8886646e710079.
#include "mc/hopper/few_qkv_attention.cuh"

namespace {

using Config = mc::hopper::FewQkvAttentionConfig<16, 1024, mc::Operand::kS8, 1, 3, 2, 2>;
using Kernel = mc::hopper::FewQkvAttention<Config>;

static_assert(Kernel::kThreads == 128, "the host launches 128 threads");
static_assert(Kernel::kSharedBytes == 89872, "the host provides 89872 bytes of shared memory");
static_assert(Config::kRangeParts == 64, "the reader expects 64 parts of a row's range");

}  // namespace

extern "C" __global__ void __cluster_dims__(3, 1, 1) __launch_bounds__(128, 1)
qkv_attention_ws8_as8_h16x64_k1024_f32_parts_few_t1_p3_w2x2_sm_90a(const __grid_constant__ mc::hopper::FewQkvAttentionArguments arguments) {
  Kernel::run(arguments);
}
