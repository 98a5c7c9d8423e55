// rows_n768_ln_f16_qs4_sm_80
//
//   y = input[m, :], fp32, what the kernel before left in scratch
//   y = (y - mean) / sqrt(variance + epsilon) · gamma + beta
//   output[m, :] = y, FP16
//   quantized[m, :] = quantize(y): s4 codes, two to a byte, range of each token
//
//   input   [tokens, 768] row-major fp32
//
// Launch: grid (ceil(bucket tokens / rows a block)), 128 threads. Plan be2d6fc0604fe6e0.
#include "mc/rows.cuh"

namespace {

using Config = mc::RowsConfig<768, float, true, true, mc::QuantFormat<4, 4, false, false>, mc::DefaultRowLaunch<768>>;
static_assert(Config::Launch::kThreads == 128, "the host launches 128 threads");

}  // namespace

extern "C" __global__ void __launch_bounds__(128)
rows_n768_ln_f16_qs4_sm_80(const mc::RowsArguments arguments) {
  mc::Rows<Config>::run(arguments);
}
