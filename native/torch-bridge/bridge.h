// What every file of the bridge shares: handles, errors, scalars.
//
// The ABI: a tensor is an opaque pointer that its owner passes to mct_tensor_free once. A function that makes a tensor
// returns null, any other function returns false, where libtorch threw; mct_last_error then has the message, on the same
// thread. No exception leaves a function.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#define MCT_API extern "C" __attribute__((visibility("default")))

using Handle = at::Tensor*;

// A number that is an integer or a real, as libtorch distinguishes them for the type of a result.
struct MctScalar {
  int64_t is_integer;
  int64_t integer;
  double real;
};

namespace mct {

Handle keep(at::Tensor tensor);  // a new handle, counted as live until it is freed
void set_error(const char* message);

inline at::Scalar scalar(MctScalar value) { return value.is_integer ? at::Scalar(value.integer) : at::Scalar(value.real); }
inline at::IntArrayRef dims(const int64_t* values, int64_t count) { return {values, static_cast<size_t>(count)}; }

inline std::vector<at::Tensor> tensors(const Handle* handles, int64_t count) {
  std::vector<at::Tensor> result;
  result.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) result.push_back(*handles[i]);
  return result;
}

// Runs a function; the zero value of its result where it throws.
template <class Function>
auto guarded(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const c10::Error& error) {
    set_error(error.what_without_backtrace());
  } catch (const std::exception& error) {
    set_error(error.what());
  } catch (...) {
    set_error("an exception of unknown type");
  }
  return decltype(function()){};
}

// The same for functions that make a tensor, and for functions that change something.
template <class Function>
Handle made(Function function) {
  return guarded([&] { return keep(function()); });
}
template <class Function>
bool done(Function function) {
  return guarded([&] { function(); return true; });
}

}  // namespace mct
