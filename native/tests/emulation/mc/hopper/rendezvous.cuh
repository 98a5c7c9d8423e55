// Emulation of native/include/mc/hopper/rendezvous.cuh. Launches that use it keep all blocks alive (resident).
#pragma once

#include "device.h"
#include "mc/hopper/ordered_image.cuh"

namespace mc::hopper {

inline void range_end_add(unsigned* end, float value) { *end = std::max(*end, ordered_image(value)); }
inline float range_end_read(const unsigned* end) { return from_ordered_image(*end); }

inline void rendezvous_arrive(unsigned* counter) {
  ++*counter;
  ++emulation::progress;
}

inline void rendezvous_wait(const unsigned* counter, unsigned count) {
  while (*counter < count) emulation::yield();
}

}  // namespace mc::hopper
