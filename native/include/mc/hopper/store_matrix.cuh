// Fragments of accumulators to shared memory (stmatrix).
#pragma once

namespace mc::hopper {

// Four 8 x 16-byte matrices. Lane 8 i + r passes the address of row r of matrix i, 16-byte aligned; lane 4 r + c holds
// bytes 4 c to 4 c + 3 of row r of matrix i in words[i].
__device__ __forceinline__ void store_matrix_x4(unsigned address, const unsigned (&words)[4]) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(words[0]),
               "r"(words[1]), "r"(words[2]), "r"(words[3])
               : "memory");
}

}  // namespace mc::hopper
