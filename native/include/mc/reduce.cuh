// Reductions over a power-of-two group of lanes, a warp, or the threads that share one row of a matrix.
// Every participating thread receives the result. All operations are deterministic: fixed order, no atomics.
#pragma once

namespace mc {

constexpr unsigned kFullWarp = 0xffffffffu;

__device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }
__device__ __forceinline__ float minus_infinity() { return __int_as_float(0xff800000); }

struct SumOp {
  static constexpr bool kIsMax = false;
  template <typename T>
  __device__ __forceinline__ static T apply(T a, T b) {
    return a + b;
  }
  template <typename T>
  __device__ __forceinline__ static T identity() {
    return T(0);
  }
};

struct MaxOp {
  static constexpr bool kIsMax = true;
  __device__ __forceinline__ static float apply(float a, float b) { return fmaxf(a, b); }
  __device__ __forceinline__ static unsigned apply(unsigned a, unsigned b) { return a < b ? b : a; }
  template <typename T>
  __device__ __forceinline__ static T identity() {
    return minus_infinity();
  }
};

struct MinOp {
  static constexpr bool kIsMax = false;
  __device__ __forceinline__ static float apply(float a, float b) { return fminf(a, b); }
  template <typename T>
  __device__ __forceinline__ static T identity() {
    return infinity();
  }
};

// Butterfly over groups of kWidth consecutive lanes (2, 4, 8, 16 or 32). All 32 lanes take part.
template <typename Op, int kWidth = 32, typename T>
__device__ __forceinline__ T lanes_reduce(T value) {
  static_assert(kWidth >= 1 && kWidth <= 32 && (kWidth & (kWidth - 1)) == 0, "a lane group is a power of two up to 32");
#pragma unroll
  for (int offset = kWidth / 2; offset > 0; offset /= 2) {
    value = Op::apply(value, __shfl_xor_sync(kFullWarp, value, offset));
  }
  return value;
}

template <int kWidth = 32>
__device__ __forceinline__ float lanes_max(float value) {
  return lanes_reduce<MaxOp, kWidth>(value);
}
template <int kWidth = 32>
__device__ __forceinline__ float lanes_min(float value) {
  return lanes_reduce<MinOp, kWidth>(value);
}
template <int kWidth = 32, typename T>
__device__ __forceinline__ T lanes_sum(T value) {
  return lanes_reduce<SumOp, kWidth>(value);
}

__device__ __forceinline__ float warp_max(float value) { return lanes_max<32>(value); }
__device__ __forceinline__ float warp_min(float value) { return lanes_min<32>(value); }
template <typename T>
__device__ __forceinline__ T warp_sum(T value) {
  return lanes_sum<32>(value);
}

// The threads that share one row: kThreads of them, whole warps, all of one thread block. With one warp no shared
// memory and no barrier are used. With more, every thread of the block calls in step, and `scratch` holds
// kScratchBytes of shared memory, 8-byte aligned; rows of a block that are reduced together use disjoint scratch.
template <int kThreads>
struct RowReduce {
  static_assert(kThreads % 32 == 0 && kThreads >= 32 && kThreads <= 1024, "a row is shared by 1 to 32 whole warps");
  static constexpr int kWarps = kThreads / 32;
  static constexpr int kScratchBytes = kWarps == 1 ? 0 : kWarps * 8;

  // thread: index of the calling thread within its row, 0 to kThreads - 1.
  template <typename Op, typename T>
  __device__ __forceinline__ static T reduce(T value, int thread, void* scratch) {
    value = lanes_reduce<Op, 32>(value);
    if constexpr (kWarps > 1) {
      T* partial = static_cast<T*>(scratch);
      __syncthreads();  // the scratch of the reduction before this one has been read by every warp
      if (thread % 32 == 0) partial[thread / 32] = value;
      __syncthreads();
      value = Op::template identity<T>();
#pragma unroll
      for (int warp = 0; warp < kWarps; ++warp) value = Op::apply(value, partial[warp]);
    }
    return value;
  }

  template <typename T>
  __device__ __forceinline__ static T sum(T value, int thread, void* scratch) {
    return reduce<SumOp>(value, thread, scratch);
  }
  __device__ __forceinline__ static float max(float value, int thread, void* scratch) {
    return reduce<MaxOp>(value, thread, scratch);
  }
  __device__ __forceinline__ static float min(float value, int thread, void* scratch) {
    return reduce<MinOp>(value, thread, scratch);
  }
};

}  // namespace mc
