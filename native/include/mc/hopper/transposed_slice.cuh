// The view (epilogue/output_view.cuh) of 8 tokens of a warp group's tile, for epilogues that need no whole rows: as the
// product leaves them a thread holds four neighbouring outputs of two tokens. With w = warp of the team, g = lane / 4,
// t = lane % 4, values.at[r][c][e] belongs to
//
//   token 2 t + r of the slice, output 32 w + 4 g + 2 c + e
//
// Running the epilogue on one slice after the other keeps few values in registers beside the sums, and reads what
// belongs to tokens and outputs from shared memory (transposed_parameters.cuh) again and again.
#pragma once

#include "mc/epilogue/output_view.cuh"
#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

template <class Problem_, int kGroups>
class TransposedSlice {
 public:
  using Problem = Problem_;
  static constexpr RowScope kScope = RowScope::kPartial;
  static constexpr int kClusterSize = 1;
  static constexpr int kTokens = 8;
  static constexpr int kRows = 2;
  static constexpr int kColumns = 2;
  static constexpr bool kRuns = false, kNeighbours = true, kFinishesRows = false, kTellsWords = false;
  static constexpr bool kWholeColumns = Problem::kN % (128 * kGroups) == 0;

  struct Values {
    float at[kRows][kColumns][2];
    float row_sum[kRows];  // unset
  };

  struct Result {
    int sums[1][kColumns][4];
  };

  // thread: of the team. first_token: of the slice. first_output: of the tile.
  __device__ __forceinline__ TransposedSlice(int thread, int token_count, int first_token, int first_output)
      : tokens(token_count),
        lane(thread % 32),
        first_row(first_token + thread % 4 * 2),
        first_column_(first_output + thread / 32 * 32 + thread % 32 / 4 * 4),
        first_element_(static_cast<long long>(first_row) * Problem::kN + first_column_) {}

  // The sums of slice i: result.sums[0][c][2 r + e].
  template <int kSlices>
  __device__ __forceinline__ static Result slice(const int (&sums)[2][kSlices][4], int i) {
    Result result;
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
#pragma unroll
        for (int e = 0; e < 2; ++e) result.sums[0][c][2 * r + e] = sums[c][i][2 * e + r];
      }
    }
    return result;
  }

  __device__ __forceinline__ static int row_offset(int r) { return r; }
  __device__ __forceinline__ int row(int r) const { return first_row + r; }
  __device__ __forceinline__ bool row_valid(int r) const { return row(r) < tokens; }
  __device__ __forceinline__ int readable_row(int r) const { return ::min(row(r), tokens - 1); }
  __device__ __forceinline__ int column(int c) const { return first_column_ + 2 * c; }
  __device__ __forceinline__ int run_column() const { return first_column_; }
  __device__ __forceinline__ long long element(int r, int c) const {
    return first_element_ + (r * Problem::kN + 2 * c);
  }
  __device__ __forceinline__ bool column_valid(int c) const { return kWholeColumns || column(c) < Problem::kN; }
  __device__ __forceinline__ bool first_of_row() const { return first_column_ == 0; }
  __device__ __forceinline__ unsigned residual(const Half* matrix, int r, int c) const {
    return *reinterpret_cast<const unsigned*>(matrix + element(r, c));
  }

  // Stores the elements of row r, two in the lowest bits of each word, to row-major rows of kBits-wide elements.
  template <int kBits>
  __device__ __forceinline__ void store_four(void* target, int r, unsigned first, unsigned second) const {
    if (!row_valid(r) || !column_valid(0)) return;
    unsigned char* place = static_cast<unsigned char*>(target) + element(r, 0) * kBits / 8;
    if constexpr (kBits == 16) {
      *reinterpret_cast<uint2*>(place) = make_uint2(first, second);
    } else if constexpr (kBits == 8) {
      *reinterpret_cast<unsigned*>(place) = __byte_perm(first, second, 0x5410);
    } else {
      *reinterpret_cast<unsigned short*>(place) = static_cast<unsigned short>(__byte_perm(first, second, 0x0040));
    }
  }

  int tokens;
  int lane;
  int first_row;  // within the output, of r = 0

 private:
  int first_column_;  // of c = 0
  long long first_element_;
};

}  // namespace mc::hopper
