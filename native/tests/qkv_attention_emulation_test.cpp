// Runs the kernels of native/include/mc/hopper/qkv_attention.cuh on the emulated device.
#include "checks/qkv_attention_checks.h"

int main() {
  using namespace checks;
  emulation::hesitant = true;  // keys are handed over before values
  using S4 = mc::QuantFormat<4, 8, false>;
  using S8 = mc::QuantFormat<8, 8, false>;
  using StaticS8 = mc::QuantFormat<8, 8, false, true>;
  constexpr auto kStay = mc::hopper::WeightFlow::kStationary;
  constexpr auto kStream = mc::hopper::WeightFlow::kStreamed;
  // Tiles of one sequence and of several, full and not; a part of a tile begins at any stage.
  check_qkv_attention<4, 272, S8, 2, kStay>({{1}, {128}, {127, 1}, {2, 17, 63, 64, 65, 127, 128, 1}}, 1);
  check_qkv_attention<4, 384, S8, 2, kStay>({{128, 128, 30}, ragged_lengths()}, 2);
  check_qkv_attention<4, 400, S4, 4, kStay>({{128, 128, 30}, ragged_lengths()}, 2);
  check_qkv_attention<3, 144, StaticS8, 2, kStay>({ragged_lengths()}, 1);
  // More sets than tiles, and blocks that no set needs.
  check_qkv_attention<4, 272, S8, 3, kStay>({{128, 3}, {7}}, 3, 2);
  // Tiles that share weights, the last without a neighbour or with one.
  check_qkv_attention<2, 144, S8, 2, kStream>({ragged_lengths()}, 2);
  check_qkv_attention<2, 384, S8, 3, kStream, 2>({{5, 70, 128}, {128, 1}, ragged_lengths()}, 1);
  check_qkv_attention<2, 272, S4, 2, kStream, 2>({{3}, {128, 128, 128, 128, 128, 2}, ragged_lengths()}, 2, 1);
  return finish();
}
