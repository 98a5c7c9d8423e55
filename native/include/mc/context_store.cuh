// Last phase of attention.cuh: writes the context as f16 or f32, or quantizes it with one scale per token over all
// heads.
#pragma once

#include "mc/attention_config.cuh"
#include "mc/half.cuh"
#include "mc/quantize.cuh"
#include "mc/reduce.cuh"

namespace mc {

// The place of a thread in a block of one warp per head and 16 query rows.
struct AttentionLane {
  int warp;    // head within the block
  int group;   // 0 to 7: rows group and group + 8
  int member;  // 0 to 3: owns elements member * kLaneWidth onward of both rows, within the head
};

template <typename Config>
struct ContextStore {
  static constexpr int kHeadDim = Config::kHeadDim;
  static constexpr int kLaneWidth = kHeadDim / 4;  // context elements of a lane in one row

  template <int kWords>
  __device__ __forceinline__ static void store_words(void* target, const unsigned* words) {
    if constexpr (kWords >= 4) {
#pragma unroll
      for (int i = 0; i < kWords / 4; ++i) {
        static_cast<uint4*>(target)[i] = make_uint4(words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]);
      }
    } else if constexpr (kWords == 2) {
      *static_cast<uint2*>(target) = make_uint2(words[0], words[1]);
    } else {
      *static_cast<unsigned*>(target) = words[0];
    }
  }

  // Writes a lane's kLaneWidth consecutive context elements of one row. element: index into the context matrix.
  __device__ __forceinline__ static void store_context(void* output, size_t element,
                                                       const float (&values)[kLaneWidth]) {
    if constexpr (Config::kOutput == AttentionOutput::kFloat) {
      float* target = static_cast<float*>(output) + element;
#pragma unroll
      for (int i = 0; i < kLaneWidth; i += 4) {
        *reinterpret_cast<float4*>(target + i) = make_float4(values[i], values[i + 1], values[i + 2], values[i + 3]);
      }
    } else {
      unsigned words[kLaneWidth / 2];
#pragma unroll
      for (int i = 0; i < kLaneWidth / 2; ++i) words[i] = pack_half2(values[2 * i], values[2 * i + 1]);
      store_words<kLaneWidth / 2>(static_cast<Half*>(output) + element, words);
    }
  }

  // Quantizes and writes a lane's kLaneWidth consecutive context elements of one row; returns the sum of their codes.
  __device__ __forceinline__ static unsigned store_codes(const QuantizedRows& target, size_t element,
                                                         const float (&values)[kLaneWidth], const QuantParams& params) {
    using Format = typename Config::Format;
    unsigned code_sum = 0;
    if constexpr (kLaneWidth < Format::kCodesPerWord) {  // head_dim 16 with packed s4: 4 codes, 2 bytes
      float padded[Format::kCodesPerWord] = {};
#pragma unroll
      for (int i = 0; i < kLaneWidth; ++i) padded[i] = values[i];
      unsigned padded_sum = 0;
      const unsigned word = Format::quantize_word(padded, params, target.clip, padded_sum);
#pragma unroll
      for (int i = 0; i < kLaneWidth; ++i) code_sum += (word >> (i * Format::kContainerBits)) & 15u;
      static_cast<unsigned short*>(target.codes)[element / 4] = static_cast<unsigned short>(word);
    } else {
      constexpr int kWords = kLaneWidth / Format::kCodesPerWord;
      unsigned words[kWords];
#pragma unroll
      for (int i = 0; i < kWords; ++i) {
        words[i] = Format::quantize_word(values + i * Format::kCodesPerWord, params, target.clip, code_sum);
      }
      store_words<kWords>(static_cast<char*>(target.codes) + element * Format::kContainerBits / 8, words);
    }
    return code_sum;
  }

  // values[row]: context elements of tokens `token` + 8 * row, normalised.
  __device__ __forceinline__ static void store_quantized(const AttentionArguments& args, const AttentionLane& lane,
                                                         int token, int tokens, const float (&values)[2][kLaneWidth]) {
    using Format = typename Config::Format;
    constexpr int kHeads = Config::kHeads;
    QuantParams params[2];
    if constexpr (Format::kStatic) {
      params[0] = params[1] = Format::from_static(args.quantized);
    } else {
      __shared__ float2 ranges[Config::kQueryTile][kHeads];
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        RowRange range = RowRange::empty();
#pragma unroll
        for (int i = 0; i < kLaneWidth; ++i) range.include(values[row][i]);
        range = range.template over_lanes<4>();
        if (lane.member == 0) ranges[lane.group + 8 * row][lane.warp] = make_float2(range.min, range.max);
      }
      __syncthreads();
      RowRange of_rows[2];
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        RowRange range = RowRange::empty();
        for (int head = lane.member; head < kHeads; head += 4) {
          const float2 part = ranges[lane.group + 8 * row][head];
          range.include(RowRange{part.x, part.y});
        }
        of_rows[row] = range.template over_lanes<4>();
      }
      Format::from_ranges(of_rows, args.quantized.clip, params);
    }

    unsigned code_sum[2] = {0, 0};
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      if (token + 8 * row < tokens) {
        const size_t element =
            static_cast<size_t>(token + 8 * row) * Config::kHidden + lane.warp * kHeadDim + lane.member * kLaneWidth;
        code_sum[row] = store_codes(args.quantized, element, values[row], params[row]);
      }
    }

    if constexpr (Format::kAsymmetric) {
      __shared__ unsigned sums[Config::kQueryTile][kHeads];
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        const unsigned sum = lanes_sum<4>(code_sum[row]);
        if (lane.member == 0) sums[lane.group + 8 * row][lane.warp] = sum;
      }
      __syncthreads();
      if (lane.warp == 0 && lane.member == 0) {
#pragma unroll
        for (int row = 0; row < 2; ++row) {
          code_sum[row] = 0;
          for (int head = 0; head < kHeads; ++head) code_sum[row] += sums[lane.group + 8 * row][head];
        }
      }
    }
    if (lane.warp == 0 && lane.member == 0) {
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        if (token + 8 * row < tokens) {
          Format::store_row(args.quantized, token + 8 * row, params[row], code_sum[row]);
        }
      }
    }
  }
};

}  // namespace mc
