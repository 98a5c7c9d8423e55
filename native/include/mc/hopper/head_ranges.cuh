// The range of a token's context over all heads, which lie in different blocks of a grid: each block leaves the largest
// magnitude of its head in a word of device memory, and reads those of the others until all are there. A word is an
// ordered image (ordered_image.cuh) of a number that is not negative, so 0 says that it is not there yet; memory that a
// graph cleared is ready. A word carries nothing but itself, so nothing has to be ordered with it.
//
// A block may only wait for blocks that are running or have ended.
#pragma once

#include "mc/hopper/ordered_image.cuh"

namespace mc::hopper {

__device__ __forceinline__ void head_range_leave(unsigned* word, float largest) {
  asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(word), "r"(ordered_image(largest)) : "memory");
}

// Four words, 16-byte aligned; 0 where nothing has been left.
__device__ __forceinline__ void head_range_images(const unsigned* words, unsigned (&images)[4]) {
  asm volatile("ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(images[0]), "=r"(images[1]), "=r"(images[2]), "=r"(images[3])
               : "l"(words)
               : "memory");
}

// Between two looks at a word that is not there yet.
__device__ __forceinline__ void head_range_pause() {}

}  // namespace mc::hopper
