// FP16 as a storage type: 16 bits in memory, fp32 in registers. Conversions round to nearest even.
// This header replaces cuda_fp16.h, so that kernels compile with NVRTC alone.
#pragma once

#include "mc/half_conversion.cuh"

namespace mc {

// Widens 8 FP16 numbers held in a 16-byte vector, lowest address first.
__device__ __forceinline__ void unpack_half8(const uint4& words, float (&values)[8]) {
  const unsigned word[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float2 pair = unpack_half2(word[i]);
    values[2 * i] = pair.x;
    values[2 * i + 1] = pair.y;
  }
}

__device__ __forceinline__ uint4 pack_half8(const float (&values)[8]) {
  return make_uint4(pack_half2(values[0], values[1]), pack_half2(values[2], values[3]),
                    pack_half2(values[4], values[5]), pack_half2(values[6], values[7]));
}

// Reads 8 consecutive FP16 numbers. `source` is 16-byte aligned.
__device__ __forceinline__ void load_half8(const Half* source, float (&values)[8]) {
  unpack_half8(*reinterpret_cast<const uint4*>(source), values);
}

// Writes 8 consecutive FP16 numbers. `target` is 16-byte aligned.
__device__ __forceinline__ void store_half8(Half* target, const float (&values)[8]) {
  *reinterpret_cast<uint4*>(target) = pack_half8(values);
}

// Reads 8 consecutive fp32 numbers as two 16-byte vectors. `source` is 16-byte aligned.
__device__ __forceinline__ void load_float8(const float* source, float (&values)[8]) {
  const float4 low = reinterpret_cast<const float4*>(source)[0];
  const float4 high = reinterpret_cast<const float4*>(source)[1];
  values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
  values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
}

// Writes 8 consecutive fp32 numbers as two 16-byte vectors. `target` is 16-byte aligned.
__device__ __forceinline__ void store_float8(float* target, const float (&values)[8]) {
  reinterpret_cast<float4*>(target)[0] = make_float4(values[0], values[1], values[2], values[3]);
  reinterpret_cast<float4*>(target)[1] = make_float4(values[4], values[5], values[6], values[7]);
}

// The same names for either element type, for algorithms that are generic in their input or output.
__device__ __forceinline__ void load8(const Half* source, float (&values)[8]) { load_half8(source, values); }
__device__ __forceinline__ void load8(const float* source, float (&values)[8]) { load_float8(source, values); }
__device__ __forceinline__ void store8(Half* target, const float (&values)[8]) { store_half8(target, values); }
__device__ __forceinline__ void store8(float* target, const float (&values)[8]) { store_float8(target, values); }

}  // namespace mc
