// Emulation of native/include/mc/hopper/cluster_copy.cuh.
#pragma once

#include "mc/hopper/bulk_copy.cuh"

namespace mc::hopper {

// The bytes are those that are there when they land: until then their block runs, and leaves them alone.
inline void store_bulk_cluster(unsigned place, int bytes, unsigned bar, int rank) {
  emulation::Block* from = emulation::current->block;
  check_bulk(nullptr, place, bytes);
  emulation::Block& block = cluster_block(rank);
  unsigned char* target = block.shared.data() + place;
  start_transfer(block, bar, bytes, [=] {
    if (from->running == 0) emulation::fail("a block ended before its copies to others landed");
    std::memcpy(target, from->shared.data() + place, static_cast<size_t>(bytes));
  });
}

}  // namespace mc::hopper
