// The order of weights in device memory for the warp-specialised GEMM, made once at load: a tile of any width that is
// a multiple of 32 outputs is one contiguous run, and lands in shared memory as the tensor core wants it.
//
//   [ceil(K bytes / 128)][N rounded up to 32][128 bytes]
//
// K bytes are those of a row of W: one a code (int4 codes are widened to bytes, two's complement or unsigned), two a
// FP16 number. 16-byte chunk c of a row lies at c ^ (row % 8). What lies outside [N, K] is zero.
//
// Outputs are permuted within each 32, output 8 t + 2 j + e lies in row 8 j + 2 t + e (t, j = 0..3, e = 0, 1). A thread
// of the tensor core holds columns 2 t and 2 t + 1 of each 8, and so 8 neighbouring outputs of the 32, which it reads
// and writes by one access.
//
// InputOrder::kOfNibbles, for packed activations (packed_activations.cuh): inputs are permuted within each step of 128,
// input 32 t + 8 s + 2 j + e lies at 32 s + 16 e + 4 t + j (t, s, j = 0..3, e = 0, 1).
#pragma once

#include "mc/operand.cuh"

namespace mc::hopper {

enum class InputOrder { kRising, kOfNibbles };

template <Operand kWeight, int kN, int kK, InputOrder kOrder = InputOrder::kRising>
struct WeightTiles {
  static constexpr int kElementBytes = bits_of(kWeight) / 8;
  static constexpr int kStepBytes = 128;
  static constexpr int kSteps = (kK * kElementBytes + kStepBytes - 1) / kStepBytes;
  static constexpr int kRows = (kN + 31) / 32 * 32;
  static constexpr long long kBytes = static_cast<long long>(kSteps) * kRows * kStepBytes;
  static_assert(bits_of(kWeight) >= 8, "int4 codes are widened to bytes");
  static_assert(kOrder == InputOrder::kRising || bits_of(kWeight) == 8, "packed activations are codes");

  static constexpr int row(int n) { return n / 32 * 32 + n % 8 / 2 * 8 + n % 32 / 8 * 2 + n % 2; }

  // Where input k lies among those of its step.
  static constexpr int place(int k) {
    return kOrder == InputOrder::kRising ? k
                                         : k / 128 * 128 + k % 32 / 8 * 32 + k % 2 * 16 + k % 128 / 32 * 4 + k % 8 / 2;
  }

  // Byte of the lowest bits of weight [n, k].
  static constexpr long long position(int n, int k) {
    const int byte = place(k) * kElementBytes;
    const int in_step = byte % kStepBytes;
    const long long line = static_cast<long long>(byte / kStepBytes) * kRows + row(n);
    return line * kStepBytes + (in_step / 16 ^ row(n) % 8) * 16 + in_step % 16;
  }
};

}  // namespace mc::hopper
