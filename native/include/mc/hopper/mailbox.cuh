// Messages between the blocks of a thread-block cluster: a sender stores into another block's shared memory, and the
// receiver waits for a number of bytes, not for the senders. One way through the network between SMs, about 200 cycles,
// where a cluster barrier with a remote read behind it takes three.
//
// A mailbox is 8 bytes of shared memory, 8-byte aligned (an mbarrier), and is used once. The blocks of a cluster meet
// at a barrier after mailbox_open and before the first send. A block may leave when it has received all that is sent
// to it; what it sends needs nothing of it any more.
#pragma once

namespace mc::hopper {

// Called by one thread: `bytes` will arrive.
__device__ __forceinline__ void mailbox_open(unsigned mailbox, unsigned bytes) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(mailbox) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("{ .reg .b64 state;\n\t"
               "mbarrier.arrive.expect_tx.shared::cta.b64 state, [%0], %1; }" ::"r"(mailbox),
               "r"(bytes)
               : "memory");
}

// Stores 8 bytes at `target` of block `rank`, and counts them in its mailbox. Both are addresses of this block's own
// shared memory, where the other block has the same things at the same places.
__device__ __forceinline__ void mailbox_send(unsigned mailbox, unsigned target, int rank, float2 value) {
  asm volatile("{ .reg .b32 place, counter;\n\t"
               "mapa.shared::cluster.u32 place, %0, %2;\n\t"
               "mapa.shared::cluster.u32 counter, %1, %2;\n\t"
               "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.f32 [place], {%3, %4}, [counter]; }" ::"r"(
                   target),
               "r"(mailbox), "r"(rank), "f"(value.x), "f"(value.y)
               : "memory");
}

// Waits until all bytes have arrived; they are visible to the calling thread then.
__device__ __forceinline__ void mailbox_wait(unsigned mailbox) {
  asm volatile("{ .reg .pred arrived;\n\t"
               "again:\n\t"
               "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 arrived, [%0], 0;\n\t"
               "@!arrived bra again; }" ::"r"(mailbox)
               : "memory");
}

}  // namespace mc::hopper
