// The product of few_qkv_attention.cuh: some panels of a head's queries, keys and values for a token tile, dequantized
// as by mc::DequantizeWithBias, rounded to FP16 as by mc::StoreF16.
#pragma once

#include "mc/half.cuh"
#include "mc/hopper/few_qkv_attention_shared.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// Where a block stands among those of its head: it multiplies the outputs of part `part` for token tile `token_tile`.
// Those of part 0 attend.
template <class Config>
struct FewQkvPlace {
  int head;
  int token_tile;
  int part;

  __device__ __forceinline__ static FewQkvPlace current() {
    const int rank = static_cast<int>(blockIdx.x);  // gridDim.x = kClusterSize
    return {static_cast<int>(blockIdx.y), rank / Config::kParts, rank % Config::kParts};
  }
  __device__ __forceinline__ bool attends() const { return part == 0; }
  __device__ __forceinline__ int first_panel() const { return part * Config::kPanels; }
};

template <class Config>
struct FewQkvProjection {
  using Tile = typename Config::Tile;
  using Shared = FewQkvAttentionShared<Config>;
  using Loop = typename Shared::Loop;
  using Result = typename Loop::Result;
  static constexpr int kColumns = Tile::kOwnedColumns;                              // n-tiles that a thread owns
  static constexpr int kGroup = kColumns % 4 == 0 ? 4 : kColumns % 2 == 0 ? 2 : 1;  // of them stored at once
  static_assert(Tile::kRowOwners == 1, "a warp owns all rows");

  FewQkvPlace<Config> block;
  ResidentPlace<Tile> place;
  float2 scale[kColumns], bias[kColumns];  // of the thread's pairs
  float row_scale[2];

  __device__ __forceinline__ explicit FewQkvProjection(const FewQkvPlace<Config>& of_block)
      : block(of_block), place(ResidentPlace<Tile>::current()) {
    place.first_row = block.token_tile * Config::kTileM;
  }

  // Starts the copies of the block's weights, 16 outputs at a time, and reads what there is per column: all constant.
  __device__ __forceinline__ void load_constants(const GemmArguments& arguments, unsigned shared) {
    constexpr int kPieces = Loop::kWeightBytes / 16, kSlabPieces = Loop::kSlabBytes / 16;
#pragma unroll 4
    for (int index = static_cast<int>(threadIdx.x); index < kPieces; index += Config::kThreads) {
      const int output = output_of(block.part * Tile::kTileN + index / kSlabPieces * 16);
      ptx::copy_async_16(shared + index * 16,
                         static_cast<const unsigned char*>(arguments.weights) +
                             static_cast<long long>(output / 16) * Loop::kSlabBytes + index % kSlabPieces * 16,
                         true);
    }
    if (!place.owns()) return;
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int output = output_of(head_column(c)) + place.lane % 4 * 2;
      scale[c] = *reinterpret_cast<const float2*>(arguments.weight_scale + output);
      bias[c] = *reinterpret_cast<const float2*>(arguments.bias + output);
    }
  }

  // Starts to read the scales of the thread's rows, after the kernel ahead.
  __device__ __forceinline__ void load_row_scales(const GemmArguments& arguments) {
    if (!place.owns()) return;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      row_scale[r] =
          __int_as_float(static_cast<int>(ptx::load_global_4(arguments.activation_scale + place.first_row + row(r))));
    }
  }

  // By the threads that own sums, to the block's own shared memory. Rows beyond the tokens become zero, as 0 * NaN
  // would be NaN in the context.
  __device__ __forceinline__ void store(const Result& result, int tokens) const {
#pragma unroll
    for (int c = 0; c < kColumns; c += kGroup) {
      const int column = head_column(c);
      unsigned char* target = ptx::dynamic_shared() +
                              Shared::panel_rows(column / Config::kPanelColumns, block.token_tile) +
                              place.lane % 4 * 16 + column % Config::kPanelColumns / 8 * 4;
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        unsigned words[kGroup];
#pragma unroll
        for (int i = 0; i < kGroup; ++i) {
          const int(&sums)[4] = result.sums[0][c + i];
          const unsigned pair = half_pair(sums[2 * r], sums[2 * r + 1], row_scale[r], scale[c + i], bias[c + i]);
          words[i] = place.first_row + row(r) < tokens ? pair : 0;
        }
        store_words(target + row(r) * Shared::kRowBytes, words);
      }
    }
  }

 private:
  __device__ __forceinline__ int row(int r) const { return place.lane / 4 + 8 * r; }

  // Column of the first pair of n-tile c, without the lane's share: of the head's 192.
  __device__ __forceinline__ int head_column(int c) const {
    return block.part * Tile::kTileN + place.owned_column() + 8 * c;
  }

  // The projection's output that is a column of the head.
  __device__ __forceinline__ int output_of(int column) const {
    return column / Config::kHeadDim * Config::kHidden + block.head * Config::kHeadDim + column % Config::kHeadDim;
  }

  __device__ __forceinline__ static void store_words(unsigned char* target, const unsigned (&words)[kGroup]) {
    if constexpr (kGroup == 4) {
      *reinterpret_cast<uint4*>(target) = make_uint4(words[0], words[1], words[2], words[3]);
    } else if constexpr (kGroup == 2) {
      *reinterpret_cast<uint2*>(target) = make_uint2(words[0], words[1]);
    } else {
      *reinterpret_cast<unsigned*>(target) = words[0];
    }
  }

  __device__ __forceinline__ static unsigned half_pair(int first, int second, float row_scale, const float2& scale,
                                                       const float2& bias) {
    return pack_half2(__fmaf_rn(__fmul_rn(static_cast<float>(first), row_scale), scale.x, bias.x),
                      __fmaf_rn(__fmul_rn(static_cast<float>(second), row_scale), scale.y, bias.y));
  }
};

}  // namespace mc::hopper
