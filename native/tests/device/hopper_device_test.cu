// The kernels of native/include/mc/hopper on a GPU of sm_90a. run.sh compiles this file with MC_PART from 0 to 3.
#include "checks/gelu_checks.h"
#include "checks/hopper_gemm_checks.h"
#include "checks/hopper_primitives.h"

int main() {
  using O = mc::Operand;
  platform::require(cudaFree(nullptr), "device", "initialisation");
#if MC_PART == 0
  checks::gelu_is_near_the_truth();
  checks::check_hopper_primitives();
  checks::check_hopper_linear<O::kU8, O::kS8>();
  checks::check_hopper_packed();
#elif MC_PART == 1
  checks::check_hopper_gemm<O::kS8, O::kS8>();
#elif MC_PART == 2
  checks::check_hopper_gemm<O::kU8, O::kU8>();
#else
  checks::check_hopper_gemm<O::kF16, O::kF16>();
#endif
  return checks::finish();
}
