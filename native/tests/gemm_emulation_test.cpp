// Runs the GEMM kernels of native/include/mc on the emulated device and compares them with a plain reference.
// Integer sums and what follows them in separately rounded fp32 operations must be equal bit for bit.
//
//   g++ -std=c++20 -O2 -ffp-contract=off -I native/tests/emulation -I native/include
//       native/tests/gemm_emulation_test.cpp -o gemm_emulation_test && ./gemm_emulation_test
#include "device.h"

#include <sys/mman.h>

#include <string>

#include "mc/epilogue/steps.cuh"
#include "mc/gemm.cuh"

namespace {

using mc::Operand;
using mc::RowScope;

int failures = 0;
int checks = 0;

// Memory that ends at an inaccessible page, so that a read past the end stops the test.
template <class T>
class GuardedArray {
 public:
  explicit GuardedArray(size_t count, unsigned char fill = 0) : count_(count) {
    constexpr size_t kPage = 4096;
    const size_t bytes = (count * sizeof(T) + 15) / 16 * 16;
    mapped_ = (bytes + kPage - 1) / kPage * kPage + kPage;
    base_ = static_cast<unsigned char*>(mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + mapped_ - kPage, kPage, PROT_NONE);
    data_ = reinterpret_cast<T*>(base_ + mapped_ - kPage - bytes);
    std::memset(data_, fill, bytes);
  }
  GuardedArray(const GuardedArray&) = delete;
  ~GuardedArray() { munmap(base_, mapped_); }
  T& operator[](size_t i) { return data_[i]; }
  T* data() { return data_; }
  size_t size() const { return count_; }

 private:
  unsigned char* base_;
  T* data_;
  size_t count_, mapped_;
};

struct Random {
  unsigned long long state = 88172645463325252ull;
  unsigned next() {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return static_cast<unsigned>(state >> 32);
  }
  int between(int low, int high) { return low + static_cast<int>(next() % static_cast<unsigned>(high - low + 1)); }
  float real(float low, float high) { return low + (high - low) * static_cast<float>(next() % 65536) / 65536.0f; }
};

int lowest(Operand o) { return o == Operand::kS4 ? -8 : o == Operand::kS8 ? -128 : o == Operand::kF16 ? -8 : 0; }
int highest(Operand o) {
  return o == Operand::kS4 ? 7 : o == Operand::kS8 ? 127 : o == Operand::kF16 ? 8 : o == Operand::kU4 ? 15 : 255;
}

// One linear layer with random operands. FP16 activations and weights are small integers, so that their sums are exact.
template <class Problem>
struct Linear {
  static constexpr int kN = Problem::kN, kK = Problem::kK;
  static constexpr Operand kA = Problem::kActivation, kW = Problem::kWeight;
  static constexpr bool kAsymmetricA = kA == Operand::kU4 || kA == Operand::kU8;
  static constexpr bool kAsymmetricW = kW == Operand::kU4 || kW == Operand::kU8;
  static constexpr int kGroups = Problem::kGroup == 0 ? 1 : kK / Problem::kGroup;
  using Layout = mc::WeightLayout<kA, kW, kN, kK>;

  int tokens;
  std::vector<int> a, w;
  GuardedArray<unsigned char> activations, weights;
  GuardedArray<float> a_scale, a_lo, w_scale, w_lo, correction, bias;
  GuardedArray<int> a_sum, token_count;
  GuardedArray<mc::Half> residual;
  GuardedArray<float> gamma, beta;

  explicit Linear(int tokens_)
      : tokens(tokens_), a(size_t(tokens) * kK), w(size_t(kN) * kK), activations(size_t(tokens) * Problem::kRowBytes),
        weights(Layout::kBytes), a_scale(tokens), a_lo(tokens), w_scale(kN * kGroups), w_lo(kN), correction(kN), bias(kN),
        a_sum(tokens), token_count(1), residual(size_t(tokens) * kN), gamma(kN), beta(kN) {
    Random random;
    token_count[0] = tokens;
    for (int& code : a) code = random.between(lowest(kA), highest(kA));
    for (int& code : w) code = random.between(lowest(kW), highest(kW));
    for (int m = 0; m < tokens; ++m) {
      a_scale[m] = random.real(0.001f, 0.02f), a_lo[m] = random.real(-1.0f, 0.0f);
      for (int k = 0; k < kK; ++k) a_sum[m] += a[size_t(m) * kK + k], put(activations, kA, size_t(m) * kK + k, a[size_t(m) * kK + k]);
      for (int n = 0; n < kN; ++n) residual[size_t(m) * kN + n] = mc::to_half(random.real(-2.0f, 2.0f));
    }
    for (size_t i = 0; i < w_scale.size(); ++i) w_scale[i] = random.real(0.001f, 0.02f);
    // Padding is zero bits; in the biased form any bits do, because the activations there are zero.
    for (int n = 0; n < kN; ++n) {
      bias[n] = random.real(-1.0f, 1.0f), w_lo[n] = random.real(-0.1f, 0.0f);
      gamma[n] = random.real(0.5f, 1.5f), beta[n] = random.real(-0.5f, 0.5f);
      int sum = 0;
      for (int k = 0; k < kK; ++k) {
        const int code = w[size_t(n) * kK + k];
        sum += code;
        const mc::WeightPosition position = Layout::position(n, k);
        if (mc::is_float(kW)) {
          const mc::Half half = mc::to_half(static_cast<float>(code));
          std::memcpy(&weights[position.byte], &half, 2);
        } else {
          const unsigned bits = static_cast<unsigned>(code + Layout::kBias) & ((1u << Layout::kBits) - 1);
          weights[position.byte] |= static_cast<unsigned char>(bits << position.shift);
        }
      }
      correction[n] = w_scale[n] * static_cast<float>(sum);
    }
  }

  static void put(GuardedArray<unsigned char>& bytes, Operand operand, size_t index, int code) {
    if (operand == Operand::kF16) {
      const mc::Half half = mc::to_half(static_cast<float>(code));
      std::memcpy(&bytes[index * 2], &half, 2);
    } else if (mc::bits_of(operand) == 8) {
      bytes[index] = static_cast<unsigned char>(code);
    } else {
      bytes[index / 2] |= static_cast<unsigned char>((code & 15) << index % 2 * 4);
    }
  }

  // The equations of docs/numerics.md, each operation rounded to fp32 on its own.
  float value(int m, int n) {
    float y = 0.0f;
    int group_sum = 0, sum = 0;
    for (int k = 0; k < kK; ++k) {
      const int product = a[size_t(m) * kK + k] * w[size_t(n) * kK + k];
      sum += product, group_sum += product;
      if (Problem::kGroup != 0 && (k + 1) % (Problem::kGroup == 0 ? 1 : Problem::kGroup) == 0) {
        const float scaled = static_cast<float>(group_sum) * w_scale[(k / (Problem::kGroup == 0 ? 1 : Problem::kGroup)) * kN + n];
        y = y + scaled;
        group_sum = 0;
      }
    }
    if (mc::is_float(kA)) {
      if (Problem::kGroup == 0) y = mc::is_float(kW) ? static_cast<float>(sum) : static_cast<float>(sum) * w_scale[n];
      if (kAsymmetricW) y = y + w_lo[n] * static_cast<float>(a_sum[m]);
      return y + bias[n];
    }
    y = Problem::kGroup != 0 ? y * a_scale[m] : static_cast<float>(sum) * (a_scale[m] * w_scale[n]);
    if (kAsymmetricW) {
      y = y + w_lo[n] * (a_scale[m] * static_cast<float>(a_sum[m]));
      y = y + a_lo[m] * correction[n];
      y = y + static_cast<float>(kK) * a_lo[m] * w_lo[n];
      return y + bias[n];
    }
    y = y + bias[n];
    return kAsymmetricA ? y + a_lo[m] * correction[n] : y;
  }

  mc::GemmArguments arguments() {
    mc::GemmArguments result{};
    result.token_count = token_count.data();
    result.activations = activations.data();
    result.activation_scale = a_scale.data(), result.activation_lo = a_lo.data(), result.activation_sum = a_sum.data();
    result.weights = weights.data();
    result.weight_scale = w_scale.data(), result.weight_lo = w_lo.data(), result.weight_correction = correction.data();
    result.bias = bias.data(), result.residual = residual.data();
    result.gamma = gamma.data(), result.beta = beta.data();
    return result;
  }
};

// Dequantization and bias of a problem, in the order of docs/numerics.md, followed by other steps.
template <class Problem, class... Steps>
struct Linearized {
  using Type = mc::Epilogue<mc::Dequantize<>, mc::Bias, Steps...>;
};
template <int kN, int kK, Operand kW, Operand kA, int kGroup, class... Steps>
  requires(Linear<mc::GemmProblem<kN, kK, kA, kW, kGroup>>::kAsymmetricA &&
           Linear<mc::GemmProblem<kN, kK, kA, kW, kGroup>>::kAsymmetricW)
struct Linearized<mc::GemmProblem<kN, kK, kA, kW, kGroup>, Steps...> {
  using Type = mc::Epilogue<mc::Dequantize<>, mc::WeightOffset<>, mc::ActivationOffset<>, mc::OffsetProduct<>, mc::Bias,
                            Steps...>;
};
template <int kN, int kK, Operand kW, Operand kA, int kGroup, class... Steps>
  requires(Linear<mc::GemmProblem<kN, kK, kA, kW, kGroup>>::kAsymmetricA &&
           !Linear<mc::GemmProblem<kN, kK, kA, kW, kGroup>>::kAsymmetricW)
struct Linearized<mc::GemmProblem<kN, kK, kA, kW, kGroup>, Steps...> {
  using Type = mc::Epilogue<mc::Dequantize<>, mc::Bias, mc::ActivationOffset<>, Steps...>;
};
template <int kN, int kK, Operand kW, int kGroup, class... Steps>
  requires(kW == Operand::kU4)
struct Linearized<mc::GemmProblem<kN, kK, Operand::kF16, kW, kGroup>, Steps...> {
  using Type = mc::Epilogue<mc::Dequantize<>, mc::WeightOffset<>, mc::Bias, Steps...>;
};

void report(const std::string& name, long long wrong, long long of) {
  ++checks;
  if (wrong == 0) return;
  ++failures;
  std::printf("FAILED %s: %lld of %lld differ\n", name.c_str(), wrong, of);
}

std::string describe(const char* what, int n, int k, Operand a, Operand w, int group, int m) {
  const char* names[] = {"s4", "u4", "s8", "u8", "f16"};
  char text[160];
  std::snprintf(text, sizeof text, "%s n%d k%d a_%s w_%s g%d tokens %d", what, n, k, names[int(a)], names[int(w)], group, m);
  return text;
}

// A grid for a bucket of one tile more than the tokens need: the blocks beyond leave at once.
template <class Gemm>
bool launch(const mc::GemmArguments& arguments, int tokens) {
  using Tile = typename Gemm::Tile;
  const unsigned columns = (Gemm::Problem::kN + Tile::kTileN - 1) / Tile::kTileN;
  const unsigned rows = (tokens + Tile::kTileM - 1) / Tile::kTileM + 1;
  return emulation::launch({columns, rows, 1}, Gemm::View::kClusterSize, Gemm::kThreads, Gemm::kSharedBytes,
                           [&] { Gemm::run(arguments); });
}

template <class Problem, class Tile>
void linear_values_equal_the_reference(std::initializer_list<int> token_counts) {
  using Gemm = mc::Gemm<Problem, Tile, RowScope::kPartial, 1, typename Linearized<Problem, mc::StoreF32>::Type>;
  using Half = mc::Gemm<Problem, Tile, RowScope::kPartial, 1, typename Linearized<Problem, mc::StoreF16>::Type>;
  for (int tokens : token_counts) {
    for (auto timing : {emulation::CopyTiming::kLate, emulation::CopyTiming::kEarly}) {
      emulation::copy_timing = timing;
      Linear<Problem> linear(tokens);
      GuardedArray<float> output(size_t(tokens) * Problem::kN, 0xff);
      GuardedArray<mc::Half> halves(size_t(tokens) * Problem::kN, 0xff);
      mc::GemmArguments arguments = linear.arguments();
      arguments.output = output.data();
      bool ended = launch<Gemm>(arguments, tokens);
      arguments.output = halves.data();
      ended = ended && launch<Half>(arguments, tokens);
      long long wrong = ended ? 0 : 1, wrong_halves = 0;
      for (int m = 0; m < tokens; ++m) {
        for (int n = 0; n < Problem::kN; ++n) {
          const float expected = linear.value(m, n);
          wrong += std::memcmp(&output[size_t(m) * Problem::kN + n], &expected, 4) != 0;
          wrong_halves += halves[size_t(m) * Problem::kN + n].bits != mc::to_half(expected).bits;
        }
      }
      report(describe("linear fp32", Problem::kN, Problem::kK, Problem::kActivation, Problem::kWeight, Problem::kGroup, tokens),
             wrong, output.size());
      report(describe("linear fp16", Problem::kN, Problem::kK, Problem::kActivation, Problem::kWeight, Problem::kGroup, tokens),
             wrong_halves, output.size());
    }
  }
}

// Where a quantizing epilogue writes, and the comparison with codes computed from fp32 rows.
template <class Format>
struct Quantized {
  int tokens, features;
  GuardedArray<unsigned char> codes;
  GuardedArray<float> scale, lo;
  GuardedArray<int> code_sum;

  Quantized(int tokens_, int features_)
      : tokens(tokens_), features(features_), codes(size_t(tokens) * Format::row_bytes(features), 0xff),
        scale(tokens, 0xff), lo(tokens, 0xff), code_sum(tokens, 0xff) {}

  mc::QuantizedRows target() {
    return {codes.data(), scale.data(), lo.data(), code_sum.data(), 0.03f, -1.5f, 1.25f, 0};
  }

  int code(int m, int n) {
    const size_t index = size_t(m) * features + n;
    if (Format::kContainerBits == 8) return Format::kAsymmetric ? codes[index] : static_cast<signed char>(codes[index]);
    const int nibble = codes[index / 2] >> index % 2 * 4 & 15;
    return Format::kAsymmetric ? nibble : (nibble ^ 8) - 8;
  }

  // Codes may differ by one in `tolerated` cases, where the rows themselves are not exact.
  long long compare(const std::vector<float>& rows, long long tolerated, bool sums) {
    long long wrong = 0, off_by_one = 0;
    for (int m = 0; m < tokens; ++m) {
      float low = INFINITY, high = -INFINITY;
      for (int n = 0; n < features; ++n) {
        const float x = Format::clipped(rows[size_t(m) * features + n], 1.25f);
        low = std::min(low, x), high = std::max(high, x);
      }
      float s = Format::kStatic       ? 0.03f
                : Format::kAsymmetric ? (high - low) / ((1 << Format::kBits) - 1)
                                      : std::max(std::fabs(low), std::fabs(high)) / ((1 << (Format::kBits - 1)) - 1);
      if (s == 0.0f) s = 1.0f;
      const float offset = !Format::kAsymmetric ? 0.0f : Format::kStatic ? -1.5f : low;
      wrong += tolerated == 0 ? scale[m] != s : std::fabs(scale[m] - s) > 1e-5f * s;
      if (Format::kAsymmetric) wrong += tolerated == 0 ? lo[m] != offset : std::fabs(lo[m] - offset) > 1e-5f;
      const float inverse = 1.0f / s;
      int sum = 0;
      for (int n = 0; n < features; ++n) {
        const float x = Format::clipped(rows[size_t(m) * features + n], 1.25f);
        const int q = std::clamp(static_cast<int>(std::nearbyint((x - offset) * inverse)), Format::kLowest, Format::kHighest);
        const int found = code(m, n);
        sum += found;
        if (std::abs(found - q) == 1) ++off_by_one;
        if (std::abs(found - q) > 1) ++wrong;
      }
      if (sums) wrong += code_sum[m] != sum;
    }
    return wrong + (off_by_one > tolerated ? off_by_one : 0);
  }
};

template <class Problem, class Tile, RowScope kScope, int kCluster, class Format, bool kCodeSum = Format::kAsymmetric>
void gelu_then_quantize_equals_the_reference(std::initializer_list<int> token_counts) {
  using Gemm = mc::Gemm<Problem, Tile, kScope, kCluster,
                        typename Linearized<Problem, mc::Gelu<mc::GeluForm::kErf>, mc::QuantizeRows<Format, kCodeSum>>::Type>;
  for (int tokens : token_counts) {
    Linear<Problem> linear(tokens);
    Quantized<Format> quantized(tokens, Problem::kN);
    mc::GemmArguments arguments = linear.arguments();
    arguments.quantized = quantized.target();
    const bool ended = launch<Gemm>(arguments, tokens);
    std::vector<float> rows(size_t(tokens) * Problem::kN);
    for (int m = 0; m < tokens; ++m) {
      for (int n = 0; n < Problem::kN; ++n) {
        rows[size_t(m) * Problem::kN + n] = mc::gelu<mc::GeluForm::kErf>(linear.value(m, n));
      }
    }
    report(describe("gelu quantize", Problem::kN, Problem::kK, Problem::kActivation, Problem::kWeight, Problem::kGroup, tokens),
           ended ? quantized.compare(rows, 0, kCodeSum) : 1, rows.size());
  }
}

struct Epsilon {
  static constexpr float kValue = 1e-12f;
};

template <class Problem, class Tile, RowScope kScope, int kCluster, class Format>
void residual_layer_norm_quantize_is_near_the_reference(std::initializer_list<int> token_counts) {
  using Gemm = mc::Gemm<Problem, Tile, kScope, kCluster,
                        typename Linearized<Problem, mc::Residual, mc::LayerNormStep<float, Epsilon>, mc::StoreF16,
                                            mc::QuantizeRows<Format>>::Type>;
  for (int tokens : token_counts) {
    Linear<Problem> linear(tokens);
    Quantized<Format> quantized(tokens, Problem::kN);
    GuardedArray<mc::Half> output(size_t(tokens) * Problem::kN, 0xff);
    mc::GemmArguments arguments = linear.arguments();
    arguments.quantized = quantized.target();
    arguments.output = output.data();
    const bool ended = launch<Gemm>(arguments, tokens);
    std::vector<float> rows(size_t(tokens) * Problem::kN);
    long long wrong = 0;
    for (int m = 0; m < tokens; ++m) {
      float* row = &rows[size_t(m) * Problem::kN];
      double mean = 0, variance = 0;
      for (int n = 0; n < Problem::kN; ++n) {
        row[n] = linear.value(m, n) + mc::to_float(linear.residual[size_t(m) * Problem::kN + n]);
        mean += row[n] / double(Problem::kN);
      }
      for (int n = 0; n < Problem::kN; ++n) variance += (row[n] - mean) * (row[n] - mean) / Problem::kN;
      for (int n = 0; n < Problem::kN; ++n) {
        row[n] = float((row[n] - mean) / std::sqrt(variance + Epsilon::kValue) * linear.gamma[n] + linear.beta[n]);
        const float bound = 1e-4f + std::fabs(row[n]) / 2048.0f;  // half a unit in the last place of FP16, and a little
        wrong += std::fabs(mc::to_float(output[size_t(m) * Problem::kN + n]) - row[n]) > bound;
      }
    }
    const long long tolerated = static_cast<long long>(rows.size()) / 5000 + 1;
    report(describe("layer norm", Problem::kN, Problem::kK, Problem::kActivation, Problem::kWeight, Problem::kGroup, tokens),
           ended ? wrong : 1, rows.size());
    report(describe("layer norm quantize", Problem::kN, Problem::kK, Problem::kActivation, Problem::kWeight, Problem::kGroup, tokens),
           quantized.compare(rows, tolerated, Format::kAsymmetric), rows.size());
  }
}

template <Operand kA, Operand kW, int kGroup, class Small, class Medium>
void family() {
  using namespace mc;
  if constexpr (kGroup == 0) linear_values_equal_the_reference<GemmProblem<96, 96, kA, kW>, Small>({1, 17});
  linear_values_equal_the_reference<GemmProblem<72, 256, kA, kW, kGroup>, Small>({16, 33});
  linear_values_equal_the_reference<GemmProblem<288, 384, kA, kW, kGroup>, Medium>({1, 65, 127});
  using Format4 = QuantFormat<4, 4, false>;
  using Format8 = QuantFormat<8, 8, true>;
  using Clipped4 = QuantFormat<4, 8, true, false, true>;
  gelu_then_quantize_equals_the_reference<GemmProblem<96, 128, kA, kW, kGroup>, Medium, RowScope::kTile, 1, Format4>({1, 65});
  gelu_then_quantize_equals_the_reference<GemmProblem<128, 128, kA, kW, kGroup>, Medium, RowScope::kTile, 1, Format8>({17});
  gelu_then_quantize_equals_the_reference<GemmProblem<352, 128, kA, kW, kGroup>, Medium, RowScope::kCluster, 3, Clipped4>({17, 65});
  gelu_then_quantize_equals_the_reference<GemmProblem<256, 128, kA, kW, kGroup>, Small, RowScope::kCluster, 4, Format8>({17, 18});
  gelu_then_quantize_equals_the_reference<GemmProblem<352, 128, kA, kW, kGroup>, Medium, RowScope::kPartial, 1, QuantFormat<8, 8, false, true>>({19});
  gelu_then_quantize_equals_the_reference<GemmProblem<352, 128, kA, kW, kGroup>, Medium, RowScope::kPartial, 1, QuantFormat<4, 4, true, true>, false>({19});
  residual_layer_norm_quantize_is_near_the_reference<GemmProblem<96, 128, kA, kW, kGroup>, Medium, RowScope::kTile, 1, Format8>({65});
  residual_layer_norm_quantize_is_near_the_reference<GemmProblem<352, 128, kA, kW, kGroup>, Medium, RowScope::kCluster, 3, Format4>({65});
}

}  // namespace

int main() {
  using mc::Tile;
  using Medium64 = Tile<64, 128, 64, 2, 2, 4>;
  using Medium128 = Tile<64, 128, 128, 2, 4, 3>;
  using Small = Tile<16, 64, 128, 1, 4, 5>;
  family<Operand::kS4, Operand::kS4, 0, Small, Medium64>();
  family<Operand::kU4, Operand::kS4, 0, Small, Medium128>();
  family<Operand::kU4, Operand::kU4, 0, Tile<16, 64, 256, 1, 4, 2>, Medium128>();
  family<Operand::kS4, Operand::kS4, 64, Small, Medium128>();
  family<Operand::kU4, Operand::kS4, 128, Small, Medium64>();
  family<Operand::kS8, Operand::kS8, 0, Small, Medium64>();
  family<Operand::kU8, Operand::kS8, 0, Tile<32, 64, 32, 2, 1, 6>, Medium128>();
  family<Operand::kU8, Operand::kU8, 0, Small, Tile<128, 128, 128, 2, 4, 3>>();
  family<Operand::kS8, Operand::kS8, 64, Small, Medium64>();
  family<Operand::kS8, Operand::kS4, 0, Small, Medium64>();
  family<Operand::kU8, Operand::kS4, 0, Small, Medium128>();
  family<Operand::kU8, Operand::kU4, 0, Tile<16, 64, 256, 1, 2, 3>, Medium128>();
  family<Operand::kS8, Operand::kS4, 64, Small, Medium128>();
  family<Operand::kU8, Operand::kS4, 128, Small, Medium64>();
  family<Operand::kF16, Operand::kF16, 0, Tile<16, 64, 32, 1, 4, 4>, Medium64>();
  family<Operand::kF16, Operand::kS4, 0, Small, Medium64>();
  family<Operand::kF16, Operand::kU4, 0, Small, Medium64>();
  family<Operand::kF16, Operand::kS4, 64, Small, Medium64>();
  family<Operand::kF16, Operand::kS4, 128, Small, Medium128>();
  std::printf("%d checks, %d failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
