// Emulation of native/include/mc/hopper/head_ranges.cuh. Launches that use it keep all blocks alive (resident).
#pragma once

#include "device.h"
#include "mc/hopper/ordered_image.cuh"

namespace mc::hopper {

inline void head_range_leave(unsigned* word, float largest) {
  *word = ordered_image(largest);
  ++emulation::progress;
}

inline void head_range_images(const unsigned* words, unsigned (&images)[4]) {
  if (reinterpret_cast<uintptr_t>(words) % 16 != 0) emulation::fail("ranges are misaligned");
  std::copy(words, words + 4, images);
}

inline void head_range_pause() { emulation::yield(); }

}  // namespace mc::hopper
