// Times an MLP whose first product stores fp32 values and whose second one quantizes them, with K divided among the
// blocks of a cluster (mc/hopper/split_gemm.cuh), against kernels that exchange each row's range
// (mc/hopper/resident_gemm.cuh), as a model runs them: a captured graph of 12 BERT-base layers joined by programmatic
// dependent launch. Both must agree on what they compute.
//
//   nvcc -std=c++20 -O2 --expt-relaxed-constexpr -gencode arch=compute_90a,code=sm_90a -I native/include -I
//   native/tests
//        native/tests/device/split_gemm_bench.cu -o split_gemm_bench && ./split_gemm_bench
//
// Prints microseconds: the median of 21 samples of 20 graph launches each.
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "checks/numbers.h"
#include "dependent_graph.h"
#include "mc/epilogue/steps.cuh"
#include "mc/hopper/resident_gemm.cuh"
#include "mc/hopper/split_gemm.cuh"

namespace {

using bench::DependentKernel;
using bench::memory;
using bench::require;
using mc::GemmProblem;
using mc::Operand;
using mc::RowScope;
using mc::hopper::CodesOfRows;
using mc::hopper::ResidentGemm;
using mc::hopper::ResidentTile;
using mc::hopper::SplitGemm;
using mc::hopper::SplitTile;
using mc::hopper::ValuesOfRows;

constexpr int kLayers = 12, kHidden = 768, kMlp = 3072, kMaxTokens = 512;

struct Epsilon {
  static constexpr float kValue = 1e-12f;
};

using Codes = mc::QuantizeRows<mc::QuantFormat<4, 8, false>>;
using Store = mc::Epilogue<mc::DequantizeWithBias<>, mc::StoreF16>;
using Norm =
    mc::Epilogue<mc::DequantizeWithBias<>, mc::Residual, mc::LayerNormStep<mc::Half, Epsilon>, mc::StoreF16, Codes>;
using Gelu = mc::Epilogue<mc::DequantizeWithBias<>, mc::Gelu<mc::GeluForm::kErf>, Codes>;

template <int kN, int kK>
using Problem = GemmProblem<kN, kK, Operand::kS8, Operand::kS4>;
template <class Tile>
using Qkv = ResidentGemm<Problem<3 * kHidden, kHidden>, Tile, RowScope::kPartial, 1, Store>;
template <class Tile, int kCluster>
using Output = ResidentGemm<Problem<kHidden, kHidden>, Tile, RowScope::kCluster, kCluster, Norm>;
template <class Tile, int kCluster>
using Up =
    ResidentGemm<Problem<kMlp, kHidden>, Tile, kCluster == 1 ? RowScope::kGrid : RowScope::kCluster, kCluster, Gelu>;
template <class Tile>
using UpValues = ResidentGemm<
    Problem<kMlp, kHidden>, Tile, RowScope::kPartial, 1,
    mc::Epilogue<mc::DequantizeWithBias<>, mc::Gelu<mc::GeluForm::kErf>, mc::StoreF32, mc::StoreRangeParts>>;
template <int kSplitN, int kSplitK, int kWarpsN, int kWarpsK, int kEpilogue, int kParts, int kTileM = 16>
using SplitDown = SplitGemm<Problem<kHidden, kMlp>,
                            SplitTile<Problem<kHidden, kMlp>, kTileM, kSplitN, kSplitK, kWarpsN, kWarpsK, kEpilogue>,
                            ValuesOfRows<mc::QuantFormat<4, 8, false>, kParts>, Norm>;
template <int kSplitN, int kSplitK, int kWarpsN, int kWarpsK, int kEpilogue, int kTileM = 16>
using SplitOutput =
    SplitGemm<Problem<kHidden, kHidden>,
              SplitTile<Problem<kHidden, kHidden>, kTileM, kSplitN, kSplitK, kWarpsN, kWarpsK, kEpilogue>,
              CodesOfRows<4>, Norm>;
template <class Tile, int kCluster>
using Down = ResidentGemm<Problem<kHidden, kMlp>, Tile, RowScope::kCluster, kCluster, Norm>;

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads, 1) entry(const __grid_constant__ mc::GemmArguments arguments) {
  Kernel::run(arguments);
}

__global__ void nothing() {
  mc::dependency_release();
  mc::dependency_wait();
}

// Kernels take the bytes for codes and FP16 numbers near 0.
struct Buffers {
  int* token_count = memory<int>(1, 0);
  unsigned char* hidden_codes = memory<unsigned char>(kMaxTokens * kHidden, 1);
  unsigned char* context_codes = memory<unsigned char>(kMaxTokens * kHidden, 2);
  unsigned char* mlp_codes = memory<unsigned char>(kMaxTokens * kMlp, 1);
  float* hidden_scale = memory<float>(kMaxTokens, 0x3c);
  float* context_scale = memory<float>(kMaxTokens, 0x3c);
  float* mlp_scale = memory<float>(kMaxTokens, 0x3c);
  mc::Half* hidden = memory<mc::Half>(kMaxTokens * kHidden, 0x2c);
  mc::Half* attended = memory<mc::Half>(kMaxTokens * kHidden, 0x2c);
  mc::Half* qkv = memory<mc::Half>(kMaxTokens * 3 * kHidden, 0);
  float* mlp_values = memory<float>(kMaxTokens * kMlp, 0);
  float* range_parts = memory<float>(kMaxTokens * 256, 0);
  float* vector = memory<float>(kMlp, 0x3c);
  mc::Half* gamma = memory<mc::Half>(kHidden, 0x3c);
  // RowScope::kGrid: slots of each layer's launch, cleared when a graph starts.
  static constexpr size_t kSlotWords = size_t(kMaxTokens) * kMlp / 32;  // of a launch, a word for each tile of 32
  unsigned* slots = memory<unsigned>(2 * kLayers * kSlotWords, 0);
  std::vector<unsigned char*> weights[4];

  Buffers() {
    const int bytes[] = {3 * kHidden * kHidden / 2, kHidden * kHidden / 2, kMlp * kHidden / 2, kMlp * kHidden / 2};
    for (int part = 0; part < 4; ++part) {
      for (int layer = 0; layer < kLayers; ++layer)
        weights[part].push_back(memory<unsigned char>(bytes[part], 0x17 + layer));
    }
  }

  // part: 0 QKV, 1 attention output, 2 MLP intermediate, 3 MLP output. launch: of this part in a graph.
  // 4 and 5: MLP intermediate and output with values between them.
  mc::GemmArguments arguments(int part, int launch) const {
    const bool values = part > 3;
    if (values) part -= 2;
    const int layer = launch % kLayers;
    mc::GemmArguments result{};
    result.row_slots = slots + launch * kSlotWords;
    result.token_count = token_count;
    result.activations = part == 1 ? context_codes : part == 3 ? mlp_codes : hidden_codes;
    result.activation_scale = part == 1 ? context_scale : part == 3 ? mlp_scale : hidden_scale;
    result.weights = weights[part][layer];
    result.weight_scale = vector, result.bias = vector;
    result.gamma = gamma, result.beta = gamma;
    result.residual = part == 1 ? hidden : attended;
    result.output = part == 0 ? qkv : part == 1 ? attended : hidden;
    result.quantized.codes = part == 2 ? mlp_codes : hidden_codes;
    result.quantized.scale = part == 2 ? mlp_scale : hidden_scale;
    if (values) {
      result.range_parts = range_parts;
      if (part == 2) result.output = mlp_values;
      if (part == 3) result.activations = mlp_values;
    }
    return result;
  }
};

struct Variant {
  int part;
  std::string name;
  std::function<void(cudaStream_t, int launch, int tokens)> launch;
};

template <class Kernel>
Variant variant(const Buffers& buffers, int part, std::string name) {
  using Tile = typename Kernel::Tile;
  const DependentKernel kernel = {reinterpret_cast<const void*>(entry<Kernel>), Kernel::kThreads, Kernel::kSharedBytes,
                                  Kernel::View::kClusterSize};
  bench::prepare(kernel, ("part " + std::to_string(part) + "  " + name).c_str());
  const int columns = Kernel::Problem::kN / Tile::kTileN;
  return {part, name, [=, &buffers](cudaStream_t stream, int launch, int tokens) {
            const dim3 grid(columns, (tokens + Tile::kTileM - 1) / Tile::kTileM);
            bench::launch(stream, kernel, grid, buffers.arguments(part, launch));
          }};
}

// What a graph starts with. The kernel stands between because no programmatic dependency leads from a memory operation.
void clear_slots(cudaStream_t stream, const Buffers& buffers) {
  require(cudaMemsetAsync(buffers.slots, 0, 2 * kLayers * Buffers::kSlotWords * sizeof(unsigned), stream), "memset");
  nothing<<<1, 32, 0, stream>>>();
}

// Random numbers of the sizes that a model has.
template <class T, class Number>
void put(T* target, size_t count, Number&& number) {
  std::vector<T> host(count);
  for (T& element : host) element = number();
  require(cudaMemcpy(target, host.data(), count * sizeof(T), cudaMemcpyHostToDevice), "fill");
}

void fill_weights(const Buffers& buffers) {
  std::mt19937 random(2);
  const int bytes[] = {3 * kHidden * kHidden / 2, kHidden * kHidden / 2, kMlp * kHidden / 2, kMlp * kHidden / 2};
  for (int part = 0; part < 4; ++part) {
    for (unsigned char* weights : buffers.weights[part]) {
      put(weights, bytes[part], [&] { return static_cast<unsigned char>(random()); });
    }
  }
}

void fill(const Buffers& buffers) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  const auto half = [&](float value) { return mc::Half{checks::float_to_half(value)}; };
  const auto code = [&] { return static_cast<unsigned char>(static_cast<int>(random() % 15) - 7); };
  put(buffers.hidden_codes, kMaxTokens * kHidden, code);
  put(buffers.context_codes, kMaxTokens * kHidden, code);
  put(buffers.hidden_scale, kMaxTokens, [&] { return 0.2f + 0.1f * std::fabs(normal(random)); });
  put(buffers.context_scale, kMaxTokens, [&] { return 0.2f; });
  put(buffers.hidden, kMaxTokens * kHidden, [&] { return half(normal(random)); });
  put(buffers.attended, kMaxTokens * kHidden, [&] { return half(normal(random)); });
  put(buffers.vector, kMlp, [&] { return 0.005f + 0.002f * std::fabs(normal(random)); });
  put(buffers.gamma, kHidden, [&] { return half(1.0f + 0.1f * normal(random)); });
}

struct Outcome {
  std::vector<unsigned short> hidden;
  std::vector<signed char> codes;
};

// What kernels make of the random numbers, after one another.
Outcome outcome(cudaStream_t stream, const Buffers& buffers, int tokens, const std::vector<const Variant*>& kernels) {
  fill(buffers);
  clear_slots(stream, buffers);
  for (const Variant* kernel : kernels) kernel->launch(stream, 0, tokens);
  require(cudaStreamSynchronize(stream), "kernels");
  const bool output = kernels.back()->part == 1;
  Outcome result{std::vector<unsigned short>(tokens * kHidden), std::vector<signed char>(tokens * kHidden)};
  require(cudaMemcpy(result.hidden.data(), output ? buffers.attended : buffers.hidden, 2 * result.hidden.size(),
                     cudaMemcpyDeviceToHost),
          "copy");
  require(cudaMemcpy(result.codes.data(), buffers.hidden_codes, result.codes.size(), cudaMemcpyDeviceToHost), "copy");
  return result;
}

void compare(const char* what, const Outcome& found, const Outcome& expected) {
  float most = 0;
  int codes = 0, nonzero = 0;
  for (size_t i = 0; i < found.hidden.size(); ++i) {
    const float a = checks::half_to_float(found.hidden[i]);
    const float b = checks::half_to_float(expected.hidden[i]);
    most = std::fabs(a - b) <= most ? most : std::fabs(a - b);
    codes += found.codes[i] != expected.codes[i], nonzero += expected.codes[i] != 0;
  }
  std::printf("    %-40s largest difference %g, codes that differ %d of %zu (%d not 0)\n", what, most, codes,
              found.codes.size(), nonzero);
}

}  // namespace

int main() {
  const Buffers buffers;
  cudaStream_t stream;
  require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");

  fill_weights(buffers);
  std::vector<Variant> qkv = {
      variant<Qkv<ResidentTile<16, 48, 3, 4, 1>>>(buffers, 0, "16x48 w3x4"),
      variant<Qkv<ResidentTile<16, 48, 3, 2, 1>>>(buffers, 0, "16x48 w3x2"),
      variant<Qkv<ResidentTile<16, 48, 3, 1, 1>>>(buffers, 0, "16x48 w3x1"),
      variant<Qkv<ResidentTile<16, 96, 3, 2, 1>>>(buffers, 0, "16x96 w3x2"),
      variant<Qkv<ResidentTile<32, 96, 3, 2, 1>>>(buffers, 0, "32x96 w3x2"),
  };
  std::vector<Variant> output = {
      variant<Output<ResidentTile<16, 96, 3, 4, 1>, 8>>(buffers, 1, "16x96 c8"),
      variant<SplitOutput<4, 4, 12, 1, 6>>(buffers, 1, "4x4 w12x1"),
      variant<SplitOutput<4, 4, 6, 1, 3>>(buffers, 1, "4x4 w6x1"),
      variant<SplitOutput<4, 4, 6, 1, 6>>(buffers, 1, "4x4 w6x1 e6"),
      variant<SplitOutput<4, 4, 3, 1, 3>>(buffers, 1, "4x4 w3x1"),
      variant<SplitOutput<2, 4, 12, 1, 6>>(buffers, 1, "2x4 w12x1"),
      variant<SplitOutput<2, 4, 6, 1, 6>>(buffers, 1, "2x4 w6x1"),
      variant<SplitOutput<4, 4, 12, 1, 12, 32>>(buffers, 1, "32: 4x4 w12x1"),
  };
  std::vector<Variant> up48 = {
      variant<UpValues<ResidentTile<16, 48, 3, 4, 1>>>(buffers, 4, "16x48 w3x4"),
      variant<UpValues<ResidentTile<16, 48, 3, 2, 1>>>(buffers, 4, "16x48 w3x2"),
      variant<UpValues<ResidentTile<16, 48, 3, 1, 1>>>(buffers, 4, "16x48 w3x1"),
      variant<UpValues<ResidentTile<32, 48, 3, 2, 1>>>(buffers, 4, "32x48 w3x2"),
  };
  std::vector<Variant> up96 = {
      variant<UpValues<ResidentTile<16, 96, 3, 2, 1>>>(buffers, 4, "16x96 w3x2"),
      variant<UpValues<ResidentTile<16, 96, 6, 1, 1>>>(buffers, 4, "16x96 w6x1"),
      variant<UpValues<ResidentTile<32, 96, 3, 2, 1>>>(buffers, 4, "32x96 w3x2"),
      variant<UpValues<ResidentTile<32, 96, 3, 4, 1>>>(buffers, 4, "32x96 w3x4"),
  };
  const auto downs = [&]<int kParts>() {
    return std::vector<Variant>{
        variant<SplitDown<2, 8, 12, 1, 3, kParts>>(buffers, 5, "2x8 w12x1 e3"),
        variant<SplitDown<2, 8, 12, 1, 6, kParts>>(buffers, 5, "2x8 w12x1 e6"),
        variant<SplitDown<2, 8, 6, 1, 3, kParts>>(buffers, 5, "2x8 w6x1 e3"),
        variant<SplitDown<2, 8, 6, 1, 6, kParts>>(buffers, 5, "2x8 w6x1 e6"),
        variant<SplitDown<1, 16, 12, 1, 3, kParts>>(buffers, 5, "1x16 w12x1 e3"),
        variant<SplitDown<2, 4, 12, 1, 6, kParts>>(buffers, 5, "2x4 w12x1"),
        variant<SplitDown<2, 8, 12, 1, 6, kParts, 32>>(buffers, 5, "32: 2x8 w12x1"),
    };
  };
  std::vector<Variant> down48 = downs.operator()<64>(), down96 = downs.operator()<32>();
  std::vector<Variant> upc = {variant<Up<ResidentTile<16, 384, 12, 1, 1>, 8>>(buffers, 2, "16x384 c8")};
  std::vector<Variant> downc = {variant<Down<ResidentTile<16, 96, 3, 4, 4>, 8>>(buffers, 3, "16x96 c8")};

  for (int tokens : {17, 32, 64, 128}) {
    require(cudaMemcpy(buffers.token_count, &tokens, sizeof tokens, cudaMemcpyHostToDevice), "token count");
    std::printf("%d tokens\n", tokens);
    if (tokens == 17) {
      const Outcome expected = outcome(stream, buffers, tokens, {&upc[0], &downc[0]});
      for (const Variant& up : up48)
        compare(up.name.c_str(), outcome(stream, buffers, tokens, {&up, &down48[0]}), expected);
      for (const Variant& down : down48)
        compare(down.name.c_str(), outcome(stream, buffers, tokens, {&up48[0], &down}), expected);
      const Outcome attended = outcome(stream, buffers, tokens, {&output[0]});
      for (const Variant& kernel : output)
        compare(kernel.name.c_str(), outcome(stream, buffers, tokens, {&kernel}), attended);
      continue;
    }
    fill(buffers);
    const auto time = [&](const std::vector<const Variant*>& kernels) {
      const int layers = kernels.size() == 1 ? 2 * kLayers : kLayers;
      return bench::time_graph(stream, layers, [&] {
        clear_slots(stream, buffers);
        for (int layer = 0; layer < layers; ++layer) {
          for (const Variant* kernel : kernels) kernel->launch(stream, layer, tokens);
        }
      });
    };
    const auto alone = [&](const char* what, const std::vector<Variant>& kernels) {
      for (const Variant& kernel : kernels)
        std::printf("  %-7s %-16s %6.2f us\n", what, kernel.name.c_str(), time({&kernel}));
    };
    alone("qkv", qkv), alone("output", output), alone("up", up48), alone("up", up96), alone("down", down48),
        alone("up", upc), alone("down", downc);
    const Variant& q = qkv[0];
    const Variant& o = output[tokens == 128 ? 5 : 2];
    const auto pairs = [&](const std::vector<Variant>& ups, const std::vector<Variant>& downs) {
      for (const Variant& up : ups) {
        std::printf("  layer with %-16s and", up.name.c_str());
        for (const Variant& down : downs) std::printf("  %s %.2f", down.name.c_str(), time({&q, &o, &up, &down}));
        std::printf("\n");
      }
    };
    pairs(up48, down48), pairs(up96, down96), pairs(upc, downc);
    for (const Variant& of_qkv : qkv) {
      std::printf("  layer with qkv %-16s and output", of_qkv.name.c_str());
      for (const Variant& of_output : output) {
        const auto& up = tokens == 128 ? upc[0] : up48[0];
        const auto& down = tokens == 128 ? downc[0] : down48[0];
        std::printf("  %s %.2f", of_output.name.c_str(), time({&of_qkv, &of_output, &up, &down}));
      }
      std::printf("\n");
    }
  }
  return 0;
}
