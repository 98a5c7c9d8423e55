// Runs the GEMM whose clusters divide K (split_k_gemm.cuh) on the emulated device and compares it with a plain
// reference. The command is in native/README.md.
#include "checks/split_k_checks.h"
#include "platform.h"

int main() {
  using O = mc::Operand;
  checks::check_split_k<O::kS8, O::kS8>();
  checks::check_split_k<O::kU8, O::kU8>();
  checks::check_split_k<O::kF16, O::kF16>();
  return checks::finish();
}
