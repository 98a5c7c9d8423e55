// Runs the kernels of native/include/mc/hopper on the emulated device and compares them with plain references.
// The command is in native/README.md.
#include "checks/hopper_primitives.h"

int main() {
  checks::check_hopper_primitives();
  return checks::finish();
}
