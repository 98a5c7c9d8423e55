// Runs the kernels of native/include/mc/hopper on the emulated device and compares them with plain references.
// The command is in native/README.md.
#include "checks/gelu_checks.h"
#include "checks/hopper_gemm_checks.h"
#include "checks/hopper_primitives.h"

int main() {
  checks::gelu_is_near_the_truth();
  checks::check_hopper_primitives();
  checks::check_hopper_gemms();
  return checks::finish();
}
