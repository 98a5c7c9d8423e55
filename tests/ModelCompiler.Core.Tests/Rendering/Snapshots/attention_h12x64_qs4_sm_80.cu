// attention_h12x64_qs4_sm_80
//
//   context[t, h, :] = sum over keys u of t's sequence of softmax_u(q[t, h, :] · k[u, h, :] / sqrt(64)) v[u, h, :]
//   quantized[t, :] = quantize(context[t, :]): s4 codes, two to a byte, range of each token
//
//   qkv      [tokens, 3 x 768] row-major FP16: queries, keys, values, each 12 heads of 64
//
// A block takes 16 query tokens and 12 heads, a warp each.
// Launch: grid (ceil(bucket tokens / 16), 12 / 12), 384 threads. Plan 35488fce05879895.
#include "mc/attention.cuh"

namespace {

using Config = mc::AttentionConfig<12, 64, mc::AttentionOutput::kQuantized, mc::QuantFormat<4, 4, false, false>, 12>;
static_assert(Config::kThreads == 384, "the host launches 384 threads");

}  // namespace

extern "C" __global__ void __launch_bounds__(384, 1)
attention_h12x64_qs4_sm_80(const mc::AttentionArguments arguments) {
  mc::Attention<Config>::run(arguments);
}
