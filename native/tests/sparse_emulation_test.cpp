// Runs the sparse products and kernels of native/include/mc/hopper on the emulated device and compares them with plain
// references. The command is in native/README.md.
#include "checks/sparse_gemm_checks.h"
#include "checks/sparse_product_checks.h"

int main() {
  checks::check_sparse_products();
  checks::check_sparse_gemms();
  return checks::finish();
}
