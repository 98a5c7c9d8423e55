// The kernels of mc/hopper/attention.cuh on a GPU (sm_90a).
#include "checks/hopper_attention_checks.h"

int main() {
  using namespace checks;
  platform::require(cudaFree(nullptr), "device", "initialisation");
  const Lengths long_ones = {384, 129, 2, 512};
  check_hopper_attention<12, 64, 1, 2>({{1}, {17}, {64}, {65}, ragged_lengths(), many_lengths(), long_ones},
                                       AllByteFormats());
  check_hopper_attention<12, 64, 2, 1, 2>({{1}, {130}, ragged_lengths(), many_lengths(), long_ones}, AllByteFormats());
  check_hopper_attention<16, 64, 1, 2>({ragged_lengths(), long_ones});
  check_hopper_attention<16, 64, 2, 1, 2>({ragged_lengths(), long_ones});
  check_hopper_attention<12, 64, 1, 1>({ragged_lengths()});  // a cluster of 12
  check_hopper_attention<12, 64, 2, 2>({ragged_lengths()});
  check_hopper_attention<4, 64, 1, 1, 1, 128, 3>({{15, 1, 16, 500}});
  check_hopper_attention<8, 128, 1, 1>({ragged_lengths(), {300}});
  // Ranges across the grid.
  check_hopper_attention<12, 64, 1, 1, 1, 64, 2, true>({{1}, {17}, {65}, ragged_lengths(), many_lengths(), long_ones},
                                                       AllByteFormats());
  check_hopper_attention<12, 64, 2, 1, 1, 64, 2, true>({{1}, {130}, ragged_lengths(), many_lengths(), long_ones});
  check_hopper_attention<16, 64, 1, 1, 1, 64, 2, true>({ragged_lengths(), long_ones});
  check_hopper_attention<12, 64, 1, 1, 3, 64, 2, true>({ragged_lengths(), long_ones});
  return finish();
}
