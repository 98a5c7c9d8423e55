// Times tiles of the warp-specialised GEMM for the four linear layers of a BERT encoder, with their real epilogues.
//
//   hopper_gemm_bench [M ...]          M: tokens; without them 256 1024 4096 12288 16384
//
// Compiled with MC_HIDDEN (768 or 1024) and MC_LAYER (0: qkv, 1: attention output, 2: MLP in, 3: MLP out, 4 and 5: the
// MLP with packed codes between them), because each candidate takes the compiler seconds; with MC_PLAIN too, the
// products are stored as FP16 and nothing more, which tells what the epilogue costs. MC_M, MC_N, MC_STAGES,
// MC_SCHEDULE, MC_FLOW, MC_SCOPE and MC_CLUSTER together name one candidate instead of the lists below, as do MC_N and
// MC_SPLIT one of split_k_gemm.cuh. A candidate is 20 launches in a graph, each dependent on the one before through
// programmatic launch, on weights of their own, so that they come from where they come from in a model. One line a
// candidate, best first: M, layer, tile, microseconds a launch, TOPS.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "mc/epilogue/steps.cuh"
#include "mc/hopper/gemm.cuh"
#include "mc/hopper/split_k_gemm.cuh"
#include "platform.h"
#include "tensor_map.h"

namespace {

using namespace mc;
using hopper::Schedule;
using hopper::WgmmaTile;

constexpr int kHidden = MC_HIDDEN, kInner = 4 * MC_HIDDEN, kLayer = MC_LAYER;
constexpr int kLaunches = 20, kLongest = 16384;
constexpr size_t kSlotWords = size_t(kLongest) * kInner / 64;  // RowScope::kGrid, of a launch

struct Epsilon {
  static constexpr float kValue = 1e-12f;
};

template <int kLayer_>
struct Layer;
template <>
struct Layer<0> {
  static constexpr const char* kName = "qkv";
  using Problem = GemmProblem<3 * kHidden, kHidden, Operand::kS8, Operand::kS8>;
  using Steps = mc::Epilogue<DequantizeWithBias<>, StoreF16>;
};
template <>
struct Layer<1> {
  static constexpr const char* kName = "attention_output";
  using Problem = GemmProblem<kHidden, kHidden, Operand::kS8, Operand::kS8>;
  using Steps = mc::Epilogue<DequantizeWithBias<>, Residual, LayerNormStep<float, Epsilon>, StoreF16,
                             QuantizeRows<QuantFormat<4, 8, false>>>;
};
template <>
struct Layer<2> {
  static constexpr const char* kName = "mlp_in";
  using Problem = GemmProblem<kInner, kHidden, Operand::kS8, Operand::kS8>;
  using Steps = mc::Epilogue<DequantizeWithBias<>, GeluQuantizeRows<GeluForm::kErfCoarse, QuantFormat<4, 8, false>>>;
};
template <>
struct Layer<3> {
  static constexpr const char* kName = "mlp_out";
  using Problem = GemmProblem<kHidden, kInner, Operand::kS8, Operand::kS8>;
  using Steps = Layer<1>::Steps;
};
// The same with packed codes between them.
template <>
struct Layer<4> {
  static constexpr const char* kName = "mlp_in_packed";
  using Problem = Layer<2>::Problem;
  using Steps = mc::Epilogue<DequantizeWithBias<>, GeluQuantizeRows<GeluForm::kErfCoarse, QuantFormat<4, 4, false>>>;
};
template <>
struct Layer<5> {
  static constexpr const char* kName = "mlp_out_packed";
  using Problem = GemmProblem<kHidden, kInner, Operand::kS4, Operand::kS8>;
  using Steps = Layer<1>::Steps;
};

using Problem = Layer<kLayer>::Problem;
constexpr bool kPacked = Problem::kForm == WeightForm::kInt8ForInt4;
#ifdef MC_PLAIN
constexpr bool kPlain = true;
using Steps = mc::Epilogue<Dequantize<>, StoreF16>;
#else
constexpr bool kPlain = false;
using Steps = Layer<kLayer>::Steps;
#endif

void check(cudaError_t error, const char* call) { platform::require(error, Layer<kLayer>::kName, call); }

template <class T>
T* allocate(size_t count, unsigned char fill = 0) {
  T* memory = nullptr;
  check(cudaMalloc(&memory, count * sizeof(T)), "cudaMalloc");
  check(cudaMemset(memory, fill, count * sizeof(T)), "cudaMemset");
  return memory;
}

// Random int4 codes, packed or a byte each; powers of tensor cores, and so clocks, depend on them.
void fill_codes(unsigned char* memory, size_t bytes, bool packed) {
  std::vector<unsigned char> host(bytes);
  unsigned long long state = 88172645463325252ull;
  for (unsigned char& byte : host) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    byte = static_cast<unsigned char>(state >> 40);
    if (!packed) byte = static_cast<unsigned char>((byte & 15 ^ 8) - 8);
  }
  check(cudaMemcpy(memory, host.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
}

struct Operands {
  unsigned char* activations = allocate<unsigned char>(size_t(kLongest) * Problem::kK);
  unsigned char* weights[kLaunches];
  float* scales = allocate<float>(kLongest + Problem::kN, 0x3d);  // 0.046, so that GELU has inputs of about 1
  float* bias = allocate<float>(Problem::kN);
  Half* residual = allocate<Half>(size_t(kLongest) * Problem::kN);
  float* norm = allocate<float>(2 * Problem::kN, 0x3e);
  Half* output = allocate<Half>(size_t(kLongest) * Problem::kN);
  unsigned char* codes = allocate<unsigned char>(size_t(kLongest) * Problem::kN);
  float* code_scales = allocate<float>(kLongest);
  unsigned* slots = allocate<unsigned>(kLaunches * kSlotWords);
  int* token_count = allocate<int>(1);

  Operands() {
    using Weights = hopper::WeightTiles<Operand::kS8, Problem::kN, Problem::kK>;
    fill_codes(activations, size_t(kLongest) * Problem::kRowBytes, kPacked);
    for (auto& weight : weights) {
      weight = allocate<unsigned char>(Weights::kBytes);
      fill_codes(weight, Weights::kBytes, false);
    }
  }

  mc::GemmArguments arguments(int launch) const {
    mc::GemmArguments result{};
    result.token_count = token_count;
    result.activation_scale = scales;
    result.weight_scale = scales + kLongest;
    result.weights = weights[launch];
    result.bias = bias;
    result.residual = residual;
    result.gamma = norm;
    result.beta = norm + Problem::kN;
    result.output = output;
    result.quantized = {codes, code_scales, nullptr, nullptr, 1.0f, 0.0f, 1.0f, 0};
    result.row_slots = slots + launch * kSlotWords;
    return result;
  }
};

struct Timing {
  std::string name;
  float microseconds;
};

constexpr const char* kNames[] = {"together", "pingpong", "pairs", "threes", "fours"};

template <class Gemm>
__global__ void __launch_bounds__(Gemm::kThreads, 1) kernel(const __grid_constant__ hopper::GemmArguments arguments) {
  Gemm::run(arguments);
}

// Persistent blocks, as many as run at a time, or one for each part of a tile.
template <class Gemm>
dim3 grid_of(int tokens, int clusters_at_a_time) {
  if constexpr (requires { typename Gemm::Work; }) {
    const int units = (tokens + Gemm::Work::kUnitRows - 1) / Gemm::Work::kUnitRows * Gemm::Work::kUnitsOfRows;
    return dim3(std::min(units, clusters_at_a_time) * Gemm::kClusterSize);
  } else {
    return dim3((tokens + Gemm::Tile::kM - 1) / Gemm::Tile::kM * (Problem::kN / Gemm::Tile::kN) * Gemm::kClusterSize);
  }
}

template <class Gemm>
Timing measure(const std::string& name, const Operands& operands, int tokens, cudaStream_t stream) {
  const auto entry = kernel<Gemm>;
  check(cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize, Gemm::kSharedBytes), "shared memory");
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeClusterDimension;
  attributes[0].val.clusterDim = {Gemm::kClusterSize, 1, 1};
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.blockDim = dim3(Gemm::kThreads);
  config.dynamicSmemBytes = Gemm::kSharedBytes;
  config.stream = stream;
  config.attrs = attributes;
  config.numAttrs = 1;
  config.gridDim = dim3(Gemm::kClusterSize);
  int resident = 0;
  check(cudaOccupancyMaxActiveClusters(&resident, entry, &config), "occupancy");
  config.gridDim = grid_of<Gemm>(tokens, resident);
  config.numAttrs = 2;

  cudaGraph_t graph;
  cudaGraphExec_t executable;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  for (int launch = 0; launch < kLaunches; ++launch) {
    hopper::GemmArguments arguments{};
    arguments.linear = operands.arguments(launch);
    arguments.activations =
        platform::tensor_map(operands.activations, Problem::kRowBytes, tokens, Gemm::Tile::kM, kPacked ? 64 : 128);
    check(cudaLaunchKernelEx(&config, entry, arguments), name.c_str());
  }
  check(cudaStreamEndCapture(stream, &graph), "capture");
  check(cudaGraphInstantiate(&executable, graph, 0), "instantiate");
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "event");
  check(cudaEventCreate(&end), "event");
  float best = 1e30f;
  for (int run = 0; run < 5; ++run) {  // the first warms up
    check(cudaMemsetAsync(operands.slots, 0, kLaunches * kSlotWords * 4, stream), "memset");
    check(cudaEventRecord(begin, stream), "record");
    check(cudaGraphLaunch(executable, stream), "launch");
    check(cudaEventRecord(end, stream), "record");
    while (cudaEventQuery(end) == cudaErrorNotReady) {
    }
    check(cudaEventSynchronize(end), name.c_str());
    float milliseconds = 0.0f;
    check(cudaEventElapsedTime(&milliseconds, begin, end), "elapsed");
    if (run > 0) best = std::min(best, milliseconds);
  }
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  return {name, best * 1000.0f / kLaunches};
}

template <RowScope kScope, int kCluster, class Tile>
Timing measure_tile(const Operands& operands, int tokens, cudaStream_t stream) {
  using Gemm = hopper::Gemm<Problem, Tile, kScope, kCluster, Steps>;
  char name[80];
  std::snprintf(name, sizeof name, "%s_m%d_n%d_s%d_c%d%s%s", kNames[static_cast<int>(Tile::kSchedule)], Tile::kM,
                Tile::kN, Tile::kStages, kCluster, Tile::kStationary ? "_kept" : "",
                kScope == RowScope::kGrid ? "_grid" : "");
  return measure<Gemm>(name, operands, tokens, stream);
}

// Divided inputs, which need all blocks on the chip at once.
template <int kN, int kSplit>
void measure_split(const Operands& operands, int tokens, cudaStream_t stream, std::vector<Timing>& timings) {
  using Gemm = hopper::SplitKGemm<Problem, hopper::SplitKTile<kN, kSplit>, RowScope::kGrid, Steps>;
  const std::string name = "split_m64_n" + std::to_string(kN) + "_k" + std::to_string(kSplit) + "_grid";
  if (grid_of<Gemm>(tokens, 0).x <= 132) timings.push_back(measure<Gemm>(name, operands, tokens, stream));
}

template <RowScope kScope, int kCluster, class... Tiles>
void measure_all(const Operands& operands, int tokens, cudaStream_t stream, std::vector<Timing>& timings) {
  (timings.push_back(measure_tile<kScope, kCluster, Tiles>(operands, tokens, stream)), ...);
}

template <int kM, int kN, int kStages>
using Turns = WgmmaTile<kM, kN, kStages, Schedule::kPingPong>;
template <int kM, int kN, int kStages>
using Together = WgmmaTile<kM, kN, kStages, Schedule::kCooperative>;

template <int kM, int kN, int kStages>
using Pairs = WgmmaTile<kM, kN, kStages, Schedule::kPairs>;

std::vector<Timing> measure_layer(const Operands& operands, int tokens, cudaStream_t stream) {
  std::vector<Timing> timings;
#ifdef MC_SPLIT
  measure_split<MC_N, MC_SPLIT>(operands, tokens, stream, timings);
#elif defined(MC_M)
  using One = WgmmaTile<MC_M, MC_N, MC_STAGES, Schedule::MC_SCHEDULE, hopper::WeightFlow::MC_FLOW>;
  measure_all<RowScope::MC_SCOPE, MC_CLUSTER, One>(operands, tokens, stream, timings);
#else
  if constexpr (kPacked) {
    constexpr RowScope kScope = kPlain ? RowScope::kPartial : RowScope::kGrid;
    measure_all<kScope, 1, Turns<128, 128, 8>, Together<128, 256, 4>>(operands, tokens, stream, timings);
    measure_all<kScope, 2, Turns<128, 128, 8>>(operands, tokens, stream, timings);
    if constexpr (kHidden == 768) {
      measure_all<kScope, 1, Turns<64, 192, 6>, Together<128, 192, 6>>(operands, tokens, stream, timings);
      measure_all<kScope, 2, Turns<64, 192, 6>, Turns<64, 256, 6>>(operands, tokens, stream, timings);
    } else {
      measure_all<kScope, 2, Turns<64, 256, 4>>(operands, tokens, stream, timings);
    }
  } else if constexpr (kPlain || kLayer % 2 == 0) {
    constexpr RowScope kScope = kPlain || kLayer == 0 ? RowScope::kPartial : RowScope::kGrid;
    measure_all<kScope, 1, Turns<64, 64, 8>, Turns<64, 128, 8>, Turns<128, 96, 7>, Turns<128, 128, 6>,
                Pairs<128, 96, 7>, Pairs<128, 128, 6>, Together<128, 192, 5>, Together<128, 256, 4>>(operands, tokens,
                                                                                                     stream, timings);
    if (tokens >= 1024) {
      measure_all<kScope, 2, Turns<64, 256, 5>, Turns<128, 128, 6>, Pairs<128, 128, 6>>(operands, tokens, stream,
                                                                                        timings);
    }
  } else if constexpr (kHidden == 768) {
    constexpr RowScope kScope = RowScope::kCluster;
    measure_all<kScope, 8, Turns<64, 96, 10>, Turns<128, 96, 6>, Pairs<128, 96, 6>>(operands, tokens, stream, timings);
    measure_all<kScope, 6, Turns<64, 128, 8>, Pairs<128, 128, 5>>(operands, tokens, stream, timings);
    measure_all<kScope, 4, Turns<64, 192, 6>>(operands, tokens, stream, timings);
    measure_all<kScope, 3, Turns<64, 256, 5>, Together<128, 256, 4>>(operands, tokens, stream, timings);
  } else {
    constexpr RowScope kScope = RowScope::kCluster;
    measure_all<kScope, 8, Turns<64, 128, 8>, Turns<128, 128, 6>, Pairs<128, 128, 5>>(operands, tokens, stream,
                                                                                      timings);
    measure_all<kScope, 4, Turns<64, 256, 5>, Together<128, 256, 4>>(operands, tokens, stream, timings);
  }
#endif
  std::sort(timings.begin(), timings.end(),
            [](const Timing& a, const Timing& b) { return a.microseconds < b.microseconds; });
  return timings;
}

}  // namespace

int main(int count, char** values) {
  std::vector<int> sizes = {256, 1024, 4096, 12288, 16384};
  if (count > 1) sizes.clear();
  for (int i = 1; i < count; ++i) sizes.push_back(std::min(std::atoi(values[i]), kLongest));
  cudaStream_t stream;
  check(cudaStreamCreate(&stream), "stream");
  const Operands operands;
  for (int tokens : sizes) {
    check(cudaMemcpy(operands.token_count, &tokens, 4, cudaMemcpyHostToDevice), "token count");
    for (const Timing& timing : measure_layer(operands, tokens, stream)) {
      const double operations = 2.0 * tokens * Problem::kN * Problem::kK;
      std::printf("m %5d h %4d %-16s %-32s %8.2f us %7.0f TOPS\n", tokens, kHidden, Layer<kLayer>::kName,
                  timing.name.c_str(), timing.microseconds, operations / timing.microseconds * 1e-6);
    }
    std::fflush(stdout);
  }
  return 0;
}
