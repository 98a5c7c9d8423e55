// The order of 2:4 sparse weights in device memory, for sparse_wgmma.cuh. It is made once, when weights are loaded.
//
// Of four neighbouring inputs of an output at most two weights are nonzero; two are stored, as bytes, in the order of
// their inputs. W [N, K] is cut into pieces of 128 outputs x 128 inputs, 10240 bytes each, in the order
// [ceil(K / 128)][ceil(N / 128)], so that the pieces of neighbouring outputs are one copy:
//
//   values    [block of 64 rows: 2][step of 64 inputs: 2][16-byte half of 32 stored bytes: 2][64 rows][16 bytes]
//   metadata  [thread of a warp group: 128][block: 2][step: 2] words, so that a thread reads 16 bytes a piece; thread
//             32 w + 4 g + t has row 16 w + 8 (t & 1) + g of the block, inputs 32 (t >> 1) .. + 31 of the step: nibble
//             i is first | second << 2, the places of the two weights stored of inputs 4 i .. 4 i + 3
//
// Rows are outputs permuted within each 128: row 16 w + 8 h + g of block b is output
// 32 w + 4 g + 2 b + h, so that a thread of the epilogue holds four neighbouring outputs of a token, and two lanes eight
// (transposed_slice.cuh, transposed_view.cuh).
//
// What lies outside [N, K] is zero, with the places 0 and 1, as four zero weights have them.
#pragma once

namespace mc::hopper {

// Where a pair of stored weights lies, and the nibble that says their places.
struct SparsePosition {
  long long value;     // byte of the first; the second follows
  long long metadata;  // byte of the word
  int shift;           // lowest bit of the nibble in the word
};

template <int kN, int kK>
struct SparseWeights {
  static constexpr int kPieceN = 128, kPieceK = 128;
  static constexpr int kStepBytes = 64 * 32;  // values of a block of outputs and a step of inputs
  static constexpr int kValueBytes = 4 * kStepBytes;
  static constexpr int kPieceBytes = kValueBytes + 128 * 16;
  static constexpr int kPiecesN = (kN + kPieceN - 1) / kPieceN;
  static constexpr int kPiecesK = (kK + kPieceK - 1) / kPieceK;
  static constexpr long long kBytes = static_cast<long long>(kPiecesN) * kPiecesK * kPieceBytes;

  // Byte of the piece that holds 128 outputs from 128 n and 128 inputs from 128 k.
  __device__ static constexpr long long piece(int n, int k) {
    return (static_cast<long long>(k) * kPiecesN + n) * kPieceBytes;
  }

  // n: output, k: input, a multiple of 4.
  static constexpr SparsePosition position(int n, int k) {
    const int block = n % 4 / 2, row = n % kPieceN / 32 * 16 + n % 2 * 8 + n % 32 / 4;
    const int step = k % kPieceK / 64, input = k % 64, stored = input / 2;
    const int thread = row / 16 * 32 + row % 8 * 4 + input / 32 * 2 + row % 16 / 8;
    const long long start = piece(n / kPieceN, k / kPieceK);
    return {start + (block * 2 + step) * kStepBytes + stored / 16 * 1024 + row * 16 + stored % 16,
            start + kValueBytes + thread * 16 + (block * 2 + step) * 4, input % 32 / 4 * 4};
  }
};

}  // namespace mc::hopper
