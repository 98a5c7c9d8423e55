// dense_n2_k768_sequences_bias_f32_sm_80
//
//   output[r, n] = (sum over k of input[r, k] · weight[n, k] + bias[n]), r over sequences
//
//   input   [sequences, 768] row-major FP16
//   weight  [2, 768] row-major FP16
//   output  [sequences, 2] row-major float
//
// Launch: grid (ceil(2 / 16), some blocks, which take rows in turn), 256 threads. Plan 44c3a0689a810cc9.
#include "mc/head.cuh"

namespace {

using Config = mc::HeadConfig<768, 2, mc::HeadInput::kEachRow, mc::HeadActivation::kNone, true, float>;
static_assert(Config::kThreads == 256, "the host launches 256 threads");
static_assert(Config::kOutputsPerBlock == 16, "the host launches a block for 16 outputs");
static_assert(Config::kBlocksPerSm == 3, "the host counts on 3 blocks of a multiprocessor");

}  // namespace

extern "C" __global__ void __launch_bounds__(256, Config::kBlocksPerSm)
dense_n2_k768_sequences_bias_f32_sm_80(const mc::HeadArguments arguments) {
  mc::Head<Config>::run(arguments);
}
