// Emulation of native/include/mc/hopper/head_ranges.cuh. Launches that use it keep all blocks alive (resident).
#pragma once

#include "device.h"
#include "mc/hopper/ordered_image.cuh"

namespace mc::hopper {

inline void head_range_leave(unsigned* word, float largest) {
  *word = ordered_image(largest);
  ++emulation::progress;
}

inline unsigned head_range_image(const unsigned* word) { return *word; }
inline void head_range_pause() { emulation::yield(); }

}  // namespace mc::hopper
