// The GEMM for few tokens (mc/hopper/resident_gemm.cuh): every way of sharing a tile among warps and blocks.
#pragma once

#include "checks/gemm_checks.h"
#include "mc/hopper/resident_gemm.cuh"

namespace checks {

template <class Problem, class Tile, RowScope kScope, int kCluster, class... Steps>
using ResidentThen = mc::hopper::ResidentGemm<Problem, Tile, kScope, kCluster,
                                              typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;

template <class Problem, class Tile, class Element, bool kStaticScale = false>
void resident_linear(const std::vector<int>& token_counts) {
  linear_of_kernel_equals_the_reference<
      mc::hopper::ResidentGemm<Problem, Tile, RowScope::kPartial, 1, LinearStore<Problem, Element, kStaticScale>>,
      Element, kStaticScale>(platform::tokens(token_counts));
}

// kCluster: 1 stands for RowScope::kGrid.
constexpr RowScope scope_of(int cluster) { return cluster == 1 ? RowScope::kGrid : RowScope::kCluster; }

template <class Problem, class Tile, int kCluster, class Format>
void resident_gelu(const std::vector<int>& token_counts) {
  constexpr bool kCodeSum = kCluster > 1 && Format::kAsymmetric;
  using Gemm = ResidentThen<Problem, Tile, scope_of(kCluster), kCluster,
                            mc::GeluQuantizeRows<kErfFor<Format>, Format, kCodeSum>>;
  gelu_then_quantize_of_kernel_equals_the_reference<Gemm, Format, kErfFor<Format>, kCodeSum>(
      platform::tokens(token_counts));
}

template <class Problem, class Tile, int kCluster, class Format>
void resident_quantize(const std::vector<int>& token_counts) {
  using Gemm = ResidentThen<Problem, Tile, scope_of(kCluster), kCluster, mc::QuantizeRows<Format>>;
  quantize_of_kernel_equals_the_reference<Gemm, Format>(platform::tokens(token_counts));
}

template <class Problem, class Tile, int kCluster, class Format, class Element>
void resident_layer_norm(const std::vector<int>& token_counts) {
  using Gemm = ResidentThen<Problem, Tile, RowScope::kCluster, kCluster, mc::Residual,
                            mc::LayerNormStep<Element, Epsilon>, mc::StoreF16, mc::QuantizeRows<Format>>;
  layer_norm_of_kernel_is_near_the_reference<Gemm, Format, Element>(platform::tokens(token_counts));
}

template <Operand kA, Operand kW>
void check_resident_family() {
  using mc::GemmProblem;
  using mc::hopper::ResidentTile;
  using Narrow = GemmProblem<96, 256, kA, kW>;
  using Row = GemmProblem<256, 256, kA, kW>;
  using OneWarp = ResidentTile<16, 48, 1, 1, 1>;
  using Columns = ResidentTile<32, 96, 3, 1, 2>;        // no sums to join
  using SharedRows = ResidentTile<32, 48, 3, 2, 1>;     // each of two warps owns 16 rows
  using SharedColumns = ResidentTile<16, 96, 3, 4, 1>;  // each of four owns 8 columns
  using Idle = ResidentTile<16, 48, 3, 4, 1>;           // two of four warps own nothing
  resident_linear<Narrow, OneWarp, float>({1, 17});
  resident_linear<Narrow, Columns, mc::Half>({32, 33});
  resident_linear<Narrow, SharedRows, float>({16, 127});
  resident_linear<Narrow, SharedColumns, mc::Half>({1, 129});
  resident_linear<Narrow, Idle, float>({17});
  if constexpr (!mc::is_float(kA)) resident_linear<Narrow, Idle, float, true>({18});

  using Rows64 = ResidentTile<32, 64, 2, 2, 2>;
  using Columns64 = ResidentTile<16, 64, 2, 2, 1>;
  using Idle16 = ResidentTile<16, 16, 1, 4, 1>;
  for (auto timing : platform::kCopyTimings) {
    platform::select(timing);
    resident_gelu<Row, Rows64, 4, mc::QuantFormat<4, 8, false>>({1, 33});
    resident_quantize<Row, Columns64, 4, mc::QuantFormat<8, 8, true>>({17, 32});
    resident_quantize<Row, Idle16, 16, mc::QuantFormat<4, 8, true, false, true>>({17});
    resident_gelu<Row, Rows64, 1, mc::QuantFormat<8, 8, true>>({1, 33});
    resident_quantize<Row, Idle16, 1, mc::QuantFormat<4, 8, false>>({17, 32});
    resident_layer_norm<Row, Columns64, 4, mc::QuantFormat<4, 8, false>, mc::Half>({1, 17});
    resident_layer_norm<Row, Rows64, 4, mc::QuantFormat<8, 8, true>, float>({127});
    resident_layer_norm<Row, Idle16, 16, mc::QuantFormat<8, 8, false>, float>({16});
  }
}

constexpr int kResidentFamilies = 7;

template <int kFamily>
void check_resident() {
  using O = Operand;
  if constexpr (kFamily == 0) check_resident_family<O::kS8, O::kS4>();
  if constexpr (kFamily == 1) check_resident_family<O::kU8, O::kS4>();
  if constexpr (kFamily == 2) check_resident_family<O::kU8, O::kU4>();
  if constexpr (kFamily == 3) check_resident_family<O::kS8, O::kS8>();
  if constexpr (kFamily == 4) check_resident_family<O::kU8, O::kU8>();
  if constexpr (kFamily == 5) check_resident_family<O::kF16, O::kS4>();
  if constexpr (kFamily == 6) check_resident_family<O::kF16, O::kF16>();
}

}  // namespace checks
