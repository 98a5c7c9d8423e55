// The checks of attention_checks.h on the kernels of mc/hopper/attention.cuh.
#pragma once

#include "checks/attention_checks.h"
#include "mc/hopper/attention.cuh"
#include "tensor_map.h"

namespace checks {

// kShape: parameters of hopper::AttentionConfig from kQueryGroups on.
template <int kHeads_, int kHeadDim_, auto... kShape>
struct WarpgroupAttention {
  static constexpr int kHeads = kHeads_;
  static constexpr int kHeadDim = kHeadDim_;
  static constexpr bool kQuantizes = true;

  static std::string name() {
    using Config = mc::hopper::AttentionConfig<kHeads, kHeadDim, mc::AttentionOutput::kHalf, mc::NoFormat, kShape...>;
    return "warpgroups, " + std::to_string(Config::kQueryTile) + " queries, " + std::to_string(Config::kHeadsAtOnce) +
           " heads in " + std::to_string(Config::kTurns) + " turns, " + std::to_string(Config::kStages) +
           " key tiles of " + std::to_string(Config::kKeyTile);
  }

  template <mc::AttentionOutput kOutput, class Format>
  static bool launch(const std::string& name, const mc::AttentionArguments& arguments, int rows) {
    using Config = mc::hopper::AttentionConfig<kHeads, kHeadDim, kOutput, Format, kShape...>;
    using Kernel = mc::hopper::Attention<Config>;
    mc::hopper::AttentionArguments with_map;
    with_map.qkv = platform::tensor_map(arguments.qkv, 3 * Config::kHidden * 2, rows, 64);
    with_map.attention = arguments;
    platform::Array<unsigned> rendezvous(Kernel::rendezvous_words(rows));
    std::fill(&rendezvous[0], &rendezvous[0] + rendezvous.size(), 0u);
    rendezvous.may_change_early();
    with_map.rendezvous = rendezvous.device();
    platform::Shape shape;
    if (Config::kAcrossGrid) shape.by_ticket = Config::kBlocksPerTile;
    shape.columns = (rows + Config::kQueryTile - 1) / Config::kQueryTile * Config::kBlocksPerTile;
    shape.cluster = Config::kClusterSize;
    shape.shared_bytes = Kernel::kSharedBytes;
    return platform::launch<Kernel, Config::kThreads>(name, shape, with_map);
  }
};

// Codes lie in bytes on this architecture.
using FewByteFormats = FormatList<mc::QuantFormat<4, 8, false>, mc::QuantFormat<8, 8, true>>;
using AllByteFormats =
    FormatList<mc::QuantFormat<4, 8, false>, mc::QuantFormat<4, 8, true>, mc::QuantFormat<8, 8, false>,
               mc::QuantFormat<8, 8, true>, mc::QuantFormat<8, 8, true, true>, mc::QuantFormat<4, 8, false, true>,
               mc::QuantFormat<8, 8, false, false, true>, mc::QuantFormat<4, 8, true, false, true>>;

template <int kHeads, int kHeadDim, auto... kShape, class Formats = FewByteFormats>
void check_hopper_attention(std::initializer_list<Lengths> batches, Formats formats = {}) {
  for (const auto timing : platform::kCopyTimings) {
    platform::select(timing);
    check_attention_family<WarpgroupAttention<kHeads, kHeadDim, kShape...>>(batches, formats);
  }
}

}  // namespace checks
