// Emulation of native/include/mc/hopper/sparse_wgmma.cuh.
#pragma once

#include "mc/hopper/wgmma.cuh"

namespace mc::hopper {

inline unsigned long long core_matrix_descriptor(unsigned address) {
  if (address % 16 != 0 || address >= 1u << 18) emulation::fail("an operand of a product is misaligned or outside");
  return (128ull >> 4) << 32 | (1024ull >> 4) << 16 | address >> 4;
}

struct SparseMetadata {
  uint4 words;

  unsigned of(int block, int step) const {
    return block == 0 ? (step == 0 ? words.x : words.y) : (step == 0 ? words.z : words.w);
  }
};

inline void sparse_hold(const SparseMetadata&, int) {}

template <int kN, Operand kA, Operand kB>
struct SparseWgmma {
  static_assert(kN % 8 == 0 && kN <= 256 && (kN % 16 == 0 || kN == 8 || kN == 24), "no such product");
  using Sums = int[kN / 8][4];

  static void multiply(Sums& d, unsigned long long a, unsigned metadata, unsigned long long b, bool accumulate) {
    const std::array<unsigned, 32> lanes = emulation::exchange(metadata);
    const int lane = static_cast<int>(threadIdx.x % 32);
    std::array<std::array<unsigned, 2>, 2> words;  // [h][half of the columns]
    for (int t = 0; t < 4; ++t) words[t & 1][t >> 1] = lanes[lane / 4 * 4 + t];
    if (a >> 62 != 0) emulation::fail("a sparse operand of a product is not in core matrices");
    start_product([&d, a, words, b, accumulate, lane] {
      int rows[2][64] = {};
      for (int h = 0; h < 2; ++h) {
        const int row = static_cast<int>(threadIdx.x % 128 / 32 * 16) + lane / 4 + 8 * h;
        for (int stored = 0; stored < 32; ++stored) {
          const int four = stored / 2;
          const unsigned nibble = words[h][four / 8] >> four % 8 * 4 & 15;
          const unsigned first = nibble & 3, second = nibble >> 2;
          if (first >= second) emulation::fail("the metadata of a sparse operand is not in order");
          rows[h][4 * four + static_cast<int>(stored % 2 == 0 ? first : second)] =
              operand_value<kA>(stored_byte(a, row, stored));
        }
      }
      const OperandReader reader(b);
      for (int j = 0; j < kN / 8; ++j) {
        for (int e = 0; e < 2; ++e) {
          const int column = 8 * j + lane % 4 * 2 + e;
          int sums[2] = {accumulate ? d[j][e] : 0, accumulate ? d[j][2 + e] : 0};
          for (int k = 0; k < 64; ++k) {
            const int value = operand_value<kB>(reader.in_row(column, k));
            for (int h = 0; h < 2; ++h) sums[h] += rows[h][k] * value;
          }
          d[j][e] = sums[0], d[j][2 + e] = sums[1];
        }
      }
    });
  }

 private:
  static const unsigned char* stored_byte(unsigned long long descriptor, int row, int byte) {
    const std::vector<unsigned char>& shared = emulation::current->block->shared;
    const auto field = [&](int at) { return static_cast<unsigned>(descriptor >> at & 0x3fff) << 4; };
    const unsigned address = field(0) + static_cast<unsigned>(byte / 16) * field(16) +
                             static_cast<unsigned>(row / 8) * field(32) +
                             static_cast<unsigned>(row % 8 * 16 + byte % 16);
    if (address >= shared.size()) emulation::fail("an operand of a product leaves shared memory");
    return shared.data() + address;
  }
};

}  // namespace mc::hopper
