// Maps of row-major byte matrices for load_tile_2d. native/tests/device/tensor_map.h has the same function for a GPU.
#pragma once

#include <cstring>

#include "mc/hopper/bulk_copy.cuh"

namespace platform {

// Boxes of box_bytes x box_rows: 128 bytes are swizzled by 128 bytes, 64 are not.
inline mc::hopper::TensorMap tensor_map(const void* matrix, int row_bytes, int rows, int box_rows,
                                        int box_bytes = 128) {
  const mc::hopper::TensorMapFields fields = {static_cast<const unsigned char*>(matrix), row_bytes, rows, box_bytes,
                                              box_rows};
  mc::hopper::TensorMap map;
  std::memcpy(map.opaque, &fields, sizeof fields);
  return map;
}

}  // namespace platform
