// A small dense layer of fp32 inputs: a warp for each output, which adds in fp32.
#pragma once

#include "mc/dependency.cuh"
#include "mc/head_config.cuh"
#include "mc/reduce.cuh"

namespace mc {

template <typename Config>
struct FloatHead {
  static constexpr int kSteps = (Config::kInputs + 32 * 8 - 1) / (32 * 8);  // of a warp along a row, 8 inputs a lane
  static constexpr int kAhead = kSteps < 4 ? kSteps : 4;  // steps whose weights are in registers early
  static_assert(Config::kOutputsPerBlock == Config::kWarps && Config::kWide);

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
    float early[kAhead][8];
#pragma unroll
    for (int step = 0; step < kAhead; ++step) load_weights(weight, step, lane, early[step]);
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
                                                  const Half* weight, const float (&early)[kAhead][8], float bias) {
    constexpr int kRows = Config::kRowsPerBlock;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    unsigned offsets[kRows];  // of the rows' first elements; an input has less than 2^32 elements
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const int row = first_row + min(r, rows - 1);  // rows past the last repeat it and are not stored
      offsets[r] = static_cast<unsigned>(Config::source(args, row)) * Config::kInputs;
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
    for (int step = 0; step < kAhead; ++step) add(step, early[step]);
    for (int step = kAhead; step < kSteps; ++step) {
      float w[8];
      load_weights(weight, step, lane, w);
      add(step, w);
    }
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float sum = warp_sum(sums[r]);
      if (lane == r && r < rows) Config::store(args, first_row + r, column, sum + bias);
    }
  }
};

}  // namespace mc
