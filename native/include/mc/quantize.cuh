// Quantizers for activations, one scale per token row. docs/numerics.md states the contract; here x is fp32, b bits:
//
//   symmetric   S = max|x| / (2^(b-1) - 1), or 1 where that is 0    q = clamp(rne(x * inv), -2^(b-1), 2^(b-1) - 1)
//   asymmetric  lo = min x, S = (max x - min x) / (2^b - 1), or 1 where that is 0
//                                                                   q = clamp(rne((x - lo) * inv), 0, 2^b - 1)
//   inv = 1 / S, one IEEE division; the product with it is not rounded before rne. A clip range [-c, c] is applied to x
//   first. rne: nearest, ties to even.
//
// Every operation is an explicitly rounded intrinsic, so that no multiply and add are contracted and the codes equal
// those of the CPU executor.
#pragma once

#include "mc/division.cuh"
#include "mc/reduce.cuh"

namespace mc {

// Smallest and largest value of a row, or of a part of it.
struct RowRange {
  float min;
  float max;

  __device__ __forceinline__ static RowRange empty() { return {infinity(), minus_infinity()}; }
  __device__ __forceinline__ void include(float value) {
    min = fminf(min, value);
    max = fmaxf(max, value);
  }
  __device__ __forceinline__ void include(const RowRange& other) {
    min = fminf(min, other.min);
    max = fmaxf(max, other.max);
  }
  // Joins the ranges of kWidth consecutive lanes; every lane receives the result.
  template <int kWidth = 32>
  __device__ __forceinline__ RowRange over_lanes() const {
    return {lanes_min<kWidth>(min), lanes_max<kWidth>(max)};
  }
};

struct QuantParams {
  float scale;  // S
  float lo;     // 0 in the symmetric form
  float inv;    // 1 / S
};

// Where a quantized activation goes. Passed by value inside kernel arguments; 48 bytes, 8-byte aligned.
struct QuantizedRows {
  void* codes;         //  0: [rows, features], row-major, dense; packed s4/u4 (low nibble first) or s8/u8
  float* scale;        //  8: [rows], S of each row; written in the static form too
  float* lo;           // 16: [rows], asymmetric only, else unused
  int* code_sum;       // 24: [rows], sum of a row's codes, asymmetric only, else unused
  float static_scale;  // 32: S of the static form, finite and > 0
  float static_lo;     // 36: lo of the static asymmetric form
  float clip;          // 40: c of the clip range [-c, c], > 0; read when the format clips
  int reserved;        // 44: 0
};
static_assert(sizeof(QuantizedRows) == 48, "layout is shared with the host");

// A quantizer. kBits: 4 or 8. kContainerBits: 4 (two codes a byte) or 8 (one code a byte, also for 4-bit codes).
// kStatic: scale from QuantizedRows instead of the row's range. kClip: clip range applied first.
template <int kBits_, int kContainerBits_, bool kAsymmetric_, bool kStatic_ = false, bool kClip_ = false>
struct QuantFormat {
  static constexpr int kBits = kBits_;
  static constexpr int kContainerBits = kContainerBits_;
  static constexpr bool kAsymmetric = kAsymmetric_;
  static constexpr bool kStatic = kStatic_;
  static constexpr bool kClip = kClip_;
  static_assert(kBits == 4 || kBits == 8, "activations have 4 or 8 bits");
  static_assert(kContainerBits == 8 || (kContainerBits == 4 && kBits == 4), "a container holds at least the code");

  static constexpr int kLowest = kAsymmetric ? 0 : -(1 << (kBits - 1));
  static constexpr int kHighest = kAsymmetric ? (1 << kBits) - 1 : (1 << (kBits - 1)) - 1;
  static constexpr int kCodesPerWord = 32 / kContainerBits;

  __host__ __device__ static constexpr int row_bytes(int features) { return features * kContainerBits / 8; }

  __device__ __forceinline__ static float clipped(float value, float clip) {
    return kClip ? fminf(fmaxf(value, -clip), clip) : value;
  }

  // Parameters of rows from their ranges, which are taken over unclipped values: clipping is monotonic.
  template <int kRows>
  __device__ __forceinline__ static void from_ranges(const RowRange (&ranges)[kRows], float clip,
                                                     QuantParams (&params)[kRows]) {
    float extent[kRows];
    bool divisible = true;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float low = clipped(ranges[r].min, clip);
      const float high = clipped(ranges[r].max, clip);
      params[r].lo = kAsymmetric ? low : 0.0f;
      extent[r] = kAsymmetric ? __fsub_rn(high, low) : fmaxf(fabsf(low), fabsf(high));
      params[r].scale = quotient<kHighest>(extent[r]);
      params[r].inv = reciprocal(params[r].scale);
      divisible = divisible && divides(extent[r]);
    }
    if (divisible) return;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      params[r].scale = __fdiv_rn(extent[r], static_cast<float>(kHighest));
      if (params[r].scale == 0.0f) params[r].scale = 1.0f;
      params[r].inv = __frcp_rn(params[r].scale);
    }
  }

  __device__ __forceinline__ static QuantParams from_range(RowRange range, float clip) {
    const RowRange ranges[1] = {range};
    QuantParams params[1];
    from_ranges(ranges, clip, params);
    return params[0];
  }

  __device__ __forceinline__ static QuantParams from_static(const QuantizedRows& target) {
    return {target.static_scale, kAsymmetric ? target.static_lo : 0.0f, __frcp_rn(target.static_scale)};
  }

  // `range` is ignored by the static form, so that the compiler drops its computation.
  __device__ __forceinline__ static QuantParams params(RowRange range, const QuantizedRows& target) {
    return kStatic ? from_static(target) : from_range(range, target.clip);
  }

  // What quantize_bits adds to a code. Its low byte is zero.
  static constexpr int kBitsOfZero = 0x4b400000;

  // One code in its integer value, kLowest to kHighest. Of NaN, which rows beyond the tokens may hold, it is any
  // number, and so it is added up as an unsigned one.
  __device__ __forceinline__ static unsigned quantize_code(float value, const QuantParams& params, float clip) {
    return static_cast<unsigned>(quantize_bits(value, params, clip)) - kBitsOfZero;
  }

  // A word whose low byte is that of the code. Numbers near 1.5 * 2^23 have no fraction: the fused sum is the exact
  // product rounded once, to nearest even, and its low bits are the code.
  __device__ __forceinline__ static int quantize_bits(float value, const QuantParams& params, float clip) {
    value = clipped(value, clip);
    if constexpr (kAsymmetric) value = __fsub_rn(value, params.lo);
    constexpr float kNoFraction = 12582912.0f;
    float sum = __fmaf_rn(value, params.inv, kNoFraction);
    // Within the row's own range the product exceeds kHighest by roundings alone, so nothing is left to clamp. In a
    // static range the clamp is that of codes, for the sum is monotonic in any magnitude; NaN becomes kLowest.
    if constexpr (kStatic) sum = fminf(fmaxf(sum, kNoFraction + kLowest), kNoFraction + kHighest);
    return __float_as_int(sum);
  }

  // Packs kCodesPerWord codes into a word, the first in the lowest bits.
  __device__ __forceinline__ static unsigned pack(const unsigned (&codes)[kCodesPerWord]) {
    unsigned word = 0;
#pragma unroll
    for (int i = 0; i < kCodesPerWord; ++i) {
      word |= (codes[i] & ((1u << kContainerBits) - 1)) << (i * kContainerBits);
    }
    return word;
  }

  // Quantizes kCodesPerWord consecutive values into a word and adds their codes to code_sum.
  __device__ __forceinline__ static unsigned quantize_word(const float* values, const QuantParams& params, float clip,
                                                           unsigned& code_sum) {
    unsigned codes[kCodesPerWord];
#pragma unroll
    for (int i = 0; i < kCodesPerWord; ++i) {
      codes[i] = quantize_code(values[i], params, clip);
      if constexpr (kAsymmetric) code_sum += codes[i];
    }
    return pack(codes);
  }

  // Quantizes 8 consecutive values of a row and writes their codes (4 or 8 bytes, naturally aligned).
  // element: index of the first value in the whole code matrix, row * features + column; a multiple of 8.
  __device__ __forceinline__ static void store8(const QuantizedRows& target, unsigned long long element,
                                                const float (&values)[8], const QuantParams& params,
                                                unsigned& code_sum) {
    if constexpr (kContainerBits == 4) {
      static_cast<unsigned*>(target.codes)[element / 8] = quantize_word(values, params, target.clip, code_sum);
    } else {
      const unsigned low = quantize_word(values, params, target.clip, code_sum);
      const unsigned high = quantize_word(values + 4, params, target.clip, code_sum);
      static_cast<uint2*>(target.codes)[element / 8] = make_uint2(low, high);
    }
  }

  // Writes a row's scale, and its lo and code sum in the asymmetric form. One thread of the row calls it.
  __device__ __forceinline__ static void store_row(const QuantizedRows& target, int row, const QuantParams& params,
                                                   unsigned code_sum) {
    target.scale[row] = params.scale;
    if constexpr (kAsymmetric) {
      target.lo[row] = params.lo;
      target.code_sum[row] = static_cast<int>(code_sum);
    }
  }
};

// Stands where a QuantFormat may stand, for kernels whose output is not quantized.
struct NoFormat {};

template <typename Format>
constexpr bool kQuantizes = true;
template <>
constexpr bool kQuantizes<NoFormat> = false;

// Whether two codes share a byte.
template <typename Format>
constexpr bool kPacks = Format::kContainerBits == 4;
template <>
constexpr bool kPacks<NoFormat> = false;

}  // namespace mc
