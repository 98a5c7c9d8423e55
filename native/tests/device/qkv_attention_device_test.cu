// The kernels of mc/hopper/qkv_attention.cuh on a GPU (sm_90a).
#include "checks/qkv_attention_checks.h"

int main() {
  using namespace checks;
  using S4 = mc::QuantFormat<4, 8, false>;
  using S8 = mc::QuantFormat<8, 8, false>;
  using StaticS8 = mc::QuantFormat<8, 8, false, true>;
  constexpr auto kStay = mc::hopper::WeightFlow::kStationary;
  constexpr auto kStream = mc::hopper::WeightFlow::kStreamed;
  platform::require(cudaFree(nullptr), "device", "initialisation");
  const Lengths edges = {1, 2, 17, 63, 64, 65, 127, 128, 100, 28, 128, 128};
  Lengths full(40, 128), many = many_lengths();
  check_qkv_attention<12, 768, S8, 3, kStay>({{1}, {17}, {128}, edges, ragged_lengths()}, 1);
  check_qkv_attention<12, 768, S8, 3, kStay>({edges, ragged_lengths(), many, full}, 10, 5);
  check_qkv_attention<12, 768, S4, 4, kStay>({{65}, edges, ragged_lengths(), full}, 11);
  check_qkv_attention<4, 400, S8, 3, kStay>({edges, many}, 3);
  check_qkv_attention<12, 768, StaticS8, 3, kStay>({edges, full}, 11);
  check_qkv_attention<12, 768, StaticS8, 3, kStream>({edges, ragged_lengths()}, 11);
  check_qkv_attention<16, 1024, S8, 3, kStream>({edges, ragged_lengths(), full}, 8);
  check_qkv_attention<16, 1024, S8, 3, kStream, 2>({{1}, edges, ragged_lengths(), full}, 4);
  return finish();
}
