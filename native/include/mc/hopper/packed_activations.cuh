// Packed int4 activations as the first operand of a product, which a thread widens in its registers: tensor cores of
// sm_90a multiply bytes alone.
//
// A stage holds 128 codes of each row, 64 bytes, rows one after another. With g = lane / 4, t = lane % 4 a lane reads
// bytes 16 t .. 16 t + 15 of rows g and g + 8 of each 16. Word s of them has inputs 32 t + 8 s .. + 7: those of even
// number are in the low nibbles, and become bytes 4 t .. 4 t + 3 of the 32 bytes of product s, the others bytes
// 16 + 4 t .. + 3. Weights lie in that order (InputOrder::kOfNibbles of weight_tiles.cuh).
//
// A nibble stays in the upper half of its byte, so that it keeps its sign: the bytes are 16 q.
#pragma once

#include "mc/hopper/wgmma.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

constexpr int kPackedRowBytes = 64;  // of a step

// The first operands of a step's products of 64 rows.
struct WidenedActivations {
  unsigned words[4][4];  // of product s: words[s]

  // address: of the lane's bytes of row g.
  __device__ __forceinline__ void load(unsigned address) {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const uint4 packed = ptx::load_shared_16(address + 8 * h * kPackedRowBytes);
      widen(packed.x, 0, h);
      widen(packed.y, 1, h);
      widen(packed.z, 2, h);
      widen(packed.w, 3, h);
    }
  }

 private:
  __device__ __forceinline__ void widen(unsigned packed, int product, int half) {
    words[product][half] = packed << 4 & 0xf0f0f0f0u;
    words[product][2 + half] = packed & 0xf0f0f0f0u;
  }
};

}  // namespace mc::hopper
