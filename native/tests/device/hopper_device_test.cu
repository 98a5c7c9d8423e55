// The kernels of native/include/mc/hopper on a GPU of sm_90a.
#include "checks/hopper_primitives.h"

int main() {
  platform::require(cudaFree(nullptr), "device", "initialisation");
  checks::check_hopper_primitives();
  return checks::finish();
}
