// Packed sequences: tokens of all sequences of a batch lie one after the other, without padding.
// sequence_starts [sequences + 1] holds the first token of each and ends with the token count; it starts with 0 and
// rises strictly, because the host rejects empty sequences.
#pragma once

#include "mc/ptx.cuh"
#include "mc/reduce.cuh"

namespace mc {

// Index of the sequence that holds `token`: the last s with starts[s] <= token. All lanes of a warp call it with the
// same arguments; each round reads 32 candidates at once, so 1024 sequences take two rounds.
__device__ __forceinline__ int find_sequence(const int* starts, int sequences, int token) {
  const int lane = threadIdx.x % 32;
  int first = 0;
  int candidates = sequences;
  while (candidates > 1) {
    const int step = (candidates + 31) / 32;
    const int offset = lane * step;
    const bool reached = offset < candidates && starts[first + offset] <= token;
    // Lane 0 is always set: starts[first] <= token is the loop's invariant. The set lanes are a prefix.
    const int last = 31 - __clz(__ballot_sync(kFullWarp, reached));
    first += last * step;
    candidates = min(step, candidates - last * step);
  }
  return first;
}

// The first starts of a batch, four to a lane, read in one load before it is known how many there are. What lies beyond
// the last is not looked at, but can be read: sequence_starts are 16-byte aligned and have room for kCount.
struct FirstStarts {
  static constexpr int kCount = 128;
  int starts[4];

  __device__ __forceinline__ static FirstStarts load(const int* sequence_starts) {
    const uint4 words = ptx::load_relaxed_16(sequence_starts + 4 * (threadIdx.x % 32));
    return {
        {static_cast<int>(words.x), static_cast<int>(words.y), static_cast<int>(words.z), static_cast<int>(words.w)}};
  }

  // Where the sequence that holds `token` starts, the last start that is not behind it. All lanes of a warp call it
  // with the same arguments.
  __device__ __forceinline__ int before(int token, const int* sequence_starts, int sequences) const {
    if (sequences > kCount) return sequence_starts[find_sequence(sequence_starts, sequences, token)];
    const int lane = static_cast<int>(threadIdx.x) % 32;
    int last = 0;  // the first start of all
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (4 * lane + i < sequences && starts[i] <= token) last = starts[i];
    }
    return static_cast<int>(__reduce_max_sync(kFullWarp, static_cast<unsigned>(last)));
  }
};

// The sequences that a window of up to 32 consecutive tokens touches.
struct SequenceWindow {
  int first_token;      // of the window
  int first_start;      // where the sequence of the first token starts, at or before first_token
  int last_end;         // where the sequence of the window's last token ends
  unsigned boundaries;  // bit i, i >= 1: a sequence starts at first_token + i

  __device__ __forceinline__ bool single() const { return boundaries == 0; }

  // First token of the sequence that holds token first_token + offset.
  __device__ __forceinline__ int start_of(int offset) const {
    const unsigned before = boundaries & (0xffffffffu >> (31 - offset));
    return before == 0 ? first_start : first_token + 31 - __clz(before);
  }

  // One past the last token of the sequence that holds token first_token + offset.
  __device__ __forceinline__ int end_of(int offset) const {
    const unsigned after = boundaries & ~(0xffffffffu >> (31 - offset));
    return after == 0 ? last_end : first_token + __ffs(after) - 1;
  }
};

// Finds the window of kTokens tokens from first_token, a token that exists. The window may reach beyond the last token.
// All lanes of a warp call it with the same arguments.
template <int kTokens>
__device__ __forceinline__ SequenceWindow find_window(const int* starts, int sequences, int first_token) {
  static_assert(kTokens >= 1 && kTokens <= 32, "boundaries of a window are bits of one word");
  const int lane = threadIdx.x % 32;
  const int sequence = find_sequence(starts, sequences, first_token);
  // No sequence is empty, so the window's boundaries and the end of its last sequence are among the next 32 starts.
  const int next = starts[min(sequence + 1 + lane, sequences)];
  const int offset = next - first_token;
  const bool inside = offset < kTokens && next < starts[sequences];
  SequenceWindow window;
  window.first_token = first_token;
  window.first_start = starts[sequence];
  window.boundaries = __reduce_or_sync(kFullWarp, inside ? 1u << offset : 0u);
  window.last_end = __reduce_min_sync(kFullWarp, inside ? 0x7fffffff : next);
  return window;
}

}  // namespace mc
