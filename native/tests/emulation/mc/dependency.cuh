// Emulation of native/include/mc/dependency.cuh: kernels run one after another.
#pragma once

namespace mc {

inline void dependency_wait() {}
inline void dependency_release() {}

}  // namespace mc
