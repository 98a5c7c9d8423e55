// Runs the GEMM kernels of native/include/mc on the emulated device and compares them with a plain reference.
// The command is in native/README.md. MC_PART: 0 or 1, halves of the families, so that two compilers share the work.
#include <utility>

#include "checks/gemm_families.h"

namespace {

template <int... kIndices>
void check_families(std::integer_sequence<int, kIndices...>) {
  (checks::check_family<2 * kIndices + MC_PART>(), ...);
}

}  // namespace

int main() {
  check_families(std::make_integer_sequence<int, (checks::kFamilies + 1 - MC_PART) / 2>());
  return checks::finish();
}
