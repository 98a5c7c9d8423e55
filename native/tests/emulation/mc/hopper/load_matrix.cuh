// Emulation of native/include/mc/hopper/load_matrix.cuh.
#pragma once

#include "mc/ptx.cuh"

namespace mc::hopper {

inline void load_matrix_transposed_x4(unsigned (&words)[4], unsigned address) {
  ptx::check_shared(address, 16);
  const std::array<unsigned, 32> addresses = emulation::exchange(address);
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned short pair[2];
    for (unsigned e = 0; e < 2; ++e) {
      std::memcpy(&pair[e], ptx::dynamic_shared() + addresses[8 * i + lane % 4 * 2 + e] + lane / 4 * 2, 2);
    }
    std::memcpy(&words[i], pair, 4);
  }
}

}  // namespace mc::hopper
