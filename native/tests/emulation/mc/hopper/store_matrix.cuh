// Emulation of native/include/mc/hopper/store_matrix.cuh.
#pragma once

#include "device.h"
#include "mc/ptx.cuh"

namespace mc::hopper {

inline void store_matrix_x4(unsigned address, const unsigned (&words)[4]) {
  ptx::check_shared(address, 16);
  const std::array<unsigned, 32> addresses = emulation::exchange(address);
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 4; ++i) {
    std::memcpy(ptx::dynamic_shared() + addresses[8 * i + lane / 4] + lane % 4 * 4, &words[i], 4);
  }
  __syncwarp();
}

}  // namespace mc::hopper
