// Barriers in shared memory (mbarrier): 8 bytes each, 8-byte aligned, named by their 32-bit shared address.
//
// A barrier runs through phases 0, 1, 2, ... A phase ends when `count` threads have arrived and all bytes that were
// expected of asynchronous copies have landed; the next one begins at once. barrier_wait(bar, parity) returns when the
// latest phase of that parity has ended: 0 waits for phase 0 first, and 1 passes at once on a fresh barrier, which is
// how a producer finds all stages of a pipeline empty.
#pragma once

namespace mc::hopper {

constexpr int kBarrierBytes = 8;

// One thread of the block, before any other use; then barrier_init_fence() and a barrier of the block (of the cluster,
// where others arrive here too).
__device__ __forceinline__ void barrier_init(unsigned bar, int count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
}

// Makes the initialisation visible to asynchronous copies and to the cluster.
__device__ __forceinline__ void barrier_init_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ __forceinline__ void barrier_arrive(unsigned bar) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(bar) : "memory");
}

// Arrives, and adds bytes that must land before the phase ends.
__device__ __forceinline__ void barrier_arrive_expect(unsigned bar, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}

// Adds bytes without arriving.
__device__ __forceinline__ void barrier_expect(unsigned bar, int bytes) {
  asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}

// Arrives at the barrier that lies at `bar` in the block `rank` of the cluster, for a thread that has only read what
// others will overwrite: with an order of its writes (release) it would wait for them, 900 clocks or so.
__device__ __forceinline__ void barrier_arrive_cluster_after_reads(unsigned bar, int rank) {
  asm volatile(
      "{ .reg .b32 remote;\n\t"
      "mapa.shared::cluster.u32 remote, %0, %1;\n\t"
      "mbarrier.arrive.shared::cluster.b64 _, [remote]; }" ::"r"(bar),
      "r"(rank)
      : "memory");
}

// Returns whether the phase has ended, after a short wait in hardware.
__device__ __forceinline__ bool barrier_try_wait(unsigned bar, int parity) {
  unsigned ended;
  asm volatile(
      "{ .reg .pred ended;\n\t"
      "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n\t"
      "selp.b32 %0, 1, 0, ended; }"
      : "=r"(ended)
      : "r"(bar), "r"(parity)
      : "memory");
  return ended != 0;
}

__device__ __forceinline__ void barrier_wait(unsigned bar, int parity) {
  while (!barrier_try_wait(bar, parity)) {
  }
}

}  // namespace mc::hopper
