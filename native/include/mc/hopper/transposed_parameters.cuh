// What an epilogue reads for each output and each token of a team's tile, copied to shared memory while the tile is
// multiplied: from device memory the steps would wait for the L2 again and again, those that run in slices for each of
// them.
//
// Rows of the residual, which are many, are brought to the L2.
//
// The steps read as always. They receive a copy of the arguments whose pointers lead to shared memory, moved back by
// the tile's first token or output. What is not named here is read from where it was.
//
//   activation_scale                  [kTokens] floats
//   weight_scale, bias, gamma, beta   [kOutputs], 4 bytes each (FP16 gamma and beta use half)
#pragma once

#include "mc/hopper/epilogue_needs.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// kOutputs: so many are the threads of the team, too.
template <class Problem, class Epilogue, int kTokens, int kOutputs>
struct TransposedParameters {
  using Needs = EpilogueNeeds<Epilogue>;
  static constexpr int kVectorBytes = 4 * kOutputs;
  static constexpr int kVectorsAt = 4 * kTokens;
  static constexpr int kBytes = kVectorsAt + 4 * kVectorBytes;

  // Starts the copies of a thread. offset: in dynamic shared memory. thread: of the team.
  __device__ __forceinline__ static void load(const mc::GemmArguments& arguments, int offset, int thread, int tokens,
                                              int first_token, int first_output) {
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared()) + offset;
    if constexpr (Needs::kTokenScale) {
#pragma unroll
      for (int token = 0; token < kTokens; token += kOutputs) {
        if (token + thread >= kTokens) break;
        const int row = ::min(first_token + token + thread, tokens - 1);
        ptx::copy_async_4(shared + 4 * (token + thread), arguments.activation_scale + row);
      }
    }
    const unsigned vectors = shared + kVectorsAt;
    load_vector<4>(vectors, arguments.weight_scale, first_output, thread);
    if constexpr (Needs::kBias) load_vector<4>(vectors + kVectorBytes, arguments.bias, first_output, thread);
    if constexpr (Needs::kNormBytes != 0) {
      load_vector<Needs::kNormBytes>(vectors + 2 * kVectorBytes, arguments.gamma, first_output, thread);
      load_vector<Needs::kNormBytes>(vectors + 3 * kVectorBytes, arguments.beta, first_output, thread);
    }
    ptx::copy_async_commit();
    if constexpr (Needs::kResidual) prefetch_residual(arguments.residual, thread, tokens, first_token, first_output);
  }

  // Waits for the copies of a thread. A barrier of the team must follow.
  __device__ __forceinline__ static void wait() { ptx::copy_async_wait<0>(); }

  __device__ __forceinline__ static mc::GemmArguments moved(const mc::GemmArguments& arguments, int offset,
                                                            int first_token, int first_output) {
    mc::GemmArguments result = arguments;
    const unsigned char* shared = ptx::dynamic_shared() + offset;
    const unsigned char* vectors = shared + kVectorsAt;
    if constexpr (Needs::kTokenScale) result.activation_scale = reinterpret_cast<const float*>(shared) - first_token;
    result.weight_scale = reinterpret_cast<const float*>(vectors) - first_output;
    if constexpr (Needs::kBias) {
      result.bias = reinterpret_cast<const float*>(vectors + kVectorBytes) - first_output;
    }
    if constexpr (Needs::kNormBytes != 0) {
      result.gamma = vectors + 2 * kVectorBytes - Needs::kNormBytes * first_output;
      result.beta = vectors + 3 * kVectorBytes - Needs::kNormBytes * first_output;
    }
    return result;
  }

 private:
  __device__ __forceinline__ static void prefetch_residual(const Half* residual, int thread, int tokens,
                                                           int first_token, int first_output) {
    constexpr int kLineElements = 64, kLines = kOutputs / kLineElements;  // of a row, 128 bytes each
    const int column = first_output + thread % kLines * kLineElements;
    if (column >= Problem::kN) return;
#pragma unroll 1
    for (int token = thread / kLines; token < kTokens && first_token + token < tokens; token += kOutputs / kLines) {
      ptx::prefetch_l2(residual + (static_cast<long long>(first_token + token) * Problem::kN + column));
    }
  }

  // Elements from first_output on, as far as the matrix and the tile go.
  template <int kElementBytes>
  __device__ __forceinline__ static void load_vector(unsigned target, const void* source, int first_output,
                                                     int thread) {
    static_assert(Problem::kN * kElementBytes % 16 == 0, "a thread copies 16 bytes");
    const int byte = first_output * kElementBytes + 16 * thread;
    if (16 * thread < kOutputs * kElementBytes && byte < Problem::kN * kElementBytes) {
      ptx::copy_async_16(target + 16 * thread, static_cast<const unsigned char*>(source) + byte, true);
    }
  }
};

}  // namespace mc::hopper
