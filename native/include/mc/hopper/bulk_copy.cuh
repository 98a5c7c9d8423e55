// Copies by the copy engine of an SM (cp.async.bulk, TMA): one thread starts them. Loads report to a barrier of
// barrier.cuh, whose expected bytes they complete; stores are waited for in groups.
// Addresses are 16-byte aligned, and bytes a multiple of 16.
#pragma once

namespace mc::hopper {

// The opaque form of a matrix in global memory (CUtensorMap). The host encodes it, and a kernel takes it as a
// `const __grid_constant__` argument. Maps of this project have two dimensions of bytes (uint8), so x counts bytes of
// a row and y rows; the swizzle is that of 128 bytes; elements out of bounds become zero.
struct alignas(64) TensorMap {
  unsigned char opaque[128];
};

// Global memory to this block. The barrier is expected to count `bytes`.
__device__ __forceinline__ void load_bulk(unsigned target, const void* source, int bytes, unsigned bar) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(target),
               "l"(source), "r"(bytes), "r"(bar)
               : "memory");
}

// To the same address in every block of the cluster whose bit is set in `blocks`; each block's barrier at the address
// `bar` counts the bytes.
__device__ __forceinline__ void load_bulk_multicast(unsigned target, const void* source, int bytes, unsigned bar,
                                                    unsigned short blocks) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], "
      "%4;" ::"r"(target),
      "l"(source), "r"(bytes), "r"(bar), "h"(blocks)
      : "memory");
}

// The box of the map whose first byte is x of row y. In shared memory its rows follow one another; 16-byte chunk c of
// a row of 128 bytes lies at c ^ (address / 128 % 8). The barrier counts the whole box, in bounds or not.
__device__ __forceinline__ void load_tile_2d(unsigned target, const TensorMap* map, int x, int y, unsigned bar) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
      "[%4];" ::"r"(target),
      "l"(map), "r"(x), "r"(y), "r"(bar)
      : "memory");
}

__device__ __forceinline__ void load_tile_2d_multicast(unsigned target, const TensorMap* map, int x, int y,
                                                       unsigned bar, unsigned short blocks) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], "
      "[%1, {%2, %3}], [%4], %5;" ::"r"(target),
      "l"(map), "r"(x), "r"(y), "r"(bar), "h"(blocks)
      : "memory");
}

// Fetches the map's description ahead of its first use.
__device__ __forceinline__ void prefetch_map(const TensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

// This block to global memory. What threads wrote to shared memory needs fence_async_proxy() and a barrier before.
__device__ __forceinline__ void store_bulk(void* target, unsigned source, int bytes) {
  asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(target), "r"(source), "r"(bytes)
               : "memory");
}

// Closes the group of the stores that this thread started since its last commit.
__device__ __forceinline__ void store_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

// Waits until at most kPending of this thread's latest groups have not read their shared memory yet.
template <int kPending>
__device__ __forceinline__ void store_wait_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");
}

// Waits until at most kPending of them have not been written yet.
template <int kPending>
__device__ __forceinline__ void store_wait() {
  asm volatile("cp.async.bulk.wait_group %0;" ::"n"(kPending) : "memory");
}

// Between this thread's accesses to shared memory and those of the copy engine and the tensor cores after it.
__device__ __forceinline__ void fence_async_proxy() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Writes a word to `target` in the block `rank` of the cluster; that block's barrier at the address `bar` counts its
// 4 bytes when the word has landed.
__device__ __forceinline__ void store_cluster(unsigned target, unsigned word, unsigned bar, int rank) {
  asm volatile(
      "{ .reg .b32 place, remote;\n\t"
      "mapa.shared::cluster.u32 place, %0, %3;\n\t"
      "mapa.shared::cluster.u32 remote, %2, %3;\n\t"
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.b32 [place], %1, [remote]; }" ::"r"(target),
      "r"(word), "r"(bar), "r"(rank)
      : "memory");
}

// Two words, 8-byte aligned; the barrier counts 8 bytes.
__device__ __forceinline__ void store_cluster(unsigned target, uint2 words, unsigned bar, int rank) {
  asm volatile(
      "{ .reg .b32 place, remote;\n\t"
      "mapa.shared::cluster.u32 place, %0, %4;\n\t"
      "mapa.shared::cluster.u32 remote, %3, %4;\n\t"
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.b32 [place], {%1, %2}, [remote]; }" ::"r"(target),
      "r"(words.x), "r"(words.y), "r"(bar), "r"(rank)
      : "memory");
}

// Four words, 16-byte aligned; the barrier counts 16 bytes.
__device__ __forceinline__ void store_cluster(unsigned target, uint4 words, unsigned bar, int rank) {
  asm volatile(
      "{ .reg .b32 place, remote;\n\t"
      "mapa.shared::cluster.u32 place, %0, %6;\n\t"
      "mapa.shared::cluster.u32 remote, %5, %6;\n\t"
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [place], {%1, %2, %3, %4}, [remote]; "
      "}" ::"r"(target),
      "r"(words.x), "r"(words.y), "r"(words.z), "r"(words.w), "r"(bar), "r"(rank)
      : "memory");
}

}  // namespace mc::hopper
