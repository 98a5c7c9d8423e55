#include "checks/split_k_checks.h"
#include "platform.h"

int main() {
  using O = mc::Operand;
  checks::check_split_k<O::kS8, O::kS8>();
  checks::check_split_k<O::kU8, O::kU8>();
  checks::check_split_k<O::kF16, O::kF16>();
  return checks::finish();
}
