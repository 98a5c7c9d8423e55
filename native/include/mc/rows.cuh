// Finishes token rows whose matrix product is complete but not normalised or quantized:
//
//   y = input (bias and residual already added);  y = LayerNorm(y);  store y as FP16;  quantize y       each optional
//
// Launch: grid (ceil(bucket / Config::Launch::kRowsPerBlock)), block Config::Launch::kThreads, dynamic shared memory 0.
// Static shared memory: 0 bytes with 32 threads a row, else kRowThreads / 32 * 8.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/quantize.cuh"
#include "mc/row_tile.cuh"

namespace mc {

struct RowsArguments {
  const void* input;        //  0: [tokens, features] Config::Input, 16-byte aligned
  const float* gamma;       //  8: [features], 16-byte aligned; layer norm only
  const float* beta;        // 16: [features], 16-byte aligned; layer norm only
  const int* token_count;   // 24: [1]
  Half* output;             // 32: [tokens, features], 16-byte aligned; store only. It may be the input, if that is Half
  QuantizedRows quantized;  // 40: quantize only; codes 8-byte aligned
  float epsilon;            // 88: layer norm only
  int reserved;             // 92: 0
};
static_assert(sizeof(RowsArguments) == 96, "layout is shared with the host");

// Input_: float or Half. Format_: a QuantFormat, or NoFormat for no codes. Launch_: a RowLaunch.
template <int kFeatures_, typename Input_, bool kNormalize_, bool kStore_, typename Format_, typename Launch_>
struct RowsConfig {
  static constexpr int kFeatures = kFeatures_;
  using Input = Input_;
  static constexpr bool kNormalize = kNormalize_;
  static constexpr bool kStore = kStore_;
  using Format = Format_;
  using Launch = Launch_;
  static_assert(kStore || kQuantizes<Format>, "a row is stored, quantized or both");
};

template <typename Config>
struct Rows {
  using Tile = RowTile<Config::kFeatures, Config::Launch::kRowThreads>;

  __device__ __forceinline__ static void run(const RowsArguments& args) {
    dependency_wait();
    dependency_release();
    const int row = Config::Launch::row();
    if (row >= *args.token_count) return;
    const int thread = Config::Launch::thread();
    __shared__ double scratch[Tile::kScratchBytes / 8 + (Tile::kScratchBytes == 0)];

    const size_t first = static_cast<size_t>(row) * Config::kFeatures;
    Tile tile;
    tile.load(static_cast<const typename Config::Input*>(args.input) + first, thread);
    if constexpr (Config::kNormalize) tile.normalize(args.gamma, args.beta, args.epsilon, thread, scratch);
    if constexpr (Config::kStore) tile.store(args.output + first, thread);
    if constexpr (kQuantizes<typename Config::Format>) {
      tile.template quantize<typename Config::Format>(args.quantized, row, thread, scratch);
    }
  }
};

}  // namespace mc
