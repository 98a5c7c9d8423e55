// Runs the kernels of native/include/mc/hopper/attention.cuh on the emulated device.
#include "checks/hopper_attention_checks.h"

int main() {
  using namespace checks;
  // 64 queries and 2 heads a block.
  check_hopper_attention<4, 64, 1, 2>({{1}, {64}, {65}, ragged_lengths()}, AllByteFormats());
  check_hopper_attention<2, 64, 1, 2>({many_lengths(), {15, 1, 16, 300}});
  // 128 queries and one head a block, then two heads in turn.
  check_hopper_attention<2, 64, 2, 1>({{130}, ragged_lengths()});
  check_hopper_attention<4, 64, 2, 1, 2>({{3, 60, 1}, {20, 33, 150}, ragged_lengths()}, AllByteFormats());
  // Longer key tiles, more of them in flight, wider heads.
  check_hopper_attention<1, 64, 1, 1, 1, 128, 3>({{15, 1, 16, 500}});
  check_hopper_attention<3, 128, 1, 1>({{20, 33, 100}});
  check_hopper_attention<12, 64, 1, 2>({{5, 70}});
  // Ranges across the grid: one head a block, heads at once, heads in turn; more parts than lanes of a quad read at
  // once.
  check_hopper_attention<4, 64, 1, 1, 1, 64, 2, true>({{1}, {3, 60, 1}, ragged_lengths()}, AllByteFormats());
  check_hopper_attention<4, 64, 1, 2, 1, 64, 2, true>({{65, 20}});
  check_hopper_attention<12, 64, 2, 1, 2, 64, 2, true>({{5, 70}, {130, 100}});
  check_hopper_attention<17, 64, 1, 1, 1, 64, 2, true>({{20, 33}}, FormatList<mc::QuantFormat<4, 8, false>>());
  return finish();
}
