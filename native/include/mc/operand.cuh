// The number formats that a GEMM multiplies, and the facts about each in one place.
#pragma once

namespace mc {

// kS4, kU4: packed, two codes a byte, the low nibble first. kS8, kU8: one code a byte, whatever its own width.
// Signed formats hold the codes of symmetric quantizers, unsigned formats those of asymmetric ones.
enum class Operand { kS4, kU4, kS8, kU8, kF16 };

constexpr int bits_of(Operand operand) {
  return operand == Operand::kF16 ? 16 : operand == Operand::kS8 || operand == Operand::kU8 ? 8 : 4;
}

constexpr bool is_signed(Operand operand) {
  return operand == Operand::kS4 || operand == Operand::kS8 || operand == Operand::kF16;
}

constexpr bool is_float(Operand operand) { return operand == Operand::kF16; }

// How weights meet activations in the tensor core.
enum class WeightForm {
  kNative,       // both have the same width; weights are used as they are
  kInt4ForInt8,  // packed int4 weights, widened in registers to 8 bits, 16 times too large
  kInt4ForF16,   // packed int4 weights, widened in registers to FP16, exact
  kInt8ForInt4   // packed int4 activations, widened in registers to 8 bits, 16 times too large
};

constexpr WeightForm weight_form(Operand activation, Operand weight) {
  return bits_of(activation) == bits_of(weight) ? WeightForm::kNative
         : bits_of(activation) == 8             ? WeightForm::kInt4ForInt8
         : bits_of(activation) == 4             ? WeightForm::kInt8ForInt4
                                                : WeightForm::kInt4ForF16;
}

// y[m, n] = epilogue(sum over k of a[m, k] * w[n, k]).
// a: [tokens, K] row-major, dense. w: [N, K], in the order of weight_layout.cuh.
// kGroup: consecutive inputs that share a weight scale, 64 or 128; 0 where a whole row does.
template <int kN_, int kK_, Operand kActivation_, Operand kWeight_, int kGroup_ = 0>
struct GemmProblem {
  static constexpr int kN = kN_;
  static constexpr int kK = kK_;
  static constexpr Operand kActivation = kActivation_;
  static constexpr Operand kWeight = kWeight_;
  static constexpr int kGroup = kGroup_;
  static constexpr WeightForm kForm = weight_form(kActivation, kWeight);
  static constexpr int kRowBytes = kK * bits_of(kActivation) / 8;  // of one token in a

  // Asymmetric weights under FP16 activations need sum over k of a[m, k], which no quantizer has computed.
  static constexpr bool kRowSums = is_float(kActivation) && kWeight == Operand::kU4 && kGroup == 0;

  static_assert(kN > 0 && kN % 8 == 0, "N must be a multiple of 8");
  static_assert(kK > 0 && kK % 16 == 0, "K must be a multiple of 16");
  static_assert(kRowBytes % 16 == 0, "a row of activations must be a multiple of 16 bytes");
  static_assert(bits_of(kWeight) <= bits_of(kActivation) || (kActivation == Operand::kS4 && kWeight == Operand::kS8),
                "weights may not be wider than activations, but for signed ones of which int4 codes are widened");
  static_assert(bits_of(kWeight) != 8 || bits_of(kActivation) <= 8, "8-bit weights need integer activations");
  static_assert(is_float(kWeight) ? is_float(kActivation) : true, "FP16 weights need FP16 activations");
  static_assert(kGroup == 0 || kGroup == 64 || kGroup == 128, "weight groups hold 64 or 128 inputs");
  static_assert(kGroup == 0 || kK % kGroup == 0, "the group must divide K");
  static_assert(kGroup == 0 || (is_signed(kWeight) && !is_float(kWeight)), "only symmetric weights have groups");
  // Widened codes are 16 q, at most 240 in size; the other operand's at most 255. 240 * 255 * 32768 < 2^31.
  static_assert(kK <= 32768, "int32 accumulators hold 16 times the sum only up to K = 32768");
};

}  // namespace mc
