// FP16 tensor-core product m16n8k16 with fp32 accumulation (PTX ISA, 'mma.m16n8k16 with floating point type').
// With lane = 4 * group + member, a fragment word holds two consecutive elements, the first in the low half:
//
//   a[0] row group      k = 2 * member      a[1] row group + 8  k = 2 * member        A: [16, k] row-major
//   a[2] row group      k = 2 * member + 8  a[3] row group + 8  k = 2 * member + 8
//   b[0] column group   k = 2 * member      b[1] column group   k = 2 * member + 8    B: [k, 8] column-major
//   c[0], c[1] row group, columns 2 * member and 2 * member + 1; c[2], c[3] row group + 8, the same columns
#pragma once

namespace mc {

__device__ __forceinline__ void mma_m16n8k16_f16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

}  // namespace mc
