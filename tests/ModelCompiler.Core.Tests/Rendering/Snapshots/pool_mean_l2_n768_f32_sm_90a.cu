// pool_mean_l2_n768_f32_sm_90a
//
//   y = mean over the tokens of sequence s
//   y = y / max(|y|, 1e-12)
//   output[s, :] = y, float
//
//   input   [tokens, 768] row-major FP16
//
// Launch: grid (some blocks, which take sequences in turn), 480 threads. Plan bfba9dee14d1e687.
#include "mc/pool.cuh"

namespace {

using Config = mc::PoolConfig<768, mc::Pooling::kMean, true, float>;
static_assert(Config::kThreads == 480, "the host launches 480 threads");

}  // namespace

extern "C" __global__ void __launch_bounds__(480)
pool_mean_l2_n768_f32_sm_90a(const mc::PoolArguments arguments) {
  mc::Pool<Config>::run(arguments);
}
