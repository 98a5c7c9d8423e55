// Tensors from nothing and from memory. Device: c10::DeviceType and index, -1 for the current one.
#include "bridge.h"

namespace {
at::TensorOptions options(int32_t dtype, int32_t device_type, int32_t device_index) {
  return at::TensorOptions()
      .dtype(static_cast<at::ScalarType>(dtype))
      .device(at::Device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index)));
}
}  // namespace

#define MCT_SHAPE const int64_t *shape, int64_t rank, int32_t dtype, int32_t device_type, int32_t device_index
#define MCT_MADE(expression) mct::made([&] { return expression; })

MCT_API Handle mct_empty(MCT_SHAPE) { return MCT_MADE(at::empty(mct::dims(shape, rank), options(dtype, device_type, device_index))); }
MCT_API Handle mct_zeros(MCT_SHAPE) { return MCT_MADE(at::zeros(mct::dims(shape, rank), options(dtype, device_type, device_index))); }
MCT_API Handle mct_ones(MCT_SHAPE) { return MCT_MADE(at::ones(mct::dims(shape, rank), options(dtype, device_type, device_index))); }
MCT_API Handle mct_rand(MCT_SHAPE) { return MCT_MADE(at::rand(mct::dims(shape, rank), options(dtype, device_type, device_index))); }
MCT_API Handle mct_randn(MCT_SHAPE) { return MCT_MADE(at::randn(mct::dims(shape, rank), options(dtype, device_type, device_index))); }
MCT_API Handle mct_full(MctScalar value, MCT_SHAPE) {
  return MCT_MADE(at::full(mct::dims(shape, rank), mct::scalar(value), options(dtype, device_type, device_index)));
}
MCT_API Handle mct_arange(MctScalar start, MctScalar stop, MctScalar step, int32_t dtype, int32_t device_type, int32_t device_index) {
  return MCT_MADE(at::arange(mct::scalar(start), mct::scalar(stop), mct::scalar(step), options(dtype, device_type, device_index)));
}
MCT_API Handle mct_zeros_like(Handle x) { return MCT_MADE(at::zeros_like(*x)); }
MCT_API Handle mct_ones_like(Handle x) { return MCT_MADE(at::ones_like(*x)); }

// A copy of row-major elements in host memory.
MCT_API Handle mct_from_memory(const void* data, MCT_SHAPE) {
  return mct::made([&] {
    const at::Tensor borrowed = at::from_blob(
        const_cast<void*>(data), mct::dims(shape, rank), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
    return borrowed.to(options(dtype, device_type, device_index), /*non_blocking=*/false, /*copy=*/true);
  });
}
