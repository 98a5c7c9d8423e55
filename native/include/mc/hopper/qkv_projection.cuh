// Queries, keys and values of one head and 128 tokens, from the sums of their products: dequantized as by
// mc::DequantizeWithBias, rounded to FP16 as by mc::StoreF16.
//
// A thread has sums[i][j][2 h + e], row 64 i + 16 w + 8 h + g and column 8 j + 2 t + e of the tile (products.cuh);
// columns 0 to 63 are the head's queries, then keys, then values. Queries stay in registers as the A operand of the
// scores: columns 16 s to 16 s + 15 are those of step s. Keys and values go to shared memory as rows of 128 bytes with
// 16-byte chunk c of row r at c ^ (r % 8), their columns in the same order. That is not the order of the outputs, which
// does not matter to the scores, and to the context no more than to the sums.
#pragma once

#include "mc/half.cuh"
#include "mc/hopper/store_matrix.cuh"
#include "mc/hopper/warp_group.cuh"

namespace mc::hopper {

constexpr int kQkvRowBytes = 128;                    // 64 columns
constexpr int kQkvMatrixBytes = 128 * kQkvRowBytes;  // keys of a tile, or values

// kBlocks: of 64 rows, of a warp group.
template <int kBlocks>
struct QkvProjection {
  using Queries = unsigned[kBlocks][4][4];  // [64 rows][step of 16 columns][word of the A operand]

  // In shared memory, those of the head: [3][64] each, in the order of the outputs.
  const float* weight_scale;
  const float* bias;
  float row_scale[2 * kBlocks];  // of rows 64 i + 8 h + ..., at 2 i + h
  int lane;
  int first_row;  // of the warp within the tile: 16 w, and where the warp group begins

  template <class Sums>
  __device__ __forceinline__ void take_queries(const Sums (&sums)[kBlocks], Queries& queries) const {
#pragma unroll
    for (int block = 0; block < 2; ++block) {
      const Columns columns = columns_of(block);
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const int j = 4 * block + k;
#pragma unroll
        for (int i = 0; i < kBlocks; ++i) {
#pragma unroll
          for (int h = 0; h < 2; ++h) queries[i][j / 2][2 * (j % 2) + h] = half_pair(sums[i][j], i, h, columns, k);
        }
      }
    }
  }

  // part: 1 keys, 2 values. matrix: shared address of their row 0, a 1024-byte boundary.
  template <class Sums>
  __device__ __forceinline__ void store(const Sums (&sums)[kBlocks], int part, unsigned matrix) const {
    const int row = first_row + lane / 8 % 2 * 8 + lane % 8;
    const unsigned place = matrix + row * kQkvRowBytes + (lane / 16 ^ lane % 8) * 16;
#pragma unroll
    for (int block = 0; block < 2; ++block) {
      const Columns columns = columns_of(2 * part + block);
#pragma unroll
      for (int k = 0; k < 4; k += 2) {
        const int j = 4 * block + k;  // chunk of the row
#pragma unroll
        for (int i = 0; i < kBlocks; ++i) {
          unsigned words[4];
#pragma unroll
          for (int m = 0; m < 4; ++m) {
            words[m] = half_pair(sums[i][8 * part + j + m / 2], i, m % 2, columns, k + m / 2);
          }
          store_matrix_x4((place ^ 16 * j) + 64 * kQkvRowBytes * i, words);
        }
      }
    }
  }

 private:
  // Scales and biases of the thread's 8 columns of 32.
  struct Columns {
    float scale[8], bias[8];
  };

  __device__ __forceinline__ Columns columns_of(int block) const {
    Columns columns;
    load8(weight_scale + 32 * block + lane % 4 * 8, columns.scale);
    load8(bias + 32 * block + lane % 4 * 8, columns.bias);
    return columns;
  }

  __device__ __forceinline__ unsigned half_pair(const int (&sums)[4], int i, int h, const Columns& columns,
                                                int k) const {
    float values[2];
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      const float value = __fmul_rn(static_cast<float>(sums[2 * h + e]), row_scale[2 * i + h]);
      values[e] = __fmaf_rn(value, columns.scale[2 * k + e], columns.bias[2 * k + e]);
    }
    return pack_half2(values[0], values[1]);
  }
};

}  // namespace mc::hopper
