// Tensor-core products of a warp group whose a is 2:4 sparse: d[64, kN] (+)= a[64, 64] * b[kN, 64]^T in bytes, at twice
// the rate of wgmma.cuh. Of four neighbouring bytes of a row of a two are stored, in order; metadata says which.
//
// With w = warp of the group, g = lane / 4, t = lane % 4:
//
//   d[j][2 h + e]   row 16 w + 8 h + g, column 8 j + 2 t + e
//   a               (shared memory) 64 rows of 32 stored bytes, see core_matrix_descriptor
//   b               (shared memory) k_major_descriptor; a step of 64 bytes along K adds 4
//   metadata        row 16 w + 8 (t & 1) + g, columns 32 (t >> 1) .. + 31 of a: nibble i, from the lowest bits, belongs
//                   to columns 4 i .. 4 i + 3 of those, and is first | second << 2, the places 0 <= first < second <= 3
//                   of the two stored bytes
//
// Fences, commits and waits are those of wgmma.cuh.
#pragma once

#include "mc/hopper/wgmma.cuh"

namespace mc::hopper {

// Stored rows of a without swizzle: 8 rows x 16 bytes are 128 neighbouring bytes, the next 8 rows follow them, and the
// next 16 bytes of all 64 rows lie 1024 bytes on. So a product's a is 2048 bytes, 16-byte aligned.
__device__ __forceinline__ unsigned long long core_matrix_descriptor(unsigned address) {
  constexpr unsigned long long kFixed = (128ull >> 4) << 32 | (1024ull >> 4) << 16;
  return kFixed | (address & 0x3ffffu) >> 4;
}

// Metadata of two blocks of rows and two steps of inputs.
struct SparseMetadata {
  uint4 words;  // [block][step]

  __device__ __forceinline__ unsigned of(int block, int step) const {
    return block == 0 ? (step == 0 ? words.x : words.y) : (step == 0 ? words.z : words.w);
  }
};

// Called once the products that read this metadata have ended. They read their registers while they run, which the
// compiler does not know: it may give them to what it loads next. So here they are read once more, for a store that
// never happens; count is not negative, which the compiler does not know either.
__device__ __forceinline__ void sparse_hold(const SparseMetadata& metadata, int count) {
  const uint4& words = metadata.words;
  asm volatile(
      "{ .reg .pred p;\n\tsetp.lt.s32 p, %4, 0;\n\t@p st.shared.v4.u32 [%4], {%0, %1, %2, %3}; }" ::"r"(words.x),
      "r"(words.y), "r"(words.z), "r"(words.w), "r"(count)
      : "memory");
}

// accumulate: false makes d = a * b^T, whatever d held.
template <int kN, Operand kA, Operand kB>
struct SparseWgmma;

#define MC_SPARSE_WGMMA(N, J, A, A_TEXT, B, B_TEXT, O0, O1, O2, O3)                                          \
  template <>                                                                                                \
  struct SparseWgmma<N, Operand::A, Operand::B> {                                                            \
    using Sums = int[J][4];                                                                                  \
    __device__ __forceinline__ static void multiply(Sums& d, unsigned long long a, unsigned metadata,        \
                                                    unsigned long long b, bool accumulate) {                 \
      asm volatile("{ .reg .pred p;\n\tsetp.ne.b32 p, " O3 ", 0;\n\twgmma.mma_async.sp.sync.aligned.m64n" #N \
                   "k64.s32." A_TEXT "." B_TEXT " {" MC_WGMMA_TEXT_##J "}, " O0 ", " O1 ", " O2 ", 0, p; }"  \
                   : MC_WGMMA_SUMS_##J("+r")                                                                 \
                   : "l"(a), "l"(b), "r"(metadata), "r"(static_cast<int>(accumulate)));                      \
    }                                                                                                        \
  };

#define MC_SPARSE_WGMMA_WIDTH(N, J, O0, O1, O2, O3, ...)      \
  MC_SPARSE_WGMMA(N, J, kS8, "s8", kS8, "s8", O0, O1, O2, O3) \
  MC_SPARSE_WGMMA(N, J, kS8, "s8", kU8, "u8", O0, O1, O2, O3)

MC_WGMMA_FOR_EACH_WIDTH(MC_SPARSE_WGMMA_WIDTH)

#undef MC_SPARSE_WGMMA_WIDTH
#undef MC_SPARSE_WGMMA

}  // namespace mc::hopper
