// The GEMM whose cluster divides K on a GPU. run.sh compiles this file with MC_FAMILY from 0 to 2
// (checks/split_checks.h).
#include "checks/split_checks.h"

int main() {
  platform::require(cudaFree(nullptr), "device", "initialisation");
  checks::check_split<MC_FAMILY>();
  return checks::finish();
}
