// Emulation of native/include/mc/hopper/cluster_message.cuh.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

inline void message_send(unsigned target, float2 value, unsigned bar, int rank) {
  ptx::check_shared(target, 8);
  emulation::Block& block = cluster_block(rank);
  barrier_state(block, bar);
  block.transfers.push_back(
      {bar, 8, [&block, target, value] { std::memcpy(block.shared.data() + target, &value, 8); }});
  if (emulation::copy_timing == emulation::CopyTiming::kEarly) barrier_deliver(block, bar);
}

}  // namespace mc::hopper
