// What an epilogue that runs in slices reads again for each of them, brought to shared memory once a tile: the scales
// of its tokens, the scales and biases of its outputs. The steps receive a copy of the arguments whose pointers lead
// there, moved back by the tile's first token or output; what is not named here is read from where it was.
//
//   activation_scale   [kTokens] floats
//   weight_scale, bias [kOutputs] floats each
#pragma once

#include "mc/hopper/epilogue_needs.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// kThreads share the work: one of them an output each, at least.
template <class Problem, class Epilogue, int kTokens, int kOutputs>
struct SliceParameters {
  using Needs = EpilogueNeeds<Epilogue>;
  static constexpr int kThreads = kOutputs;
  static constexpr int kTokensOfThread = (kTokens + kThreads - 1) / kThreads;
  static constexpr int kBytes = 4 * (kTokens + 2 * kOutputs);

  // Reads a thread's share from device memory, in front of the products.
  __device__ __forceinline__ SliceParameters(const mc::GemmArguments& arguments, int thread, int tokens,
                                             int first_token, int first_output)
      : thread_(thread), first_token_(first_token), first_output_(first_output) {
#pragma unroll
    for (int i = 0; i < kTokensOfThread; ++i) {
      const int token = ::min(first_token + thread + i * kThreads, tokens - 1);
      if constexpr (Needs::kTokenScale) token_scale_[i] = arguments.activation_scale[token];
    }
    const int output = ::min(first_output + thread, Problem::kN - 1);
    output_scale_ = arguments.weight_scale[output];
    if constexpr (Needs::kBias) bias_ = arguments.bias[output];
  }

  // Writes it to shared memory, at an offset. A barrier must follow before it is read, and one before the next tile's.
  __device__ __forceinline__ void store(int offset) const {
    float* shared = reinterpret_cast<float*>(ptx::dynamic_shared() + offset);
#pragma unroll
    for (int i = 0; i < kTokensOfThread; ++i) {
      const int token = thread_ + i * kThreads;
      if (Needs::kTokenScale && token < kTokens) shared[token] = token_scale_[i];
    }
    shared[kTokens + thread_] = output_scale_;
    if constexpr (Needs::kBias) shared[kTokens + kOutputs + thread_] = bias_;
  }

  __device__ __forceinline__ mc::GemmArguments moved(const mc::GemmArguments& arguments, int offset) const {
    mc::GemmArguments result = arguments;
    const float* shared = reinterpret_cast<const float*>(ptx::dynamic_shared() + offset);
    if constexpr (Needs::kTokenScale) result.activation_scale = shared - first_token_;
    result.weight_scale = shared + kTokens - first_output_;
    if constexpr (Needs::kBias) result.bias = shared + kTokens + kOutputs - first_output_;
    return result;
  }

 private:
  int thread_, first_token_, first_output_;
  float token_scale_[kTokensOfThread];
  float output_scale_;
  float bias_;
};

}  // namespace mc::hopper
