// pool_first_n768_f32_sm_80
//
//   y = first token of sequence s
//   output[s, :] = y, float
//
//   input   [tokens, 768] row-major FP16
//
// Launch: grid (some blocks, which take sequences in turn), 96 threads. Plan 31be3d73989dde1b.
#include "mc/pool.cuh"

namespace {

using Config = mc::PoolConfig<768, mc::Pooling::kFirst, false, float>;
static_assert(Config::kThreads == 96, "the host launches 96 threads");

}  // namespace

extern "C" __global__ void __launch_bounds__(96)
pool_first_n768_f32_sm_80(const mc::PoolArguments arguments) {
  mc::Pool<Config>::run(arguments);
}
