// Tensor-core products of one warp: d[16, 8] += a[16, kStepK] * w[8, kStepK]^T, where a step is 32 bytes of a row in
// every format, and so every format has the same fragments by bytes. With g = lane / 4 and t = lane % 4:
//
//   a[0], a[1]   bytes 4 t .. 4 t + 3 of rows g and g + 8        a[2], a[3]   the same, 16 bytes on
//   b[0], b[1]   bytes 4 t .. and 16 + 4 t .. of row g of w
//   d[0], d[1]   row g, columns 2 t and 2 t + 1                  d[2], d[3]   the same of row g + 8
#pragma once

#include "mc/operand.cuh"

namespace mc {

template <Operand kActivation, Operand kWeight>
struct Mma;

#define MC_INTEGER_MMA(ACTIVATION, ACTIVATION_TEXT, WEIGHT, WEIGHT_TEXT, SHAPE_TEXT, STEP)                            \
  template <>                                                                                                         \
  struct Mma<Operand::ACTIVATION, Operand::WEIGHT> {                                                                  \
    using Accumulator = int;                                                                                          \
    static constexpr int kStepK = STEP;                                                                               \
    __device__ __forceinline__ static void multiply_add(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { \
      asm("mma.sync.aligned." SHAPE_TEXT ".row.col.s32." ACTIVATION_TEXT "." WEIGHT_TEXT                     \
                   ".s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                             \
                   : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                                   \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                               \
    }                                                                                                                 \
  };

// Native on sm_80 to sm_89. Later chips emulate it slowly; Gemm refuses to be compiled for them.
MC_INTEGER_MMA(kS4, "s4", kS4, "s4", "m16n8k64", 64)
MC_INTEGER_MMA(kU4, "u4", kS4, "s4", "m16n8k64", 64)
MC_INTEGER_MMA(kS4, "s4", kU4, "u4", "m16n8k64", 64)
MC_INTEGER_MMA(kU4, "u4", kU4, "u4", "m16n8k64", 64)

MC_INTEGER_MMA(kS8, "s8", kS8, "s8", "m16n8k32", 32)
MC_INTEGER_MMA(kU8, "u8", kS8, "s8", "m16n8k32", 32)
MC_INTEGER_MMA(kS8, "s8", kU8, "u8", "m16n8k32", 32)
MC_INTEGER_MMA(kU8, "u8", kU8, "u8", "m16n8k32", 32)

#undef MC_INTEGER_MMA

template <>
struct Mma<Operand::kF16, Operand::kF16> {
  using Accumulator = float;
  static constexpr int kStepK = 16;
  __device__ __forceinline__ static void multiply_add(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

}  // namespace mc
