// Maps of row-major byte matrices for load_tile_2d. native/tests/device/tensor_map.h has the same function for a GPU.
#pragma once

#include <cstring>

#include "mc/hopper/bulk_copy.cuh"

namespace platform {

// Boxes of 128 bytes x box_rows, swizzled by 128 bytes.
inline mc::hopper::TensorMap tensor_map(const void* matrix, int row_bytes, int rows, int box_rows) {
  const mc::hopper::TensorMapFields fields = {static_cast<const unsigned char*>(matrix), row_bytes, rows, 128, box_rows};
  mc::hopper::TensorMap map;
  std::memcpy(map.opaque, &fields, sizeof fields);
  return map;
}

}  // namespace platform
