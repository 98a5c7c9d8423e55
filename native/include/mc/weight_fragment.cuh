// From the 16 bytes that a lane holds of a weight block (weight_layout.cuh) to the B fragments of the tensor core.
// kStepsPerBlock: steps of the tensor core along the block's K. fragment(words, h, step): outputs 8 h .. 8 h + 7.
#pragma once

#include "mc/mma.cuh"
#include "mc/operand.cuh"
#include "mc/ptx.cuh"

namespace mc {

template <Operand kActivation, Operand kWeight, WeightForm kForm = weight_form(kActivation, kWeight)>
struct WeightFragment;

template <Operand kActivation, Operand kWeight>
struct WeightFragment<kActivation, kWeight, WeightForm::kNative> {
  using Product = Mma<kActivation, kWeight>;
  static constexpr int kStepsPerBlock = 1;
  static constexpr int kProductShift = 0;

  __device__ __forceinline__ static void fragment(const unsigned (&words)[4], int h, int, unsigned (&b)[2]) {
    b[0] = words[2 * h];
    b[1] = words[2 * h + 1];
  }
};

// A code stays in the upper half of its byte, which makes it 16 q in either signedness without a sign extension.
// Accumulators hold 16 times the sum, exactly; they are shifted right by kProductShift at the end.
template <Operand kActivation, Operand kWeight>
struct WeightFragment<kActivation, kWeight, WeightForm::kInt4ForInt8> {
  using Product = Mma<kActivation, is_signed(kWeight) ? Operand::kS8 : Operand::kU8>;
  static constexpr int kStepsPerBlock = 2;
  static constexpr int kProductShift = 4;

  __device__ __forceinline__ static void fragment(const unsigned (&words)[4], int h, int step, unsigned (&b)[2]) {
    const unsigned word = words[2 * h + step];
    b[0] = (word << 4) & 0xf0f0f0f0u;
    b[1] = word & 0xf0f0f0f0u;
  }
};

// 0x6400 is 1024 in FP16, whose last bit counts 1: or-ing a nibble u into it gives 1024 + u, and into bits 4 to 7
// 1024 + 16 u. One subtraction, or one multiply-add with 1/16, gives u - bias, all exact.
template <Operand kActivation, Operand kWeight>
struct WeightFragment<kActivation, kWeight, WeightForm::kInt4ForF16> {
  using Product = Mma<Operand::kF16, Operand::kF16>;
  static constexpr int kStepsPerBlock = 4;
  static constexpr int kProductShift = 0;

  __device__ __forceinline__ static void fragment(const unsigned (&words)[4], int h, int step, unsigned (&b)[2]) {
    constexpr unsigned kMagic = 0x64006400u;                                      // 1024, 1024
    constexpr unsigned kLowOffset = is_signed(kWeight) ? 0x64086408u : kMagic;    // 1024 + bias
    constexpr unsigned kHighOffset = is_signed(kWeight) ? 0xd480d480u : 0xd400d400u;  // -(1024 / 16 + bias)
    constexpr unsigned kSixteenth = 0x2c002c00u;                                  // 1 / 16
    const unsigned word = words[2 * h + step / 2] >> (8 * (step % 2));
    b[0] = ptx::half2_subtract((word & 0x000f000fu) | kMagic, kLowOffset);
    b[1] = ptx::half2_multiply_add((word & 0x00f000f0u) | kMagic, kSixteenth, kHighOffset);
  }
};

}  // namespace mc
