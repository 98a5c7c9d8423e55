// Emulation of native/include/mc/mma.cuh, from the fragment tables of the PTX ISA (mma.m16n8k16, k32, k64).
#pragma once

#include "device.h"
#include "mc/half.cuh"
#include "mc/operand.cuh"

namespace mc {

// Element `index` of a row of 32 bytes that lies in words of four lanes: bytes 0 to 15 in words[0] of lanes 0 to 3,
// bytes 16 to 31 in words[1].
template <Operand kOperand>
inline float element(const unsigned (&low)[4], const unsigned (&high)[4], int index) {
  const int bit = index * bits_of(kOperand);
  const unsigned word = bit / 128 == 0 ? low[bit / 32 % 4] : high[bit / 32 % 4];
  const unsigned bits = word >> bit % 32 & ((1u << bits_of(kOperand)) - 1);
  if (is_float(kOperand)) return to_float(Half{static_cast<unsigned short>(bits)});
  const int sign = 1 << (bits_of(kOperand) - 1);
  return static_cast<float>(is_signed(kOperand) ? (static_cast<int>(bits) ^ sign) - sign : static_cast<int>(bits));
}

template <Operand kActivation, Operand kWeight>
struct Mma {
  static constexpr int kStepK = 256 / bits_of(kActivation);
  template <bool kFloat, class Dummy = void>
  struct Type { using Element = int; };
  template <class Dummy>
  struct Type<true, Dummy> { using Element = float; };
  using Accumulator = typename Type<is_float(kActivation)>::Element;

  static void multiply_add(Accumulator (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    struct Words { unsigned a[4], b[2]; };
    const std::vector<Words> lanes = emulation::exchange(Words{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}});
    const int lane = threadIdx.x % 32;
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      unsigned a_low[4], a_high[4], b_low[4], b_high[4];
      for (int t = 0; t < 4; ++t) {
        a_low[t] = lanes[row % 8 * 4 + t].a[row / 8];
        a_high[t] = lanes[row % 8 * 4 + t].a[2 + row / 8];
        b_low[t] = lanes[column * 4 + t].b[0];
        b_high[t] = lanes[column * 4 + t].b[1];
      }
      for (int k = 0; k < kStepK; ++k) {
        d[i] += static_cast<Accumulator>(element<kActivation>(a_low, a_high, k) * element<kWeight>(b_low, b_high, k));
      }
    }
  }
};

}  // namespace mc
