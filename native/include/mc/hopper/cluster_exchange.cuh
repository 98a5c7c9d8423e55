// Words that the blocks of a cluster tell one another about each row, through distributed shared memory: every block
// sends one or two words a row to every block, itself included, and waits for those of all blocks.
//
// Exchanges alternate between two buffers and two barriers. A warp that starts exchange i + 2 has received exchange
// i + 1 of the same rows, whose senders had read exchange i by then; so nothing is overwritten too early.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

// kRows: those of one warp group, which has its own exchange. kClusterSize: blocks that share rows; a cluster may hold
// several such sets, one after another.
template <int kRows, int kClusterSize, int kWords>
struct ClusterExchange {
  static constexpr int kRowBytes = 4 * kWords;
  static constexpr int kBufferBytes = kClusterSize * kRows * kRowBytes;  // [kClusterSize][kRows][kWords]
  static constexpr int kBarriersAt = 2 * kBufferBytes;
  static constexpr int kBytes = kBarriersAt + 2 * kBarrierBytes;

  // place: offset in dynamic shared memory.
  __device__ __forceinline__ ClusterExchange(int place, int rank)
      : place_(place), rank_(rank % kClusterSize), first_(rank - rank_) {}

  __device__ __forceinline__ unsigned shared() const { return ptx::shared_address(ptx::dynamic_shared() + place_); }

  __device__ __forceinline__ void init() const {
    barrier_init(shared() + kBarriersAt, 1);
    barrier_init(shared() + kBarriersAt + kBarrierBytes, 1);
  }

  // Opens an exchange. One thread of the warp group passes true.
  __device__ __forceinline__ void begin(bool first_thread) {
    buffer_ = count_ % 2, parity_ = count_ / 2 % 2, ++count_;
    if (first_thread) barrier_arrive_expect(bar(), kBufferBytes);
  }

  // Called by the four lanes of the quad that owns the row, with the same words.
  __device__ __forceinline__ void send(int row, float2 values, int lane) const {
    const unsigned target = shared() + buffer_ * kBufferBytes + (rank_ * kRows + row) * kRowBytes;
    const uint2 words = make_uint2(__float_as_int(values.x), __float_as_int(values.y));
#pragma unroll
    for (int first = 0; first < kClusterSize; first += 4) {
      const int to = first + lane % 4;
      if (kClusterSize % 4 != 0 && to >= kClusterSize) continue;
      if constexpr (kWords == 1) {
        store_cluster(target, words.x, bar(), first_ + to);
      } else {
        store_cluster(target, words, bar(), first_ + to);
      }
    }
  }

  // The words arrive by copies that the barrier counts, so there is nothing else of other blocks to order: a wait at
  // cluster scope would throw away what the L1 holds of the column parameters.
  __device__ __forceinline__ void wait() const { barrier_wait(bar(), parity_); }

  // With one word the second value is the first again.
  __device__ __forceinline__ float2 received(int row, int from) const {
    const unsigned char* buffer = ptx::dynamic_shared() + place_ + buffer_ * kBufferBytes;
    const float* values = reinterpret_cast<const float*>(buffer + (from * kRows + row) * kRowBytes);
    return kWords == 1 ? make_float2(values[0], values[0]) : *reinterpret_cast<const float2*>(values);
  }

 private:
  __device__ __forceinline__ unsigned bar() const { return shared() + kBarriersAt + buffer_ * kBarrierBytes; }

  int place_, rank_, first_;
  int count_ = 0;                // exchanges begun
  int buffer_ = 0, parity_ = 0;  // of the current one
};

}  // namespace mc::hopper
