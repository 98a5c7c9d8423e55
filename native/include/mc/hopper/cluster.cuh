// The barrier of a thread-block cluster in two halves, for a start that costs no one a wait.
#pragma once

namespace mc::hopper {

// Says that this thread has come here. Orders no memory but what barrier_init_fence() has published.
__device__ __forceinline__ void cluster_arrive() { asm volatile("barrier.cluster.arrive.relaxed;" ::: "memory"); }

// Waits for every thread of every block of the cluster: their shared memory exists and their barriers count.
__device__ __forceinline__ void cluster_wait() { asm volatile("barrier.cluster.wait.acquire;" ::: "memory"); }

}  // namespace mc::hopper
