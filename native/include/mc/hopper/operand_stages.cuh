// How the operands of a product lie in device memory and in the stages of a pipeline.
#pragma once

#include "mc/hopper/pipeline.cuh"
#include "mc/hopper/weight_tiles.cuh"

namespace mc::hopper {

template <class Problem, class Tile, class Work>
struct OperandStages {
  // Two codes a byte: a step has half the bytes, row after row without swizzle (packed_activations.cuh).
  static constexpr bool kPacked = Problem::kForm == WeightForm::kInt8ForInt4;
  using Weights =
      WeightTiles<Problem::kWeight, Problem::kN, Problem::kK, kPacked ? InputOrder::kOfNibbles : InputOrder::kRising>;
  using Pipeline = hopper::Pipeline<Tile, Work, Weights::kSteps, kPacked ? Tile::kStepBytes / 2 : Tile::kStepBytes>;
};

}  // namespace mc::hopper
