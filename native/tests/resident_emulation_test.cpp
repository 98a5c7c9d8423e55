// Runs the GEMM for few tokens on the emulated device and compares it with a plain reference. The command is in
// native/README.md.
#include "checks/resident_checks.h"

namespace {

template <int... kFamilies>
void check_all(std::integer_sequence<int, kFamilies...>) {
  (checks::check_resident<kFamilies>(), ...);
}

}  // namespace

int main() {
  check_all(std::make_integer_sequence<int, checks::kResidentFamilies>());
  return checks::finish();
}
