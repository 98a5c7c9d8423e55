// The launch argument of GEMMs that fetch their activations through a tensor map.
#pragma once

#include "mc/gemm_arguments.cuh"
#include "mc/hopper/bulk_copy.cuh"

namespace mc::hopper {

// Taken as `const __grid_constant__`. The map is of [bucket rows, K] row-major.
struct GemmArguments {
  TensorMap activations;     //   0
  mc::GemmArguments linear;  // 128
};
static_assert(sizeof(GemmArguments) == 320, "layout is shared with the host");

}  // namespace mc::hopper
