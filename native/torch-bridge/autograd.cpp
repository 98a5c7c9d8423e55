// Gradients: which tensors have them, whether operations record for them, and computing them.
#include "bridge.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/version.h>

MCT_API bool mct_requires_grad(Handle x) { return x->requires_grad(); }
MCT_API bool mct_set_requires_grad(Handle x, bool value) { return mct::done([&] { x->set_requires_grad(value); }); }
MCT_API bool mct_is_leaf(Handle x) { return x->is_leaf(); }
MCT_API Handle mct_detach(Handle x) { return mct::made([&] { return x->detach(); }); }

// The gradient, or null and no error where there is none.
MCT_API Handle mct_grad(Handle x) {
  mct::set_error("");
  return mct::guarded([&]() -> Handle { return x->grad().defined() ? mct::keep(x->grad()) : nullptr; });
}
MCT_API bool mct_set_grad(Handle x, Handle value) {
  return mct::done([&] { x->mutable_grad() = value == nullptr ? at::Tensor() : *value; });
}

// Adds d x / d leaf to every leaf's gradient. gradient: null for a scalar.
MCT_API bool mct_backward(Handle x, Handle gradient) {
  return mct::done([&] { x->backward(gradient == nullptr ? at::Tensor() : *gradient); });
}

MCT_API bool mct_grad_enabled() { return at::GradMode::is_enabled(); }
MCT_API void mct_set_grad_enabled(bool enabled) { at::GradMode::set_enabled(enabled); }

// Autocast of this thread: the type that matrix products and the like run in. Setting it clears the casts it holds.
MCT_API bool mct_set_autocast(int32_t device_type, bool enabled, int32_t dtype) {
  return mct::done([&] {
    const auto type = static_cast<at::ScalarType>(dtype);
    const auto device = static_cast<at::DeviceType>(device_type);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_enabled(device, enabled);
    if (enabled) at::autocast::set_autocast_dtype(device, type);
#else
    if (device == at::kCPU) {
      at::autocast::set_cpu_enabled(enabled);
      if (enabled) at::autocast::set_autocast_cpu_dtype(type);
    } else {
      at::autocast::set_enabled(enabled);
      if (enabled) at::autocast::set_autocast_gpu_dtype(type);
    }
#endif
    if (!enabled) at::autocast::clear_cache();
  });
}
