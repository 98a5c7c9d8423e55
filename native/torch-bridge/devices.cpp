// Devices, seeds and threads.
#include "bridge.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>

MCT_API bool mct_cuda_is_available() { return torch::cuda::is_available(); }
MCT_API int64_t mct_cuda_device_count() { return static_cast<int64_t>(torch::cuda::device_count()); }
MCT_API bool mct_cuda_synchronize() { return mct::done([] { torch::cuda::synchronize(); }); }
MCT_API bool mct_manual_seed(int64_t seed) { return mct::done([&] { at::manual_seed(static_cast<uint64_t>(seed)); }); }
MCT_API int32_t mct_get_num_threads() { return at::get_num_threads(); }
MCT_API bool mct_set_num_threads(int32_t threads) { return mct::done([&] { at::set_num_threads(threads); }); }
