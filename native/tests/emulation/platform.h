// Where the checks of native/tests/checks run: on the emulated device of device.h. native/tests/device/platform.h has
// the same names for a GPU.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <string>
#include <vector>

#include "checks/report.h"
#include "device.h"
#include "mc/dependency.cuh"

namespace platform {

constexpr bool kExactMath = true;  // tanhf of a kernel is that of the host
constexpr bool kThorough = false;  // the cases that cost much are for the GPU
constexpr bool kClustersOfInt4 = true;

constexpr emulation::CopyTiming kCopyTimings[] = {emulation::CopyTiming::kLate, emulation::CopyTiming::kEarly};
inline void select(emulation::CopyTiming timing) { emulation::copy_timing = timing; }

// The token counts of a case.
inline std::vector<int> tokens(std::vector<int> counts) { return counts; }

// The bytes of every array that a kernel leaves alone until the kernel ahead has ended.
inline std::vector<std::pair<const unsigned char*, size_t>> memory;

inline unsigned long long memory_digest() {  // FNV-1a
  unsigned long long digest = 14695981039346656037ull;
  for (const auto& [bytes, count] : memory) {
    for (size_t i = 0; i < count; ++i) digest = (digest ^ bytes[i]) * 1099511628211ull;
  }
  return digest;
}

// Zeroed or filled memory that ends at an inaccessible page, so that an access past the end stops the test.
template <class T>
class Array {
 public:
  explicit Array(size_t count, unsigned char fill = 0) : count_(count) {
    constexpr size_t kPage = 4096;
    const size_t bytes = (count * sizeof(T) + 15) / 16 * 16;
    mapped_ = (bytes + kPage - 1) / kPage * kPage + kPage;
    void* pages = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) std::abort();
    base_ = static_cast<unsigned char*>(pages);
    mprotect(base_ + mapped_ - kPage, kPage, PROT_NONE);
    data_ = reinterpret_cast<T*>(base_ + mapped_ - kPage - bytes);
    std::memset(static_cast<void*>(data_), fill, bytes);
    memory.emplace_back(reinterpret_cast<unsigned char*>(data_), count_ * sizeof(T));
  }
  explicit Array(const std::vector<T>& values) : Array(values.size()) {
    std::copy(values.begin(), values.end(), data_);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() {
    may_change_early();
    munmap(base_, mapped_);
  }

  T& operator[](size_t i) { return data_[i]; }
  size_t size() const { return count_; }
  // The address for a kernel's arguments.
  T* device() { return data_; }
  // Of the launch alone, so that it may store there before it waits for the kernel ahead.
  void may_change_early() {
    std::erase_if(memory, [&](const auto& array) { return array.first == reinterpret_cast<unsigned char*>(data_); });
  }

 private:
  unsigned char* base_;
  T* data_;
  size_t count_, mapped_;
};

struct Shape {
  int columns = 1;  // gridDim.x
  int rows = 1;     // gridDim.y
  int cluster = 1;  // blocks of a cluster, along x
  int shared_bytes = 0;
  bool resident = false;  // blocks wait for one another through device memory, so all are there at once
  int by_ticket = 0;      // or so many are, in no order of their numbers, since they take what they do by tickets
};

// Runs Kernel::run(arguments) on every thread, and checks that nothing has been stored by the time that its first
// thread waits for the kernel ahead. False if it did not come to an end.
template <class Kernel, int kThreads, class Arguments>
bool launch(const std::string& name, const Shape& shape, const Arguments& arguments) {
  const Index3 grid = {static_cast<unsigned>(shape.columns), static_cast<unsigned>(shape.rows), 1};
  bool stored = false;
  emulation::at_first_wait = [&stored, before = memory_digest()] { stored = memory_digest() != before; };
  const size_t at_once = shape.by_ticket > 0 ? shape.by_ticket : shape.resident ? size_t(grid.x) * grid.y : 1;
  const bool ended = emulation::launch(grid, shape.cluster, kThreads, shape.shared_bytes, at_once, shape.by_ticket > 0,
                                       [&] { Kernel::run(arguments); });
  emulation::at_first_wait = nullptr;
  checks::report(name + ", memory before the wait", stored ? 1 : 0, 1);
  if (!ended) std::printf("%s: the threads wait for one another\n", name.c_str());
  return ended;
}

}  // namespace platform
