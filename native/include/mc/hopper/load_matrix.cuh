// Four 8 x 8 matrices of 16-bit elements from shared memory, transposed on the way (ldmatrix). Lane 8 i + r passes the
// address of the 16 bytes of row r of matrix i; lane 4 r + c receives elements r of its rows 2 c and 2 c + 1 in
// words[i].
#pragma once

namespace mc::hopper {

__device__ __forceinline__ void load_matrix_transposed_x4(unsigned (&words)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address)
               : "memory");
}

}  // namespace mc::hopper
