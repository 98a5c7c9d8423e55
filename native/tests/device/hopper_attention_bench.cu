// Times attention with a quantized context on one GPU (sm_90a): mc/attention.cuh and shapes of mc/hopper/attention.cuh.
//
// A graph of 20 launches with programmatic dependent launch is replayed; what is printed is microseconds a launch, the
// least of several replays. Each shape's codes are compared with those of mc/attention.cuh: a shape that computes
// something else is marked, since its time means nothing.
//
//   hopper_attention_bench [SEQUENCES LENGTH]
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "mc/attention.cuh"
#include "mc/hopper/attention.cuh"
#include "tensor_map.h"

namespace {

constexpr int kLaunches = 20;
constexpr int kReplays = 8;

void require(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  std::printf("%s: %s\n", call, cudaGetErrorString(error));
  std::exit(1);
}
#define REQUIRE(call) require(call, #call)

template <class Kernel, int kThreads, int kBlocksPerSm, class Arguments>
__global__ void __launch_bounds__(kThreads, kBlocksPerSm) entry(const __grid_constant__ Arguments arguments) {
  Kernel::run(arguments);
}

struct Batch {
  int sequences, length, heads;
  int tokens() const { return sequences * length; }
  int hidden() const { return 64 * heads; }
};

// What a launch of a graph is told, which the next one may not be told too: memory where blocks meet holds zeros only
// once.
template <class Arguments>
Arguments of_launch(const Arguments& arguments, int, size_t) {
  return arguments;
}
mc::hopper::AttentionArguments of_launch(mc::hopper::AttentionArguments arguments, int launch, size_t words) {
  arguments.rendezvous += launch * words;
  return arguments;
}
template <class Arguments>
void clear_rendezvous(const Arguments&, size_t, cudaStream_t) {}
void clear_rendezvous(const mc::hopper::AttentionArguments& arguments, size_t words, cudaStream_t stream) {
  if (words == 0) return;
  REQUIRE(cudaMemsetAsync(arguments.rendezvous, 0, kLaunches * words * sizeof(unsigned), stream));
}

template <class T>
T* device_array(size_t count) {
  T* array = nullptr;
  REQUIRE(cudaMalloc(&array, count * sizeof(T)));
  REQUIRE(cudaMemset(array, 0, count * sizeof(T)));
  return array;
}

// What all kernels of one batch read and write.
struct Memory {
  mc::AttentionArguments arguments = {};
  mc::hopper::TensorMap map;

  explicit Memory(const Batch& batch) {
    const size_t elements = size_t(batch.tokens()) * 3 * batch.hidden();
    std::vector<unsigned short> qkv(elements);
    unsigned state = 12345;
    for (unsigned short& x : qkv) {  // sums of four uniform numbers, about 1.2 wide
      float sum = 0;
      for (int i = 0; i < 4; ++i) state = state * 1664525u + 1013904223u, sum += float(state >> 8) / (1 << 24) - 0.5f;
      const _Float16 half = static_cast<_Float16>(sum * 2);
      std::memcpy(&x, &half, 2);
    }
    std::vector<int> starts;
    for (int i = 0; i <= batch.sequences; ++i) starts.push_back(i * batch.length);
    const int counts[2] = {batch.sequences, batch.tokens()};

    mc::Half* device_qkv = device_array<mc::Half>(elements);
    int* device_starts = device_array<int>(starts.size());
    int* device_counts = device_array<int>(2);
    REQUIRE(cudaMemcpy(device_qkv, qkv.data(), elements * 2, cudaMemcpyHostToDevice));
    REQUIRE(cudaMemcpy(device_starts, starts.data(), starts.size() * 4, cudaMemcpyHostToDevice));
    REQUIRE(cudaMemcpy(device_counts, counts, sizeof counts, cudaMemcpyHostToDevice));
    arguments.qkv = device_qkv;
    arguments.sequence_starts = device_starts;
    arguments.sequence_count = device_counts;
    arguments.token_count = device_counts + 1;
    arguments.quantized.codes = device_array<char>(size_t(batch.tokens()) * batch.hidden());
    arguments.quantized.scale = device_array<float>(batch.tokens());
    map = platform::tensor_map(device_qkv, 6 * batch.hidden(), batch.tokens(), 64);
  }
  Memory(const Memory&) = delete;
  ~Memory() {
    cudaFree(const_cast<mc::Half*>(arguments.qkv));
    cudaFree(const_cast<int*>(arguments.sequence_starts));
    cudaFree(const_cast<int*>(arguments.sequence_count));
    cudaFree(arguments.quantized.codes);
    cudaFree(arguments.quantized.scale);
  }
};

// Microseconds of one launch; negative where the kernel does not start. words: of device memory in which the
// blocks of a launch meet.
template <class Arguments>
double time_launches(void (*kernel)(Arguments), Arguments arguments, int blocks, int threads, int cluster,
                     int shared_bytes, size_t words = 0) {
  cudaStream_t stream;
  REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  if (shared_bytes > 0) {
    REQUIRE(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes));
    REQUIRE(cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100));
  }
  if (cluster > 8) REQUIRE(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = cudaLaunchAttributeClusterDimension;
  attributes[1].val.clusterDim.x = unsigned(cluster);
  attributes[1].val.clusterDim.y = attributes[1].val.clusterDim.z = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(unsigned(blocks));
  config.blockDim = dim3(unsigned(threads));
  config.dynamicSmemBytes = size_t(shared_bytes);
  config.stream = stream;
  config.attrs = attributes;
  config.numAttrs = cluster > 1 ? 2 : 1;

  cudaError_t error = cudaLaunchKernelEx(&config, kernel, arguments);
  if (error == cudaSuccess) error = cudaStreamSynchronize(stream);
  if (error != cudaSuccess) {
    std::printf("launch: %s\n", cudaGetErrorString(error));
    if (cudaGetLastError() != cudaErrorInvalidClusterSize && cudaDeviceSynchronize() != cudaSuccess) std::exit(1);
    return -1;
  }
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  clear_rendezvous(arguments, words, stream);
  for (int i = 0; i < kLaunches; ++i) {
    REQUIRE(cudaLaunchKernelEx(&config, kernel, of_launch(arguments, i, words)));
  }
  REQUIRE(cudaStreamEndCapture(stream, &graph));
  REQUIRE(cudaGraphInstantiate(&executable, graph, 0));
  cudaEvent_t begin, end;
  REQUIRE(cudaEventCreate(&begin));
  REQUIRE(cudaEventCreate(&end));
  float least = 1e9f;
  for (int replay = 0; replay < kReplays; ++replay) {
    REQUIRE(cudaEventRecord(begin, stream));
    REQUIRE(cudaGraphLaunch(executable, stream));
    REQUIRE(cudaEventRecord(end, stream));
    REQUIRE(cudaStreamSynchronize(stream));
    float milliseconds = 0;
    REQUIRE(cudaEventElapsedTime(&milliseconds, begin, end));
    if (replay > 0) least = std::min(least, milliseconds);
  }
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  cudaStreamDestroy(stream);
  return least * 1000 / kLaunches;
}

std::vector<signed char> codes_of(const Batch& batch, const Memory& memory) {
  std::vector<signed char> codes(size_t(batch.tokens()) * batch.hidden());
  REQUIRE(cudaMemcpy(codes.data(), memory.arguments.quantized.codes, codes.size(), cudaMemcpyDeviceToHost));
  REQUIRE(cudaMemset(memory.arguments.quantized.codes, 0x55, codes.size()));
  return codes;
}

using Format = mc::QuantFormat<8, 8, false>;

template <int kHeads, int kKeyTile>
std::vector<signed char> time_warps(const Batch& batch, const Memory& memory) {
  using Config = mc::AttentionConfig<kHeads, 64, mc::AttentionOutput::kQuantized, Format, kHeads, kKeyTile>;
  const double time = time_launches(entry<mc::Attention<Config>, Config::kThreads, 1, mc::AttentionArguments>,
                                    memory.arguments, (batch.tokens() + 15) / 16, Config::kThreads, 1, 0);
  std::printf("%2d heads %3d x %3d  mc/attention.cuh, %d keys %19s %8.2f us\n", kHeads, batch.sequences, batch.length,
              kKeyTile, "", time);
  return codes_of(batch, memory);
}

// kShape: parameters of hopper::AttentionConfig from kQueryGroups on.
template <int kHeads, auto... kShape>
void time_shape(const Batch& batch, const Memory& memory, const std::vector<signed char>& expected) {
  using Config = mc::hopper::AttentionConfig<kHeads, 64, mc::AttentionOutput::kQuantized, Format, kShape...>;
  using Kernel = mc::hopper::Attention<Config>;
  const size_t words = Kernel::rendezvous_words(batch.tokens());
  unsigned* rendezvous = device_array<unsigned>(kLaunches * words + 4);
  const mc::hopper::AttentionArguments arguments = {memory.map, memory.arguments, rendezvous};
  const int tiles = (batch.tokens() + Config::kQueryTile - 1) / Config::kQueryTile;
  const double time = time_launches(
      entry<Kernel, Config::kThreads, Kernel::kBlocksPerSm, mc::hopper::AttentionArguments>, arguments,
      tiles * Config::kBlocksPerTile, Config::kThreads, Config::kClusterSize, Kernel::kSharedBytes, words);
  cudaFree(rendezvous);
  const std::vector<signed char> codes = codes_of(batch, memory);
  long long off_by_one = 0, wrong = 0;
  for (size_t i = 0; i < codes.size(); ++i) {
    const int distance = std::abs(codes[i] - expected[i]);
    off_by_one += distance == 1, wrong += distance > 1;
  }
  char name[100];
  std::snprintf(name, sizeof name, "%3d queries, %d heads x %d turns, %3d keys x %d%s", Config::kQueryTile,
                Config::kHeadsAtOnce, Config::kTurns, Config::kKeyTile, Config::kStages,
                Config::kAcrossGrid ? ", grid" : "");
  std::printf("%2d heads %3d x %3d  %-44s %8.2f us  cluster %2d, %d blocks an SM, off by one %.5f%s\n", kHeads,
              batch.sequences, batch.length, name, time, Config::kClusterSize, Kernel::kBlocksPerSm,
              double(off_by_one) / double(codes.size()), wrong > 0 ? ", WRONG" : "");
  std::fflush(stdout);
}

template <int kHeads>
void time_batch(int sequences, int length) {
  const Batch batch = {sequences, length, kHeads};
  const Memory memory(batch);
  const std::vector<signed char> expected = time_warps<kHeads, 16>(batch, memory);
  if constexpr (kHeads <= 12) time_warps<kHeads, 32>(batch, memory);  // 16 warps have too few registers
  // Groups of 64 queries; heads at once, turns, keys a tile, stages.
  time_shape<kHeads, 1, 2, 1, 64, 2>(batch, memory, expected);
  time_shape<kHeads, 2, 1, 2, 64, 2>(batch, memory, expected);
  time_shape<kHeads, 1, 1, 2, 64, 2>(batch, memory, expected);
  time_shape<kHeads, 1, 1, 1, 64, 2>(batch, memory, expected);
  time_shape<kHeads, 2, 1, 1, 64, 3>(batch, memory, expected);
  time_shape<kHeads, 2, 2, 1, 64, 2>(batch, memory, expected);
  time_shape<kHeads, 4, 1, 2, 64, 3>(batch, memory, expected);
  time_shape<kHeads, 1, 1, 1, 128, 2>(batch, memory, expected);
  time_shape<kHeads, 1, 2, 1, 128, 2>(batch, memory, expected);
  if constexpr (kHeads % 3 == 0) time_shape<kHeads, 1, 1, 3, 64, 2>(batch, memory, expected);
  // Ranges across the grid.
  time_shape<kHeads, 1, 1, 2, 64, 2, true>(batch, memory, expected);
  if constexpr (kHeads % 3 == 0) time_shape<kHeads, 1, 1, 3, 64, 2, true>(batch, memory, expected);
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::pair<int, int>> batches = {{1, 32}, {1, 128}, {8, 128}, {32, 128}, {128, 128}, {32, 384}};
  if (count == 3) batches = {{std::atoi(words[1]), std::atoi(words[2])}};
  for (const auto& [sequences, length] : batches) {
    time_batch<12>(sequences, length);
    time_batch<16>(sequences, length);
  }
}
