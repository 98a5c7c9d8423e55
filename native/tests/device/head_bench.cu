// Times what stands around an encoder's layers, as a model runs it: a captured graph of kernels joined by programmatic
// dependent launch. The head is a pooler (first tokens, tanh) and a classifier of two labels, at several numbers of
// sequences and of blocks; the embedding has token types, layer norm, an FP16 store and 4-bit codes in bytes. All are
// compared with fp64 arithmetic on the host.
//
//   nvcc -std=c++20 -O2 --expt-relaxed-constexpr -gencode arch=compute_90a,code=sm_90a -I native/include
//        -I native/tests -I native/tests/device native/tests/device/head_bench.cu -o head_bench && ./head_bench
//
// Prints microseconds: of a pooler with its classifier, and of an embedding.
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "checks/numbers.h"
#include "dependent_graph.h"
#include "mc/embedding.cuh"
#include "mc/head.cuh"

namespace {

using bench::DependentKernel;
using bench::require;
using checks::float_to_half;
using checks::half_to_float;
using mc::Half;

constexpr int kRepeats = 20;  // of what is timed, in a graph
constexpr int kLabels = 2;
constexpr int kShortSequence = 32;                // tokens
constexpr size_t kOtherBytes = size_t(64) << 20;  // more than the L2 holds

template <class Config>
__global__ void __launch_bounds__(Config::kThreads, Config::kBlocksPerSm) head(const mc::HeadArguments arguments) {
  mc::Head<Config>::run(arguments);
}
template <class Config>
__global__ void __launch_bounds__(Config::Launch::kThreads, Config::kBlocksPerSm)
    embedding(const mc::EmbeddingArguments arguments) {
  mc::Embedding<Config>::run(arguments);
}

// Poisoned, so that what a kernel leaves out is seen.
template <class T>
T* poisoned(size_t count) {
  return bench::memory<T>(count, 0xff);
}

template <class T>
T* on_device(const std::vector<T>& host, size_t room = 0) {
  T* device = poisoned<T>(std::max(host.size(), room));
  require(cudaMemcpy(device, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice), "upload");
  return device;
}

template <class T>
std::vector<T> from_device(const T* device, size_t count) {
  std::vector<T> host(count);
  require(cudaMemcpy(host.data(), device, count * sizeof(T), cudaMemcpyDeviceToHost), "download");
  return host;
}

std::mt19937 generator{1};

std::vector<Half> random_halves(size_t count, float deviation) {
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<Half> numbers(count);
  for (Half& number : numbers) number = Half{float_to_half(normal(generator))};
  return numbers;
}

std::vector<float> random_floats(size_t count, float deviation, float mean) {
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> numbers(count);
  for (float& number : numbers) number = normal(generator);
  return numbers;
}

// First tokens of sequences of equal length, and room for those of an earlier batch.
std::vector<int> starts_of(int sequences, int length) {
  std::vector<int> starts(std::max(sequences + 1, 128), 1 << 30);
  for (int s = 0; s <= sequences; ++s) starts[s] = s * length;
  return starts;
}

std::vector<float> widened(const std::vector<Half>& numbers) {
  std::vector<float> wide(numbers.size());
  for (size_t i = 0; i < wide.size(); ++i) wide[i] = half_to_float(numbers[i].bits);
  return wide;
}

double sum_of_products(const float* a, const float* b, int count) {
  double sum = 0;
  for (int k = 0; k < count; ++k) sum += double(a[k]) * b[k];
  return sum;
}

// Blocks along rows of a launch: no more than there are rows for or than an H100 runs at a time.
template <class Config>
unsigned blocks_of_rows(int rows) {
  const int columns = (Config::kOutputs + Config::kOutputsPerBlock - 1) / Config::kOutputsPerBlock;
  const int needed = (rows + Config::kRowsPerBlock - 1) / Config::kRowsPerBlock;
  return static_cast<unsigned>(std::min(needed, std::max(1, 132 * Config::kBlocksPerSm / columns)));
}

template <int kHidden>
class HeadBench {
 public:
  using Pooler = mc::HeadConfig<kHidden, kHidden, mc::HeadInput::kFirstTokens, mc::HeadActivation::kTanh, true, Half>;
  using Classifier = mc::HeadConfig<kHidden, kLabels, mc::HeadInput::kEachRow, mc::HeadActivation::kNone, true, float>;

  explicit HeadBench(cudaStream_t stream) : stream_(stream) {
    bench::prepare(pooler_, "pooler"), bench::prepare(classifier_, "classifier");
  }

  // Blocks as in a bucket of so many tokens, where nobody knows how many sequences there will be.
  void run(int sequences, int length) {
    const int bucket_rows = std::max(sequences, (sequences * length + kShortSequence - 1) / kShortSequence);
    const std::vector<Half> input = random_halves(size_t(sequences) * length * kHidden, 1.0f);
    const std::vector<Half> dense = random_halves(size_t(kHidden) * kHidden, 0.03f);
    const std::vector<Half> labels = random_halves(size_t(kLabels) * kHidden, 0.03f);
    const std::vector<float> bias = random_floats(kHidden, 0.1f, 0.0f);
    Half* pooled = poisoned<Half>(size_t(bucket_rows) * kHidden);
    float* output = poisoned<float>(size_t(bucket_rows) * kLabels);
    mc::HeadArguments first = {}, second = {};
    first.input = on_device(input), first.weight = on_device(dense), first.bias = on_device(bias);
    first.output = pooled, first.sequence_starts = on_device(starts_of(sequences, length), bucket_rows + 1);
    first.row_count = on_device(std::vector<int>{sequences});
    second = first;
    second.input = pooled, second.weight = on_device(labels), second.output = output;
    const dim3 first_grid(kHidden / Pooler::kOutputsPerBlock, blocks_of_rows<Pooler>(bucket_rows));
    const dim3 second_grid(1, blocks_of_rows<Classifier>(bucket_rows));
    const double pair = bench::time_graph(stream_, kRepeats, [&] {
      for (int i = 0; i < kRepeats; ++i) {
        bench::launch(stream_, pooler_, first_grid, first);
        bench::launch(stream_, classifier_, second_grid, second);
      }
    });
    const double alone = bench::time_graph(stream_, kRepeats, [&] {
      for (int i = 0; i < kRepeats; ++i) bench::launch(stream_, pooler_, first_grid, first);
    });
    std::printf("head %4d, %3d sequences, %4u x %4u and %4u blocks: pair %6.2f us, pooler alone %6.2f us", kHidden,
                sequences, first_grid.x, first_grid.y, second_grid.y, pair, alone);

    const std::vector<float> x = widened(input), dense_weight = widened(dense), label_weight = widened(labels);
    const std::vector<float> found = widened(from_device(pooled, size_t(sequences) * kHidden));
    const std::vector<float> logits = from_device(output, size_t(sequences) * kLabels);
    double worst = 0, worst_logit = 0;
    for (int s = 0; s < sequences; ++s) {
      for (int n = 0; n < kHidden; ++n) {
        const double sum =
            sum_of_products(&x[size_t(s) * length * kHidden], &dense_weight[size_t(n) * kHidden], kHidden);
        const double error = found[size_t(s) * kHidden + n] - std::tanh(sum + bias[n]);
        if (!(std::fabs(error) <= worst)) worst = std::fabs(error);
      }
      for (int n = 0; n < kLabels; ++n) {  // of the pooled values that the device has
        const double sum = sum_of_products(&found[size_t(s) * kHidden], &label_weight[size_t(n) * kHidden], kHidden);
        const double error = logits[size_t(s) * kLabels + n] - (sum + bias[n]);
        if (!(std::fabs(error) <= worst_logit)) worst_logit = std::fabs(error);
      }
    }
    std::printf("  %s\n", worst < 5e-4 && worst_logit < 1e-5 ? "ok" : "WRONG");
    for (const void* pointer : {(const void*)first.input, (const void*)first.weight, (const void*)first.bias,
                                (const void*)pooled, (const void*)second.weight, (const void*)output}) {
      require(cudaFree(const_cast<void*>(pointer)), "cudaFree");
    }
  }

 private:
  cudaStream_t stream_;
  DependentKernel pooler_{reinterpret_cast<const void*>(head<Pooler>), Pooler::kThreads, 0, 1};
  DependentKernel classifier_{reinterpret_cast<const void*>(head<Classifier>), Classifier::kThreads, 0, 1};
};

template <int kFeatures>
class EmbeddingBench {
 public:
  using Format = mc::QuantFormat<4, 8, false>;
  using Config = mc::EmbeddingConfig<kFeatures, mc::TokenTypes::kIds, true, Format, mc::DefaultRowLaunch<kFeatures>>;
  static constexpr int kWords = 30522, kPositions = 512, kTypes = 2, kMostTokens = 16384;

  explicit EmbeddingBench(cudaStream_t stream) : stream_(stream) {
    bench::prepare(kernel_, "embedding");
    arguments_.word = on_device(words_), arguments_.position = on_device(positions_),
    arguments_.type = on_device(types_);
    arguments_.gamma = on_device(gamma_), arguments_.beta = on_device(beta_);
    arguments_.output = poisoned<Half>(size_t(kMostTokens) * kFeatures);
    arguments_.quantized.codes = poisoned<signed char>(size_t(kMostTokens) * kFeatures);
    arguments_.quantized.scale = poisoned<float>(kMostTokens);
    arguments_.epsilon = 1e-12f;
  }

  void run(int sequences, int length) {
    const int tokens = sequences * length;
    std::vector<int> ids(tokens), type_ids(tokens);
    for (int& id : ids) id = static_cast<int>(generator() % kWords);
    for (int& type : type_ids) type = static_cast<int>(generator() % kTypes);
    mc::EmbeddingArguments arguments = arguments_;
    arguments.token_ids = on_device(ids), arguments.type_ids = on_device(type_ids);
    arguments.sequence_starts = on_device(starts_of(sequences, length));
    arguments.sequence_count = on_device(std::vector<int>{sequences});
    arguments.token_count = on_device(std::vector<int>{tokens});
    constexpr int kRows = Config::Launch::kRowsPerBlock;
    const dim3 grid(static_cast<unsigned>((tokens + kRows - 1) / kRows));
    const double time = bench::time_graph(stream_, kRepeats, [&] {
      for (int i = 0; i < kRepeats; ++i) bench::launch(stream_, kernel_, grid, arguments);
    });
    const auto behind_other_data = [&](bool embeds) {
      return bench::time_graph(stream_, kRepeats, [&] {
        for (int i = 0; i < kRepeats; ++i) {
          require(cudaMemsetAsync(other_, 0, kOtherBytes, stream_), "memset");
          if (embeds) bench::launch(stream_, kernel_, grid, arguments);
        }
      });
    };
    const double cold = behind_other_data(true) - behind_other_data(false);
    std::printf("embedding %4d, %5d tokens, %3d sequences: %6.2f us, behind other data %6.2f us", kFeatures, tokens,
                sequences, time, cold);

    const std::vector<Half> found = from_device(arguments.output, size_t(tokens) * kFeatures);
    const auto codes =
        from_device(static_cast<const signed char*>(arguments.quantized.codes), size_t(tokens) * kFeatures);
    const std::vector<float> scale = from_device(arguments.quantized.scale, tokens);
    double worst = 0, worst_code = 0;
    for (int t = 0; t < tokens; t += tokens <= 1024 ? 1 : 61) {
      std::vector<double> row(kFeatures);
      double mean = 0, variance = 0, largest = 0;
      for (int i = 0; i < kFeatures; ++i) {
        row[i] = double(half_to_float(words_[size_t(ids[t]) * kFeatures + i].bits)) +
                 half_to_float(types_[size_t(type_ids[t]) * kFeatures + i].bits) +
                 half_to_float(positions_[size_t(t % length) * kFeatures + i].bits);
        mean += row[i] / kFeatures;
      }
      for (double x : row) variance += (x - mean) * (x - mean) / kFeatures;
      for (int i = 0; i < kFeatures; ++i) {
        row[i] = (row[i] - mean) / std::sqrt(variance + 1e-12) * gamma_[i] + beta_[i];
        largest = std::max(largest, std::fabs(row[i]));
      }
      for (int i = 0; i < kFeatures; ++i) {
        const double error = half_to_float(found[size_t(t) * kFeatures + i].bits) - row[i];
        worst = std::max(worst, std::isnan(error) ? 1.0 : std::fabs(error) / (1 + std::fabs(row[i])));
        const double off = std::fabs(codes[size_t(t) * kFeatures + i] - row[i] / scale[t]);
        worst_code = std::max(worst_code, std::isnan(off) ? 1.0 : off);
      }
      worst = std::max(worst, std::fabs(scale[t] * 7 - largest));
    }
    std::printf("  %s\n", worst < 6e-4 && worst_code < 0.5005 ? "ok" : "WRONG");
  }

 private:
  cudaStream_t stream_;
  DependentKernel kernel_{reinterpret_cast<const void*>(embedding<Config>), Config::Launch::kThreads, 0, 1};
  std::vector<Half> words_ = random_halves(size_t(kWords) * kFeatures, 0.04f);
  std::vector<Half> positions_ = random_halves(size_t(kPositions) * kFeatures, 0.04f);
  std::vector<Half> types_ = random_halves(size_t(kTypes) * kFeatures, 0.04f);
  std::vector<float> gamma_ = random_floats(kFeatures, 0.1f, 1.0f), beta_ = random_floats(kFeatures, 0.1f, 0.0f);
  mc::EmbeddingArguments arguments_ = {};
  unsigned char* other_ = poisoned<unsigned char>(kOtherBytes);
};

template <int kHidden>
void run_heads(cudaStream_t stream) {
  HeadBench<kHidden> heads(stream);
  heads.run(1, 32);
  for (int sequences : {8, 32, 128}) heads.run(sequences, 128);
}

template <int kFeatures>
void run_embeddings(cudaStream_t stream) {
  EmbeddingBench<kFeatures> embeddings(stream);
  embeddings.run(1, 32);
  for (int sequences : {1, 8, 32, 128}) embeddings.run(sequences, 128);
  embeddings.run(300, 50);  // more than are read at once
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  cudaStream_t stream;
  require(cudaStreamCreate(&stream), "stream");
  run_heads<768>(stream), run_heads<1024>(stream);
  run_embeddings<768>(stream), run_embeddings<1024>(stream);
  return 0;
}
