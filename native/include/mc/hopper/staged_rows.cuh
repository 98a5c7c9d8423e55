// FP16 rows of a team's tile on their way to device memory. All threads write a run of tokens to shared memory, then
// the copy engine takes its rows whole, so that nobody waits for memory while a next run is written to the other
// buffer.
//
//   for each run:   begin()   write at place(...)   send(...)
//   at the end:     end()
#pragma once

#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// kTokens x kOutputs: a run. kThreads: of the team.
template <int kTokens, int kOutputs, int kThreads>
class StagedRows {
 public:
  static constexpr int kPitch = 2 * kOutputs + 32;  // bytes: lanes of 4 tokens then write to all banks
  static constexpr int kBytes = 2 * kTokens * kPitch;
  static_assert(kTokens <= kThreads, "a thread sends a row");

  // offset: in dynamic shared memory. barrier: named, of the team.
  __device__ __forceinline__ StagedRows(int offset, int barrier, int thread)
      : offset_(offset), barrier_(barrier), thread_(thread) {}

  // Opens the next run, once the copy engine has read what the buffer held.
  __device__ __forceinline__ void begin() {
    buffer_ ^= 1;
    store_wait_read<1>();
    named_barrier_wait(barrier_, kThreads);
  }

  // token: of the run.
  __device__ __forceinline__ unsigned char* place(int token, int output) const {
    return ptx::dynamic_shared() + start() + token * kPitch + 2 * output;
  }

  // Sends `rows` rows of the run. target: of the first, kRowBytes each, `bytes` of them for this tile.
  template <int kRowBytes>
  __device__ __forceinline__ void send(unsigned char* target, int rows, int bytes) const {
    fence_async_proxy();
    named_barrier_wait(barrier_, kThreads);
    if (thread_ < rows && thread_ < kTokens) {
      const unsigned source = ptx::shared_address(ptx::dynamic_shared() + start()) + thread_ * kPitch;
      store_bulk(target + static_cast<long long>(thread_) * kRowBytes, source, bytes);
    }
    store_commit();
  }

  __device__ __forceinline__ static void end() { store_wait<0>(); }

 private:
  __device__ __forceinline__ int start() const { return offset_ + buffer_ * kTokens * kPitch; }

  int offset_, barrier_, thread_;
  int buffer_ = 0;
};

}  // namespace mc::hopper
