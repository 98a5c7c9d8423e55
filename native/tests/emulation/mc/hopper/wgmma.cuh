// Emulation of native/include/mc/hopper/wgmma.cuh: each thread computes its own sums from the operands that the
// descriptors name, when it waits for them (CopyTiming::kLate) or at once. Until then the registers of an operand are
// to stay as they are.
#pragma once

#include <type_traits>

#include "device.h"
#include "mc/half_conversion.cuh"
#include "mc/operand.cuh"

namespace mc::hopper {

constexpr int kSwizzleBytes = 1024;

inline unsigned long long k_major_descriptor(unsigned address) {
  if (address % 16 != 0 || address >= 1u << 18) emulation::fail("an operand of a product is misaligned or outside");
  return 1ull << 62 | 64ull << 32 | 1ull << 16 | address >> 4;
}

inline unsigned long long n_major_descriptor(unsigned address, int column_stride) {
  if (address % 16 != 0 || address >= 1u << 18) emulation::fail("an operand of a product is misaligned or outside");
  return 1ull << 62 | 64ull << 32 | static_cast<unsigned long long>(column_stride >> 4) << 16 | address >> 4;
}

inline void wgmma_fence() {}
inline void wgmma_commit() { emulation::current->products.emplace_back(); }

template <int kPending>
inline void wgmma_wait() {
  auto& groups = emulation::current->products;
  while (groups.size() > kPending + 1) {
    for (const emulation::Work& product : groups.front()) product();
    groups.erase(groups.begin());
  }
}

inline void start_product(emulation::Work product) {
  if (emulation::copy_timing == emulation::CopyTiming::kEarly) {
    product();
    product = [] {};  // the group still has to be waited for
  }
  emulation::current->products.back().push_back(std::move(product));
}

template <class Sums>
inline void wgmma_hold(Sums&) {}

enum class Major { kK, kN };

// Reads operands as the tensor core does: bits 4 to 6 of an address are exchanged with its bits 7 to 9.
struct OperandReader {
  explicit OperandReader(unsigned long long descriptor)
      : shared(emulation::current->block->shared),
        base(static_cast<unsigned>(descriptor & 0x3fff) << 4),
        leading(static_cast<unsigned>(descriptor >> 16 & 0x3fff) << 4),
        stride(static_cast<unsigned>(descriptor >> 32 & 0x3fff) << 4) {
    if (descriptor >> 62 != 1) emulation::fail("an operand of a product is not swizzled by 128 bytes");
  }

  const unsigned char* at(unsigned offset) const {
    unsigned address = base + offset;
    address ^= address >> 7 << 4 & 0x70;
    if (address + 2 > shared.size()) emulation::fail("an operand of a product leaves shared memory");
    return shared.data() + address;
  }

  // Byte of K of a row.
  const unsigned char* in_row(int row, int byte) const {
    return at(static_cast<unsigned>(row) / 8 * stride + static_cast<unsigned>(row % 8 * 128 + byte));
  }
  // FP16 element of a column of b whose rows are contiguous.
  const unsigned char* in_column(int k, int column) const {
    return at(static_cast<unsigned>(column) / 64 * leading + static_cast<unsigned>(k) / 8 * stride +
              static_cast<unsigned>(k % 8 * 128 + column % 64 * 2));
  }

  const std::vector<unsigned char>& shared;
  unsigned base, leading, stride;
};

template <Operand kOperand>
inline auto operand_value(const unsigned char* bytes) {
  if constexpr (is_float(kOperand)) {
    Half half;
    std::memcpy(&half, bytes, 2);
    return to_float(half);
  } else {
    return kOperand == Operand::kS8 ? static_cast<int>(static_cast<signed char>(*bytes)) : static_cast<int>(*bytes);
  }
}

template <int kN, Operand kA, Operand kB, Major kMajor = Major::kK>
struct Wgmma {
  static_assert(kN % 8 == 0 && kN <= 256 && (kN % 16 == 0 || kN == 8 || kN == 24), "no such product");
  static_assert(is_float(kA) == is_float(kB) && bits_of(kA) >= 8 && bits_of(kB) >= 8, "no such product");
  static_assert(kMajor == Major::kK || is_float(kB), "only FP16 operands may be transposed");
  using Accumulator = std::conditional_t<is_float(kA), float, int>;
  using Sums = Accumulator[kN / 8][4];
  static constexpr int kBytes = is_float(kA) ? 2 : 1;
  static constexpr int kStepK = 32 / kBytes;

  static void multiply(Sums& d, unsigned long long a, unsigned long long b, bool accumulate) {
    start_product([&d, a, b, accumulate] {
      const OperandReader reader(a);
      Accumulator rows[2][kStepK];
      for (int h = 0; h < 2; ++h) {
        for (int k = 0; k < kStepK; ++k) rows[h][k] = operand_value<kA>(reader.in_row(first_row() + 8 * h, k * kBytes));
      }
      add(d, rows, b, accumulate);
    });
  }

  static void multiply(Sums& d, const unsigned (&a)[4], unsigned long long b, bool accumulate) {
    struct Words {
      unsigned at[4];
    };
    const std::array<Words, 32> lanes = emulation::exchange(Words{{a[0], a[1], a[2], a[3]}});
    std::array<std::array<unsigned, 8>, 2> words;
    for (int h = 0; h < 2; ++h) {
      for (int word = 0; word < 8; ++word) {
        words[h][word] = lanes[threadIdx.x % 32 / 4 * 4 + word % 4].at[word / 4 * 2 + h];
      }
    }
    start_product([&d, words, b, accumulate, &a, given = Words{{a[0], a[1], a[2], a[3]}}] {
      if (std::memcmp(a, given.at, sizeof given) != 0) emulation::fail("registers of a product under way were written");
      Accumulator rows[2][kStepK];
      for (int h = 0; h < 2; ++h) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(words[h].data());
        for (int k = 0; k < kStepK; ++k) rows[h][k] = operand_value<kA>(bytes + k * kBytes);
      }
      add(d, rows, b, accumulate);
    });
  }

 private:
  static int first_row() { return static_cast<int>(threadIdx.x % 128 / 32 * 16 + threadIdx.x % 32 / 4); }

  static void add(Sums& d, const Accumulator (&rows)[2][kStepK], unsigned long long b, bool accumulate) {
    const OperandReader reader(b);
    for (int j = 0; j < kN / 8; ++j) {
      for (int e = 0; e < 2; ++e) {
        const int column = 8 * j + static_cast<int>(threadIdx.x % 4) * 2 + e;
        Accumulator sums[2] = {accumulate ? d[j][e] : Accumulator(0), accumulate ? d[j][2 + e] : Accumulator(0)};
        for (int k = 0; k < kStepK; ++k) {
          const Accumulator value =
              operand_value<kB>(kMajor == Major::kK ? reader.in_row(column, k * kBytes) : reader.in_column(k, column));
          for (int h = 0; h < 2; ++h) sums[h] += rows[h][k] * value;
        }
        d[j][e] = sums[0], d[j][2 + e] = sums[1];
      }
    }
  }
};

}  // namespace mc::hopper
