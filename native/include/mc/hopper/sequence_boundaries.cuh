// Where the sequences of a token tile (qkv_attention_config.cuh) begin and end, within its 128 rows.
#pragma once

namespace mc::hopper {

struct SequenceBoundaries {
  unsigned long long low, high;

  // words: TokenTile::boundaries
  __device__ __forceinline__ static SequenceBoundaries of(const unsigned (&words)[4]) {
    const uint4 all = *reinterpret_cast<const uint4*>(words);
    return {all.x | static_cast<unsigned long long>(all.y) << 32, all.z | static_cast<unsigned long long>(all.w) << 32};
  }

  // Whether one sequence fills the tile.
  __device__ __forceinline__ bool none() const { return (low | high) == 0; }

  // First row of the sequence that holds `row`.
  __device__ __forceinline__ int start_of(int row) const {
    const unsigned long long upto = ~0ull >> (63 - row % 64);
    if (row < 64) return (low & upto) == 0 ? 0 : 63 - __clzll(static_cast<long long>(low & upto));
    if ((high & upto) != 0) return 127 - __clzll(static_cast<long long>(high & upto));
    return low == 0 ? 0 : 63 - __clzll(static_cast<long long>(low));
  }

  // One past its last.
  __device__ __forceinline__ int end_of(int row) const {
    const unsigned long long behind = ~(~0ull >> (63 - row % 64));
    if (row >= 64) return (high & behind) == 0 ? 128 : 63 + __ffsll(static_cast<long long>(high & behind));
    if ((low & behind) != 0) return __ffsll(static_cast<long long>(low & behind)) - 1;
    return high == 0 ? 128 : 63 + __ffsll(static_cast<long long>(high));
  }
};

}  // namespace mc::hopper
