// Runs the attention kernels of native/include/mc on the emulated device.
#include "checks/attention_checks.h"

int main() {
  using namespace checks;
  check_attention<3, 32>({{1}, {16}, {17}, ragged_lengths(), many_lengths()}, AllFormats());
  check_attention<4, 16>({{5, 20}, ragged_lengths()}, AllFormats());
  check_attention<12, 64>({{1, 3, 17, 1, 2, 40}});
  check_attention<1, 64>({{15, 1, 16, 300}});
  check_attention<4, 64, 4, 32>({ragged_lengths()});  // a longer key tile
  check_attention<4, 128>({{20, 33}});
  check_attention<8, 64, 4>({{20, 33, 1}});  // heads in two blocks
  return finish();
}
