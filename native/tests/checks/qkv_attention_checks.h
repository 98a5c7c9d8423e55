// Checks of native/include/mc/hopper/qkv_attention.cuh against a projection whose FP16 results are exact and softmax in
// fp64 (context_reference.h).
#pragma once

#include <algorithm>
#include <cmath>

#include "checks/context_reference.h"
#include "checks/linear_layer.h"
#include "checks/numbers.h"
#include "checks/sequences.h"
#include "mc/hopper/qkv_attention.cuh"
#include "mc/hopper/weight_tiles.cuh"
#include "tensor_map.h"

namespace checks {

// Weights in the order of mc/hopper/weight_tiles.cuh, for LinearLayer.
template <class Problem>
struct ProjectionWeights {
  using Tiles = mc::hopper::WeightTiles<Problem::kWeight, Problem::kN, Problem::kK>;
  static constexpr long long kBytes = Tiles::kBytes;
  static constexpr int kBits = mc::bits_of(Problem::kWeight);
  static constexpr int kBias = 0;
  static mc::WeightPosition position(int n, int k) { return {Tiles::position(n, k), 0}; }
};

// Tiles of as many sequences as fit.
inline std::vector<mc::hopper::TokenTile> token_tiles(const Sequences& sequences) {
  std::vector<mc::hopper::TokenTile> tiles;
  for (int next = 0; next < sequences.count();) {
    mc::hopper::TokenTile tile = {sequences.start(next), sequences.start(next), {}, {}};
    for (; next < sequences.count() && sequences.end(next) - tile.first_token <= 128; ++next) {
      tile.end_token = sequences.end(next);
      const int row = tile.end_token - tile.first_token;
      if (row < 128) tile.boundaries[row / 32] |= 1u << row % 32;
    }
    tiles.push_back(tile);
  }
  return tiles;
}

template <class Config>
class QkvAttentionCase {
 public:
  using Kernel = mc::hopper::QkvAttention<Config>;
  using Format = typename Config::Format;

  // sets: of clusters of all heads. spare: clusters besides, which find no work.
  QkvAttentionCase(const Lengths& lengths, int sets, int spare)
      : sequences_(lengths),
        tokens_(sequences_.tokens()),
        rows_((tokens_ + 15) / 16 * 16 + 32),
        tiles_(token_tiles(sequences_)),
        layer_(tokens_, rows_),
        device_tiles_(tiles_),
        tile_count_(std::vector<int>{static_cast<int>(tiles_.size())}),
        head_ranges_(size_t(rows_ + 31) / 32 * 32 * Config::kHeads),
        codes_(size_t(rows_) * Config::kHidden, kPoison),
        scale_(rows_, kPoison) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "qkv and attention, %d heads, %d inputs, %d bits%s, %d stages%s, cluster %d, %d tokens of %d "
                  "sequences, %d sets",
                  Config::kHeads, Config::kInputs, Format::kBits, Format::kStatic ? ", static" : "",
                  Config::Tile::kStages, Config::Tile::kStationary ? "" : " of both", Config::kClusterSize, tokens_,
                  sequences_.count(), sets);
    name_ = text;
    project();
    run(sets, spare);
  }

 private:
  static constexpr int kHidden = Config::kHidden;
  static constexpr unsigned char kPoison = 0xa5;

  // Queries, keys and values of about 1, so that many keys have a part in each context.
  void project() {
    Random random(static_cast<unsigned long long>(tokens_) + 1);
    std::vector<int> codes(Config::kInputs);
    for (int token = 0; token < tokens_; ++token) {
      for (int& code : codes) code = random.between(-128, 127);
      layer_.set_activations(token, codes, random.real(0.5f, 1.5f) / (60.0f * std::sqrt(float(Config::kInputs))));
    }
    for (float value : layer_.values()) qkv_.push_back(half_to_float(float_to_half(value)));
  }

  void run(int sets, int spare) {
    const mc::GemmArguments linear = layer_.arguments();
    mc::hopper::QkvAttentionArguments arguments = {};
    arguments.activations = platform::tensor_map(linear.activations, Config::kInputs, rows_, Config::Tile::kM);
    arguments.tiles = device_tiles_.device();
    arguments.tile_count = tile_count_.device();
    arguments.activation_scale = linear.activation_scale;
    arguments.weights = linear.weights;
    arguments.weight_scale = linear.weight_scale;
    arguments.bias = linear.bias;
    arguments.head_ranges = head_ranges_.device();
    arguments.quantized = {codes_.device(), scale_.device(), nullptr, nullptr, kStaticScale, 0.0f, 1.0f, 0};
    platform::Shape shape;
    shape.columns = (Config::kHeads * sets + spare) * Config::kClusterSize;
    shape.cluster = Config::kClusterSize;
    shape.shared_bytes = Kernel::kSharedBytes;
    shape.resident = true;
    if (!platform::launch<Kernel, Kernel::kThreads>(name_, shape, arguments)) return report(name_, 1, 1);
    check();
  }

  void check() {
    long long wrong = 0, wrong_scales = 0, written = 0;
    for (int token = 0; token < tokens_; ++token) {
      std::vector<double> context(kHidden), error(kHidden);
      for (int head = 0; head < Config::kHeads; ++head) {
        reference_context(qkv_, kHidden, sequences_, token, head, &context[64 * head], &error[64 * head]);
      }
      double largest = 0, error_of_largest = 0;
      for (int i = 0; i < kHidden; ++i) {
        largest = std::max(largest, std::fabs(context[i]));
        error_of_largest = std::max(error_of_largest, error[i]);
      }
      const double step = Format::kStatic ? kStaticScale : largest / Format::kHighest;
      const double scale = scale_[token];
      wrong_scales += !(std::fabs(scale - step) <= (Format::kStatic ? 0.0 : error_of_largest / Format::kHighest));
      for (int i = 0; i < kHidden; ++i) {
        const int code = static_cast<signed char>(codes_[size_t(token) * kHidden + i]);
        const double expected = std::clamp(context[i], Format::kLowest * scale, Format::kHighest * scale);
        wrong += !(std::fabs(code * scale - expected) <= 0.5001 * scale + error[i]);
      }
    }
    for (int token = tokens_; token < rows_; ++token) {
      unsigned bits;
      std::memcpy(&bits, &scale_[token], 4);
      written += bits != 0xa5a5a5a5u;
      for (int i = 0; i < kHidden; ++i) written += codes_[size_t(token) * kHidden + i] != kPoison;
    }
    report(name_, wrong, static_cast<long long>(tokens_) * kHidden);
    report(name_ + ", scales", wrong_scales, tokens_);
    report(name_ + ", rows beyond the tokens", written, rows_ - tokens_);
  }

  static constexpr float kStaticScale = 0.02f;

  Sequences sequences_;
  int tokens_, rows_;
  std::vector<mc::hopper::TokenTile> tiles_;
  LinearLayer<typename Config::Problem, ProjectionWeights<typename Config::Problem>> layer_;
  std::vector<float> qkv_;
  platform::Array<mc::hopper::TokenTile> device_tiles_;
  platform::Array<int> tile_count_;
  platform::Array<unsigned> head_ranges_;
  platform::Array<unsigned char> codes_;
  platform::Array<float> scale_;
  std::string name_;
};

template <int kHeads, int kInputs, class Format, int kStages, mc::hopper::WeightFlow kFlow, int kCluster = 1>
void check_qkv_attention(std::initializer_list<Lengths> batches, int sets, int spare = 0) {
  using Config = mc::hopper::QkvAttentionConfig<kHeads, kInputs, Format, kStages, kFlow, kCluster>;
  for (const auto timing : platform::kCopyTimings) {
    platform::select(timing);
    for (const Lengths& lengths : batches) QkvAttentionCase<Config>(lengths, sets, spare);
  }
}

}  // namespace checks
