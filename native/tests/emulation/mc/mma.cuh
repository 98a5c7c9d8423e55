// Emulation of native/include/mc/mma.cuh, from the fragment tables of the PTX ISA (mma.m16n8k16, k32, k64).
#pragma once

#include "device.h"
#include "mc/half_conversion.cuh"
#include "mc/operand.cuh"

namespace mc {

// Multiplies a step exactly in the order of K: a row of a or of w is 32 bytes, of which lanes 4 g .. 4 g + 3 hold bytes
// 0 to 15 in their first word and bytes 16 to 31 in their second.
template <Operand kOperand, class Element>
inline void unpack_row(const unsigned (&words)[8], Element* row) {
  constexpr int kBits = bits_of(kOperand);
  for (int k = 0; k < 256 / kBits; ++k) {
    const unsigned bits = words[k * kBits / 32] >> k * kBits % 32 & ((1u << kBits) - 1);
    if constexpr (is_float(kOperand)) {
      row[k] = to_float(Half{static_cast<unsigned short>(bits)});
    } else {
      constexpr int kSign = 1 << (kBits - 1);
      row[k] = is_signed(kOperand) ? (static_cast<int>(bits) ^ kSign) - kSign : static_cast<int>(bits);
    }
  }
}

template <Operand kActivation, Operand kWeight>
struct Mma {
  static constexpr int kStepK = 256 / bits_of(kActivation);
  using Accumulator = std::conditional_t<is_float(kActivation), float, int>;

  static void multiply_add(Accumulator (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    struct Words { unsigned a[4], b[2]; };
    const std::array<Words, 32> lanes = emulation::exchange(Words{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}});
    const int lane = threadIdx.x % 32;
    Accumulator rows[2][kStepK], columns[2][kStepK];
    for (int i = 0; i < 2; ++i) {
      unsigned row[8], column[8];
      for (int t = 0; t < 4; ++t) {
        row[t] = lanes[lane / 4 * 4 + t].a[i], row[4 + t] = lanes[lane / 4 * 4 + t].a[2 + i];
        const Words& of_column = lanes[(lane % 4 * 2 + i) * 4 + t];
        column[t] = of_column.b[0], column[4 + t] = of_column.b[1];
      }
      unpack_row<kActivation>(row, rows[i]);
      unpack_row<kWeight>(column, columns[i]);
    }
    for (int i = 0; i < 4; ++i) {
      for (int k = 0; k < kStepK; ++k) d[i] += rows[i / 2][k] * columns[i % 2][k];
    }
  }
};

}  // namespace mc
