// Where the checks of native/tests/checks run: on a CUDA device, compiled by nvcc. native/tests/emulation/platform.h
// has the same names for a machine without one.
#pragma once

#include <cuda_runtime.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "checks/report.h"

namespace platform {

constexpr bool kExactMath = false;  // tanhf differs from the host's in the last place
constexpr bool kThorough = true;
constexpr bool kClustersOfInt4 = false;  // packed int4 products are compiled as sm_80 code

// Copies are as late as the chip makes them.
constexpr int kCopyTimings[] = {0};
inline void select(int) {}

// Every case runs at every class of ragged size.
inline std::vector<int> tokens(const std::vector<int>&) { return {1, 17, 127, 129, 300}; }

// Of one launch; run.sh gives more where a sanitizer watches.
inline std::chrono::seconds time_limit() {
  const char* seconds = std::getenv("MC_LAUNCH_SECONDS");
  return std::chrono::seconds(seconds == nullptr ? 20 : std::atoi(seconds));
}

// Fails the check `name` and, because most errors outlive their kernel, ends the program.
inline void require(cudaError_t error, const std::string& name, const char* call) {
  if (error == cudaSuccess) return;
  checks::abandon(name, std::string(call) + ": " + cudaGetErrorName(error) + ", " + cudaGetErrorString(error));
}

// Host memory with a copy on the device, between guard regions. launch() moves all that are alive both ways.
class Mirrored {
 public:
  Mirrored(const Mirrored&) = delete;
  Mirrored& operator=(const Mirrored&) = delete;

  static std::vector<Mirrored*>& alive() {
    static std::vector<Mirrored*> arrays;
    return arrays;
  }

  void upload(const std::string& name) {
    require(cudaMemcpy(device_, host_.data(), host_.size(), cudaMemcpyHostToDevice), name, "copy to the device");
  }
  void download(const std::string& name) {
    require(cudaMemcpy(host_.data(), device_, host_.size(), cudaMemcpyDeviceToHost), name, "copy from the device");
  }
  // Bytes of the guard regions that were overwritten.
  long long damage() const {
    long long bytes = 0;
    for (size_t i = 0; i < kGuardBytes; ++i) bytes += host_[i] != kGuard;
    for (size_t i = kGuardBytes + bytes_; i < host_.size(); ++i) bytes += host_[i] != kGuard;
    return bytes;
  }

 protected:
  Mirrored(size_t bytes, unsigned char fill)
      : bytes_(bytes), host_((bytes + 255) / 256 * 256 + 2 * kGuardBytes, kGuard) {
    std::memset(host_.data() + kGuardBytes, fill, bytes);
    require(cudaMalloc(&device_, host_.size()), "an array", "cudaMalloc");
    alive().push_back(this);
  }
  ~Mirrored() {
    cudaFree(device_);
    for (size_t i = alive().size(); i-- > 0;) {
      if (alive()[i] == this) {
        alive().erase(alive().begin() + static_cast<long>(i));
        break;
      }
    }
  }

  unsigned char* host_data() { return host_.data() + kGuardBytes; }
  unsigned char* device_data() { return static_cast<unsigned char*>(device_) + kGuardBytes; }

 private:
  static constexpr size_t kGuardBytes = 1024;
  static constexpr unsigned char kGuard = 0xb7;

  size_t bytes_;
  std::vector<unsigned char> host_;
  void* device_ = nullptr;
};

template <class T>
class Array : public Mirrored {
 public:
  explicit Array(size_t count, unsigned char fill = 0) : Mirrored(count * sizeof(T), fill), count_(count) {}
  explicit Array(const std::vector<T>& values) : Array(values.size()) {
    std::memcpy(host_data(), values.data(), values.size() * sizeof(T));
  }

  T& operator[](size_t i) { return reinterpret_cast<T*>(host_data())[i]; }
  size_t size() const { return count_; }
  // The address for a kernel's arguments.
  T* device() { return reinterpret_cast<T*>(device_data()); }
  // The order of stores is not seen here.
  void may_change_early() {}

 private:
  size_t count_;
};

struct Shape {
  int columns = 1;  // gridDim.x
  int rows = 1;     // gridDim.y
  int cluster = 1;  // blocks of a cluster, along x
  int shared_bytes = 0;
  bool resident = false;  // blocks wait for one another through device memory, so they must fit the chip at once
  int by_ticket = 0;      // of such blocks, those that must fit where they take what they do by tickets
};

template <class Kernel, int kThreads, class Arguments>
__global__ void __launch_bounds__(kThreads, 1) entry(const __grid_constant__ Arguments arguments) {
  Kernel::run(arguments);
}

// Waits for the device, but not for ever.
inline void finish_launch(const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + time_limit();
  for (;;) {
    const cudaError_t state = cudaStreamQuery(nullptr);
    if (state == cudaSuccess) return;
    if (state != cudaErrorNotReady) require(state, name, "kernel");
    if (std::chrono::steady_clock::now() > deadline) {
      checks::abandon(name, "kernel: still running after " + std::to_string(time_limit().count()) + " seconds");
    }
    std::this_thread::yield();
  }
}

// Runs the kernel with every live array on the device. False if it could not start.
template <class Kernel, int kThreads, class Arguments>
bool launch(const std::string& name, const Shape& shape, const Arguments& arguments) {
  const auto kernel = entry<Kernel, kThreads, Arguments>;
  for (Mirrored* array : Mirrored::alive()) array->upload(name);

  cudaError_t error = cudaSuccess;
  if (shape.shared_bytes > 48 * 1024) {
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shape.shared_bytes);
  }
  if (error == cudaSuccess && shape.cluster > 8) {
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
  }
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = static_cast<unsigned>(shape.cluster);
  attribute.val.clusterDim.y = 1;
  attribute.val.clusterDim.z = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(shape.columns), static_cast<unsigned>(shape.rows), 1);
  config.blockDim = dim3(kThreads, 1, 1);
  config.dynamicSmemBytes = static_cast<size_t>(shape.shared_bytes);
  config.attrs = &attribute;
  config.numAttrs = shape.cluster > 1 ? 1 : 0;
  if (error == cudaSuccess) error = cudaLaunchKernelEx(&config, kernel, arguments);
  const cudaError_t last = cudaGetLastError();  // also clears it, so that the next case starts clean
  if (error == cudaSuccess) error = last;
  if (error != cudaSuccess) {
    std::printf("%s: launch of %d x %d blocks, cluster %d, %d threads, %d bytes of shared memory: %s, %s\n",
                name.c_str(), shape.columns, shape.rows, shape.cluster, kThreads, shape.shared_bytes,
                cudaGetErrorName(error), cudaGetErrorString(error));
    return false;
  }
  finish_launch(name);

  long long damage = 0;
  for (Mirrored* array : Mirrored::alive()) {
    array->download(name);
    damage += array->damage();
  }
  checks::report(name + ", memory around the arrays", damage, static_cast<long long>(Mirrored::alive().size()));
  return true;
}

}  // namespace platform
