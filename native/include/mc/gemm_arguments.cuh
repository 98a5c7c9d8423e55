// The launch argument of every rendered GEMM: one struct by value. Its layout is shared with the host.
#pragma once

#include "mc/half.cuh"
#include "mc/quantize.cuh"

namespace mc {

// All pointers are device pointers, 16-byte aligned; those that a kernel's epilogue does not name may be null.
// rows: at least *token_count. Row metadata of static activation scales is read at row 0 alone.
struct GemmArguments {
  const int* token_count;          //   0: [1], tokens of this batch, at most gridDim.y * kTileM
  const void* activations;         //   8: [rows, K], packed or one code a byte or FP16, dense
  const float* activation_scale;   //  16: [rows], S of each token
  const float* activation_lo;      //  24: [rows], lo of each token, asymmetric activations
  const int* activation_sum;       //  32: [rows], sum of a token's codes, asymmetric activations and weights
  const void* weights;             //  40: the order of weight_layout.cuh
  const float* weight_scale;       //  48: [N], or [K / kGroup, N] with groups
  const float* weight_lo;          //  56: [N], lo of each output, asymmetric weights
  const float* weight_correction;  //  64: [N], S_w[n] * (float)sum over k of q_w[n, k]; with groups their sum in order
  const float* bias;               //  72: [N]
  const Half* residual;            //  80: [rows, N]
  const void* gamma;               //  88: [N], element type as the LayerNorm step says
  const void* beta;                //  96: [N], likewise
  void* output;                    // 104: [rows, N], FP16 or fp32 as the store step says
  QuantizedRows quantized;         // 112: codes [rows, N] and their row metadata
  void* row_slots;                 // 160: RowScope::kGrid alone: hopper/row_slots.cuh; zero at launch
  float* range_parts;              // 168: [rows, parts], largest |y| of parts of fp32 rows: store_range_parts.cuh
};
static_assert(sizeof(GemmArguments) == 176, "layout is shared with the host");

}  // namespace mc
