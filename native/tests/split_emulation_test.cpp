// Runs the GEMM whose cluster divides K on the emulated device and compares it with a plain reference. The command is
// in native/README.md.
#include "checks/split_checks.h"

int main() {
  checks::check_split<0>();
  checks::check_split<1>();
  checks::check_split<2>();
  return checks::finish();
}
