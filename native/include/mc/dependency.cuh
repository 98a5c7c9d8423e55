// Programmatic dependent launch: where a kernel may start before the kernel ahead of it in the stream has ended.
#pragma once

namespace mc {

// Waits until the results of the kernels that this one depends on are visible. Every kernel calls it before its first
// access to memory that an earlier kernel writes or reads. Constant inputs (weights) may be touched before, and so may
// counts and starts of the batch: they are copied before the first kernel starts, and no kernel writes them.
// On architectures before sm_90, or when the launch does not carry the programmatic attribute, it costs nothing.
__device__ __forceinline__ void dependency_wait() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the next kernel of the stream start its preamble. Memory becomes visible to it only when this grid has ended,
// because the next kernel waits in dependency_wait, so the call is a hint and may stand anywhere.
__device__ __forceinline__ void dependency_release() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

}  // namespace mc
