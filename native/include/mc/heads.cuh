// What stands on top of an encoder: pooling over a sequence's tokens, and small dense layers (pooler, classifier).
// FP16 storage, fp32 arithmetic.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/reduce.cuh"

namespace mc {

enum class Pooling { kFirst, kMean };

struct PoolArguments {
  const Half* input;           //  0: [tokens, features], 16-byte aligned
  void* output;                //  8: [sequences, features] Config::Output, 16-byte aligned
  const int* sequence_starts;  // 16: [sequences + 1], see sequences.cuh
  const int* sequence_count;   // 24: [1]
};
static_assert(sizeof(PoolArguments) == 32, "layout is shared with the host");

// Output_: float or Half. kUnitLength: divides by max(|x|, 1e-12), the L2 norm of the pooled row.
template <int kFeatures_, Pooling kPooling_, bool kUnitLength_, typename Output_>
struct PoolConfig {
  static constexpr int kFeatures = kFeatures_;
  static constexpr Pooling kPooling = kPooling_;
  static constexpr bool kUnitLength = kUnitLength_;
  using Output = Output_;
  static_assert(kFeatures % 8 == 0 && kFeatures >= 8 && kFeatures <= 4096, "features: a multiple of 8, up to 4096");

  // A thread owns 8 columns; with few columns several groups of threads take every kGroups-th token each.
  static constexpr int kColumnThreads = (kFeatures / 8 + 31) / 32 * 32;
  static constexpr int kGroups = kPooling == Pooling::kFirst ? 1 : 512 / kColumnThreads;
  static constexpr int kThreads = kColumnThreads * kGroups;
};

// output[s] = input[first token of s], or the mean of input over the tokens of s; then optionally to unit length.
//
// Launch: grid (any number of blocks, which take sequences in turn), block Config::kThreads, dynamic shared memory 0
// bytes.
// Static shared memory: kGroups * kColumnThreads * 32 bytes where kGroups > 1 (at most 16 KiB), plus kThreads / 4
// bytes.
template <typename Config>
struct Pool {
  __device__ __forceinline__ static void run(const PoolArguments& args) {
    dependency_wait();
    dependency_release();
    const int sequences = *args.sequence_count;
#pragma unroll 1
    for (int sequence = static_cast<int>(blockIdx.x); sequence < sequences; sequence += static_cast<int>(gridDim.x)) {
      pool(args, sequence);
      if constexpr (Config::kGroups > 1 || Config::kUnitLength) __syncthreads();  // shared memory is used again
    }
  }

 private:
  __device__ __forceinline__ static void pool(const PoolArguments& args, int sequence) {
    const int thread = static_cast<int>(threadIdx.x);
    const int group = thread / Config::kColumnThreads;
    const int column_thread = thread % Config::kColumnThreads;
    const int column = column_thread * 8;
    const bool owner = column < Config::kFeatures;
    const int start = args.sequence_starts[sequence];
    const int end = Config::kPooling == Pooling::kFirst ? start + 1 : args.sequence_starts[sequence + 1];

    float pooled[8] = {};
    if (owner) {
#pragma unroll 4
      for (int token = start + group; token < end; token += Config::kGroups) {
        float values[8];
        load_half8(args.input + static_cast<size_t>(token) * Config::kFeatures + column, values);
#pragma unroll
        for (int i = 0; i < 8; ++i) pooled[i] += values[i];
      }
    }
    if constexpr (Config::kGroups > 1) {
      __shared__ float4 partial[Config::kGroups * Config::kColumnThreads * 2];
      store_float8(reinterpret_cast<float*>(partial) + thread * 8, pooled);
      __syncthreads();
      if (group == 0) {
#pragma unroll
        for (int other = 1; other < Config::kGroups; ++other) {
          float values[8];
          load_float8(reinterpret_cast<const float*>(partial) + (other * Config::kColumnThreads + thread) * 8, values);
#pragma unroll
          for (int i = 0; i < 8; ++i) pooled[i] += values[i];
        }
      }
    }
    if constexpr (Config::kPooling == Pooling::kMean) {
      const float tokens = static_cast<float>(end - start);
#pragma unroll
      for (int i = 0; i < 8; ++i) pooled[i] /= tokens;
    }
    if constexpr (Config::kUnitLength) {
      using Reduce = RowReduce<Config::kThreads>;
      __shared__ double scratch[Config::kThreads / 32];
      float squares = 0.0f;
      if (group == 0) {
#pragma unroll
        for (int i = 0; i < 8; ++i) squares += pooled[i] * pooled[i];
      }
      const float length = fmaxf(sqrtf(Reduce::sum(squares, thread, scratch)), 1e-12f);
#pragma unroll
      for (int i = 0; i < 8; ++i) pooled[i] /= length;
    }
    if (owner && group == 0) {
      store8(static_cast<typename Config::Output*>(args.output) + static_cast<size_t>(sequence) * Config::kFeatures +
                 column,
             pooled);
    }
  }
};

enum class HeadActivation { kNone, kTanh, kRelu };

// kEachRow: output row r reads input row r. kFirstTokens: it reads the first token of sequence r.
enum class HeadInput { kEachRow, kFirstTokens };

struct HeadArguments {
  const void* input;           //  0: [rows, inputs] Config::Input, 16-byte aligned
  const Half* weight;          //  8: [outputs, inputs] row-major, 16-byte aligned
  const float* bias;           // 16: [outputs]; not read without bias
  void* output;                // 24: [rows, outputs] Config::Output
  const int* sequence_starts;  // 32: [sequences + 1]; HeadInput::kFirstTokens only
  const int* row_count;        // 40: [1], sequence count or token count: number of output rows
};
static_assert(sizeof(HeadArguments) == 48, "layout is shared with the host");

// Input_ and Output_: float or Half.
template <int kInputs_, int kOutputs_, HeadInput kSource_, HeadActivation kActivation_, bool kBias_, typename Input_,
          typename Output_>
struct HeadConfig {
  static constexpr int kInputs = kInputs_;
  static constexpr int kOutputs = kOutputs_;
  static constexpr HeadInput kSource = kSource_;
  static constexpr HeadActivation kActivation = kActivation_;
  static constexpr bool kBias = kBias_;
  using Input = Input_;
  using Output = Output_;
  static_assert(kInputs % 8 == 0 && kInputs >= 8, "rows are read in chunks of 8");

  static constexpr int kThreads = 256;
  static constexpr int kOutputsPerBlock = kThreads / 32;            // one warp per output column
  static constexpr int kRowsPerBlock = sizeof(Input) == 4 ? 2 : 8;  // each read of the weights serves so many rows
  static constexpr int kSteps = (kInputs + 32 * 8 - 1) / (32 * 8);  // of a warp along a row, 8 inputs a lane
  static constexpr int kAhead = kSteps < 4 ? kSteps : 4;            // steps whose weights are in registers early
};

// output[r, n] = activation(sum over k of input[source(r), k] * weight[n, k] + bias[n])
//
// Launch: grid (ceil(kOutputs / kOutputsPerBlock), any number of blocks, which take kRowsPerBlock rows in turn), block
// kThreads, dynamic and static shared memory 0 bytes.
template <typename Config>
struct Head {
  __device__ __forceinline__ static float activate(float value) {
    if constexpr (Config::kActivation == HeadActivation::kTanh) return tanhf(value);
    if constexpr (Config::kActivation == HeadActivation::kRelu) return fmaxf(value, 0.0f);
    return value;
  }

  __device__ __forceinline__ static void store(float* target, float value) { *target = value; }
  __device__ __forceinline__ static void store(Half* target, float value) { *target = to_half(value); }

  // Eight weights of a step, zeros beyond the row.
  __device__ __forceinline__ static void load_weights(const Half* row, int step, int lane, float (&w)[8]) {
    const int k = (step * 32 + lane) * 8;
    if (k < Config::kInputs) {
      load_half8(row + k, w);
    } else {
#pragma unroll
      for (int i = 0; i < 8; ++i) w[i] = 0.0f;
    }
  }

  __device__ __forceinline__ static void run(const HeadArguments& args) {
    constexpr int kRows = Config::kRowsPerBlock;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int column = static_cast<int>(blockIdx.x) * Config::kOutputsPerBlock + static_cast<int>(threadIdx.x) / 32;
    if (column >= Config::kOutputs) return;

    // Weights depend on no earlier kernel: they travel while the one ahead still runs.
    const Half* weight = args.weight + static_cast<size_t>(column) * Config::kInputs;
    float early[Config::kAhead][8];
#pragma unroll
    for (int step = 0; step < Config::kAhead; ++step) load_weights(weight, step, lane, early[step]);
    const float bias = Config::kBias ? args.bias[column] : 0.0f;
    dependency_wait();
    dependency_release();
    const int count = *args.row_count;
#pragma unroll 1
    for (int first = static_cast<int>(blockIdx.y) * kRows; first < count;
         first += static_cast<int>(gridDim.y) * kRows) {
      multiply(args, column, first, min(count - first, kRows), weight, early, bias);
    }
  }

 private:
  // Rows [first_row, first_row + rows) of one column, by one warp.
  __device__ __forceinline__ static void multiply(const HeadArguments& args, int column, int first_row, int rows,
                                                  const Half* weight, const float (&early)[Config::kAhead][8],
                                                  float bias) {
    constexpr int kRows = Config::kRowsPerBlock;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    unsigned offsets[kRows];  // of the rows' first elements; an input has less than 2^32 elements
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const int row = first_row + min(r, rows - 1);  // rows past the last repeat it and are not stored
      const int source = Config::kSource == HeadInput::kFirstTokens ? args.sequence_starts[row] : row;
      offsets[r] = static_cast<unsigned>(source) * Config::kInputs;
    }
    const auto* input = static_cast<const typename Config::Input*>(args.input);
    float sums[kRows] = {};
    const auto add = [&](int step, const float(&w)[8]) {
      const int k = (step * 32 + lane) * 8;
      if (k >= Config::kInputs) return;
      float x[kRows][8];  // all rows are read before the first is used: one wait for them all
#pragma unroll
      for (int r = 0; r < kRows; ++r) load8(input + offsets[r] + k, x[r]);
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
#pragma unroll
        for (int i = 0; i < 8; ++i) sums[r] += x[r][i] * w[i];
      }
    };
#pragma unroll
    for (int step = 0; step < Config::kAhead; ++step) add(step, early[step]);
    for (int step = Config::kAhead; step < Config::kSteps; ++step) {
      float w[8];
      load_weights(weight, step, lane, w);
      add(step, w);
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float sum = warp_sum(sums[r]);
      if (lane == r && r < rows) {
        store(static_cast<typename Config::Output*>(args.output) +
                  static_cast<size_t>(first_row + r) * Config::kOutputs + column,
              activate(sum + bias));
      }
    }
  }
};

}  // namespace mc
