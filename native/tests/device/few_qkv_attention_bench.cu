// Times the QKV projection and attention of few tokens in one kernel (mc/hopper/few_qkv_attention.cuh), with an
// attention output that quantizes its values (mc/hopper/split_gemm.cuh), against the three kernels that they replace,
// as a model runs them: a captured graph of 12 layers joined by programmatic dependent launch, with the MLP behind and
// without it. All must agree on what they compute.
//
// Compiled with MC_HEADS, 12 or 16 (BERT-base or -large), and MC_BITS of weights and activations: 4, or 8 with 12
// heads.
//
//   nvcc -std=c++20 -O2 --expt-relaxed-constexpr -gencode arch=compute_90a,code=sm_90a -I native/include
//        -I native/tests -I native/tests/device -DMC_HEADS=12 -DMC_BITS=4
//        native/tests/device/few_qkv_attention_bench.cu -o few_qkv_attention_bench && ./few_qkv_attention_bench
//
// Prints microseconds a layer.
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
#include "mc/hopper/attention.cuh"
#include "mc/hopper/few_qkv_attention.cuh"
#include "mc/hopper/resident_gemm.cuh"
#include "mc/hopper/split_gemm.cuh"
#include "tensor_map.h"

namespace {

using namespace mc;
using namespace mc::hopper;
using bench::DependentKernel;
using bench::memory;
using bench::require;

constexpr int kLayers = 12, kHeads = MC_HEADS, kBits = MC_BITS, kHidden = 64 * kHeads, kMlp = 4 * kHidden;
constexpr int kMaxTokens = 128;
constexpr Operand kWeight = kBits == 4 ? Operand::kS4 : Operand::kS8;

struct Epsilon {
  static constexpr float kValue = 1e-12f;
};
using Format = QuantFormat<kBits, 8, false>;
using Codes = QuantizeRows<Format>;
using Store = Epilogue<DequantizeWithBias<>, StoreF16>;
using Norm = Epilogue<DequantizeWithBias<>, Residual, LayerNormStep<Half, Epsilon>, StoreF16, Codes>;
using GeluValues = Epilogue<DequantizeWithBias<>, Gelu<GeluForm::kErf>, StoreF32, StoreRangeParts>;

template <int kN, int kK>
using Problem = GemmProblem<kN, kK, Operand::kS8, kWeight>;
using Qkv = ResidentGemm<Problem<3 * kHidden, kHidden>, ResidentTile<16, 48, 3, 4, 1>, RowScope::kPartial, 1, Store>;
using UpTile = std::conditional_t<kHeads == 12, ResidentTile<16, 48, 3, 4, 1>, ResidentTile<16, 64, 2, 4, 1>>;
using Up = ResidentGemm<Problem<kMlp, kHidden>, UpTile, RowScope::kPartial, 1, GeluValues>;

template <int kN, int kK, int kSplitN, int kSplitK, int kWarps, int kEpilogue, class Source>
using Split =
    SplitGemm<Problem<kN, kK>, SplitTile<Problem<kN, kK>, 16, kSplitN, kSplitK, kWarps, 1, kEpilogue>, Source, Norm>;

template <class Kernel, class Arguments>
__global__ void __launch_bounds__(Kernel::kThreads, 1) entry(const __grid_constant__ Arguments arguments) {
  Kernel::run(arguments);
}
template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads, Kernel::kBlocksPerSm)
    attention_entry(const __grid_constant__ hopper::AttentionArguments arguments) {
  Kernel::run(arguments);
}

template <class T, class Number>
T* filled(size_t count, Number&& number) {
  std::vector<T> host(count);
  for (T& element : host) element = number();
  T* device = memory<T>(count);
  require(cudaMemcpy(device, host.data(), count * sizeof(T), cudaMemcpyHostToDevice), "fill");
  return device;
}

// Random numbers of the sizes that a model has.
struct Buffers {
  std::mt19937 random{1};
  std::normal_distribution<float> normal;
  static constexpr int kHighest = (1 << (kBits - 1)) - 1;
  int code() { return static_cast<int>(random() % (2 * kHighest + 1)) - kHighest; }
  Half half(float value) { return Half{checks::float_to_half(value)}; }

  signed char* input = filled<signed char>(kMaxTokens * kHidden, [&] { return static_cast<signed char>(code()); });
  float* input_scale = filled<float>(kMaxTokens, [&] { return (1.2f + 0.6f * std::fabs(normal(random))) / kHighest; });
  Half* residual = filled<Half>(kMaxTokens * kHidden, [&] { return half(normal(random)); });
  float* weight_scale = filled<float>(kMlp, [&] { return (0.05f + 0.02f * std::fabs(normal(random))) / kHighest; });
  float* bias = filled<float>(kMlp, [&] { return 0.2f * normal(random); });
  Half* gamma = filled<Half>(kHidden, [&] { return half(1.0f + 0.1f * normal(random)); });
  std::vector<unsigned char*> weights[4];
  Half* qkv = memory<Half>(kMaxTokens * 3 * kHidden);
  signed char* context_codes = memory<signed char>(kMaxTokens * kHidden);
  float* context_scale = memory<float>(kMaxTokens);
  float* context = memory<float>(kMaxTokens * kHidden);
  float* context_parts = memory<float>(kMaxTokens * 64);
  Half* attended = memory<Half>(kMaxTokens * kHidden);
  signed char* attended_codes = memory<signed char>(kMaxTokens * kHidden);
  float* attended_scale = memory<float>(kMaxTokens);
  float* mlp = memory<float>(kMaxTokens * kMlp);
  float* mlp_parts = memory<float>(kMaxTokens * 128);
  int* starts = memory<int>(65);
  int* counts = memory<int>(2);  // sequences, tokens

  Buffers() {
    const size_t outputs[] = {3 * kHidden, kHidden, kMlp, kHidden}, inputs[] = {kHidden, kHidden, kHidden, kMlp};
    for (int part = 0; part < 4; ++part) {
      for (int layer = 0; layer < kLayers; ++layer) {
        weights[part].push_back(filled<unsigned char>(outputs[part] * inputs[part] * kBits / 8, [&] {
          return static_cast<unsigned char>(kBits == 8 ? code() : (code() & 15) | (code() & 15) << 4);
        }));
      }
    }
  }

  void sequences(const std::vector<int>& lengths) {
    std::vector<int> host = {0};
    for (int length : lengths) host.push_back(host.back() + length);
    const int both[] = {static_cast<int>(lengths.size()), host.back()};
    require(cudaMemcpy(starts, host.data(), 4 * host.size(), cudaMemcpyHostToDevice), "copy");
    require(cudaMemcpy(counts, both, sizeof both, cudaMemcpyHostToDevice), "copy");
  }

  // part: 0 QKV, 1 attention output, 2 MLP intermediate, 3 MLP output. values: the attention output reads them.
  mc::GemmArguments arguments(int part, int layer, bool values) const {
    mc::GemmArguments result{};
    result.token_count = counts + 1;
    result.weights = weights[part][layer];
    result.weight_scale = weight_scale, result.bias = bias;
    result.gamma = gamma, result.beta = gamma;
    result.activations = input, result.activation_scale = input_scale;
    if (part == 0) result.output = qkv;
    if (part == 1) {
      result.activations = values ? static_cast<const void*>(context) : context_codes;
      result.activation_scale = context_scale, result.range_parts = context_parts;
      result.residual = residual;
      result.output = attended;
      result.quantized.codes = attended_codes, result.quantized.scale = attended_scale;
    }
    if (part == 2) {
      result.activations = attended_codes, result.activation_scale = attended_scale;
      result.output = mlp, result.range_parts = mlp_parts;
    }
    if (part == 3) {
      result.activations = mlp, result.range_parts = mlp_parts;
      result.residual = attended;
      result.output = residual_sink;
      result.quantized.codes = codes_sink, result.quantized.scale = scale_sink;
    }
    return result;
  }
  // What a layer makes; the next one reads the random numbers again, so that all layers compute the same.
  Half* residual_sink = memory<Half>(kMaxTokens * kHidden);
  signed char* codes_sink = memory<signed char>(kMaxTokens * kHidden);
  float* scale_sink = memory<float>(kMaxTokens);
};

struct Kernel {
  std::string name;
  std::function<void(cudaStream_t, int layer, int tokens)> launch;
};

template <class K>
Kernel linear(const Buffers& buffers, int part, bool values, int cluster, std::string name) {
  const DependentKernel kernel = {reinterpret_cast<const void*>(entry<K, mc::GemmArguments>), K::kThreads,
                                  K::kSharedBytes, cluster};
  bench::prepare(kernel, name.c_str());
  return {name, [=, &buffers](cudaStream_t stream, int layer, int tokens) {
            bench::launch(stream, kernel, dim3(K::Problem::kN / K::Tile::kTileN, (tokens + 15) / 16),
                          buffers.arguments(part, layer, values));
          }};
}

template <AttentionOutput kOutput, int kKeyTile>
Kernel attention(const Buffers& buffers, std::string name) {
  using Config = hopper::AttentionConfig<kHeads, 64, kOutput,
                                         std::conditional_t<kOutput == AttentionOutput::kQuantized, Format, NoFormat>,
                                         1, 1, 1, kKeyTile, 2>;
  using K = hopper::Attention<Config>;
  const DependentKernel kernel = {reinterpret_cast<const void*>(attention_entry<K>), K::kThreads, K::kSharedBytes,
                                  Config::kClusterSize};
  bench::prepare(kernel, name.c_str());
  return {name, [=, &buffers](cudaStream_t stream, int, int tokens) {
            hopper::AttentionArguments arguments{};
            arguments.qkv = platform::tensor_map(buffers.qkv, 6 * kHidden, tokens, 64);
            arguments.attention = {buffers.qkv,    buffers.context,    buffers.starts,
                                   buffers.counts, buffers.counts + 1, {}};
            arguments.attention.quantized.codes = buffers.context_codes;
            arguments.attention.quantized.scale = buffers.context_scale;
            bench::launch(stream, kernel, dim3((tokens + 63) / 64 * kHeads), arguments);
          }};
}

template <int kTokenTiles, int kParts, int kWarpsN, int kWarpsK>
Kernel fused(const Buffers& buffers) {
  using Config = FewQkvAttentionConfig<kHeads, kHidden, kWeight, kTokenTiles, kParts, kWarpsN, kWarpsK>;
  using K = FewQkvAttention<Config>;
  const std::string name = "fused " + std::to_string(kParts) + " parts, " + std::to_string(kWarpsN) + "x" +
                           std::to_string(kWarpsK) + " warps";
  const DependentKernel kernel = {reinterpret_cast<const void*>(entry<K, FewQkvAttentionArguments>), K::kThreads,
                                  K::kSharedBytes, Config::kClusterSize};
  bench::prepare(kernel, name.c_str());
  return {name, [=, &buffers](cudaStream_t stream, int layer, int) {
            FewQkvAttentionArguments arguments = {buffers.arguments(0, layer, false), buffers.starts, buffers.counts};
            arguments.linear.output = buffers.context;
            arguments.linear.range_parts = buffers.context_parts;
            bench::launch(stream, kernel, dim3(Config::kClusterSize, kHeads), arguments);
          }};
}

// Microseconds of a layer.
double time_layers(cudaStream_t stream, const std::vector<const Kernel*>& kernels, int tokens) {
  return bench::time_graph(stream, kLayers, [&] {
    for (int layer = 0; layer < kLayers; ++layer) {
      for (const Kernel* kernel : kernels) kernel->launch(stream, layer, tokens);
    }
  });
}

struct Outcome {
  std::vector<unsigned short> attended = std::vector<unsigned short>(kMaxTokens * kHidden);
  std::vector<signed char> codes = std::vector<signed char>(kMaxTokens * kHidden);
  size_t count;
};

// What kernels make of the random numbers, after one another.
Outcome outcome(cudaStream_t stream, const Buffers& buffers, int tokens, const std::vector<const Kernel*>& kernels) {
  require(cudaMemset(buffers.attended, 0x55, 2 * kMaxTokens * kHidden), "clear");
  require(cudaMemset(buffers.attended_codes, 0x55, kMaxTokens * kHidden), "clear");
  require(cudaMemset(buffers.context, 0x55, 4 * kMaxTokens * kHidden), "clear");
  require(cudaMemset(buffers.context_parts, 0x55, 4 * kMaxTokens * 64), "clear");
  require(cudaDeviceSynchronize(), "clear");
  for (const Kernel* kernel : kernels) kernel->launch(stream, 0, tokens);
  require(cudaStreamSynchronize(stream), "kernels");
  Outcome result;
  result.count = size_t(tokens) * kHidden;
  require(cudaMemcpy(result.attended.data(), buffers.attended, 2 * result.count, cudaMemcpyDeviceToHost), "copy");
  require(cudaMemcpy(result.codes.data(), buffers.attended_codes, result.count, cudaMemcpyDeviceToHost), "copy");
  return result;
}

void compare(const char* what, const Outcome& found, const Outcome& expected) {
  double error = 0, square = 0;
  float most = 0;
  long long codes = 0;
  for (size_t i = 0; i < expected.count; ++i) {
    const float a = checks::half_to_float(found.attended[i]), b = checks::half_to_float(expected.attended[i]);
    most = std::fabs(a - b) <= most ? most : std::fabs(a - b);
    error += double(a - b) * (a - b), square += double(b) * b;
    codes += found.codes[i] != expected.codes[i];
  }
  std::printf("    %-28s relative difference %.2e, largest %.4f, codes that differ %lld of %zu%s\n", what,
              std::sqrt(error / square), most, codes, expected.count, error <= 1e-4 * square ? "" : "  WRONG");
}

template <int kBucket, class Fused>
void time_batch(cudaStream_t stream, Buffers& buffers, const std::vector<int>& lengths, Fused&& fused_kernels) {
  int tokens = 0;
  for (int length : lengths) tokens += length;
  buffers.sequences(lengths);
  std::printf("%zu x %d\n", lengths.size(), lengths[0]);
  constexpr bool kFew = kBucket <= 64;
  constexpr int kSplitN = kFew ? 4 : 2, kWarps = kHeads == 12 ? (kFew ? 6 : 12) : (kFew ? 8 : 16);
  constexpr int kEpilogue = kHeads == 12 ? 6 : 8;
  const Kernel qkv = linear<Qkv>(buffers, 0, false, 1, "qkv 16x48 w3x4");
  const Kernel coded = attention < AttentionOutput::kQuantized, kFew ? 64 : 128 > (buffers, "attention, codes");
  const Kernel valued = attention < AttentionOutput::kFloat, kFew ? 64 : 128 > (buffers, "attention, values");
  const Kernel of_codes = linear<Split<kHidden, kHidden, kSplitN, 4, kWarps, kEpilogue, CodesOfRows<kBits>>>(
      buffers, 1, false, 4 * kSplitN, "attention output of codes");
  const Kernel of_values =
      linear<Split<kHidden, kHidden, kSplitN, 4, kHeads == 12 ? 12 : 8, kEpilogue, ValuesOfRows<Format, 4 * kHeads>>>(
          buffers, 1, true, 4 * kSplitN, "attention output of values");
  const Kernel of_values2 =
      linear<Split<kHidden, kHidden, kSplitN, 4, kHeads == 12 ? 6 : 16, kEpilogue, ValuesOfRows<Format, 4 * kHeads>>>(
          buffers, 1, true, 4 * kSplitN, "attention output of values, other warps");
  const std::vector<Kernel> mlp = {
      linear<Up>(buffers, 2, false, 1, "MLP in, values"),
      linear<Split<kHidden, kMlp, 2, 8, kHeads == 12 ? 12 : 16, kEpilogue, ValuesOfRows<Format, 64>>>(buffers, 3, true,
                                                                                                      16, "MLP out")};
  const std::vector<Kernel> fused = fused_kernels();
  const Outcome expected = outcome(stream, buffers, tokens, {&qkv, &coded, &of_codes});
  for (const Kernel& kernel : fused) {
    compare(kernel.name.c_str(), outcome(stream, buffers, tokens, {&kernel, &of_values}), expected);
  }
  const auto report = [&](const std::string& what, std::vector<const Kernel*> kernels) {
    std::printf("    %-56s %6.2f", what.c_str(), time_layers(stream, kernels, tokens));
    for (const Kernel& each : mlp) kernels.push_back(&each);
    std::printf("   with MLP %6.2f", time_layers(stream, kernels, tokens));
    std::printf(" us\n");
    std::fflush(stdout);
  };
  report("today", {&qkv, &coded, &of_codes});
  report("attention hands over values", {&qkv, &valued, &of_values});
  report("attention hands over values, other warps", {&qkv, &valued, &of_values2});
  for (const Kernel& kernel : fused) report(kernel.name, {&kernel, &of_values});
  report(fused[0].name + ", other warps", {&fused[0], &of_values2});
  for (const Kernel* kernel : {&qkv, &coded, &valued, &of_codes, &of_values, &of_values2}) {
    std::printf("    alone: %-49s %6.2f us\n", kernel->name.c_str(), time_layers(stream, {kernel}, tokens));
  }
  for (const Kernel& kernel : fused) {
    std::printf("    alone: %-49s %6.2f us\n", kernel.name.c_str(), time_layers(stream, {&kernel}, tokens));
  }
}

}  // namespace

int main() {
  cudaStream_t stream;
  require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
  Buffers buffers;
  const auto of_32 = [&] {
    return std::vector<Kernel>{fused<2, 3, 2, 4>(buffers), fused<2, 3, 2, 2>(buffers), fused<2, 3, 4, 2>(buffers),
                               fused<2, 3, 4, 4>(buffers), fused<2, 2, 3, 2>(buffers)};
  };
  const auto of_64 = [&] { return std::vector<Kernel>{fused<4, 2, 3, 2>(buffers), fused<4, 3, 2, 2>(buffers)}; };
  const auto of_128 = [&] {
    return std::vector<Kernel> {
      fused<8, 2, 3, 2>(buffers),
#if MC_BITS == 4 || MC_HEADS == 12
          fused<8, 1, 6, 2>(buffers), fused<8, 1, 12, 1>(buffers)
#endif
    };
  };
  time_batch<32>(stream, buffers, {32}, of_32);
  time_batch<32>(stream, buffers, {19, 9}, of_32);
  time_batch<64>(stream, buffers, {64}, of_64);
  time_batch<128>(stream, buffers, {128}, of_128);
  time_batch<128>(stream, buffers, {32, 32, 32, 32}, of_128);
  return 0;
}
