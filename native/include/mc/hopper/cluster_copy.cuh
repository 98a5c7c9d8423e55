// Copies by the copy engine from a block's shared memory to that of another block of its cluster (cp.async.bulk).
#pragma once

namespace mc::hopper {

// To the same address in the block `rank` of the cluster, whose barrier at the address `bar` counts the bytes. `place`
// is 16-byte aligned, and `bytes` a multiple of 16. What threads wrote needs fence_async_proxy() and a barrier before;
// the block may end when the bytes have landed.
__device__ __forceinline__ void store_bulk_cluster(unsigned place, int bytes, unsigned bar, int rank) {
  asm volatile(
      "{ .reg .b32 target, remote;\n\t"
      "mapa.shared::cluster.u32 target, %0, %3;\n\t"
      "mapa.shared::cluster.u32 remote, %2, %3;\n\t"
      "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [target], [%0], %1, [remote]; }" ::"r"(
          place),
      "r"(bytes), "r"(bar), "r"(rank)
      : "memory");
}

}  // namespace mc::hopper
