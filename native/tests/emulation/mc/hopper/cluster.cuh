// Emulation of native/include/mc/hopper/cluster.cuh.
#pragma once

#include "device.h"

namespace mc::hopper {

inline void cluster_arrive() {
  emulation::current->cluster_generation = emulation::arrive(*emulation::current->block->cluster_barrier);
}
inline void cluster_wait() {
  emulation::wait(*emulation::current->block->cluster_barrier, emulation::current->cluster_generation);
}

}  // namespace mc::hopper
