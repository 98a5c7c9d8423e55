// Variable-length self-attention of an encoder on Hopper's warpgroup products: the contract, the masking and the
// numerics of mc/attention.cuh, for many tokens.
//
//   context[t, h, :] = sum over keys u of the sequence of t:  softmax_u(q[t,h,:] . k[u,h,:] / sqrt(head_dim)) v[u,h,:]
//
// A warpgroup takes 64 consecutive packed tokens and one head; Config says how many of each a block holds. The tokens
// may belong to several sequences: the block visits the keys from the start of the first token's sequence to the end of
// the last token's, and each warpgroup leaves out the tiles that none of its own tokens see. Only tiles that not every
// row of a warp sees whole are masked.
//
// The last warp of a block is its producer: one thread asks the copy engine for boxes of qkv, as they lie there, first
// the queries and the first tile of keys and values, all at once. Scores are a product of queries and keys in shared
// memory; probabilities stay in registers, where the scores' accumulator has the layout of the A operand of the product
// with the values, which is read with its columns (head_dim) contiguous.
//
// Rows beyond the last token hold anything, also NaN. Scores of such keys are replaced, not added to; such values are
// cleared in shared memory, since 0 * NaN is NaN; contexts of such queries stay in their own rows and are not stored.
//
// Cost of 64 keys x 64 queries of a head of 64, in clocks of a quarter of an SM (a warp of the group, a tensor core):
// products 2 * 128; exp2 32 * 8; issue slots about 280, of which the softmax takes 150 (a score has a maximum, a
// multiply-add, exp2, a sum and half a conversion) and the loop, its barriers and descriptors the rest. The three
// overlap between warps, so two or more warps a quarter approach 280: 1.9 us for 32 x 128 tokens x 12 heads, less than
// their traffic from L2. That is 16 KB for the same clocks and group, 64 bytes a clock and SM, where about 40 come;
// warpgroups that share keys halve it.
//
// sequence_starts, sequence_count and token_count are written before the first kernel of the graph starts; the window
// is found while the kernel ahead still runs.
//
// With kAcrossGrid blocks of a query tile wait for one another without being a cluster, which leaves multiprocessors
// idle. Tickets give the tiles out one after another: the first tile that is not finished has all its blocks running,
// or gets them as blocks of earlier tiles end. kBlocksPerTile blocks must fit the chip.
//
// Launch: grid (ceil(bucket / Config::kQueryTile) * Config::kBlocksPerTile), clusters of Config::kClusterSize along x,
// block Config::kThreads, dynamic shared memory Attention::kSharedBytes:
//
//   extern "C" __global__ void __cluster_dims__(Config::kClusterSize, 1, 1)
//   __launch_bounds__(Kernel::kThreads, Kernel::kBlocksPerSm)
//   NAME(const __grid_constant__ mc::hopper::AttentionArguments arguments) {
//     Kernel::run(arguments);
//   }
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/hopper/attention_config.cuh"
#include "mc/hopper/attention_shared.cuh"
#include "mc/hopper/barrier.cuh"
#include "mc/hopper/bulk_copy.cuh"
#include "mc/hopper/cluster.cuh"
#include "mc/hopper/context_output.cuh"
#include "mc/hopper/online_softmax.cuh"
#include "mc/hopper/rendezvous.cuh"
#include "mc/hopper/warp_group.cuh"
#include "mc/hopper/wgmma.cuh"
#include "mc/sequences.cuh"

namespace mc::hopper {

template <typename Config>
struct Attention {
  using Shared = AttentionShared<Config>;
  using Softmax = OnlineSoftmax<Config::kKeyTile, Config::kHeadDim>;
  using Output = ContextOutput<Config>;
  using ScoreProduct = Wgmma<Config::kKeyTile, Operand::kF16, Operand::kF16, Major::kK>;
  using ContextProduct = Wgmma<Config::kHeadDim, Operand::kF16, Operand::kF16, Major::kN>;
  static constexpr int kThreads = Config::kThreads;
  static constexpr int kSharedBytes = Shared::kBytes;
  // Of AttentionArguments::rendezvous, for so many tokens.
  static constexpr size_t rendezvous_words(int tokens) {
    return Config::kAcrossGrid ? Output::kTicketWords + Output::Slots::bytes(tokens) / sizeof(unsigned) : 0;
  }

  // Blocks of an SM, the second number of the kernel's __launch_bounds__: as many as shared memory (228 KB, of which
  // the system takes 1 KB a block) and registers have room for. 20 warps get 96 registers a thread, 12 get 168.
  static constexpr int kWarpsPerSm = Config::kKeyTile == 64 && Config::kHeadDim == 64 ? 20 : 12;
  static constexpr int kBlocksBySharedMemory = 228 * 1024 / (kSharedBytes + 1024);
  static constexpr int kBlocksByRegisters = kWarpsPerSm / (kThreads / 32);
  static constexpr int kBlocksPerSm =
      kBlocksByRegisters < kBlocksBySharedMemory ? kBlocksByRegisters : kBlocksBySharedMemory;
  static_assert(kBlocksPerSm >= 1, "a block fits neither registers nor shared memory: fewer heads, queries or stages");

  static constexpr int kKeyTile = Config::kKeyTile;
  static constexpr int kScoreTiles = kKeyTile / 8;
  static constexpr int kContextTiles = Config::kHeadDim / 8;
  static constexpr int kComputeWarps = 4 * Config::kWarpgroups;

  // Keys [first, end) of the packed tokens.
  struct Keys {
    int first;
    int end;
  };

  unsigned char* shared;
  unsigned base;  // shared address of `shared`
  int tokens;
  int first_token;  // of the block
  int rank;         // of the block among those of its query tile

  __device__ __forceinline__ unsigned barrier(int offset, int index) const { return base + offset + 8 * index; }
  // Tiles of all heads are counted together, in the order of the pipeline.
  __device__ __forceinline__ static int stage_of(int tile, int head) {
    return tile % Config::kStages * Config::kHeadsAtOnce + head;
  }
  __device__ __forceinline__ static int parity_of(int tile) { return tile / Config::kStages % 2; }

  __device__ __forceinline__ void init_barriers() const {
    for (int i = 0; i < Config::kTurns * Config::kHeadsAtOnce; ++i) barrier_init(barrier(Shared::kQueriesFull, i), 1);
    for (int i = 0; i < Shared::kStagedTiles; ++i) {
      barrier_init(barrier(Shared::kKeysFull, i), 1);
      barrier_init(barrier(Shared::kValuesFull, i), 1);
      barrier_init(barrier(Shared::kReleased, i), 4 * Config::kQueryGroups);
    }
    for (int i = 0; i < Config::kWarpgroups; ++i) barrier_init(barrier(Shared::kTailCleared, i), 128);
    Output::init_barriers(base, rank);
    barrier_init_fence();
  }

  // What each warp of a head's warpgroups sees.
  __device__ __forceinline__ Keys* windows() const { return reinterpret_cast<Keys*>(shared + Shared::kWindows); }

  // What warps `first` to `last` of them see.
  __device__ __forceinline__ Keys keys_of(int first, int last) const {
    return {windows()[first].first, windows()[last].end};
  }

  // ---- The producer ----

  // part: 0 queries, 1 keys, 2 values.
  __device__ __forceinline__ static void load_rows(const TensorMap& qkv, int part, int head, int first_row, int rows,
                                                   unsigned target, unsigned full) {
    barrier_arrive_expect(full, rows * Shared::kPanels * Shared::kRowBytes);
#pragma unroll
    for (int panel = 0; panel < Shared::kPanels; ++panel) {
      for (int row = 0; row < rows; row += 64) {
        load_tile_2d(target + (panel * rows + row) * Shared::kRowBytes, &qkv,
                     2 * (part * Config::kHidden + head * Config::kHeadDim + 64 * panel), first_row + row, full);
      }
    }
  }

  __device__ __forceinline__ void produce(const TensorMap& qkv, Keys block_keys) const {
    int tile = 0;
#pragma unroll 1
    for (int turn = 0; turn < Config::kTurns; ++turn) {
#pragma unroll 1
      for (int first_key = block_keys.first; first_key < block_keys.end; first_key += kKeyTile, ++tile) {
        for (int slot = 0; slot < Config::kHeadsAtOnce; ++slot) {
          const int head = rank * Config::kHeadsPerBlock + turn * Config::kHeadsAtOnce + slot;
          if (first_key == block_keys.first) {
            const int queries = turn * Config::kHeadsAtOnce + slot;
            load_rows(qkv, 0, head, first_token, Config::kQueryTile,
                      base + Shared::kQueries + queries * Config::kQueryGroups * Shared::kQueryBytes,
                      barrier(Shared::kQueriesFull, queries));
          }
          const int stage = stage_of(tile, slot);
          barrier_wait(barrier(Shared::kReleased, stage), parity_of(tile) ^ 1);
          load_rows(qkv, 1, head, first_key, kKeyTile, base + Shared::kKeys + stage * Shared::kTileBytes,
                    barrier(Shared::kKeysFull, stage));
          load_rows(qkv, 2, head, first_key, kKeyTile, base + Shared::kValues + stage * Shared::kTileBytes,
                    barrier(Shared::kValuesFull, stage));
        }
      }
    }
  }

  // ---- The warpgroups ----

  // scores = q . k; panels of both are 64 columns of head_dim, four steps of the product.
  __device__ __forceinline__ static void multiply_keys(unsigned queries, unsigned keys,
                                                       float (&scores)[kScoreTiles][4]) {
    const unsigned long long query_rows = k_major_descriptor(queries);
    const unsigned long long key_rows = k_major_descriptor(keys);
    wgmma_fence();
#pragma unroll
    for (int panel = 0; panel < Shared::kPanels; ++panel) {
#pragma unroll
      for (int step = 0; step < 4; ++step) {  // descriptors count 16 bytes
        ScoreProduct::multiply(scores,
                               query_rows + panel * Config::kQueryGroups * (Shared::kQueryPanelBytes / 16) + 2 * step,
                               key_rows + panel * (Shared::kKeyPanelBytes / 16) + 2 * step, panel + step > 0);
      }
    }
    wgmma_commit();
    wgmma_wait<0>();
  }

  // context += p . v. Score tiles 2s and 2s + 1 have the layout of the A operand of step s.
  __device__ __forceinline__ static void multiply_values(const float (&p)[kScoreTiles][4], unsigned values, bool first,
                                                         float (&context)[kContextTiles][4]) {
    unsigned a[kKeyTile / 16][4];
#pragma unroll
    for (int step = 0; step < kKeyTile / 16; ++step) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float* pair = p[2 * step + i / 2] + 2 * (i % 2);
        a[step][i] = pack_half2(pair[0], pair[1]);
      }
    }
    const unsigned long long value_rows = n_major_descriptor(values, Shared::kKeyPanelBytes);
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < kKeyTile / 16; ++step) {
      ContextProduct::multiply(context, a[step], value_rows + step * Shared::kRowBytes, step > 0 || !first);
    }
    wgmma_commit();
    wgmma_wait<0>();
  }

  // Zeros for the values beyond the last token. Warpgroups that share the tile all write the same zeros, each before
  // its own product reads them.
  __device__ __forceinline__ void clear_tail(int stage, int first_key, int warpgroup, int turn) const {
    constexpr int kRowWords = Shared::kRowBytes / 16;
    unsigned char* values = shared + Shared::kValues + stage * Shared::kTileBytes;
    const int first = tokens - first_key;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x) % 128; i < (kKeyTile - first) * kRowWords; i += 128) {
      for (int panel = 0; panel < Shared::kPanels; ++panel) {
        const int offset = panel * Shared::kKeyPanelBytes + first * Shared::kRowBytes + 16 * i;
        *reinterpret_cast<uint4*>(values + offset) = make_uint4(0, 0, 0, 0);
      }
    }
    fence_async_proxy();
    barrier_arrive(barrier(Shared::kTailCleared, warpgroup));
    barrier_wait(barrier(Shared::kTailCleared, warpgroup), turn & 1);
  }

  __device__ __forceinline__ void compute(const AttentionArguments& arguments, const SequenceWindow& window, int warp) {
    const int warpgroup = warp / 4;
    const int lane_index = static_cast<int>(threadIdx.x) % 32;
    AttentionLane lane;
    lane.thread = static_cast<int>(threadIdx.x);
    lane.head = warpgroup / Config::kQueryGroups;
    lane.query_group = warpgroup % Config::kQueryGroups;
    lane.row = 64 * lane.query_group + 16 * (warp % 4) + lane_index / 4;
    lane.member = lane_index % 4;

    const Keys block_keys = keys_of(0, 4 * Config::kQueryGroups - 1);
    Keys own_keys = keys_of(4 * lane.query_group, 4 * lane.query_group + 3);
    if (first_token + 64 * lane.query_group >= tokens) own_keys.end = own_keys.first;  // no token, so no key
    int start[2], length[2];
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      start[row] = window.start_of(lane_index / 4 + 8 * row);
      length[row] = window.end_of(lane_index / 4 + 8 * row) - start[row];
    }

    Output output = {arguments, lane, shared, rank, first_token, tokens};
    float context[kContextTiles][4] = {};
    int tile = 0;
#pragma unroll 1
    for (int turn = 0; turn < Config::kTurns; ++turn) {
      Softmax softmax;
      const int queries = turn * Config::kHeadsAtOnce + lane.head;
      const unsigned query_tile = base + Shared::kQueries + queries * Config::kQueryGroups * Shared::kQueryBytes +
                                  lane.query_group * Shared::kQueryPanelBytes;
      barrier_wait(barrier(Shared::kQueriesFull, queries), 0);
      bool first = true;
#pragma unroll 1
      for (int first_key = block_keys.first; first_key < block_keys.end; first_key += kKeyTile, ++tile) {
        const int stage = stage_of(tile, lane.head);
        barrier_wait(barrier(Shared::kKeysFull, stage), parity_of(tile));
        if (first_key + kKeyTile > own_keys.first && first_key < own_keys.end) {
          float scores[kScoreTiles][4];
          multiply_keys(query_tile, base + Shared::kKeys + stage * Shared::kTileBytes, scores);
          if (!window.single() || first_key < window.first_start || first_key + kKeyTile > window.last_end) {
            const int place = first_key + 2 * lane.member;
            Softmax::mask(scores, {place - start[0], place - start[1]}, length);
          }
          softmax.step(scores, first, context);
          barrier_wait(barrier(Shared::kValuesFull, stage), parity_of(tile));
          if (first_key + kKeyTile > tokens) clear_tail(stage, first_key, warpgroup, turn);
          multiply_values(scores, base + Shared::kValues + stage * Shared::kTileBytes, first, context);
          first = false;
        } else {
          barrier_wait(barrier(Shared::kValuesFull, stage), parity_of(tile));
        }
        __syncwarp();
        if (lane_index == 0) barrier_arrive(barrier(Shared::kReleased, stage));
      }
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        const float inverse = softmax.inverse_sum(row);
#pragma unroll
        for (int j = 0; j < kContextTiles; ++j) {
          context[j][2 * row] *= inverse;
          context[j][2 * row + 1] *= inverse;
        }
      }
      output.take(context, turn);
    }
    output.finish(context);
  }

  // Which part of the work the block does, tiles of queries one after another.
  __device__ __forceinline__ int place_of_block(const AttentionArguments& arguments) const {
    if constexpr (Config::kAcrossGrid) {
      unsigned* ticket = reinterpret_cast<unsigned*>(shared + Shared::kTicket);
      if (threadIdx.x == 0) *ticket = take_ticket(arguments.rendezvous);
      __syncthreads();
      return static_cast<int>(*ticket);
    } else {
      return static_cast<int>(blockIdx.x);
    }
  }

  __device__ __forceinline__ static void run(const AttentionArguments& arguments) {
    const mc::AttentionArguments& args = arguments.attention;
    Attention self;
    self.shared = ptx::dynamic_shared();
    self.base = ptx::shared_address(self.shared);
    self.tokens = *args.token_count;
    const int sequences = *args.sequence_count;
    // The last tokens first: of more rows than the L2 holds, they are what the kernel ahead has left there.
    const int tiles = (self.tokens + Config::kQueryTile - 1) / Config::kQueryTile;
    const int place = self.place_of_block(arguments);
    self.first_token = uniform(tiles - 1 - place / Config::kBlocksPerTile) * Config::kQueryTile;
    self.rank = uniform(place % Config::kBlocksPerTile);
    if (self.first_token < 0) return;

    const int warp = uniform(static_cast<int>(threadIdx.x) / 32);
    SequenceWindow window = {};
    if (warp == kComputeWarps) {
      if (elect_one()) {
        prefetch_map(&arguments.qkv);
        self.init_barriers();
      }
    } else {
      // Rows beyond the last token share its window.
      const int first_row = self.first_token + 16 * (warp % (4 * Config::kQueryGroups));
      window = find_window<16>(args.sequence_starts, sequences, min(first_row, self.tokens - 1));
      if (threadIdx.x % 32 == 0 && warp < 4 * Config::kQueryGroups) {
        self.windows()[warp] = {window.first_start, window.last_end};
      }
    }
    __syncthreads();
    if constexpr (Config::kInCluster) cluster_arrive();
    dependency_release();
    // Blocks that are written to have started. The first ones wait in the shadow of the kernel ahead.
    if constexpr (Config::kInCluster) cluster_wait();

    if (warp == kComputeWarps) {
      const Keys read = self.keys_of(0, 4 * Config::kQueryGroups - 1);
      const Keys keys = {uniform(read.first), uniform(read.end)};
      if (elect_one()) {
        dependency_wait();
        self.produce(arguments.qkv, keys);
      }
    } else {
      self.compute(arguments, window, warp);
    }
  }
};

}  // namespace mc::hopper
