// The sparse products and kernels of native/include/mc/hopper on a GPU of sm_90a.
#include "checks/sparse_gemm_checks.h"
#include "checks/sparse_product_checks.h"

int main() {
  platform::require(cudaFree(nullptr), "device", "initialisation");
  checks::check_sparse_products();
  checks::check_sparse_gemms();
  return checks::finish();
}
