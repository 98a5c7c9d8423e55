// Maps of row-major byte matrices for load_tile_2d, encoded by the driver.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include "mc/hopper/bulk_copy.cuh"
#include "platform.h"

namespace platform {

// Boxes of box_bytes x box_rows: 128 bytes are swizzled by 128 bytes, 64 are not.
inline mc::hopper::TensorMap tensor_map(const void* matrix, int row_bytes, int rows, int box_rows,
                                        int box_bytes = 128) {
  static const auto encode = [] {
    void* entry_point = nullptr;
    cudaDriverEntryPointQueryResult found;
    require(cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &entry_point, cudaEnableDefault, &found), "tensor map",
            "cudaGetDriverEntryPoint");
    return reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(entry_point);
  }();
  const cuuint64_t sizes[2] = {static_cast<cuuint64_t>(row_bytes), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[1] = {static_cast<cuuint64_t>(row_bytes)};
  const cuuint32_t box[2] = {static_cast<cuuint32_t>(box_bytes), static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t steps[2] = {1, 1};
  mc::hopper::TensorMap map;
  const CUresult result = encode(reinterpret_cast<CUtensorMap*>(&map), CU_TENSOR_MAP_DATA_TYPE_UINT8, 2,
                                 const_cast<void*>(matrix), sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                                 box_bytes == 128 ? CU_TENSOR_MAP_SWIZZLE_128B : CU_TENSOR_MAP_SWIZZLE_NONE,
                                 CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) checks::abandon("tensor map", "cuTensorMapEncodeTiled: " + std::to_string(result));
  return map;
}

}  // namespace platform
