// The GEMM for few tokens on a GPU. run.sh compiles this file with MC_FAMILY from 0 to 6 (checks/resident_checks.h).
#include "checks/resident_checks.h"

int main() {
  platform::require(cudaFree(nullptr), "device", "initialisation");
  checks::check_resident<MC_FAMILY>();
  return checks::finish();
}
