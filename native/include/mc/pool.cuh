// Pooling over a sequence's tokens, which may stand on top of an encoder. FP16 storage, fp32 arithmetic.
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

}  // namespace mc
