// The GEMM whose clusters divide K, on a GPU.
#include "checks/split_k_checks.h"

int main() {
  platform::require(cudaFree(nullptr), "device", "initialisation");
  using O = mc::Operand;
  checks::check_split_k<O::kS8, O::kS8>();
  checks::check_split_k<O::kU8, O::kU8>();
  checks::check_split_k<O::kF16, O::kF16>();
  return checks::finish();
}
