// Emulation of native/include/mc/hopper/warp_group.cuh.
#pragma once

#include "device.h"

namespace mc::hopper {

constexpr int kWarpGroup = 128;

inline emulation::Barrier& named_barrier(int id, int threads) {
  if (id < 1 || id > 15 || threads % 32 != 0) emulation::fail("a named barrier has number 1 to 15 and whole warps");
  emulation::Barrier& barrier = emulation::current->block->named_barriers[id];
  if (barrier.arrived != 0 && barrier.expected != threads) emulation::fail("threads disagree about a named barrier");
  barrier.expected = threads;
  return barrier;
}

inline void named_barrier_wait(int id, int threads) { emulation::arrive_and_wait(named_barrier(id, threads)); }

inline void named_barrier_arrive(int id, int threads) {
  emulation::Barrier& barrier = named_barrier(id, threads);
  if (++barrier.arrived < barrier.expected) return;
  barrier.arrived = 0;
  ++barrier.generation;
  ++emulation::progress;
}

template <int kRegisters>
inline void registers_shrink() {
  static_assert(kRegisters % 8 == 0 && kRegisters >= 24 && kRegisters <= 240);
}
template <int kRegisters>
inline void registers_grow() {
  static_assert(kRegisters % 8 == 0 && kRegisters >= 24 && kRegisters <= 240);
}

inline bool elect_one() { return threadIdx.x % 32 == 0; }

inline int uniform(int value) { return __shfl_sync(0xffffffffu, value, 0); }

}  // namespace mc::hopper
