// dense_n768_k768_first_tokens_bias_tanh_f16_sm_80
//
//   output[r, n] = tanh(sum over k of input[first token of r, k] · weight[n, k] + bias[n]), r over sequences
//
//   input   [tokens, 768] row-major FP16
//   weight  [768, 768] row-major FP16
//   output  [sequences, 768] row-major mc::Half
//
// Launch: grid (ceil(768 / 16), some blocks, which take rows in turn), 256 threads. Plan d7d105aa71a6c22d.
#include "mc/head.cuh"

namespace {

using Config = mc::HeadConfig<768, 768, mc::HeadInput::kFirstTokens, mc::HeadActivation::kTanh, true, mc::Half>;
static_assert(Config::kThreads == 256, "the host launches 256 threads");
static_assert(Config::kOutputsPerBlock == 16, "the host launches a block for 16 outputs");
static_assert(Config::kBlocksPerSm == 3, "the host counts on 3 blocks of a multiprocessor");

}  // namespace

extern "C" __global__ void __launch_bounds__(256, Config::kBlocksPerSm)
dense_n768_k768_first_tokens_bias_tanh_f16_sm_80(const mc::HeadArguments arguments) {
  mc::Head<Config>::run(arguments);
}
