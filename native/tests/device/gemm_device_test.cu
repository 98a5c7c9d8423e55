// The GEMM kernels on a GPU. One program per family, because each instantiates some fifteen kernels: run.sh compiles
// this file with MC_FAMILY from 0 to 18 (checks/gemm_families.h). Packed int4 families are compiled as sm_80 PTX.
#include "checks/gemm_families.h"

int main() {
  platform::require(cudaFree(nullptr), "device", "initialisation");
  checks::check_family<MC_FAMILY>();
  return checks::finish();
}
