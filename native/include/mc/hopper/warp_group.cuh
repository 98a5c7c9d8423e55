// What a warp group (four warps of consecutive threads, the first a multiple of 128) does together: barriers among
// some of a block's threads, and its share of the register file.
#pragma once

namespace mc::hopper {

constexpr int kWarpGroup = 128;

// Barrier `id` (1 to 15; 0 is __syncthreads) of `threads` threads, whole warps, each of which calls one of the two.
__device__ __forceinline__ void named_barrier_wait(int id, int threads) {
  asm volatile("barrier.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
__device__ __forceinline__ void named_barrier_arrive(int id, int threads) {
  asm volatile("barrier.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// Sets the registers of each thread of the calling warp group, a multiple of 8 from 24 to 240. Needs the number of the
// kernel to be fixed by __launch_bounds__. Growing waits until other warp groups have given enough.
template <int kRegisters>
__device__ __forceinline__ void registers_shrink() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
__device__ __forceinline__ void registers_grow() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// True in one thread of the calling warp.
__device__ __forceinline__ bool elect_one() {
  unsigned elected;
  asm volatile(
      "{ .reg .pred elected;\n\t"
      "elect.sync _|elected, 0xffffffff;\n\t"
      "selp.b32 %0, 1, 0, elected; }"
      : "=r"(elected));
  return elected != 0;
}

// The value of lane 0, which the compiler then knows to be the same in all lanes.
__device__ __forceinline__ int uniform(int value) { return __shfl_sync(0xffffffffu, value, 0); }

}  // namespace mc::hopper
