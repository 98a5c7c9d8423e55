// Runs the kernels of native/include/mc/hopper on the emulated device and compares them with plain references.
// The command is in native/README.md.
#include "checks/gelu_checks.h"
#include "checks/hopper_gemm_checks.h"
#include "checks/hopper_primitives.h"

int main() {
  checks::gelu_is_near_the_truth();
  checks::check_hopper_primitives();
  using O = mc::Operand;
  checks::check_hopper_gemm<O::kS8, O::kS8>();
  checks::check_hopper_linear<O::kU8, O::kS8>();
  checks::check_hopper_gemm<O::kU8, O::kU8>();
  checks::check_hopper_gemm<O::kF16, O::kF16>();
  checks::check_hopper_packed();
  return checks::finish();
}
