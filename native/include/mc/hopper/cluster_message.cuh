// Messages between the blocks of a thread-block cluster: a sender stores into another block's shared memory, and the
// receiver waits at a barrier (barrier.cuh) for a number of bytes, not for the senders. That is one way through the
// network between SMs, about 200 cycles, where a cluster barrier with a remote read behind it takes three.
//
// The blocks of a cluster meet after their barriers are initialised and before the first message. A block may leave when
// it has received all that is sent to it; what it sends needs nothing of it any more.
#pragma once

namespace mc::hopper {

// Stores 8 bytes at `target` of block `rank`, and counts them at its barrier `bar`. Both are addresses of this block's
// own shared memory, where the other block has the same things at the same places.
__device__ __forceinline__ void message_send(unsigned target, float2 value, unsigned bar, int rank) {
  asm volatile(
      "{ .reg .b32 place, counter;\n\t"
      "mapa.shared::cluster.u32 place, %0, %2;\n\t"
      "mapa.shared::cluster.u32 counter, %1, %2;\n\t"
      "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.f32 [place], {%3, %4}, [counter]; }" ::"r"(target),
      "r"(bar), "r"(rank), "f"(value.x), "f"(value.y)
      : "memory");
}

}  // namespace mc::hopper
