// Lifetime, properties and contents of tensors.
#include "bridge.h"

#include <atomic>
#include <cstring>

#include <torch/version.h>

namespace {
std::atomic<int64_t> live{0};
thread_local std::string last_error;
}  // namespace

namespace mct {
Handle keep(at::Tensor tensor) {
  Handle handle = new at::Tensor(std::move(tensor));
  ++live;
  return handle;
}
void set_error(const char* message) { last_error = message; }
}  // namespace mct

MCT_API const char* mct_last_error() { return last_error.c_str(); }
MCT_API const char* mct_version() { return TORCH_VERSION; }
MCT_API int64_t mct_live_tensors() { return live; }

MCT_API void mct_tensor_free(Handle x) {
  delete x;
  --live;
}

MCT_API int64_t mct_numel(Handle x) { return x->numel(); }
MCT_API int64_t mct_ndim(Handle x) { return x->dim(); }
MCT_API int64_t mct_size(Handle x, int64_t dim) { return x->sizes()[static_cast<size_t>(dim)]; }
MCT_API int32_t mct_dtype(Handle x) { return static_cast<int32_t>(x->scalar_type()); }
MCT_API int32_t mct_device_type(Handle x) { return static_cast<int32_t>(x->device().type()); }
MCT_API int32_t mct_device_index(Handle x) { return x->device().has_index() ? x->device().index() : -1; }

// The one element of a tensor.
MCT_API bool mct_item(Handle x, MctScalar* value) {
  return mct::done([&] {
    const at::Scalar item = x->item();
    const bool real = item.isFloatingPoint();
    *value = {!real, real ? 0 : item.to<int64_t>(), real ? item.to<double>() : 0.0};
  });
}

// The elements in row-major order, in their own type; the tensor may be on any device and of any layout.
MCT_API bool mct_copy_out(Handle x, void* target, int64_t bytes) {
  return mct::done([&] {
    const at::Tensor dense = x->detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(dense.nbytes()) == bytes, "expected room for ", dense.nbytes(), " bytes, found ", bytes);
    std::memcpy(target, dense.data_ptr(), static_cast<size_t>(bytes));
  });
}
