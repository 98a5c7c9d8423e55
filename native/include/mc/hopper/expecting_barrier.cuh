// A barrier of which one phase is used: so many bytes arrive, from blocks of the cluster.
#pragma once

#include "mc/hopper/barrier.cuh"

namespace mc::hopper {

// Called by one whole warp, before the blocks of the cluster meet. The warp meets in between because racecheck takes
// `mbarrier.init` for an access of another thread than the one that runs it.
__device__ __forceinline__ void barrier_init_expecting(unsigned bar, int bytes) {
  const bool first_lane = threadIdx.x % 32 == 0;
  if (first_lane) {
    barrier_init(bar, 1);
    barrier_init_fence();
  }
  __syncwarp();
  if (first_lane) barrier_arrive_expect(bar, bytes);
}

}  // namespace mc::hopper
