// Times the GEMM for few tokens (mc/hopper/resident_gemm.cuh) as a model runs it: a captured graph of the four linear
// parts of 12 BERT-base layers, each layer with weights of its own, 4-bit codes on both sides, joined by programmatic
// dependent launch. Attention is left out. Then each part alone, 24 launches after one another.
//
//   nvcc -std=c++20 -O2 --expt-relaxed-constexpr -gencode arch=compute_90a,code=sm_90a -I native/include
//        native/tests/device/resident_gemm_bench.cu -o resident_gemm_bench && ./resident_gemm_bench
//
// Prints microseconds a kernel: the median of 21 samples of 20 graph launches each.
#include <cuda_runtime.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "dependent_graph.h"
#include "mc/epilogue/steps.cuh"
#include "mc/hopper/resident_gemm.cuh"

namespace {

using bench::DependentKernel;
using bench::memory;
using bench::require;
using mc::GemmProblem;
using mc::Operand;
using mc::RowScope;
using mc::hopper::ResidentGemm;
using mc::hopper::ResidentTile;

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
template <class Tile, int kCluster>
using Down = ResidentGemm<Problem<kHidden, kMlp>, Tile, RowScope::kCluster, kCluster, Norm>;

// To tell what the steps of an epilogue cost: the attention output without quantizer, without layer norm, and the MLP
// output's products alone.
template <class Tile, int kCluster>
using OutputNorm = ResidentGemm<
    Problem<kHidden, kHidden>, Tile, RowScope::kCluster, kCluster,
    mc::Epilogue<mc::DequantizeWithBias<>, mc::Residual, mc::LayerNormStep<mc::Half, Epsilon>, mc::StoreF16>>;
template <class Tile, int kCluster>
using OutputCodes = ResidentGemm<Problem<kHidden, kHidden>, Tile, RowScope::kCluster, kCluster,
                                 mc::Epilogue<mc::DequantizeWithBias<>, mc::Residual, Codes>>;
template <class Tile>
using OutputStore = ResidentGemm<Problem<kHidden, kHidden>, Tile, RowScope::kPartial, 1, Store>;
template <class Tile>
using DownStore = ResidentGemm<Problem<kHidden, kMlp>, Tile, RowScope::kPartial, 1, Store>;
template <class Tile>
using UpStore = ResidentGemm<Problem<kMlp, kHidden>, Tile, RowScope::kPartial, 1, Store>;

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads, 1) entry(const mc::GemmArguments arguments) {
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
  mc::GemmArguments arguments(int part, int launch) const {
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
    return result;
  }
};

struct Variant {
  int part;
  std::string name;
  int row_blocks_at_most;  // RowScope::kGrid must fit the chip at once
  int tile_m;
  std::function<void(cudaStream_t, int launch, int tokens)> launch;

  bool fits(int tokens) const { return (tokens + tile_m - 1) / tile_m <= row_blocks_at_most; }
};

template <class Kernel>
Variant variant(const Buffers& buffers, int part) {
  using Tile = typename Kernel::Tile;
  const DependentKernel kernel = {reinterpret_cast<const void*>(entry<Kernel>), Kernel::kThreads, Kernel::kSharedBytes,
                                  Kernel::View::kClusterSize};
  char name[100];
  std::snprintf(name, sizeof name, "%dx%d warps %dx%d chunks %d cluster %d", Tile::kTileM, Tile::kTileN, Tile::kWarpsN,
                Tile::kWarpsK, Tile::kChunks, kernel.cluster);
  bench::prepare(kernel, ("part " + std::to_string(part) + "  " + name).c_str());
  const int columns = Kernel::Problem::kN / Tile::kTileN;
  const int row_blocks_at_most = Kernel::View::kScope == RowScope::kGrid ? 132 / columns : 1 << 20;
  return {part, name, row_blocks_at_most, Tile::kTileM, [=, &buffers](cudaStream_t stream, int launch, int tokens) {
            const dim3 grid(columns, (tokens + Tile::kTileM - 1) / Tile::kTileM);
            bench::launch(stream, kernel, grid, buffers.arguments(part, launch));
          }};
}

// What a graph starts with. The kernel stands between because no programmatic dependency leads from a memory operation.
void clear_slots(cudaStream_t stream, const Buffers& buffers) {
  require(cudaMemsetAsync(buffers.slots, 0, 2 * kLayers * Buffers::kSlotWords * sizeof(unsigned), stream), "memset");
  nothing<<<1, 32, 0, stream>>>();
}

}  // namespace

int main() {
  const Buffers buffers;
  cudaStream_t stream;
  require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");

  std::vector<Variant> variants[4];
  variants[0] = {
      variant<Qkv<ResidentTile<16, 48, 3, 4, 1>>>(buffers, 0), variant<Qkv<ResidentTile<32, 48, 3, 4, 1>>>(buffers, 0),
      variant<Qkv<ResidentTile<32, 96, 3, 4, 1>>>(buffers, 0), variant<Qkv<ResidentTile<64, 48, 3, 4, 1>>>(buffers, 0),
      variant<Qkv<ResidentTile<32, 32, 2, 4, 1>>>(buffers, 0), variant<Qkv<ResidentTile<32, 48, 3, 4, 3>>>(buffers, 0),
  };
  variants[1] = {
      variant<Output<ResidentTile<16, 96, 3, 4, 1>, 8>>(buffers, 1),
      variant<Output<ResidentTile<16, 48, 3, 4, 1>, 16>>(buffers, 1),
      variant<Output<ResidentTile<32, 96, 3, 4, 1>, 8>>(buffers, 1),
      variant<Output<ResidentTile<16, 96, 6, 2, 1>, 8>>(buffers, 1),
  };
  variants[2] = {
      variant<Up<ResidentTile<16, 192, 6, 2, 1>, 16>>(buffers, 2),
      variant<Up<ResidentTile<16, 192, 4, 3, 1>, 16>>(buffers, 2),
      variant<Up<ResidentTile<32, 192, 6, 2, 1>, 16>>(buffers, 2),
      variant<Up<ResidentTile<16, 384, 12, 1, 1>, 8>>(buffers, 2),
      variant<Up<ResidentTile<16, 96, 3, 4, 1>, 1>>(buffers, 2),
      variant<Up<ResidentTile<32, 96, 3, 4, 1>, 1>>(buffers, 2),
      variant<Up<ResidentTile<32, 96, 6, 2, 1>, 1>>(buffers, 2),
      variant<Up<ResidentTile<64, 48, 3, 4, 1>, 1>>(buffers, 2),
  };
  variants[3] = {
      variant<Down<ResidentTile<16, 48, 3, 4, 4>, 16>>(buffers, 3),
      variant<Down<ResidentTile<16, 48, 3, 4, 1>, 16>>(buffers, 3),
      variant<Down<ResidentTile<16, 96, 3, 4, 4>, 8>>(buffers, 3),
      variant<Down<ResidentTile<16, 96, 6, 2, 4>, 8>>(buffers, 3),
  };

  const std::vector<std::pair<const char*, Variant>> steps = {
      {"768x768 store", variant<OutputStore<ResidentTile<16, 96, 3, 4, 1>>>(buffers, 1)},
      {"768x768 norm, store", variant<OutputNorm<ResidentTile<16, 96, 3, 4, 1>, 8>>(buffers, 1)},
      {"768x768 codes", variant<OutputCodes<ResidentTile<16, 96, 3, 4, 1>, 8>>(buffers, 1)},
      {"3072x768 store", variant<UpStore<ResidentTile<16, 192, 6, 2, 1>>>(buffers, 2)},
      {"768x3072 store", variant<DownStore<ResidentTile<16, 48, 3, 4, 4>>>(buffers, 3)},
  };

  require(cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 100 * 1024), "shared memory");
  require(cudaFuncSetAttribute(nothing, cudaFuncAttributeNonPortableClusterSizeAllowed, 1), "cluster size");
  for (int shared : {0, 100 * 1024}) {
    for (int cluster : {1, 8, 16}) {
      for (int clusters_of_16 : {2, 8}) {
        const double time = bench::time_graph(stream, 48, [&] {
          for (int i = 0; i < 48; ++i) {
            bench::launch(stream, {reinterpret_cast<const void*>(nothing), 384, shared, cluster},
                          dim3(16 * clusters_of_16), 0);
          }
        });
        std::printf("empty kernels, %3d blocks in clusters of %2d, %6d bytes of shared memory: %.2f us\n",
                    16 * clusters_of_16, cluster, shared, time);
      }
    }
  }
  for (int tokens : {1, 32, 64, 128, 256}) {
    require(cudaMemcpy(buffers.token_count, &tokens, sizeof tokens, cudaMemcpyHostToDevice), "token count");
    std::printf("%d tokens\n", tokens);
    const Variant* best[4];
    for (int part = 0; part < 4; ++part) {
      double least = 1e9;
      for (const Variant& variant : variants[part]) {
        if (!variant.fits(tokens)) continue;
        const double time = bench::time_graph(stream, 2 * kLayers, [&] {
          clear_slots(stream, buffers);
          for (int i = 0; i < 2 * kLayers; ++i) variant.launch(stream, i, tokens);
        });
        std::printf("  part %d  %-38s %6.2f us\n", part, variant.name.c_str(), time);
        if (time < least) least = time, best[part] = &variant;
      }
    }
    for (const auto& [what, variant] : steps) {
      const Variant& step = variant;
      const double time = bench::time_graph(stream, 2 * kLayers, [&] {
        for (int i = 0; i < 2 * kLayers; ++i) step.launch(stream, i, tokens);
      });
      std::printf("  steps   %-20s %-38s %6.2f us\n", what, step.name.c_str(), time);
    }
    const auto report_layers = [&](const char* what, const Variant* const(&chosen)[4]) {
      const double time = bench::time_graph(stream, 4 * kLayers, [&] {
        clear_slots(stream, buffers);
        for (int layer = 0; layer < kLayers; ++layer) {
          for (const Variant* variant : chosen) variant->launch(stream, layer, tokens);
        }
      });
      std::printf("  12 layers, %s: %.2f us a kernel, %.1f us in all\n", what, time, time * 4 * kLayers);
    };
    report_layers("best of each part", {best[0], best[1], best[2], best[3]});
    report_layers("first of each part", {&variants[0][0], &variants[1][0], &variants[2][0], &variants[3][0]});
    if (variants[2][5].fits(tokens)) {
      report_layers("grid scope", {&variants[0][1], &variants[1][0], &variants[2][5], &variants[3][0]});
    }
    report_layers("clusters of 8", {&variants[0][1], &variants[1][0], &variants[2][3], &variants[3][2]});
  }
  return 0;
}
