// Emulation of native/include/mc/hopper/cluster.cuh.
#pragma once

#include "mc/ptx.cuh"

namespace mc::hopper {

// As if everyone arrived late.
inline void cluster_arrive() {}
inline void cluster_wait() { ptx::cluster_barrier(); }

}  // namespace mc::hopper
