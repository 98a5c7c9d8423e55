// The families of GEMM kernels (number formats and weight groups) and what is checked of each.
#pragma once

#include "checks/gemm_checks.h"

namespace checks {

using Medium64 = mc::Tile<64, 128, 64, 2, 2, 4>;
using Medium128 = mc::Tile<64, 128, 128, 2, 4, 3>;
using Large128 = mc::Tile<128, 128, 128, 2, 4, 3>;
using Small = mc::Tile<16, 64, 128, 1, 4, 5>;

// The formats, and the tiles that exercise their copies best: Small_ has 64 outputs, Medium_ has 128.
template <Operand kA_, Operand kW_, int kGroup_, class Small_, class Medium_>
struct Family {
  static constexpr Operand kA = kA_, kW = kW_;
  static constexpr int kGroup = kGroup_;
  using Small = Small_;
  using Medium = Medium_;
};

constexpr int kFamilies = 19;

template <int kIndex>
constexpr auto family() {
  using O = Operand;
  if constexpr (kIndex == 0) return Family<O::kS4, O::kS4, 0, Small, Medium64>();
  if constexpr (kIndex == 1) return Family<O::kU4, O::kS4, 0, Small, Medium128>();
  if constexpr (kIndex == 2) return Family<O::kU4, O::kU4, 0, mc::Tile<16, 64, 256, 1, 4, 2>, Medium128>();
  if constexpr (kIndex == 3) return Family<O::kS4, O::kS4, 64, Small, Medium128>();
  if constexpr (kIndex == 4) return Family<O::kU4, O::kS4, 128, Small, Medium64>();
  if constexpr (kIndex == 5) return Family<O::kS8, O::kS8, 0, Small, Medium64>();
  if constexpr (kIndex == 6) return Family<O::kU8, O::kS8, 0, mc::Tile<32, 64, 32, 2, 1, 6>, Medium128>();
  if constexpr (kIndex == 7) return Family<O::kU8, O::kU8, 0, Small, Large128>();
  if constexpr (kIndex == 8) return Family<O::kS8, O::kS8, 64, Small, Medium64>();
  if constexpr (kIndex == 9) return Family<O::kS8, O::kS4, 0, Small, Medium64>();
  if constexpr (kIndex == 10) return Family<O::kU8, O::kS4, 0, Small, Medium128>();
  if constexpr (kIndex == 11) return Family<O::kU8, O::kU4, 0, mc::Tile<16, 64, 256, 1, 2, 3>, Medium128>();
  if constexpr (kIndex == 12) return Family<O::kS8, O::kS4, 64, Small, Medium128>();
  if constexpr (kIndex == 13) return Family<O::kU8, O::kS4, 128, Small, Medium64>();
  if constexpr (kIndex == 14) return Family<O::kF16, O::kF16, 0, mc::Tile<16, 64, 32, 1, 4, 4>, Medium64>();
  if constexpr (kIndex == 15) return Family<O::kF16, O::kS4, 0, Small, Medium64>();
  if constexpr (kIndex == 16) return Family<O::kF16, O::kU4, 0, Small, Medium64>();
  if constexpr (kIndex == 17) return Family<O::kF16, O::kS4, 64, Small, Medium64>();
  if constexpr (kIndex == 18) return Family<O::kF16, O::kS4, 128, Small, Medium128>();
}

// Steps that run in any scope.
template <class F>
void check_partial_rows() {
  using mc::GemmProblem;
  using Small = typename F::Small;
  using Medium = typename F::Medium;
  using Narrow = GemmProblem<72, 256, F::kA, F::kW, F::kGroup>;
  using Wide = GemmProblem<288, 384, F::kA, F::kW, F::kGroup>;
  using Even = GemmProblem<352, 128, F::kA, F::kW, F::kGroup>;
  if constexpr (F::kGroup == 0) {
    // K is no multiple of the tile's.
    linear_equals_the_reference<GemmProblem<96, 96, F::kA, F::kW>, Small, float>(platform::tokens({1, 17}));
    elementwise_is_near_the_reference<Narrow, Small, mc::Relu>(
        "relu", [](float x) { return x > 0.0f ? x : 0.0f; }, platform::tokens({17}));
    elementwise_is_near_the_reference<Narrow, Small, mc::Tanh>(
        "tanh", [](float x) { return tanhf(x); }, platform::tokens({16}));
  }
  linear_equals_the_reference<Narrow, Small, mc::Half>(platform::tokens({16, 33}));
  linear_equals_the_reference<Wide, Medium, float>(platform::tokens({1, 65, 127}));
  if constexpr (!mc::is_float(F::kA)) linear_equals_the_reference<Narrow, Small, float, true>(platform::tokens({18}));
  using StaticS8 = mc::QuantFormat<8, 8, false, true>;
  using StaticU4 = mc::QuantFormat<4, 4, true, true>;
  gelu_then_quantize_equals_the_reference<Even, Medium, RowScope::kPartial, 1, StaticS8>(platform::tokens({19}));
  gelu_then_quantize_equals_the_reference<Even, Medium, RowScope::kPartial, 1, StaticU4, mc::GeluForm::kTanh, false>(
      platform::tokens({19}));
}

using DynamicS4 = mc::QuantFormat<4, 4, false>;
using DynamicU8 = mc::QuantFormat<8, 8, true>;
using ClippedU4 = mc::QuantFormat<4, 8, true, false, true>;

// A block that spans N.
template <class F>
void check_whole_rows() {
  using Narrow = mc::GemmProblem<96, 128, F::kA, F::kW, F::kGroup>;
  using Full = mc::GemmProblem<128, 128, F::kA, F::kW, F::kGroup>;
  using Medium = typename F::Medium;
  gelu_then_quantize_equals_the_reference<Narrow, Medium, RowScope::kTile, 1, DynamicS4>(platform::tokens({1, 65}));
  quantize_equals_the_reference<Full, Medium, RowScope::kTile, 1, DynamicU8>(platform::tokens({17}));
  residual_layer_norm_quantize_is_near_the_reference<Narrow, Medium, RowScope::kTile, 1, DynamicU8>(
      platform::tokens({65}));
}

// A cluster that spans N: 3 blocks of which the last is ragged, 4 whole ones, and, more than a portable cluster, 12.
template <class F>
void check_clusters() {
  using Ragged = mc::GemmProblem<352, 128, F::kA, F::kW, F::kGroup>;
  using Whole = mc::GemmProblem<256, 128, F::kA, F::kW, F::kGroup>;
  using Long = mc::GemmProblem<768, 128, F::kA, F::kW, F::kGroup>;
  using Small = typename F::Small;
  using Medium = typename F::Medium;
  gelu_then_quantize_equals_the_reference<Ragged, Medium, RowScope::kCluster, 3, ClippedU4>(platform::tokens({17, 65}));
  quantize_equals_the_reference<Whole, Small, RowScope::kCluster, 4, DynamicU8>(platform::tokens({17, 18}));
  residual_layer_norm_quantize_is_near_the_reference<Ragged, Medium, RowScope::kCluster, 3, DynamicS4, mc::Half>(
      platform::tokens({65}));
  if constexpr (platform::kThorough || (F::kA == Operand::kS8 && F::kW == Operand::kS8 && F::kGroup == 0)) {
    residual_layer_norm_quantize_is_near_the_reference<Long, Small, RowScope::kCluster, 12, DynamicU8>(
        platform::tokens({17}));
  }
}

template <int kIndex>
void check_family() {
  using F = decltype(family<kIndex>());
  check_partial_rows<F>();
  check_whole_rows<F>();
  // Packed int4 products and clusters exist on different chips.
  if constexpr (platform::kClustersOfInt4 || mc::bits_of(F::kA) != 4) check_clusters<F>();
}

}  // namespace checks
