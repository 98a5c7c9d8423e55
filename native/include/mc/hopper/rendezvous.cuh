// Words in device memory by which blocks of a grid tell one another something while they run. A slot is zero until its
// one writer fills it with a word that is not; so a word tells by itself that it has come, and neither a counter nor a
// fence stands between it and its readers: they wait for one trip to the L2 and back. Where a writer fills a slot again,
// readers must know the second word by itself too (epilogue/gelu_quantize_rows.cuh).
//
// A block may only wait for blocks that are running or have ended, and no block may take up rows before those whose
// slots it has filled. Either the grid fits the chip at once, or blocks take what they do by tickets: whatever order
// they start in, those with lower tickets are running or have ended.
#pragma once

#include "mc/ptx.cuh"

namespace mc::hopper {

__device__ __forceinline__ void slot_fill(unsigned* slot, unsigned word) {
  asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(slot), "r"(word) : "memory");
}
__device__ __forceinline__ void slot_fill(unsigned long long* slot, unsigned long long word) {
  asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(slot), "l"(word) : "memory");
}

// word = what a slot holds now, where `missing`. Not by a branch: reads of several slots are to be under way at once.
__device__ __forceinline__ void slot_read_if(bool missing, const unsigned* slot, unsigned& word) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.s32 p, %2, 0;\n@p ld.relaxed.gpu.global.u32 %0, [%1];\n}"
               : "+r"(word)
               : "l"(slot), "r"(static_cast<int>(missing))
               : "memory");
}
__device__ __forceinline__ void slot_read_if(bool missing, const unsigned long long* slot, unsigned long long& word) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.s32 p, %2, 0;\n@p ld.relaxed.gpu.global.u64 %0, [%1];\n}"
               : "+l"(word)
               : "l"(slot), "r"(static_cast<int>(missing))
               : "memory");
}

// What 16 aligned bytes of slots hold now.
__device__ __forceinline__ void slots_read(const unsigned* slots, unsigned (&words)[4]) {
  const uint4 found = ptx::load_relaxed_16(slots);
  words[0] = found.x, words[1] = found.y, words[2] = found.z, words[3] = found.w;
}

// How many blocks have asked before. tickets: zero before the first one does.
__device__ __forceinline__ unsigned take_ticket(unsigned* tickets) {
  unsigned ticket;
  asm volatile("atom.relaxed.gpu.global.add.u32 %0, [%1], 1;" : "=r"(ticket) : "l"(tickets) : "memory");
  return ticket;
}

// Between two reads of slots that were empty.
__device__ __forceinline__ void slots_pause() {}

}  // namespace mc::hopper
