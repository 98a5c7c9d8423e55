// Tensor-core products of a warp group: d[64, kN] (+)= a[64, 32 bytes] * b[kN, 32 bytes]^T, asynchronous.
//
// b lies in shared memory, a in shared memory or in registers. With w = warp of the group, g = lane / 4, t = lane % 4:
//
//   d[j][2 h + e]   row 16 w + 8 h + g, column 8 j + 2 t + e
//   a[2 i + h]      (registers) bytes 16 i + 4 t .. + 3 of row 16 w + 8 h + g
//
// Order of use: wgmma_fence() once the accumulators (and register operands) are as they should be, any number of
// multiply(), wgmma_commit(), and wgmma_wait<N>() before accumulators are read and shared memory is written again.
// wgmma_hold(sums) before the first product and after the last wait keeps the compiler from moving reads and writes of
// the accumulators in between; on register operands after the wait, from giving their registers to something else.
#pragma once

#include "mc/hopper/wgmma_operands.cuh"
#include "mc/operand.cuh"

namespace mc::hopper {

constexpr int kSwizzleBytes = 1024;  // alignment of operand tiles: eight rows of 128 bytes

// Rows of 128 bytes of K, one after another from a 1024-byte boundary, 16-byte chunk c of row r at c ^ (r % 8).
// A step of 32 bytes along K adds 2 to the descriptor; a tile of 8 n rows adds 64 n.
__device__ __forceinline__ unsigned long long k_major_descriptor(unsigned address) {
  constexpr unsigned long long kFixed = 1ull << 62 | 64ull << 32 | 1ull << 16;  // 128-byte swizzle, 1024-byte groups
  return kFixed | (address & 0x3ffffu) >> 4;
}

// FP16 only: a row of K holds 64 neighbouring columns of b, 128 bytes, swizzled like the above; further 64 columns lie
// `column_stride` bytes on. A step of 16 rows of K adds 128 to the descriptor.
__device__ __forceinline__ unsigned long long n_major_descriptor(unsigned address, int column_stride) {
  constexpr unsigned long long kFixed = 1ull << 62 | 64ull << 32;
  return kFixed | static_cast<unsigned long long>(column_stride >> 4) << 16 | (address & 0x3ffffu) >> 4;
}

// Orders register accesses before it with the products after it.
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

// Closes the group of products since the last commit.
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Waits until at most kPending of the latest groups are unfinished.
template <int kPending>
__device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

__device__ __forceinline__ void wgmma_hold(int& sum) { asm volatile("" : "+r"(sum)::"memory"); }
__device__ __forceinline__ void wgmma_hold(unsigned& word) { asm volatile("" : "+r"(word)::"memory"); }
__device__ __forceinline__ void wgmma_hold(float& sum) { asm volatile("" : "+f"(sum)::"memory"); }
template <class Part, int kParts>
__device__ __forceinline__ void wgmma_hold(Part (&sums)[kParts]) {
#pragma unroll
  for (int i = 0; i < kParts; ++i) wgmma_hold(sums[i]);
}

enum class Major { kK, kN };  // which of b's dimensions is contiguous

// accumulate: false makes d = a * b^T, whatever d held.
template <int kN, Operand kA, Operand kB, Major kMajor = Major::kK>
struct Wgmma;

#define MC_WGMMA_INTEGER(N, J, A, A_TEXT, B, B_TEXT, O0, O1, O2, O3, O4, O5)                                       \
  template <>                                                                                                      \
  struct Wgmma<N, Operand::A, Operand::B, Major::kK> {                                                             \
    using Accumulator = int;                                                                                       \
    using Sums = int[J][4];                                                                                        \
    __device__ __forceinline__ static void multiply(Sums& d, unsigned long long a, unsigned long long b,           \
                                                    bool accumulate) {                                             \
      asm volatile("{ .reg .pred p;\n\tsetp.ne.b32 p, " O2                                                         \
                   ", 0;\n\twgmma.mma_async.sync.aligned.m64n" #N "k32.s32." A_TEXT "." B_TEXT                     \
                   " {" MC_WGMMA_TEXT_##J "}, " O0 ", " O1 ", p; }"                                                \
                   : MC_WGMMA_SUMS_##J("+r")                                                                       \
                   : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)));                                           \
    }                                                                                                              \
    __device__ __forceinline__ static void multiply(Sums& d, const unsigned (&a)[4], unsigned long long b,         \
                                                    bool accumulate) {                                             \
      asm volatile("{ .reg .pred p;\n\tsetp.ne.b32 p, " O5                                                         \
                   ", 0;\n\twgmma.mma_async.sync.aligned.m64n" #N "k32.s32." A_TEXT "." B_TEXT                     \
                   " {" MC_WGMMA_TEXT_##J "}, {" O0 ", " O1 ", " O2 ", " O3 "}, " O4 ", p; }"                      \
                   : MC_WGMMA_SUMS_##J("+r")                                                                       \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(accumulate)));       \
    }                                                                                                              \
  };

#define MC_WGMMA_HALF(N, J, MAJOR, TRANSPOSE_TEXT, O0, O1, O2, O3, O4, O5)                                         \
  template <>                                                                                                      \
  struct Wgmma<N, Operand::kF16, Operand::kF16, Major::MAJOR> {                                                    \
    using Accumulator = float;                                                                                     \
    using Sums = float[J][4];                                                                                      \
    __device__ __forceinline__ static void multiply(Sums& d, unsigned long long a, unsigned long long b,           \
                                                    bool accumulate) {                                             \
      asm volatile("{ .reg .pred p;\n\tsetp.ne.b32 p, " O2                                                         \
                   ", 0;\n\twgmma.mma_async.sync.aligned.m64n" #N "k16.f32.f16.f16"                                \
                   " {" MC_WGMMA_TEXT_##J "}, " O0 ", " O1 ", p, 1, 1, 0, " TRANSPOSE_TEXT "; }"                   \
                   : MC_WGMMA_SUMS_##J("+f")                                                                       \
                   : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)));                                           \
    }                                                                                                              \
    __device__ __forceinline__ static void multiply(Sums& d, const unsigned (&a)[4], unsigned long long b,         \
                                                    bool accumulate) {                                             \
      asm volatile("{ .reg .pred p;\n\tsetp.ne.b32 p, " O5                                                         \
                   ", 0;\n\twgmma.mma_async.sync.aligned.m64n" #N "k16.f32.f16.f16"                                \
                   " {" MC_WGMMA_TEXT_##J "}, {" O0 ", " O1 ", " O2 ", " O3 "}, " O4 ", p, 1, 1, " TRANSPOSE_TEXT  \
                   "; }"                                                                                           \
                   : MC_WGMMA_SUMS_##J("+f")                                                                       \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(accumulate)));       \
    }                                                                                                              \
  };

#define MC_WGMMA_WIDTH(N, J, ...)                                 \
  MC_WGMMA_INTEGER(N, J, kS8, "s8", kS8, "s8", __VA_ARGS__)       \
  MC_WGMMA_INTEGER(N, J, kU8, "u8", kS8, "s8", __VA_ARGS__)       \
  MC_WGMMA_INTEGER(N, J, kS8, "s8", kU8, "u8", __VA_ARGS__)       \
  MC_WGMMA_INTEGER(N, J, kU8, "u8", kU8, "u8", __VA_ARGS__)       \
  MC_WGMMA_HALF(N, J, kK, "0", __VA_ARGS__)                       \
  MC_WGMMA_HALF(N, J, kN, "1", __VA_ARGS__)

MC_WGMMA_FOR_EACH_WIDTH(MC_WGMMA_WIDTH)

#undef MC_WGMMA_WIDTH
#undef MC_WGMMA_HALF
#undef MC_WGMMA_INTEGER

}  // namespace mc::hopper
