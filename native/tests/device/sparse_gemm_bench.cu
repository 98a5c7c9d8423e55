// Times one linear part of a BERT-base layer (MC_PART) for many tokens, with its epilogue or (MC_STORE) with FP16
// stored alone: 2:4 sparse weights against the dense kernel on the same weights, whose outputs must be the same. Rates
// count the dense product's operations.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "checks/numbers.h"
#include "mc/epilogue/steps.cuh"
#include "mc/hopper/gemm.cuh"
#include "mc/hopper/sparse_gemm.cuh"
#include "platform.h"
#include "tensor_map.h"

namespace {

using mc::GemmProblem;
using mc::Operand;
using mc::RowScope;
using mc::hopper::Schedule;
using mc::hopper::SparseTile;
using mc::hopper::WeightFlow;
using mc::hopper::WgmmaTile;

constexpr int kPart = MC_PART;
constexpr const char* kNames[] = {"qkv", "attention output", "mlp in", "mlp out"};
constexpr int kN = kPart == 0 ? 2304 : kPart == 2 ? 3072 : 768;
constexpr int kK = kPart == 3 ? 3072 : 768;
#ifdef MC_STORE
constexpr bool kStore = true;
#else
constexpr bool kStore = false;
#endif
constexpr RowScope kScope = kStore || kPart == 0 ? RowScope::kPartial
                            : kPart == 2         ? RowScope::kGrid
                                                 : RowScope::kCluster;
constexpr int kMaxTokens = 16384, kLaunches = 20;

struct Epsilon {
  static constexpr float kValue = 1e-12f;
};
using Quantize = mc::QuantizeRows<mc::QuantFormat<4, 8, false>>;
template <int kIndex>
struct EpilogueOf {
  using Type = mc::Epilogue<mc::DequantizeWithBias<>, mc::Residual, mc::LayerNormStep<mc::Half, Epsilon>, mc::StoreF16,
                            Quantize>;
};
template <>
struct EpilogueOf<0> {
  using Type = mc::Epilogue<mc::DequantizeWithBias<>, mc::StoreF16>;
};
template <>
struct EpilogueOf<2> {
  using Type = mc::Epilogue<mc::DequantizeWithBias<>, mc::Gelu<mc::GeluForm::kErfCoarse>, Quantize>;
};
using Epilogue = EpilogueOf<kStore ? 0 : kPart>::Type;
using Problem = GemmProblem<kN, kK, Operand::kS8, Operand::kS8>;

template <int kTokens, int kGroups, int kTeams, int kStages, int kCluster, WeightFlow kFlow, int kMostOfPart>
using Sparse = mc::hopper::SparseGemm<Problem, SparseTile<kTokens, kGroups, kTeams, kStages, kFlow, kMostOfPart>,
                                      kScope, kCluster, Epilogue>;
template <int kM, int kTileN, int kStages, Schedule kSchedule, int kCluster, WeightFlow kFlow>
using Dense = mc::hopper::Gemm<Problem, WgmmaTile<kM, kTileN, kStages, kSchedule, kFlow>, kScope, kCluster, Epilogue>;

void require(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  std::printf("%s: %s\n", call, cudaGetErrorString(error));
  std::exit(1);
}
#define REQUIRE(call) require(call, #call)

template <class T>
T* upload(const std::vector<T>& values) {
  T* memory;
  REQUIRE(cudaMalloc(&memory, values.size() * sizeof(T)));
  REQUIRE(cudaMemcpy(memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  return memory;
}

template <class T>
std::vector<T> download(const void* memory, size_t count) {
  std::vector<T> values(count);
  REQUIRE(cudaMemcpy(values.data(), memory, count * sizeof(T), cudaMemcpyDeviceToHost));
  return values;
}

// Operands and outputs on the device. Weights in both orders.
struct Layer {
  Layer() {
    checks::Random random(7);
    std::vector<int> codes(size_t(kN) * kK);
    std::vector<unsigned char> tiles(Tiles::kBytes);
    std::vector<unsigned char> pairs(Pairs::kBytes);
    for (int n = 0; n < kN; ++n) {
      for (int k = 0; k < kK; k += 4) {
        const int first = random.between(0, 2), second = random.between(first + 1, 3);
        const mc::hopper::SparsePosition position = Pairs::position(n, k);
        const int places[] = {first, second};
        for (int i = 0; i < 2; ++i) {
          const unsigned char code = static_cast<unsigned char>(random.between(-8, 7));
          pairs[position.value + i] = code;
          tiles[Tiles::position(n, k + places[i])] = code;
        }
        pairs[position.metadata + position.shift / 8] |=
            static_cast<unsigned char>((first | second << 2) << position.shift % 8);
      }
    }
    sparse_weights = upload(pairs), dense_weights = upload(tiles);
    std::vector<unsigned char> a(size_t(kMaxTokens) * kK);
    for (size_t i = 0; i < a.size(); ++i) {
      a[i] = i < (1 << 20) ? static_cast<unsigned char>(random.between(-8, 7)) : a[i - (1 << 20) + i / (1 << 20)];
    }
    activations = upload(a);
    std::vector<float> floats(kMaxTokens);
    for (float& x : floats) x = random.real(0.001f, 0.02f);
    linear.activation_scale = upload(floats), linear.weight_scale = upload(floats), linear.bias = upload(floats);
    std::vector<mc::Half> halves(size_t(kMaxTokens) * kN);
    for (size_t i = 0; i < halves.size(); ++i)
      halves[i] = {checks::float_to_half(static_cast<float>(i % 977) / 500.0f - 1.0f)};
    linear.residual = upload(halves), linear.gamma = upload(halves), linear.beta = upload(halves);
    linear.output = upload(halves);
    linear.quantized.codes = upload(std::vector<unsigned char>(halves.size()));
    linear.quantized.scale = upload(floats);
    REQUIRE(cudaMalloc(&slots, slot_words() * 4));
    REQUIRE(cudaMalloc(&token_count, 4));
    linear.token_count = token_count;
  }

  // Of each launch: two ends a row, and counters.
  static size_t slot_words_of_launch() { return size_t(kMaxTokens) * kN / 64; }
  static size_t slot_words() { return kLaunches * slot_words_of_launch(); }

  using Tiles = mc::hopper::WeightTiles<Operand::kS8, kN, kK>;
  using Pairs = mc::hopper::SparseWeights<kN, kK>;
  unsigned char *sparse_weights, *dense_weights, *activations;
  unsigned* slots;
  int* token_count;
  mc::GemmArguments linear{};
};

struct Outputs {
  std::vector<unsigned short> values;
  std::vector<signed char> codes;
  std::vector<float> scales;
};

struct Candidate {
  std::string name;
  double microseconds = 0;
};

template <class Kernel>
Candidate measure(const std::string& name, Layer& layer, const void* weights, int tokens, int box_rows, long long units,
                  Outputs& outputs) {
  const auto kernel = platform::entry<Kernel, Kernel::kThreads, mc::hopper::GemmArguments>;
  constexpr int kCluster = Kernel::kClusterSize;
  REQUIRE(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, Kernel::kSharedBytes));
  cudaStream_t stream;
  REQUIRE(cudaStreamCreate(&stream));
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeClusterDimension;
  attributes[0].val.clusterDim = {kCluster, 1, 1};
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(kCluster, 1, 1);
  config.blockDim = dim3(Kernel::kThreads, 1, 1);
  config.dynamicSmemBytes = Kernel::kSharedBytes;
  config.attrs = attributes;
  config.numAttrs = 1;
  config.stream = stream;
  int clusters = 0;
  REQUIRE(cudaOccupancyMaxActiveClusters(&clusters, kernel, &config));
  clusters = static_cast<int>(std::min<long long>(clusters, units));
  config.gridDim.x = static_cast<unsigned>(clusters * kCluster);
  config.numAttrs = 2;

  mc::hopper::GemmArguments arguments{};
  arguments.linear = layer.linear;
  arguments.linear.weights = weights;
  arguments.activations = platform::tensor_map(layer.activations, kK, kMaxTokens, box_rows);
  REQUIRE(cudaMemcpy(layer.token_count, &tokens, 4, cudaMemcpyHostToDevice));
  REQUIRE(cudaMemset(layer.linear.output, 0xff, size_t(kMaxTokens) * kN * 2));
  REQUIRE(cudaMemset(layer.linear.quantized.codes, 0x55, size_t(kMaxTokens) * kN));

  cudaGraph_t graph;
  cudaGraphExec_t run;
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < kLaunches; ++i) {
    arguments.linear.row_slots = layer.slots + i * Layer::slot_words_of_launch();
    REQUIRE(cudaLaunchKernelEx(&config, kernel, arguments));
  }
  REQUIRE(cudaStreamEndCapture(stream, &graph));
  REQUIRE(cudaGraphInstantiate(&run, graph, 0));
  cudaEvent_t begin, end;
  REQUIRE(cudaEventCreate(&begin));
  REQUIRE(cudaEventCreate(&end));
  std::vector<float> times;
  for (int repeat = 0; repeat < 6; ++repeat) {
    REQUIRE(cudaMemsetAsync(layer.slots, 0, Layer::slot_words() * 4, stream));
    REQUIRE(cudaEventRecord(begin, stream));
    REQUIRE(cudaGraphLaunch(run, stream));
    REQUIRE(cudaEventRecord(end, stream));
    platform::finish_launch(name);
    REQUIRE(cudaStreamSynchronize(stream));
    float milliseconds;
    REQUIRE(cudaEventElapsedTime(&milliseconds, begin, end));
    if (repeat > 0) times.push_back(milliseconds * 1000.0f / kLaunches);
  }
  std::sort(times.begin(), times.end());
  const double time = times[times.size() / 2];
  outputs.values = download<unsigned short>(layer.linear.output, size_t(tokens) * kN);
  outputs.codes = download<signed char>(layer.linear.quantized.codes, size_t(tokens) * kN);
  outputs.scales = download<float>(layer.linear.quantized.scale, static_cast<size_t>(tokens));
  std::printf("  %-44s %4d blocks  %8.2f us  %7.1f TOPS", name.c_str(), clusters * kCluster, time,
              2.0 * tokens * kN * kK / time * 1e-6);
  REQUIRE(cudaGraphExecDestroy(run));
  REQUIRE(cudaGraphDestroy(graph));
  REQUIRE(cudaStreamDestroy(stream));
  return {name, time};
}

// Prints how many outputs differ, and by how much codes do.
void compare(const Outputs& found, const Outputs& expected) {
  long long values = 0, codes = 0, far = 0, scales = 0;
  for (size_t i = 0; i < found.values.size(); ++i) values += found.values[i] != expected.values[i];
  for (size_t i = 0; i < found.codes.size(); ++i) {
    const int difference = std::abs(found.codes[i] - expected.codes[i]);
    codes += difference != 0, far += difference > 1;
  }
  for (size_t i = 0; i < found.scales.size(); ++i) scales += found.scales[i] != expected.scales[i];
  std::printf("  differ: %lld values, %lld codes (%lld by more than one), %lld scales of %zu x %d\n", values, codes,
              far, scales, found.scales.size(), kN);
}

struct Bench {
  Layer& layer;
  int tokens;
  Outputs reference{};
  Candidate best_dense{}, best_sparse{};

  static void keep(Candidate& best, const Candidate& other) {
    if (best.microseconds == 0 || other.microseconds < best.microseconds) best = other;
  }

  template <int kM, int kTileN, int kStages, Schedule kSchedule, int kCluster, WeightFlow kFlow = WeightFlow::kStreamed>
  void dense() {
    using Kernel = Dense<kM, kTileN, kStages, kSchedule, kCluster, kFlow>;
    const std::string name = "dense " + std::to_string(kM) + "x" + std::to_string(kTileN) +
                             (kSchedule == Schedule::kPingPong ? " ping-pong"
                              : kSchedule == Schedule::kPairs  ? " pairs"
                              : kSchedule == Schedule::kThrees ? " threes"
                              : kSchedule == Schedule::kFours  ? " fours"
                                                               : " cooperative") +
                             (kFlow == WeightFlow::kStationary ? ", kept" : "") + ", cluster " +
                             std::to_string(kCluster);
    const long long units =
        (tokens + Kernel::Work::kUnitRows - 1) / Kernel::Work::kUnitRows * Kernel::Work::kUnitsOfRows;
    Outputs outputs;
    keep(best_dense, measure<Kernel>(name, layer, layer.dense_weights, tokens, kM, units, outputs));
    if (reference.values.empty()) reference = outputs;
    compare(outputs, reference);
  }

  template <int kTokens, int kGroups, int kTeams, int kStages, int kCluster, WeightFlow kFlow = WeightFlow::kStreamed,
            int kMostOfPart = 64>
  void sparse() {
    using Kernel = Sparse<kTokens, kGroups, kTeams, kStages, kCluster, kFlow, kMostOfPart>;
    const std::string name = "sparse " + std::to_string(kTokens) + "x" + std::to_string(128 * kGroups) +
                             (kTeams > 1 ? ", two teams" : ", one team") + ", " + std::to_string(kStages) +
                             " stages, cluster " + std::to_string(kCluster) +
                             (kFlow == WeightFlow::kStationary ? ", kept" : "") + ", parts of " +
                             std::to_string(Kernel::kPart);
    const long long units = (tokens + kTokens - 1) / kTokens * Kernel::kGroupsN;
    Outputs outputs;
    keep(best_sparse, measure<Kernel>(name, layer, layer.sparse_weights, tokens, Kernel::kBoxRows, units, outputs));
    compare(outputs, reference);
  }

  void run() {
    std::printf("%s%s, M %d N %d K %d\n", kNames[kPart], kStore ? ", FP16 stored" : "", tokens, kN, kK);
    constexpr auto kTurns = Schedule::kPingPong;
    constexpr auto kTogether = Schedule::kCooperative;
    constexpr auto kInThrees = Schedule::kThrees;
    constexpr auto kInFours = Schedule::kFours;
    constexpr auto kStreamed = WeightFlow::kStreamed, kKept = WeightFlow::kStationary;
    if constexpr (kScope == RowScope::kPartial && kK == 768) {
      dense<64, 192, 6, kInThrees, 1, kKept>();
      dense<64, 192, 6, kTurns, 1, kKept>();
      sparse<64, 2, 2, 6, 1, kKept>();
      sparse<128, 1, 2, 6, 1, kKept>();
      sparse<192, 1, 2, 6, 2, kKept>();
      sparse<160, 1, 2, 6, 2, kKept>();
      sparse<192, 1, 2, 6, 2>();
      sparse<160, 1, 2, 6, 2>();
      sparse<192, 2, 1, 4, 1>();
      sparse<128, 2, 1, 6, 1>();
    } else if constexpr (kScope == RowScope::kPartial) {
      dense<128, 128, 6, kTurns, 2>();
      dense<128, 256, 4, kTogether, 1>();
      sparse<192, 2, 1, 4, 1>();
      sparse<160, 2, 1, 5, 1>();
      sparse<160, 1, 2, 6, 2>();
    } else if constexpr (kPart == 2) {
      dense<64, 192, 6, kInThrees, 1, kKept>();
      sparse<64, 2, 2, 6, 1, kKept>();
      sparse<64, 2, 2, 6, 1, kKept, 32>();
      sparse<48, 2, 2, 12, 1, kKept>();
      sparse<144, 2, 1, 5, 2>();
      sparse<128, 2, 1, 5, 2>();
    } else if constexpr (kK == 768) {
      dense<64, 96, 6, kInFours, 8, kKept>();
      sparse<64, 2, 2, 6, 3, kKept>();
      sparse<64, 2, 2, 6, 3, kKept, 32>();
      sparse<48, 2, 2, 12, 3, kKept>();
      sparse<48, 2, 2, 6, 3>();
    } else {
      dense<64, 192, 6, kTurns, 4>();
      sparse<144, 2, 1, 4, 3>();
      sparse<144, 2, 1, 4, 3, kStreamed, 144>();
      sparse<64, 2, 2, 6, 3>();
      sparse<64, 2, 2, 6, 3, kStreamed, 32>();
      sparse<96, 3, 1, 4, 2>();
    }
    std::printf("%s, M %d: best sparse %.2f us (%.0f TOPS), best dense %.2f us, ratio %.3f\n\n", kNames[kPart], tokens,
                best_sparse.microseconds, 2.0 * tokens * kN * kK / best_sparse.microseconds * 1e-6,
                best_dense.microseconds, best_dense.microseconds / best_sparse.microseconds);
    std::fflush(stdout);
  }
};

}  // namespace

// Arguments: token counts; without them 16384 and 4096.
int main(int count, char** arguments) {
  Layer layer;
  std::vector<int> sizes;
  for (int i = 1; i < count; ++i) sizes.push_back(std::atoi(arguments[i]));
  if (sizes.empty()) sizes = {16384, 4096};
  for (int tokens : sizes) Bench{layer, tokens}.run();
  return 0;
}
