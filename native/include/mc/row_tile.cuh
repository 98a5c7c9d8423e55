// One token row in registers, and what encoders do with it: layer norm, FP16 store, quantize.
//
//   y = (x - mean) / sqrt(variance + epsilon) * gamma + beta     mean and variance over the row, two passes, fp32
//
// The quantizer sees the fp32 values, not the stored FP16 ones.
#pragma once

#include "mc/half.cuh"
#include "mc/quantize.cuh"
#include "mc/reduce.cuh"

namespace mc {

// kThreads threads share a row of kFeatures; each owns every kThreads-th chunk of 8 consecutive features.
// With kThreads above 32 all threads of the block work on the same row and call in step (see RowReduce).
template <int kFeatures, int kThreads>
struct RowTile {
  static_assert(kFeatures % 8 == 0 && kFeatures >= 8, "rows are read and written in chunks of 8 features");
  static constexpr int kRowChunks = kFeatures / 8;
  static constexpr int kChunks = (kRowChunks + kThreads - 1) / kThreads;
  static constexpr bool kRagged = kRowChunks % kThreads != 0;
  static_assert(kChunks <= 4, "a thread holds at most 32 features: use more threads for a row (see DefaultRowLaunch)");
  using Reduce = RowReduce<kThreads>;
  static constexpr int kScratchBytes = Reduce::kScratchBytes;

  float values[kChunks][8];

  // First feature of the thread's chunk i.
  __device__ __forceinline__ static int column(int i, int thread) { return (i * kThreads + thread) * 8; }
  __device__ __forceinline__ static bool owns(int i, int thread) {
    return !kRagged || i * kThreads + thread < kRowChunks;
  }

  template <typename T>
  __device__ __forceinline__ void load(const T* row, int thread) {
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (owns(i, thread)) load8(row + column(i, thread), values[i]);
    }
  }

  // This thread's part of an FP16 row as it lies in memory, so that several rows travel at once.
  struct HalfRow {
    uint4 chunks[kChunks];

    __device__ __forceinline__ void load(const Half* row, int thread) {
#pragma unroll
      for (int i = 0; i < kChunks; ++i) {
        if (owns(i, thread)) chunks[i] = *reinterpret_cast<const uint4*>(row + column(i, thread));
      }
    }
  };

  __device__ __forceinline__ void set(const HalfRow& row) {
#pragma unroll
    for (int i = 0; i < kChunks; ++i) unpack_half8(row.chunks[i], values[i]);
  }

  __device__ __forceinline__ void add(const HalfRow& row) {
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      float other[8];
      unpack_half8(row.chunks[i], other);
#pragma unroll
      for (int j = 0; j < 8; ++j) values[i][j] += other[j];
    }
  }

  __device__ __forceinline__ void normalize(const float* gamma, const float* beta, float epsilon, int thread,
                                            void* scratch) {
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (owns(i, thread)) {
#pragma unroll
        for (int j = 0; j < 8; ++j) sum += values[i][j];
      }
    }
    const float mean = Reduce::sum(sum, thread, scratch) / kFeatures;
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (owns(i, thread)) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
          const float deviation = values[i][j] - mean;
          squares += deviation * deviation;
        }
      }
    }
    const float variance = Reduce::sum(squares, thread, scratch) / kFeatures;
    const float inverse = __frcp_rn(__fsqrt_rn(variance + epsilon));
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (owns(i, thread)) {
        float scale[8], shift[8];
        load_float8(gamma + column(i, thread), scale);
        load_float8(beta + column(i, thread), shift);
#pragma unroll
        for (int j = 0; j < 8; ++j) values[i][j] = (values[i][j] - mean) * inverse * scale[j] + shift[j];
      }
    }
  }

  template <typename T>
  __device__ __forceinline__ void store(T* row, int thread) const {
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (owns(i, thread)) store8(row + column(i, thread), values[i]);
    }
  }

  template <typename Format>
  __device__ __forceinline__ void quantize(const QuantizedRows& target, int row, int thread, void* scratch) const {
    RowRange range = RowRange::empty();
    if constexpr (!Format::kStatic) {
#pragma unroll
      for (int i = 0; i < kChunks; ++i) {
        if (owns(i, thread)) {
#pragma unroll
          for (int j = 0; j < 8; ++j) range.include(values[i][j]);
        }
      }
      range.min = Reduce::min(range.min, thread, scratch);
      range.max = Reduce::max(range.max, thread, scratch);
    }
    const QuantParams params = Format::params(range, target);
    unsigned code_sum = 0;
    const unsigned long long first = static_cast<unsigned long long>(row) * kFeatures;
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (owns(i, thread)) Format::store8(target, first + column(i, thread), values[i], params, code_sum);
    }
    if constexpr (Format::kAsymmetric) code_sum = Reduce::sum(code_sum, thread, scratch);
    if (thread == 0) Format::store_row(target, row, params, code_sum);
  }
};

// How rows are dealt to a kernel's thread blocks. kRowThreads: 32 (several rows a block, no barrier), or more whole
// warps for one row a block.
template <int kRowThreads_, int kRowsPerBlock_>
struct RowLaunch {
  static constexpr int kRowThreads = kRowThreads_;
  static constexpr int kRowsPerBlock = kRowsPerBlock_;
  static constexpr int kThreads = kRowThreads * kRowsPerBlock;
  static_assert(kRowsPerBlock == 1 || kRowThreads == 32, "rows that share a block take one warp each");
  static_assert(kThreads <= 1024, "a block has at most 1024 threads");

  __device__ __forceinline__ static int row() {
    return static_cast<int>(blockIdx.x) * kRowsPerBlock + static_cast<int>(threadIdx.x) / kRowThreads;
  }
  __device__ __forceinline__ static int thread() { return static_cast<int>(threadIdx.x) % kRowThreads; }
};

// Rows of up to 1024 features: a warp each, four a block, which need no barrier. Longer rows: one chunk of 8 features a
// thread, one row a block.
template <int kFeatures>
using DefaultRowLaunch =
    RowLaunch<(kFeatures <= 1024 ? 32 : (kFeatures / 8 + 31) / 32 * 32), (kFeatures <= 1024 ? 4 : 1)>;

}  // namespace mc
