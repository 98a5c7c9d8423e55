// Emulation of native/include/mc/dependency.cuh: kernels run one after another. What a kernel has done by its first
// wait is of interest to tests.
#pragma once

#include <functional>
#include <utility>

namespace emulation {

inline std::function<void()> at_first_wait;

}  // namespace emulation

namespace mc {

inline void dependency_wait() {
  if (emulation::at_first_wait) std::exchange(emulation::at_first_wait, nullptr)();
}
inline void dependency_release() {}

}  // namespace mc
