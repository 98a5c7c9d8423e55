// Emulation of native/include/mc/ptx.cuh. Shared addresses are offsets into the block's shared memory.
#pragma once

#include "device.h"
#include "mc/half_conversion.cuh"

namespace mc::ptx {

inline unsigned char* dynamic_shared() { return emulation::current->block->shared.data(); }

inline unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(static_cast<const unsigned char*>(pointer) - dynamic_shared());
}

inline void check_shared(unsigned address, unsigned bytes) {
  if (address % bytes != 0 || address + bytes > emulation::current->block->shared.size()) {
    std::fprintf(stderr, "shared memory access at %u is misaligned or outside\n", address);
    std::abort();
  }
}

inline void copy_async(unsigned target, const void* source, int bytes) {
  check_shared(target, bytes);
  const emulation::Copy copy{target, source, bytes};
  if (emulation::copy_timing == emulation::CopyTiming::kEarly) emulation::perform(copy);
  if (reinterpret_cast<uintptr_t>(source) % bytes != 0) std::abort();
  emulation::current->groups.back().push_back(copy);
}

inline void copy_async_16(unsigned target, const void* source, bool valid) {
  copy_async(target, valid ? source : nullptr, 16);
}

inline void copy_async_4(unsigned target, const void* source) { copy_async(target, source, 4); }

inline void copy_async_commit() { emulation::current->groups.emplace_back(); }

template <int kPending>
inline void copy_async_wait() {
  auto& groups = emulation::current->groups;
  while (groups.size() > kPending + 1) {
    if (emulation::copy_timing == emulation::CopyTiming::kLate) {
      for (const emulation::Copy& copy : groups.front()) emulation::perform(copy);
    }
    groups.erase(groups.begin());
  }
}

inline void load_matrix_x4(unsigned (&words)[4], unsigned address) {
  check_shared(address, 16);
  const std::array<unsigned, 32> addresses = emulation::exchange(address);
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 4; ++i) {
    std::memcpy(&words[i], dynamic_shared() + addresses[8 * i + lane / 4] + lane % 4 * 4, 4);
  }
}

inline void load_matrix_transposed_x4(unsigned (&words)[4], unsigned address) {
  check_shared(address, 16);
  const std::array<unsigned, 32> addresses = emulation::exchange(address);
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned short pair[2];
    for (unsigned e = 0; e < 2; ++e) {
      std::memcpy(&pair[e], dynamic_shared() + addresses[8 * i + lane % 4 * 2 + e] + lane / 4 * 2, 2);
    }
    std::memcpy(&words[i], pair, 4);
  }
}

inline uint4 load_shared_16(unsigned address) {
  check_shared(address, 16);
  uint4 words;
  std::memcpy(&words, dynamic_shared() + address, 16);
  return words;
}

inline float4 load_global_16(const void* address) { return *static_cast<const float4*>(address); }
inline unsigned load_global_4(const void* address) { return *static_cast<const unsigned*>(address); }
inline uint4 load_relaxed_16(const void* address) { return *static_cast<const uint4*>(address); }
inline int load_relaxed_4(const int* address) { return *address; }

template <class T>
inline void keep(T&) {}

inline unsigned half2_subtract(unsigned a, unsigned b) {
  const float2 x = unpack_half2(a), y = unpack_half2(b);
  return pack_half2(x.x - y.x, x.y - y.y);
}

inline unsigned half2_multiply_add(unsigned a, unsigned b, unsigned c) {
  const float2 x = unpack_half2(a), y = unpack_half2(b), z = unpack_half2(c);
  return pack_half2(std::fma(x.x, y.x, z.x), std::fma(x.y, y.y, z.y));
}

inline void prefetch_l2(const void*) {}
inline float reciprocal_root_approximate(float value) { return 1.0f / std::sqrt(value); }
inline float reciprocal_approximate(float value) { return 1.0f / value; }
inline float exp2_approximate(float value) { return std::exp2(value); }

inline float maximum_or_nan(float a, float b) { return std::isnan(a) || std::isnan(b) ? NAN : std::fmax(a, b); }

inline int cluster_rank() { return emulation::current->block->rank; }
inline void cluster_barrier() { emulation::arrive_and_wait(*emulation::current->block->cluster_barrier); }
inline void cluster_meet() { cluster_barrier(); }
inline float load_cluster_float(unsigned address, int rank) {
  float value;
  std::memcpy(&value, (*emulation::current->block->cluster)[rank]->shared.data() + address, 4);
  return value;
}

}  // namespace mc::ptx
