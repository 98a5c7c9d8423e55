// embedding_n768_p0_types_ln_f16_qs4_sm_80
//
//   y = word[token_ids[t]] + type[type_ids[t]] + position[t - start of its sequence + 0]
//   y = (y - mean) / sqrt(variance + epsilon) · gamma + beta
//   output[t, :] = y, FP16
//   quantized[t, :] = quantize(y): s4 codes, two to a byte, range of each token
//
//   tables  [rows, 768] row-major FP16
//
// Launch: grid (ceil(bucket tokens / rows a block)), 128 threads. Plan 64d9b5d5b4659b47.
#include "mc/embedding.cuh"

namespace {

using Config = mc::EmbeddingConfig<768, mc::TokenTypes::kIds, true, mc::QuantFormat<4, 4, false, false>, mc::DefaultRowLaunch<768>>;
static_assert(Config::Launch::kThreads == 128, "the host launches 128 threads");

}  // namespace

extern "C" __global__ void __launch_bounds__(128, Config::kBlocksPerSm)
embedding_n768_p0_types_ln_f16_qs4_sm_80(const mc::EmbeddingArguments arguments) {
  mc::Embedding<Config>::run(arguments);
}
