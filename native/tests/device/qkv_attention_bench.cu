// Times the fused QKV projection and attention of mc/hopper/qkv_attention.cuh on one GPU (sm_90a), and the pair of
// kernels that it replaces: mc/hopper/gemm.cuh with FP16 output, then mc/hopper/attention.cuh.
//
// Compiled with MC_HEADS, 12 or 16: BERT-base or -large, W4A4 with codes in bytes. A graph of 24 layers, each on
// weights of its own, each launch dependent on the one before through programmatic launch, is replayed; what is printed
// is microseconds a layer, the least of several replays. The codes of the fused kernel are compared with those of the
// pair.
//
//   qkv_attention_bench [SEQUENCES LENGTH]      LENGTH 0: mixed lengths of 1 to 128
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mc/epilogue/steps.cuh"
#include "mc/hopper/attention.cuh"
#include "mc/hopper/gemm.cuh"
#include "mc/hopper/qkv_attention.cuh"
#include "platform.h"
#include "tensor_map.h"

namespace {

using namespace mc;
using hopper::Schedule;
using hopper::WeightFlow;

constexpr int kHeads = MC_HEADS, kHidden = 64 * kHeads, kLayers = 24, kReplays = 8;
using Format = QuantFormat<4, 8, false>;
using Problem = GemmProblem<3 * kHidden, kHidden, Operand::kS8, Operand::kS8>;

void check(cudaError_t error, const char* call) { platform::require(error, "bench", call); }

template <class T>
T* allocate(size_t count) {
  T* memory = nullptr;
  check(cudaMalloc(&memory, count * sizeof(T)), "cudaMalloc");
  check(cudaMemset(memory, 0, count * sizeof(T)), "cudaMemset");
  return memory;
}

template <class T>
T* upload(const std::vector<T>& values) {
  T* memory = allocate<T>(values.size());
  check(cudaMemcpy(memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
  return memory;
}

unsigned long long random_state = 88172645463325252ull;
unsigned random_bits() {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return static_cast<unsigned>(random_state >> 32);
}
float random_unit() { return static_cast<float>(random_bits() >> 8) / (1 << 24) - 0.5f; }

std::vector<signed char> random_codes(size_t count) {
  std::vector<signed char> codes(count);
  for (signed char& code : codes) code = static_cast<signed char>(static_cast<int>(random_bits() % 15) - 7);
  return codes;
}

std::vector<float> random_floats(size_t count, float middle, float width) {
  std::vector<float> values(count);
  for (float& value : values) value = middle + width * random_unit();
  return values;
}

// A batch: sequences in order, and their tiles, each as many as fit.
struct Batch {
  std::vector<int> starts = {0};
  std::vector<hopper::TokenTile> tiles;

  Batch(int sequences, int length) {
    for (int i = 0; i < sequences; ++i) {
      starts.push_back(starts.back() + (length > 0 ? length : 1 + static_cast<int>(random_bits() % 128)));
    }
    for (size_t i = 0; i + 1 < starts.size();) {
      hopper::TokenTile tile = {starts[i], starts[i], {}, {}};
      for (; i + 1 < starts.size() && starts[i + 1] - tile.first_token <= 128; ++i) {
        tile.end_token = starts[i + 1];
        const int row = tile.end_token - tile.first_token;
        if (row < 128) tile.boundaries[row / 32] |= 1u << row % 32;
      }
      tiles.push_back(tile);
    }
  }
  int sequences() const { return static_cast<int>(starts.size()) - 1; }
  int tokens() const { return starts.back(); }
};

struct Memory {
  const Batch& batch;
  int rows = (batch.tokens() + 127) / 128 * 128;
  signed char* activations = upload(random_codes(size_t(rows) * kHidden));
  float* activation_scale = upload(random_floats(rows, 0.045f, 0.02f));
  signed char* weights[kLayers];
  float* weight_scale = upload(random_floats(3 * kHidden, 0.045f, 0.02f));
  float* bias = upload(random_floats(3 * kHidden, 0.0f, 0.2f));
  Half* qkv = allocate<Half>(size_t(rows) * 3 * kHidden);
  unsigned char* codes = allocate<unsigned char>(size_t(rows) * kHidden);
  float* scale = allocate<float>(rows);
  unsigned* head_ranges = allocate<unsigned>(size_t(kLayers) * rows * kHeads);
  int* starts = upload(batch.starts);
  int* counts = upload(std::vector<int>{batch.sequences(), batch.tokens(), static_cast<int>(batch.tiles.size())});
  hopper::TokenTile* tiles = upload(batch.tiles);

  explicit Memory(const Batch& of) : batch(of) {
    for (auto& weight : weights) weight = upload(random_codes(size_t(3) * kHidden * kHidden));
  }
  Memory(const Memory&) = delete;
  ~Memory() {
    for (auto weight : weights) cudaFree(weight);
    for (void* each : {static_cast<void*>(activations), static_cast<void*>(activation_scale),
                       static_cast<void*>(weight_scale), static_cast<void*>(bias), static_cast<void*>(qkv),
                       static_cast<void*>(codes), static_cast<void*>(scale), static_cast<void*>(head_ranges),
                       static_cast<void*>(starts), static_cast<void*>(counts), static_cast<void*>(tiles)}) {
      cudaFree(each);
    }
  }
  QuantizedRows quantized() const { return {codes, scale, nullptr, nullptr, 1.0f, 0.0f, 1.0f, 0}; }
};

template <class Kernel, int kBlocksPerSm, class Arguments>
__global__ void __launch_bounds__(Kernel::kThreads, kBlocksPerSm) entry(const __grid_constant__ Arguments arguments) {
  Kernel::run(arguments);
}

struct Launch {
  std::vector<cudaLaunchAttribute> attributes;
  cudaLaunchConfig_t config = {};

  template <class Kernel>
  Launch(Kernel kernel, cudaStream_t stream, int threads, int shared_bytes, int cluster) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes), "shared memory");
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100), "carveout");
    attributes.resize(cluster > 1 ? 2 : 1);
    attributes[0] = {};
    attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[0].val.programmaticStreamSerializationAllowed = 1;
    if (cluster > 1) {
      attributes[1] = {};
      attributes[1].id = cudaLaunchAttributeClusterDimension;
      attributes[1].val.clusterDim = {static_cast<unsigned>(cluster), 1, 1};
    }
    config.gridDim = dim3(cluster);
    config.blockDim = dim3(threads);
    config.dynamicSmemBytes = shared_bytes;
    config.stream = stream;
    config.attrs = attributes.data();
    config.numAttrs = static_cast<unsigned>(attributes.size());
  }

  template <class Kernel>
  int resident_clusters(Kernel kernel) {
    cudaLaunchConfig_t alone = config;
    alone.attrs = attributes.data() + 1;
    alone.numAttrs -= 1;
    int clusters = 0;
    check(cudaOccupancyMaxActiveClusters(&clusters, kernel, &alone), "occupancy");
    return clusters;
  }
};

// Microseconds of a layer.
double time_layers(const Memory& memory, cudaStream_t stream, const std::function<void(int)>& launch_layer) {
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  for (int layer = 0; layer < kLayers; ++layer) launch_layer(layer);
  check(cudaStreamEndCapture(stream, &graph), "capture");
  check(cudaGraphInstantiate(&executable, graph, 0), "instantiate");
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "event");
  check(cudaEventCreate(&end), "event");
  float least = 1e30f;
  for (int replay = 0; replay < kReplays; ++replay) {
    check(cudaMemsetAsync(memory.head_ranges, 0, size_t(kLayers) * memory.rows * kHeads * 4, stream), "memset");
    check(cudaEventRecord(begin, stream), "record");
    check(cudaGraphLaunch(executable, stream), "launch");
    check(cudaEventRecord(end, stream), "record");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (cudaEventQuery(end) == cudaErrorNotReady) {
      if (std::chrono::steady_clock::now() > deadline) checks::abandon("bench", "still running after 5 seconds");
    }
    check(cudaEventSynchronize(end), "run");
    float milliseconds = 0.0f;
    check(cudaEventElapsedTime(&milliseconds, begin, end), "elapsed");
    if (replay > 0) least = std::min(least, milliseconds);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  return least * 1000.0 / kLayers;
}

struct Output {
  std::vector<signed char> codes;
  std::vector<float> scale;
};

Output output_of(const Memory& memory) {
  Output output;
  const size_t tokens = static_cast<size_t>(memory.batch.tokens());
  output.codes.resize(tokens * kHidden);
  output.scale.resize(tokens);
  check(cudaMemcpy(output.codes.data(), memory.codes, output.codes.size(), cudaMemcpyDeviceToHost), "cudaMemcpy");
  check(cudaMemcpy(output.scale.data(), memory.scale, 4 * tokens, cudaMemcpyDeviceToHost), "cudaMemcpy");
  check(cudaMemset(memory.codes, 0x55, size_t(memory.rows) * kHidden), "cudaMemset");
  check(cudaMemset(memory.scale, 0x55, size_t(memory.rows) * 4), "cudaMemset");
  return output;
}

template <class Gemm, class Attention_>
double time_pair(const Memory& memory, cudaStream_t stream, const char* name) {
  using Config = Attention_;
  using Attention = hopper::Attention<Config>;
  const auto gemm = entry<Gemm, 1, hopper::GemmArguments>;
  const auto attention = entry<Attention, Attention::kBlocksPerSm, hopper::AttentionArguments>;
  Launch gemm_launch(gemm, stream, Gemm::kThreads, Gemm::kSharedBytes, Gemm::kClusterSize);
  Launch attention_launch(attention, stream, Config::kThreads, Attention::kSharedBytes, Config::kClusterSize);
  using Work = typename Gemm::Work;
  const int tokens = memory.batch.tokens();
  const int units = (tokens + Work::kUnitRows - 1) / Work::kUnitRows * Work::kUnitsOfRows;
  gemm_launch.config.gridDim = dim3(std::min(units, 132 / Gemm::kClusterSize) * Gemm::kClusterSize);
  attention_launch.config.gridDim =
      dim3((tokens + Config::kQueryTile - 1) / Config::kQueryTile * Config::kBlocksPerTile);
  const double time = time_layers(memory, stream, [&](int layer) {
    hopper::GemmArguments linear{};
    linear.activations = platform::tensor_map(memory.activations, kHidden, memory.rows, Gemm::Tile::kM);
    linear.linear.token_count = memory.counts + 1;
    linear.linear.activation_scale = memory.activation_scale;
    linear.linear.weights = memory.weights[layer];
    linear.linear.weight_scale = memory.weight_scale;
    linear.linear.bias = memory.bias;
    linear.linear.output = memory.qkv;
    check(cudaLaunchKernelEx(&gemm_launch.config, gemm, linear), "gemm");
    hopper::AttentionArguments attend{};
    attend.qkv = platform::tensor_map(memory.qkv, 6 * kHidden, memory.rows, 64);
    attend.attention.qkv = memory.qkv;
    attend.attention.sequence_starts = memory.starts;
    attend.attention.sequence_count = memory.counts;
    attend.attention.token_count = memory.counts + 1;
    attend.attention.quantized = memory.quantized();
    check(cudaLaunchKernelEx(&attention_launch.config, attention, attend), "attention");
  });
  std::printf("  pair  %-44s %8.2f us\n", name, time);
  return time;
}

template <int kStages, WeightFlow kFlow, int kCluster>
void time_fused(const Memory& memory, cudaStream_t stream, double pair, const Output& expected) {
  using Kernel = hopper::QkvAttention<hopper::QkvAttentionConfig<kHeads, kHidden, Format, kStages, kFlow, kCluster>>;
  const auto kernel = entry<Kernel, 1, hopper::QkvAttentionArguments>;
  Launch launch(kernel, stream, Kernel::kThreads, Kernel::kSharedBytes, kCluster);
  constexpr int kBlocksOfSet = kHeads * kCluster;
  const int blocks = kCluster == 1 ? 132 : launch.resident_clusters(kernel) * kCluster;
  const int units = (static_cast<int>(memory.batch.tiles.size()) + kCluster - 1) / kCluster;
  launch.config.gridDim = dim3(std::min(blocks / kBlocksOfSet, units) * kBlocksOfSet);
  const double time = time_layers(memory, stream, [&](int layer) {
    hopper::QkvAttentionArguments arguments{};
    arguments.activations = platform::tensor_map(memory.activations, kHidden, memory.rows, Kernel::Tile::kM);
    arguments.tiles = memory.tiles;
    arguments.tile_count = memory.counts + 2;
    arguments.activation_scale = memory.activation_scale;
    arguments.weights = memory.weights[layer];
    arguments.weight_scale = memory.weight_scale;
    arguments.bias = memory.bias;
    arguments.head_ranges = memory.head_ranges + size_t(layer) * memory.rows * kHeads;
    arguments.quantized = memory.quantized();
    check(cudaLaunchKernelEx(&launch.config, kernel, arguments), "fused");
  });
  const Output found = output_of(memory);
  long long off_by_one = 0, wrong = 0, scales = 0;
  for (size_t i = 0; i < found.codes.size(); ++i) {
    const int distance = std::abs(found.codes[i] - expected.codes[i]);
    off_by_one += distance == 1, wrong += distance > 1;
  }
  for (size_t i = 0; i < found.scale.size(); ++i) {
    scales += !(std::fabs(found.scale[i] - expected.scale[i]) <= 2e-3f * expected.scale[i]);
  }
  char name[80];
  std::snprintf(name, sizeof name, "%d stages, weights %s, cluster %d, %d blocks", kStages,
                kFlow == WeightFlow::kStationary ? "stay" : "stream", kCluster, launch.config.gridDim.x);
  std::printf("  fused %-44s %8.2f us  %.2f of the pair, off by one %.6f, wrong %lld, scales %lld%s\n", name, time,
              time / pair, double(off_by_one) / double(found.codes.size()), wrong, scales,
              wrong + scales > 0 ? "  WRONG" : "");
  std::fflush(stdout);
}

template <int kM, int kN, int kStages, Schedule kSchedule, WeightFlow kFlow>
using QkvGemm = hopper::Gemm<Problem, hopper::WgmmaTile<kM, kN, kStages, kSchedule, kFlow>, RowScope::kPartial, 1,
                             mc::Epilogue<DequantizeWithBias<>, StoreF16>>;
template <int... kShape>
using Shape = hopper::AttentionConfig<kHeads, 64, AttentionOutput::kQuantized, Format, kShape...>;

void time_batch(int sequences, int length) {
  const Batch batch(sequences, length);
  const Memory memory(batch);
  cudaStream_t stream;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
  std::printf("%d x %d: %d tokens, %d tiles\n", sequences, length, batch.tokens(),
              static_cast<int>(batch.tiles.size()));
  double pair = 1e30;
  if constexpr (kHeads == 12) {
    using Wide = QkvGemm<64, 192, 6, Schedule::kThrees, WeightFlow::kStationary>;
    using Narrow = QkvGemm<64, 96, 6, Schedule::kThrees, WeightFlow::kStationary>;
    pair = std::min(pair, time_pair<Wide, Shape<1, 1, 3, 64, 2>>(memory, stream, "m64n192 kept, q64h1x3 k64"));
    pair = std::min(pair, time_pair<Wide, Shape<2, 1, 2, 64, 3>>(memory, stream, "m64n192 kept, q128h1x2 k64"));
    pair = std::min(pair, time_pair<Narrow, Shape<1, 2, 1, 128, 2>>(memory, stream, "m64n96 kept, q64h2x1 k128"));
  } else {
    using Wide = QkvGemm<128, 192, 5, Schedule::kCooperative, WeightFlow::kStreamed>;
    using Narrow = QkvGemm<128, 128, 6, Schedule::kPingPong, WeightFlow::kStreamed>;
    pair = std::min(pair, time_pair<Wide, Shape<1, 1, 2, 64, 2>>(memory, stream, "m128n192 together, q64h1x2 k64"));
    pair = std::min(pair, time_pair<Narrow, Shape<2, 1, 2, 64, 2>>(memory, stream, "m128n128 turns, q128h1x2 k64"));
    pair = std::min(pair, time_pair<Narrow, Shape<1, 2, 1, 128, 2>>(memory, stream, "m128n128 turns, q64h2x1 k128"));
  }
  const Output expected = output_of(memory);
  if constexpr (kHeads == 12) {
    time_fused<4, WeightFlow::kStationary, 1>(memory, stream, pair, expected);
    time_fused<3, WeightFlow::kStationary, 1>(memory, stream, pair, expected);
  }
  time_fused<3, WeightFlow::kStreamed, 1>(memory, stream, pair, expected);
  time_fused<3, WeightFlow::kStreamed, 2>(memory, stream, pair, expected);
  cudaStreamDestroy(stream);
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::pair<int, int>> batches = {{8, 128}, {32, 128}, {128, 128}, {250, 0}};
  if (count == 3) batches = {{std::atoi(words[1]), std::atoi(words[2])}};
  for (const auto& [sequences, length] : batches) time_batch(sequences, length);
  return 0;
}
