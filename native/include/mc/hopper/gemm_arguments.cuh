// The launch argument of the warp-specialised GEMM. Its layout is shared with the host.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/bulk_copy.cuh"

namespace mc::hopper {

// A kernel takes it as `const __grid_constant__`, so that the map stays in constant memory.
struct GemmArguments {
  TensorMap activations;     //   0: of [bucket rows, K bytes], boxes of 128 bytes (packed codes: 64, without swizzle) x
                             //      the tile's kM rows
  mc::GemmArguments linear;  // 128: linear.activations is not read; linear.weights are in the order of weight_tiles.cuh
  unsigned char reserved[8];
};
static_assert(sizeof(GemmArguments) == 320, "layout is shared with the host");

}  // namespace mc::hopper
