// A kernel for few tokens runs each of its instructions once, and fetches most of them from L2 when it comes to them: its
// blocks find little of it in the SM's instruction caches. While they wait for the kernel ahead they have nothing else
// to do, so they run what follows once for no tokens at all: on what shared memory holds, without loads from memory that
// the kernel ahead writes, without messages and without stores.
//
//   Rehearsal<kRehearses> run;
//   do {
//     if (run.is_real()) { __syncthreads(); dependency_wait(); ... }
//     ...
//   } while (run.goes_on());
#pragma once

#include "mc/ptx.cuh"

namespace mc::hopper {

template <bool kRehearses>
struct Rehearsal {
  __device__ __forceinline__ bool is_real() const { return true; }
  __device__ __forceinline__ bool goes_on() { return false; }
};

template <>
struct Rehearsal<true> {
  int passes_left = 2;

  __device__ __forceinline__ Rehearsal() { ptx::keep(passes_left); }
  __device__ __forceinline__ bool is_real() const { return passes_left == 1; }
  // Opaque to the compiler, which would make two copies of the code, the second of them as cold as ever.
  __device__ __forceinline__ bool goes_on() {
    ptx::keep(passes_left);
    return --passes_left > 0;
  }
};

}  // namespace mc::hopper
