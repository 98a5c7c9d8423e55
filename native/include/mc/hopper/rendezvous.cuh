// Blocks of a grid that share rows exchange the ends of each row's range through device memory.
//
// Ends are maxima of floats, kept as unsigned images in the same order, for which 0 lies below every number; so memory
// that a graph cleared is ready. Each block adds its ends by atomic maxima, counts itself in, waits until all blocks of
// the rows have, and reads the ends:
//
//   every thread   range_end_add(...)
//   barrier of those threads
//   one thread     rendezvous_arrive(counter)    rendezvous_wait(counter, blocks)
//   barrier of those threads
//   every thread   range_end_read(...)
//
// A block may only wait for blocks that are running or have ended: the grid must fit the chip at once, and no block may
// take up rows before those that it has counted itself in for.
#pragma once

#include "mc/hopper/ordered_image.cuh"

namespace mc::hopper {

// *end = max(*end, image of value)
__device__ __forceinline__ void range_end_add(unsigned* end, float value) {
  asm volatile("red.relaxed.gpu.global.max.u32 [%0], %1;" ::"l"(end), "r"(ordered_image(value)) : "memory");
}

__device__ __forceinline__ float range_end_read(const unsigned* end) {
  unsigned image;
  asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(image) : "l"(end) : "memory");
  return from_ordered_image(image);
}

// What this thread wrote, and others wrote before the barrier that it passed, is visible to those who wait.
__device__ __forceinline__ void rendezvous_arrive(unsigned* counter) {
  asm volatile("fence.acq_rel.gpu;\n\tred.release.gpu.global.add.u32 [%0], 1;" ::"l"(counter) : "memory");
}

// Waits for `count` arrivals.
__device__ __forceinline__ void rendezvous_wait(const unsigned* counter, unsigned count) {
  unsigned arrived;
  do {
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(arrived) : "l"(counter) : "memory");
  } while (arrived < count);
}

}  // namespace mc::hopper
