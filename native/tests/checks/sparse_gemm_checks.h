// Checks of native/include/mc/hopper/sparse_gemm.cuh: tiles, teams, cluster shapes and epilogues, at ragged sizes.
#pragma once

#include "checks/mapped_gemm_checks.h"
#include "mc/hopper/sparse_gemm.cuh"

namespace checks {

using mc::hopper::SparseTile;
using mc::hopper::WeightFlow;

// 2:4 sparse weights in the order of mc/hopper/sparse_weights.cuh, for LinearLayer.
template <class Problem>
struct SparsePairs {
  using Weights = mc::hopper::SparseWeights<Problem::kN, Problem::kK>;
  static constexpr bool kTwoOfFour = true;
  static constexpr long long kBytes = Weights::kBytes;

  // codes: [N, K], at most two of four nonzero.
  static void pack(const std::vector<int>& codes, platform::Array<unsigned char>& bytes) {
    constexpr int kN = Weights::kPiecesN * Weights::kPieceN, kK = Weights::kPiecesK * Weights::kPieceK;
    for (int n = 0; n < kN; ++n) {
      for (int k = 0; k < kK; k += 4) {
        const bool inside = n < Problem::kN && k < Problem::kK;
        const int* four = inside ? &codes[size_t(n) * Problem::kK + k] : nullptr;
        int places[2], count = 0;
        for (int i = 0; i < 4 && inside; ++i) {
          if (four[i] != 0) places[count++] = i;
        }
        if (count == 0) places[count++] = 0;
        if (count == 1) places[1] = places[0] == 3 ? (places[0] = 2, 3) : places[0] + 1;
        const mc::hopper::SparsePosition position = Weights::position(n, k);
        for (int i = 0; i < 2 && inside; ++i) bytes[position.value + i] = static_cast<unsigned char>(four[places[i]]);
        const unsigned nibble = static_cast<unsigned>(places[0] | places[1] << 2);
        bytes[position.metadata + position.shift / 8] |= static_cast<unsigned char>(nibble << position.shift % 8);
      }
    }
  }
};

struct Sparse {
  template <class Problem>
  using Layer = LinearLayer<Problem, SparsePairs<Problem>>;
  template <class Problem, class Tile, RowScope kScope, int kCluster, class... Steps>
  using Then = mc::hopper::SparseGemm<Problem, Tile, kScope, kCluster,
                                      typename Linearized<terms_of<Problem>(), false, Steps...>::Type>;
  template <class Gemm>
  static constexpr int kTileM = Gemm::kPart;
  template <class Gemm>
  static constexpr int kBoxRows = Gemm::kBoxRows;
  static constexpr CodeMatch kGeluCodes = CodeMatch::kTies;

  template <class Gemm>
  static std::string describe() {
    return "sparse m" + std::to_string(Gemm::kTileM) + " n" + std::to_string(Gemm::kTileN) + ", " +
           std::to_string(Gemm::Tile::kTeams) + " teams" + (Gemm::Tile::kStationary ? ", stationary weights" : "");
  }
};

inline void check_sparse_gemms() {
  using mc::GemmProblem;
  using O = Operand;
  using S8 = mc::QuantFormat<8, 8, false>;
  using S4 = mc::QuantFormat<4, 8, false>;
  using U8 = mc::QuantFormat<8, 8, true>;
  using StaticS8 = mc::QuantFormat<8, 8, false, true>;
  // K ends within a piece, N within one; one team and two, more stages than pieces and fewer.
  mapped_linear_equals_the_reference<Sparse, GemmProblem<80, 80, O::kS8, O::kS8>, SparseTile<16, 1, 1, 2>, 1>(
      platform::tokens({1, 17}), 1);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<240, 272, O::kS8, O::kS8>, SparseTile<48, 1, 2, 4>, 1>(
      platform::tokens({129}), 1);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<384, 400, O::kU8, O::kS8>, SparseTile<64, 1, 2, 3>, 1>(
      platform::tokens({127, 300}), 2);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<512, 144, O::kS8, O::kS8>, SparseTile<192, 2, 1, 3>, 2>(
      platform::tokens({17, 300}), 1);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<256, 528, O::kS8, O::kS8>, SparseTile<160, 1, 2, 5>, 2>(
      platform::tokens({300}), 1);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<384, 144, O::kS8, O::kS8>, SparseTile<48, 3, 1, 3>, 1>(
      platform::tokens({129}), 2);
  // K in several runs of pieces.
  mapped_linear_equals_the_reference<Sparse, GemmProblem<128, 1152, O::kS8, O::kS8>, SparseTile<32, 1, 1, 3>, 1>(
      platform::tokens({17}), 1);
  // Stationary weights: N in one tile and in two, the second not whole; a cluster too many.
  mapped_linear_equals_the_reference<Sparse, GemmProblem<256, 400, O::kS8, O::kS8>,
                                     SparseTile<64, 2, 2, 3, WeightFlow::kStationary>, 1>(platform::tokens({1, 300}),
                                                                                          1);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<240, 272, O::kU8, O::kS8>,
                                     SparseTile<48, 1, 2, 4, WeightFlow::kStationary>, 1>(platform::tokens({129}), 3);
  mapped_linear_equals_the_reference<Sparse, GemmProblem<512, 144, O::kS8, O::kS8>,
                                     SparseTile<64, 1, 2, 2, WeightFlow::kStationary>, 2>(platform::tokens({300}), 2);
  // Ranges over a grid, with and without clusters.
  mapped_quantize_equals_the_reference<Sparse, GemmProblem<384, 144, O::kS8, O::kS8>, SparseTile<64, 1, 2, 3>,
                                       RowScope::kGrid, 1, U8, false>(platform::tokens({1, 300}), 3);
  mapped_quantize_equals_the_reference<Sparse, GemmProblem<512, 272, O::kS8, O::kS8>, SparseTile<144, 1, 2, 4>,
                                       RowScope::kGrid, 2, S4, true>(platform::tokens({17, 300}), 2);
  mapped_quantize_equals_the_reference<Sparse, GemmProblem<512, 272, O::kU8, O::kS8>, SparseTile<48, 2, 1, 4>,
                                       RowScope::kGrid, 2, S8, true>(platform::tokens({127}), 1);
  mapped_quantize_equals_the_reference<Sparse, GemmProblem<512, 272, O::kS8, O::kS8>,
                                       SparseTile<64, 2, 2, 3, WeightFlow::kStationary>, RowScope::kGrid, 1, S4, true>(
      platform::tokens({17, 300}), 2);
  // Codes in a static scale need no whole rows.
  mapped_quantize_equals_the_reference<Sparse, GemmProblem<240, 272, O::kS8, O::kS8>, SparseTile<48, 1, 2, 4>,
                                       RowScope::kPartial, 1, StaticS8, false>(platform::tokens({17, 129}), 1);
  // Whole rows in a cluster, and in a block.
  mapped_layer_norm_is_near_the_reference<Sparse, GemmProblem<256, 144, O::kS8, O::kS8>, SparseTile<48, 2, 1, 4>,
                                          RowScope::kCluster, 1, S8>(platform::tokens({1, 129}), 1);
  mapped_layer_norm_is_near_the_reference<Sparse, GemmProblem<384, 208, O::kS8, O::kS8>, SparseTile<48, 1, 2, 3>,
                                          RowScope::kCluster, 3, S8>(platform::tokens({1, 300}), 1);
  mapped_layer_norm_is_near_the_reference<Sparse, GemmProblem<768, 208, O::kS8, O::kS8>, SparseTile<48, 2, 1, 4>,
                                          RowScope::kCluster, 3, U8>(platform::tokens({129}), 1);
  mapped_layer_norm_is_near_the_reference<Sparse, GemmProblem<512, 400, O::kS8, O::kS8>, SparseTile<64, 1, 2, 4>,
                                          RowScope::kCluster, 4, S4>(platform::tokens({127}), 1);
  // In parts, of which the last has no tokens.
  mapped_layer_norm_is_near_the_reference<Sparse, GemmProblem<256, 144, O::kS8, O::kS8>, SparseTile<144, 1, 1, 2>,
                                          RowScope::kCluster, 2, S8>(platform::tokens({17, 300}), 1);
  mapped_layer_norm_is_near_the_reference<Sparse, GemmProblem<768, 208, O::kS8, O::kS8>,
                                          SparseTile<64, 2, 2, 3, WeightFlow::kStationary>, RowScope::kCluster, 3, S8>(
      platform::tokens({129}), 2);
}

}  // namespace checks
