// What an epilogue reads per column and per row, copied to shared memory with the operands, so that no step waits for
// device memory: weight scales, biases and layer norm's vectors with the weights, activation scales with the tokens.
//
// The steps read them as always. They receive a copy of the arguments whose pointers lead to shared memory, moved back
// by the tile's first column or row. What is not named here is read from where it was.
//
//   weight_scale, bias, gamma, beta   [kTileN], 4 bytes each (FP16 gamma and beta use half)
//   activation_scale                  [kTileM], 4 bytes each
#pragma once

#include "mc/epilogue/steps.cuh"
#include "mc/hopper/resident_tile.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// What a step reads.
template <class Step>
struct StepReads {
  static constexpr bool kBias = false, kResidual = false, kTokenScale = false;
  using NormElement = void;
};
template <>
struct StepReads<Bias> : StepReads<void> {
  static constexpr bool kBias = true;
};
template <>
struct StepReads<Residual> : StepReads<void> {
  static constexpr bool kResidual = true;
};
template <>
struct StepReads<Dequantize<false>> : StepReads<void> {
  static constexpr bool kTokenScale = true;
};
template <class Element, class Epsilon>
struct StepReads<LayerNormStep<Element, Epsilon>> : StepReads<void> {
  using NormElement = Element;
};

// What an epilogue reads.
template <class Epilogue>
struct EpilogueReads;
template <class... Steps>
struct EpilogueReads<Epilogue<Steps...>> {
  template <class Element>
  static constexpr int element_bytes(const Element*) { return sizeof(Element); }
  static constexpr int element_bytes(const void*) { return 0; }

  static constexpr bool kBias = (StepReads<Steps>::kBias || ...);
  static constexpr bool kResidual = (StepReads<Steps>::kResidual || ...);
  static constexpr bool kTokenScale = (StepReads<Steps>::kTokenScale || ...);
  // Of gamma and beta; 0 without layer norm.
  static constexpr int kNormBytes = (element_bytes(static_cast<typename StepReads<Steps>::NormElement*>(nullptr)) + ...);
};

template <class Problem, class Tile, class Epilogue>
struct ResidentParameters {
  using Reads = EpilogueReads<Epilogue>;
  using Place = ResidentPlace<Tile>;
  static constexpr bool kWeightScale = !is_float(Problem::kWeight);
  static constexpr bool kTokenScale = Reads::kTokenScale && !is_float(Problem::kActivation);
  static constexpr int kVectorBytes = 4 * Tile::kTileN;
  static constexpr int kSharedBytes = 4 * kVectorBytes + 4 * Tile::kTileM;

  // Starts the copies of what belongs to the weights. offset: in dynamic shared memory. They and those of load_rows join
  // the next group of copies that is committed.
  __device__ __forceinline__ static void load_columns(const GemmArguments& arguments, int offset, const Place& place) {
    if constexpr (kWeightScale) load<4 * Tile::kTileN>(offset, arguments.weight_scale + place.first_column);
    if constexpr (Reads::kBias) load<4 * Tile::kTileN>(offset + kVectorBytes, arguments.bias + place.first_column);
    if constexpr (Reads::kNormBytes != 0) {
      constexpr int kBytes = Reads::kNormBytes;
      load<kBytes * Tile::kTileN>(offset + 2 * kVectorBytes, byte(arguments.gamma, kBytes * place.first_column));
      load<kBytes * Tile::kTileN>(offset + 3 * kVectorBytes, byte(arguments.beta, kBytes * place.first_column));
    }
  }

  // Starts the copies of what earlier kernels write, for rows beyond the tokens too.
  __device__ __forceinline__ static void load_rows(const GemmArguments& arguments, int offset, const Place& place) {
    if constexpr (kTokenScale) load<4 * Tile::kTileM>(offset + 4 * kVectorBytes, arguments.activation_scale + place.first_row);
  }

  // The arguments of the epilogue's steps.
  __device__ __forceinline__ static GemmArguments moved(const GemmArguments& arguments, int offset, const Place& place) {
    GemmArguments result = arguments;
    const unsigned char* shared = ptx::dynamic_shared() + offset;
    const auto floats = [&](int vector) { return reinterpret_cast<const float*>(shared + vector * kVectorBytes); };
    if constexpr (kWeightScale) result.weight_scale = floats(0) - place.first_column;
    if constexpr (Reads::kBias) result.bias = floats(1) - place.first_column;
    if constexpr (Reads::kNormBytes != 0) {
      result.gamma = shared + 2 * kVectorBytes - Reads::kNormBytes * place.first_column;
      result.beta = shared + 3 * kVectorBytes - Reads::kNormBytes * place.first_column;
    }
    if constexpr (kTokenScale) result.activation_scale = floats(4) - place.first_row;
    return result;
  }

 private:
  __device__ __forceinline__ static const void* byte(const void* pointer, int index) {
    return static_cast<const unsigned char*>(pointer) + index;
  }

  template <int kBytes>
  __device__ __forceinline__ static void load(int offset, const void* source) {
    static_assert(kBytes % 16 == 0 && kBytes / 16 <= Tile::kThreads, "a thread copies 16 bytes of a vector");
    const int thread = static_cast<int>(threadIdx.x);
    if (thread < kBytes / 16) {
      ptx::copy_async_16(ptx::shared_address(ptx::dynamic_shared()) + offset + 16 * thread, byte(source, 16 * thread), true);
    }
  }
};

}  // namespace mc::hopper
