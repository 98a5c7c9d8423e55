// A stand-in for the CUDA device, enough to run the kernels of native/include/mc as ordinary C++: every CUDA thread is
// a fiber, warps and blocks and clusters meet at real barriers, and asynchronous copies happen as late as the memory
// model allows (or at once, see CopyTiming). The headers beside it in mc/ replace those that contain PTX.
//
// It checks index arithmetic, synchronisation order, ragged edges and epilogues; it says nothing about speed.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#define __device__
#define __host__
#define __global__
#define __forceinline__ inline
// One copy of each variable, because blocks run one after another. Kernels of clusters use dynamic shared memory alone.
#define __shared__ static

struct int2 {
  int x, y;
};
struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct Index3 {
  unsigned x, y, z;
};
inline int2 make_int2(int x, int y) { return {x, y}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }

namespace emulation {

// When an asynchronous copy writes shared memory: at the wait that guarantees it, which finds missing waits, or when
// it is issued, which finds stages that are overwritten while others still read them.
enum class CopyTiming { kLate, kEarly };

struct Barrier {
  int expected = 0;
  int arrived = 0;
  unsigned generation = 0;
};

struct Copy {
  unsigned target;
  const void* source;  // null: zeros
  int bytes;
};

// A copy on its way to a block's shared memory, of which a barrier there (mc/hopper/barrier.cuh) counts the bytes.
struct Transfer {
  unsigned bar;
  int bytes;
  std::function<void()> write;
};

using Work = std::function<void()>;

struct Block;

struct Warp {
  Barrier barrier;
  unsigned char slots[2][32][32];  // values that lanes exchange; two sets, so that one barrier an exchange is enough
};

struct Fiber {
  ucontext_t context;  // where it starts
  jmp_buf place;       // where it goes on
  bool started = false;
  std::unique_ptr<char[]> stack;
  Index3 thread;
  Block* block;
  Warp* warp;
  unsigned parity = 0;
  unsigned cluster_generation = 0;             // that its latest arrival at the cluster waits for the end of
  std::vector<std::vector<Copy>> groups{1};    // the last one is open
  std::vector<std::vector<Work>> products{1};  // groups of asynchronous products, likewise
  std::vector<std::vector<Work>> bulk_stores{1};
  bool done = false;
};

struct Block {
  Index3 index;
  int rank;
  std::vector<unsigned char> shared;
  Barrier barrier;
  Barrier named_barriers[16];
  std::vector<Warp> warps;
  std::vector<Transfer> transfers;
  int running;  // threads
  std::vector<Block*>* cluster;
  Barrier* cluster_barrier;
};

inline Fiber* current = nullptr;
inline jmp_buf scheduler;
inline unsigned long long progress = 0;  // arrivals at barriers and passages of them
inline Index3 grid;
inline CopyTiming copy_timing = CopyTiming::kLate;
inline bool hesitant = false;     // whether a warp lets others run behind some of its arrivals: hesitate()
inline bool interrupted = false;  // whether the running warp does
inline std::function<void()>* kernel = nullptr;

// _setjmp and _longjmp switch stacks without a system call, where swapcontext makes two. They stand in frames of their
// own, so that no caller keeps a variable in a register across a switch.
__attribute__((noinline, noclone)) inline void yield() {
  if (_setjmp(current->place) == 0) _longjmp(scheduler, 1);
}

// Runs a fiber until it yields or ends.
__attribute__((noinline, noclone)) inline void resume(Fiber& fiber) {
  current = &fiber;
  if (_setjmp(scheduler) != 0) return;
  if (fiber.started) _longjmp(fiber.place, 1);
  fiber.started = true;
  setcontext(&fiber.context);
}

// Behind an arrival that says what others may read or write. A warp that runs on as far as it can would have done what
// comes next before they look, so that a second wait of theirs could be missing unseen. Half of the time, in a fixed
// sequence.
inline void hesitate() {
  static unsigned state = 1;
  state = state * 1664525u + 1013904223u;
  if (!hesitant || state >> 31 == 0) return;
  interrupted = true;
  yield();
}

// Returns the generation that the barrier leaves when everyone has arrived.
inline unsigned arrive(Barrier& barrier) {
  const unsigned generation = barrier.generation;
  if (++barrier.arrived == barrier.expected) {
    barrier.arrived = 0;
    ++barrier.generation;
    ++progress;
  }
  return generation;
}

inline void wait(const Barrier& barrier, unsigned generation) {
  while (barrier.generation == generation) yield();
}

inline void arrive_and_wait(Barrier& barrier) { wait(barrier, arrive(barrier)); }

// Every lane gives a value and receives those of all 32.
template <class T>
inline std::array<T, 32> exchange(const T& value) {
  static_assert(sizeof(T) <= 32);
  Warp& warp = *current->warp;
  const unsigned parity = current->parity++ % 2;
  std::memcpy(warp.slots[parity][current->thread.x % 32], &value, sizeof(T));
  arrive_and_wait(warp.barrier);
  std::array<T, 32> all;
  for (int lane = 0; lane < 32; ++lane) std::memcpy(&all[lane], warp.slots[parity][lane], sizeof(T));
  return all;
}

inline void perform(const Copy& copy) {
  unsigned char* target = current->block->shared.data() + copy.target;
  if (copy.source != nullptr) {
    std::memcpy(target, copy.source, copy.bytes);
  } else {
    std::memset(target, 0, copy.bytes);
  }
}

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

inline void run_fiber() {
  (*kernel)();
  const Fiber& fiber = *current;
  if (fiber.products.size() > 1 || !fiber.products[0].empty()) fail("a thread ended without waiting for its products");
  if (fiber.bulk_stores.size() > 1 || !fiber.bulk_stores[0].empty()) {
    fail("a thread ended without waiting for its bulk stores");
  }
  if (--fiber.block->running == 0 && !fiber.block->transfers.empty()) fail("a block ended before copies to it landed");
  current->done = true;
  _longjmp(scheduler, 1);
}

inline std::unique_ptr<Fiber> make_fiber(unsigned thread, Block& block) {
  constexpr size_t kStackBytes = 128 * 1024;
  auto fiber = std::make_unique<Fiber>();
  fiber->stack.reset(new char[kStackBytes]);
  fiber->thread = {thread, 0, 0};
  fiber->block = &block;
  fiber->warp = &block.warps[thread / 32];
  getcontext(&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->stack.get();
  fiber->context.uc_stack.ss_size = kStackBytes;
  fiber->context.uc_link = nullptr;
  makecontext(&fiber->context, run_fiber, 0);
  return fiber;
}

// Runs the 32 fibers of a warp until they all wait for other warps or have ended. False if none of them came further.
inline bool run_warp(const std::unique_ptr<Fiber>* lanes, size_t& alive) {
  const unsigned long long before = progress;
  const size_t alive_before = alive;
  unsigned long long passed;
  interrupted = false;
  do {
    passed = progress;
    for (int lane = 0; lane < 32; ++lane) {
      if (lanes[lane]->done) continue;
      resume(*lanes[lane]);
      if (lanes[lane]->done) --alive;
    }
  } while (progress != passed && !interrupted);
  return progress != before || alive != alive_before;
}

// A cluster (one block where the cluster size is 1) and its threads.
struct Cluster {
  Cluster(const std::vector<Index3>& indices, int threads, int shared_bytes) {
    barrier.expected = threads * static_cast<int>(indices.size());
    for (const Index3& index : indices) {
      auto block = std::make_unique<Block>();
      block->index = index;
      block->rank = static_cast<int>(members.size());
      block->shared.assign(shared_bytes, 0xff);  // NaN, as FP16 and as fp32
      block->barrier.expected = threads;
      block->running = threads;
      block->warps.resize(threads / 32);
      for (Warp& warp : block->warps) warp.barrier.expected = 32;
      block->cluster = &members;
      block->cluster_barrier = &barrier;
      members.push_back(block.get());
      for (int thread = 0; thread < threads; ++thread) {
        fibers.push_back(make_fiber(static_cast<unsigned>(thread), *block));
      }
      blocks.push_back(std::move(block));
    }
    alive = fibers.size();
  }

  size_t alive;  // fibers that have not ended
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<Block*> members;
  Barrier barrier;
  std::vector<std::unique_ptr<Fiber>> fibers;
};

// Runs clusters, the first at_once of them side by side and the others as those end. False if the threads of those that
// run wait for one another for ever.
inline bool run_clusters(const std::vector<std::vector<Index3>>& clusters, size_t at_once, int threads,
                         int shared_bytes) {
  std::vector<std::unique_ptr<Cluster>> running;
  size_t started = 0;
  // Each warp runs as far as it can before the next one, so that it meets what others have not read or written
  // yet where a barrier is missing. Clusters that start together run the first warp first, or the last warp first, by
  // turns.
  static bool backwards = false;
  while (started < clusters.size() || !running.empty()) {
    if (running.empty()) backwards = !backwards;
    while (running.size() < at_once && started < clusters.size()) {
      running.push_back(std::make_unique<Cluster>(clusters[started++], threads, shared_bytes));
    }
    std::vector<std::pair<const std::unique_ptr<Fiber>*, size_t*>> warps;  // the first lane of each
    for (const auto& cluster : running) {
      for (size_t i = 0; i < cluster->fibers.size(); i += 32) warps.emplace_back(&cluster->fibers[i], &cluster->alive);
    }
    if (backwards) std::reverse(warps.begin(), warps.end());
    // A round in which no thread arrives at a barrier, passes one or ends is a deadlock.
    bool moved = false;
    for (const auto& [lanes, alive] : warps) moved |= run_warp(lanes, *alive);
    if (!moved) return false;
    std::erase_if(running, [](const auto& cluster) { return cluster->alive == 0; });
  }
  return true;
}

// Launches a grid; clusters lie along x. at_once: clusters that run at the same time. odd_last: they start in another
// order than that of their numbers.
inline bool launch(Index3 dimensions, int cluster_size, int threads, int shared_bytes, size_t at_once, bool odd_last,
                   std::function<void()> body) {
  kernel = &body;
  grid = dimensions;
  std::vector<std::vector<Index3>> clusters;
  for (unsigned y = 0; y < grid.y; ++y) {
    for (unsigned x = 0; x < grid.x; x += cluster_size) {
      clusters.emplace_back();
      for (int rank = 0; rank < cluster_size; ++rank) clusters.back().push_back({x + rank, y, 0});
    }
  }
  if (odd_last) {
    std::stable_partition(clusters.begin(), clusters.end(), [](const auto& cluster) { return cluster[0].x % 2 == 0; });
  }
  return run_clusters(clusters, at_once, threads, shared_bytes);
}

}  // namespace emulation

#define threadIdx (emulation::current->thread)
#define blockIdx (emulation::current->block->index)
#define gridDim (emulation::grid)

inline void __syncwarp() { emulation::arrive_and_wait(emulation::current->warp->barrier); }
inline void __syncthreads() { emulation::arrive_and_wait(emulation::current->block->barrier); }
template <class T>
inline T __shfl_xor_sync(unsigned, T value, int mask) {
  return emulation::exchange(value)[(threadIdx.x % 32) ^ mask];
}
template <class T>
inline T __shfl_sync(unsigned, T value, int lane) {
  return emulation::exchange(value)[lane];
}
inline unsigned __reduce_max_sync(unsigned, unsigned value) {
  const std::array<unsigned, 32> lanes = emulation::exchange(value);
  return *std::max_element(lanes.begin(), lanes.end());
}
inline unsigned __ballot_sync(unsigned, bool value) {
  const std::array<bool, 32> lanes = emulation::exchange(value);
  unsigned word = 0;
  for (int i = 0; i < 32; ++i) word |= static_cast<unsigned>(lanes[i]) << i;
  return word;
}
inline unsigned __reduce_or_sync(unsigned, unsigned value) {
  unsigned result = 0;
  for (unsigned lane : emulation::exchange(value)) result |= lane;
  return result;
}
inline int __reduce_min_sync(unsigned, int value) {
  const std::array<int, 32> lanes = emulation::exchange(value);
  return *std::min_element(lanes.begin(), lanes.end());
}
inline int __clz(unsigned word) { return word == 0 ? 32 : __builtin_clz(word); }
inline int __ffs(unsigned word) { return __builtin_ffs(static_cast<int>(word)); }
inline int __clzll(long long word) { return word == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(word)); }
inline int __ffsll(long long word) { return __builtin_ffsll(word); }
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  const unsigned long long bytes = a | static_cast<unsigned long long>(b) << 32;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) result |= static_cast<unsigned>(bytes >> 8 * (selector >> 4 * i & 7) & 255) << 8 * i;
  return result;
}
inline float __int_as_float(int bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}
inline int __float_as_int(float value) {
  int bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
// Saturates, and makes 0 of NaN.
inline int __float2int_rn(float a) {
  if (std::isnan(a)) return 0;
  return a >= 2147483648.0f ? 0x7fffffff : a < -2147483648.0f ? -0x7fffffff - 1 : static_cast<int>(std::nearbyint(a));
}
