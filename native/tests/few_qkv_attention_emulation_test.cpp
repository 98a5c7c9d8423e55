// Runs the kernels of native/include/mc/hopper/few_qkv_attention.cuh on the emulated device.
#include "checks/few_qkv_attention_checks.h"

int main() {
  using namespace checks;
  emulation::hesitant = true;
  // Sequences that end on and beside the edges of token tiles, several in one tile, and token tiles without tokens.
  check_few_qkv_attention<2, 128, Operand::kS4, 2, 3, 2, 2>({{1}, {17}, {32}, {3, 1, 12}, {15, 2, 1, 14}});
  check_few_qkv_attention<2, 256, Operand::kS4, 4, 2, 3, 4>({{64}, {16, 16, 1}, {1, 2, 30, 31}});
  check_few_qkv_attention<2, 128, Operand::kS4, 8, 1, 6, 2>({{128}, {100, 1, 17}, {5, 64, 40}});
  check_few_qkv_attention<2, 128, Operand::kS8, 1, 3, 4, 2>({{16}, {2, 4}});
  check_few_qkv_attention<3, 192, Operand::kS8, 8, 2, 3, 2>({{128}, {33, 31, 1, 47}});
  return finish();
}
