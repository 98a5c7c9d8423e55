// The order of weights in device memory. It is made once, when weights are loaded, so that the fragment of a thread
// is one 16-byte read from shared memory and widening int4 codes costs a few logic operations.
//
// W [N, K] is cut into blocks of 16 outputs x kBlockK inputs, 512 bytes each: 32 lanes x 16 bytes.
// Blocks lie in the order [ceil(N / 16)][ceil(K / kBlockK)]. What lies outside [N, K] is zero bits (code 0; in the
// biased form kS4 under FP16 too, because the activations there are zero).
//
//   form            weight width   kBlockK   16 bytes of lane 4 g + t (g = 0..7, t = 0..3)
//   kNative         16, 8, 4       16,32,64  word 2 h + i: output g + 8 h, bytes 16 i + 4 t .. + 3 of the block's
//                                            32-byte row, codes in order (low nibble first)
//   kInt4ForInt8    4              64        word 2 h + s: output g + 8 h, inputs 32 s + ..: byte j holds input
//                                            4 t + j in its low and input 16 + 4 t + j in its high nibble
//   kInt4ForF16     4              64        word 2 h + p: output g + 8 h, inputs 32 p + 16 s + ..: nibble
//                                            2 s + i + 4 e holds input 8 i + 2 t + e   (s, i, e = 0, 1)
//
// Codes are two's complement (signed) or plain binary (unsigned), except that kInt4ForF16 stores signed codes as q + 8.
#pragma once

#include "mc/operand.cuh"

namespace mc {

// Where a weight lies: the byte, and the position of its lowest bit there (0, or 4 for a high nibble).
struct WeightPosition {
  long long byte;
  int shift;
};

template <Operand kActivation, Operand kWeight, int kN, int kK>
struct WeightLayout {
  static constexpr WeightForm kForm = weight_form(kActivation, kWeight);
  static constexpr int kBits = bits_of(kWeight);
  static constexpr int kBlockN = 16;
  static constexpr int kBlockK = kForm == WeightForm::kNative ? 256 / kBits : 64;
  static constexpr int kBlockBytes = 512;
  static constexpr int kBlocksN = (kN + kBlockN - 1) / kBlockN;
  static constexpr int kBlocksK = (kK + kBlockK - 1) / kBlockK;
  static constexpr long long kBytes = static_cast<long long>(kBlocksN) * kBlocksK * kBlockBytes;
  // Added to a code before its bits are stored.
  static constexpr int kBias = kForm == WeightForm::kInt4ForF16 && is_signed(kWeight) ? 8 : 0;
  static_assert(kBlockN * kBlockK * kBits == kBlockBytes * 8, "a block is 512 bytes");

  // n: output, k: input.
  static constexpr WeightPosition position(int n, int k) {
    const long long block = static_cast<long long>(n / kBlockN) * kBlocksK + k / kBlockK;
    const int g = n % 8;
    const int h = n % kBlockN / 8;
    const int input = k % kBlockK;
    int t = 0, byte = 0, shift = 0;
    if (kForm == WeightForm::kNative) {
      const int row_byte = input * kBits / 8;
      t = row_byte % 16 / 4;
      byte = 8 * h + row_byte / 16 * 4 + row_byte % 4;
      shift = input * kBits % 8;
    } else if (kForm == WeightForm::kInt4ForInt8) {
      const int s = input / 32, half = input % 32 / 16;
      t = input % 16 / 4;
      byte = 4 * (2 * h + s) + input % 4;
      shift = 4 * half;
    } else {
      const int p = input / 32, s = input % 32 / 16, i = input % 16 / 8, e = input % 2;
      const int nibble = 2 * s + i + 4 * e;
      t = input % 8 / 2;
      byte = 4 * (2 * h + p) + nibble / 2;
      shift = nibble % 2 * 4;
    }
    return {block * kBlockBytes + (4 * g + t) * 16 + byte, shift};
  }
};

}  // namespace mc
