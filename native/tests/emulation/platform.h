// Where the checks of native/tests/checks run: on the emulated device of device.h. native/tests/device/platform.h has
// the same names for a GPU.
#pragma once

#include <sys/mman.h>

#include <string>

#include "device.h"

namespace platform {

constexpr bool kExactMath = true;  // erff and tanhf of a kernel are those of the host
constexpr bool kThorough = false;  // the cases that cost much are for the GPU
constexpr bool kClustersOfInt4 = true;

constexpr emulation::CopyTiming kCopyTimings[] = {emulation::CopyTiming::kLate, emulation::CopyTiming::kEarly};
inline void select(emulation::CopyTiming timing) { emulation::copy_timing = timing; }

// The token counts of a case.
inline std::vector<int> tokens(std::vector<int> counts) { return counts; }

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
  }
  explicit Array(const std::vector<T>& values) : Array(values.size()) {
    std::copy(values.begin(), values.end(), data_);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { munmap(base_, mapped_); }

  T& operator[](size_t i) { return data_[i]; }
  size_t size() const { return count_; }
  // The address for a kernel's arguments.
  T* device() { return data_; }

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
  bool resident = false;  // blocks wait for one another through device memory
};

// Runs Kernel::run(arguments) on every thread. False if it did not come to an end.
template <class Kernel, int kThreads, class Arguments>
bool launch(const std::string& name, const Shape& shape, const Arguments& arguments) {
  const Index3 grid = {static_cast<unsigned>(shape.columns), static_cast<unsigned>(shape.rows), 1};
  const bool ended =
      emulation::launch(grid, shape.cluster, kThreads, shape.shared_bytes, shape.resident, [&] { Kernel::run(arguments); });
  if (!ended) std::printf("%s: the threads wait for one another\n", name.c_str());
  return ended;
}

}  // namespace platform
