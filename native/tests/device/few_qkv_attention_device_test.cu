// The kernels of mc/hopper/few_qkv_attention.cuh on a GPU (sm_90a).
#include "checks/few_qkv_attention_checks.h"

int main() {
  using namespace checks;
  constexpr Operand kS4 = Operand::kS4, kS8 = Operand::kS8;
  platform::require(cudaFree(nullptr), "device", "initialisation");
  // BERT-base and BERT-large in the tiles that the rules take, and a bucket of 128 tokens.
  check_few_qkv_attention<12, 768, kS4, 1, 3, 2, 4>({{1}, {16}, {2, 3, 9}});
  check_few_qkv_attention<12, 768, kS4, 2, 3, 2, 4>({{1}, {17}, {32}, {3, 1, 12}, {15, 2, 1, 14}});
  check_few_qkv_attention<12, 768, kS8, 2, 3, 2, 2>({{1}, {17}, {32}, {3, 1, 12}, {15, 2, 1, 14}});
  check_few_qkv_attention<12, 768, kS4, 4, 2, 3, 2>({{64}, {33}, {16, 16, 1}, {1, 2, 30, 31}});
  check_few_qkv_attention<12, 768, kS8, 4, 2, 3, 2>({{64}, {33}, {16, 16, 1}, {1, 2, 30, 31}});
  check_few_qkv_attention<12, 768, kS4, 8, 1, 6, 2>({{128}, {100, 1, 17}, {5, 64, 40}, {2, 3}});
  check_few_qkv_attention<16, 1024, kS4, 2, 3, 4, 2>({{1}, {17}, {32}, {15, 2, 1, 14}});
  check_few_qkv_attention<16, 1024, kS8, 2, 3, 2, 2>({{1}, {17}, {32}, {15, 2, 1, 14}});
  return finish();
}
