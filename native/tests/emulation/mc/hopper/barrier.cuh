// Emulation of native/include/mc/hopper/barrier.cuh. A barrier's state fills its 8 bytes of shared memory, so that
// whatever overwrites it is found out.
#pragma once

#include "device.h"

namespace mc::hopper {

constexpr int kBarrierBytes = 8;

struct BarrierState {
  unsigned short count;    // arrivals of a phase
  unsigned short pending;  // those still missing in the current one
  int bytes_and_phase;     // 2 * bytes still expected + parity of the current phase
};
static_assert(sizeof(BarrierState) == kBarrierBytes);

inline BarrierState& barrier_state(emulation::Block& block, unsigned bar) {
  if (bar % 8 != 0 || bar + 8 > block.shared.size()) emulation::fail("a barrier is misaligned or outside");
  auto& state = *reinterpret_cast<BarrierState*>(block.shared.data() + bar);
  if (state.count == 0xffff) emulation::fail("a barrier is used before it is initialised");
  return state;
}

inline void barrier_settle(BarrierState& state) {
  if (state.pending != 0 || state.bytes_and_phase >> 1 != 0) return;
  state.pending = state.count;
  state.bytes_and_phase ^= 1;
  ++emulation::progress;
}

inline void barrier_add_bytes(BarrierState& state, int bytes) { state.bytes_and_phase += 2 * bytes; }

inline void barrier_arrive_at(BarrierState& state) {
  if (state.pending == 0) emulation::fail("more threads arrive at a barrier than it counts");
  --state.pending;
  ++emulation::progress;
  barrier_settle(state);
}

inline void barrier_init(unsigned bar, int count) {
  auto& shared = emulation::current->block->shared;
  if (bar % 8 != 0 || bar + 8 > shared.size()) emulation::fail("a barrier is misaligned or outside");
  const unsigned short arrivals = static_cast<unsigned short>(count);
  *reinterpret_cast<BarrierState*>(shared.data() + bar) = {arrivals, arrivals, 0};
}

inline void barrier_init_fence() {}

inline void barrier_arrive(unsigned bar) {
  barrier_arrive_at(barrier_state(*emulation::current->block, bar));
  emulation::hesitate();
}

inline void barrier_arrive_expect(unsigned bar, int bytes) {
  BarrierState& state = barrier_state(*emulation::current->block, bar);
  barrier_add_bytes(state, bytes);
  barrier_arrive_at(state);
}

inline void barrier_expect(unsigned bar, int bytes) {
  barrier_add_bytes(barrier_state(*emulation::current->block, bar), bytes);
}

inline emulation::Block& cluster_block(int rank) {
  emulation::Block& block = *(*emulation::current->block->cluster)[static_cast<size_t>(rank)];
  if (block.running == 0) emulation::fail("a block of a cluster is used after it ended");
  return block;
}

inline void barrier_arrive_cluster_after_reads(unsigned bar, int rank) {
  barrier_arrive_at(barrier_state(cluster_block(rank), bar));
}

// Lands what is on its way to the barrier.
inline void barrier_deliver(emulation::Block& block, unsigned bar) {
  for (size_t i = 0; i < block.transfers.size();) {
    if (block.transfers[i].bar != bar) {
      ++i;
      continue;
    }
    const emulation::Transfer transfer = std::move(block.transfers[i]);
    block.transfers.erase(block.transfers.begin() + static_cast<long>(i));
    transfer.write();
    BarrierState& state = barrier_state(block, bar);
    barrier_add_bytes(state, -transfer.bytes);
    barrier_settle(state);
  }
}

inline bool barrier_ended(unsigned bar, int parity) {
  return (barrier_state(*emulation::current->block, bar).bytes_and_phase & 1) != parity;
}

inline bool barrier_try_wait(unsigned bar, int parity) {
  if (barrier_ended(bar, parity)) return true;
  barrier_deliver(*emulation::current->block, bar);
  if (barrier_ended(bar, parity)) return true;
  emulation::yield();
  return barrier_ended(bar, parity);
}

inline void barrier_wait(unsigned bar, int parity) {
  while (!barrier_try_wait(bar, parity)) {
  }
}

}  // namespace mc::hopper
