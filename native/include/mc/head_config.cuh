// What a small dense layer of a head (pooler, classifier) is told when it is compiled and when it is launched, and how
// its sums become outputs.
#pragma once

#include "mc/half.cuh"

namespace mc {

enum class HeadActivation { kNone, kTanh, kRelu };

// kEachRow: output row r reads input row r. kFirstTokens: it reads the first token of sequence r.
enum class HeadInput { kEachRow, kFirstTokens };

// The counts and sequence_starts are of the batch, which is in place before the first kernel of a graph starts.
struct HeadArguments {
  const Half* input;           //  0: [rows, inputs], 16-byte aligned
  const Half* weight;          //  8: [outputs, inputs] row-major, 16-byte aligned
  const float* bias;           // 16: [outputs]; not read without bias
  void* output;                // 24: [rows, outputs] Config::Output
  const int* sequence_starts;  // 32: [sequences + 1]; HeadInput::kFirstTokens only
  const int* row_count;        // 40: [1], sequence count or token count: number of output rows
};
static_assert(sizeof(HeadArguments) == 48, "layout is shared with the host");

// Output_: float or Half.
template <int kInputs_, int kOutputs_, HeadInput kSource_, HeadActivation kActivation_, bool kBias_, typename Output_>
struct HeadConfig {
  static constexpr int kInputs = kInputs_;
  static constexpr int kOutputs = kOutputs_;
  static constexpr HeadInput kSource = kSource_;
  static constexpr HeadActivation kActivation = kActivation_;
  static constexpr bool kBias = kBias_;
  using Output = Output_;
  static_assert(kInputs % 8 == 0 && kInputs >= 8, "rows are read in chunks of 8");

  static constexpr int kWarps = 8;
  static constexpr int kThreads = 32 * kWarps;
  // For the compiler, which to save registers for more blocks would read rows bit by bit, one wait after the other.
  static constexpr int kBlocksPerSm = kInputs <= 768 ? 3 : 2;
  static constexpr int kOutputsPerBlock = 16;
  static constexpr int kRowsPerBlock = 16;  // at a time: each read of the weights serves so many

  // Row of the input that an output row reads.
  __device__ __forceinline__ static int source(const HeadArguments& args, int row) {
    return kSource == HeadInput::kFirstTokens ? args.sequence_starts[row] : row;
  }

  // output[row, column] = activation(value)
  __device__ __forceinline__ static void store(const HeadArguments& args, int row, int column, float value) {
    if constexpr (kActivation == HeadActivation::kTanh) value = tanhf(value);
    if constexpr (kActivation == HeadActivation::kRelu) value = fmaxf(value, 0.0f);
    const size_t place = static_cast<size_t>(row) * kOutputs + column;
    if constexpr (sizeof(Output) == 4) {
      static_cast<float*>(args.output)[place] = value;
    } else {
      static_cast<Half*>(args.output)[place] = to_half(value);
    }
  }
};

}  // namespace mc
