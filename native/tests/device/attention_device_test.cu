// The attention kernels on a GPU. run.sh compiles this file with MC_HEAD_DIM 16, 32, 64 and 128.
#include "checks/attention_checks.h"

int main() {
  using namespace checks;
  platform::require(cudaFree(nullptr), "device", "initialisation");
  if constexpr (MC_HEAD_DIM == 16) {
    check_attention<4, 16>({{1}, {5, 20}, ragged_lengths()}, AllFormats());
  } else if constexpr (MC_HEAD_DIM == 32) {
    check_attention<3, 32>({{16}, ragged_lengths(), many_lengths()}, AllFormats());
    check_attention<12, 32>({ragged_lengths()});
  } else if constexpr (MC_HEAD_DIM == 64) {
    check_attention<12, 64>({{1}, {17}, ragged_lengths(), many_lengths(), {384, 129, 2}}, AllFormats());
    check_attention<12, 64, 12, 32>({ragged_lengths()});
    check_attention<16, 64>({ragged_lengths()});
    check_attention<32, 64, 8>({ragged_lengths()});  // heads in four blocks
    check_attention<1, 64>({{15, 1, 16, 300}});
  } else {
    check_attention<8, 128>({ragged_lengths()}, AllFormats());
    check_attention<16, 128, 8>({{20, 33}});
  }
  return finish();
}
