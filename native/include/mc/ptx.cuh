// The instructions that C++ has no words for: shared-memory addresses, asynchronous copies, ldmatrix, packed FP16
// arithmetic and thread-block clusters. Matrix products are in mma.cuh. Nothing here knows about GEMM.
#pragma once

namespace mc::ptx {

// The dynamic shared memory of the block. Its size is a launch argument; see Gemm::kSharedBytes.
__device__ __forceinline__ unsigned char* dynamic_shared() {
  extern __shared__ __align__(1024) unsigned char mc_dynamic_shared[];
  return mc_dynamic_shared;
}

// 32-bit address in the shared window, as ldmatrix and cp.async take it.
__device__ __forceinline__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// Copies 16 bytes from global to shared memory past L1, or writes 16 zero bytes when !valid. Nothing is read from
// `source` then, but it must still point into an allocation. Both addresses are 16-byte aligned.
__device__ __forceinline__ void copy_async_16(unsigned target, const void* source, bool valid) {
  const int source_bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source), "r"(source_bytes)
               : "memory");
}

// Copies 4 bytes from global to shared memory.
__device__ __forceinline__ void copy_async_4(unsigned target, const void* source) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(target), "l"(source) : "memory");
}

// Closes the group of copies that this thread issued since the last commit; a group may be empty.
__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most kPending of this thread's latest groups are still in flight.
template <int kPending>
__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// Four 8 x 16-byte matrices. Lane 8 i + r passes the address of row r of matrix i; lane 4 r + c receives bytes 4 c to
// 4 c + 3 of row r of matrix i in words[i].
__device__ __forceinline__ void load_matrix_x4(unsigned (&words)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address)
               : "memory");
}

// Four 8 x 8 matrices of 16-bit elements, transposed on the way. Lane 8 i + r passes the address of the 16 bytes of row
// r of matrix i; lane 4 r + c receives elements r of its rows 2 c and 2 c + 1 in words[i].
__device__ __forceinline__ void load_matrix_transposed_x4(unsigned (&words)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address)
               : "memory");
}

// 16 bytes from shared memory, 16-byte aligned.
__device__ __forceinline__ uint4 load_shared_16(unsigned address) {
  uint4 words;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(words.x), "=r"(words.y), "=r"(words.z), "=r"(words.w)
               : "r"(address)
               : "memory");
  return words;
}

// Reads of global memory that start here, wherever their results are used: the compiler would move a plain one behind a
// branch that decides whether it is needed. Aligned to their size.
__device__ __forceinline__ float4 load_global_16(const void* address) {
  float4 words;
  asm volatile("ld.global.v4.f32 {%0, %1, %2, %3}, [%4];"
               : "=f"(words.x), "=f"(words.y), "=f"(words.z), "=f"(words.w)
               : "l"(address)
               : "memory");
  return words;
}
__device__ __forceinline__ unsigned load_global_4(const void* address) {
  unsigned word;
  asm volatile("ld.global.u32 %0, [%1];" : "=r"(word) : "l"(address) : "memory");
  return word;
}

// The same of memory that other kernels write, from the L2. Relaxed loads cannot be left out, so the assembler moves
// none behind a branch either.
__device__ __forceinline__ uint4 load_relaxed_16(const void* address) {
  uint4 words;
  asm volatile("ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(words.x), "=r"(words.y), "=r"(words.z), "=r"(words.w)
               : "l"(address)
               : "memory");
  return words;
}
__device__ __forceinline__ int load_relaxed_4(const int* address) {
  int word;
  asm volatile("ld.relaxed.gpu.global.s32 %0, [%1];" : "=r"(word) : "l"(address) : "memory");
  return word;
}

// Has a value computed here, not where it is needed.
__device__ __forceinline__ void keep(unsigned& value) { asm volatile("" : "+r"(value)); }
__device__ __forceinline__ void keep(int& value) { asm volatile("" : "+r"(value)); }
__device__ __forceinline__ void keep(const unsigned char*& value) { asm volatile("" : "+l"(value)); }

// Two FP16 numbers in a word: a - b.
__device__ __forceinline__ unsigned half2_subtract(unsigned a, unsigned b) {
  unsigned result;
  asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// Two FP16 numbers in a word: a * b + c, rounded once.
__device__ __forceinline__ unsigned half2_multiply_add(unsigned a, unsigned b, unsigned c) {
  unsigned result;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(c));
  return result;
}

// 2 to the power of `value`, to about two units in the last place. 0 for minus infinity.
__device__ __forceinline__ float exp2_approximate(float value) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(value));
  return result;
}

// Has the L2 fetch the 128-byte line of an address.
__device__ __forceinline__ void prefetch_l2(const void* address) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
}

// 1 / sqrt(value) to 2^-22, relative.
__device__ __forceinline__ float reciprocal_root_approximate(float value) {
  float result;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(value));
  return result;
}

// 1 / value to a unit in the last place; infinity of subnormal numbers, and 0 where the result would be one.
__device__ __forceinline__ float reciprocal_approximate(float value) {
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(value));
  return result;
}

// The larger number; NaN where one is NaN.
__device__ __forceinline__ float maximum_or_nan(float a, float b) {
  float result;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
  return result;
}

// What follows exists from sm_90 on.

// Index of this block within its thread-block cluster.
__device__ __forceinline__ int cluster_rank() {
  unsigned rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return static_cast<int>(rank);
}

// Waits for every thread of every block of the cluster; shared-memory writes before it are visible after it to all.
// Not the .aligned form: a warp may come here with its lanes apart.
__device__ __forceinline__ void cluster_barrier() {
  asm volatile("barrier.cluster.arrive.release;\n\tbarrier.cluster.wait.acquire;" ::: "memory");
}

// As cluster_barrier, in whole warps, and with nothing made visible but mbarriers after their fence.
__device__ __forceinline__ void cluster_meet() {
  asm volatile("barrier.cluster.arrive.relaxed.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}

// The float that lies at `address` (an address of this block's own shared memory) in the block `rank` of the cluster.
__device__ __forceinline__ float load_cluster_float(unsigned address, int rank) {
  float value;
  asm volatile("{ .reg .u32 remote;\n\t"
               "mapa.shared::cluster.u32 remote, %1, %2;\n\t"
               "ld.shared::cluster.f32 %0, [remote]; }"
               : "=f"(value)
               : "r"(address), "r"(rank)
               : "memory");
  return value;
}

}  // namespace mc::ptx
