// The QKV projection and the attention of whole sequences of at most 128 tokens in one kernel on sm_90a, so that
// queries, keys and values never leave the chip:
//
//   qkv[t, n]        = half(sum over k of a[t, k] * w[n, k] * a_scale[t] * w_scale[n] + bias[n])
//   context[t, h, :] = sum over keys u of the sequence of t:  softmax_u(q[t,h,:] . k[u,h,:] / sqrt(64)) v[u,h,:]
//   codes[t, :]      = Format::quantize(context[t, :, :]; scale[t])
//
//   using Kernel = mc::hopper::QkvAttention<mc::hopper::QkvAttentionConfig<12, 768, mc::QuantFormat<4, 8, false>, 3>>;
//   extern "C" __global__ void __cluster_dims__(Kernel::kClusterSize, 1, 1) __launch_bounds__(Kernel::kThreads, 1)
//   NAME(const __grid_constant__ mc::hopper::QkvAttentionArguments arguments) {
//     Kernel::run(arguments);
//   }
//
// Blocks are persistent. A block keeps to one head, whose weights stay in shared memory where there is room, and takes
// token tiles of 128 rows, the rows of whole sequences (TokenTile). Two warp groups take tiles in turn: the products of
// one run while the other computes what follows, the attention of its tile. Its keys and values lie in shared memory
// that both use in turn; queries, scores and probabilities stay in registers, 64 queries and all keys at a time.
//
// Rows of a tile behind its last token belong to other tiles, or to none. They are computed as if their activations
// were 0, so whatever their scales hold; as keys no token of the tile sees them, as queries they are not stored.
//
// The scale of a token's context needs all heads: blocks exchange the range in device memory (head_ranges.cuh).
//
// Launch: grid (kHeads * kClusterRows * sets, 1, 1), sets at most ceil(token tiles / kClusterRows) and so few that
// every block fits the chip at once. kThreads threads, kSharedBytes of dynamic shared memory, clusters of kClusterSize.
//
//   shared_bytes = 32 KiB + stages * (16384 + (stationary ? 0 : 24576) + 16)
//                  + (stationary ? steps * 24576 + 8 * (steps rounded up to an even number) : 0) + 1536
//   steps        = ceil(K / 128)
#pragma once

#include "mc/dependency.cuh"
#include "mc/hopper/head_ranges.cuh"
#include "mc/hopper/online_softmax.cuh"
#include "mc/hopper/products.cuh"
#include "mc/hopper/qkv_attention_producer.cuh"
#include "mc/hopper/qkv_projection.cuh"
#include "mc/hopper/sequence_boundaries.cuh"

namespace mc::hopper {

template <class Config_>
struct QkvAttention {
  using Config = Config_;
  using Arguments = QkvAttentionArguments;
  using Format = typename Config::Format;
  using Tile = typename Config::Tile;
  using Work = QkvAttentionWork<Config>;
  using Products = hopper::Products<typename Config::Problem, Tile, Work>;
  using Pipeline = typename Products::Pipeline;
  using Softmax = OnlineSoftmax<Tile::kM, Config::kHeadDim>;
  using ScoreProduct = Wgmma<Tile::kM, Operand::kF16, Operand::kF16, Major::kK>;
  using ContextProduct = Wgmma<Config::kHeadDim, Operand::kF16, Operand::kF16, Major::kN>;
  static constexpr int kClusterSize = Config::kClusterSize;
  static constexpr int kThreads = Tile::kThreads;

  // Shared memory: keys, values, the pipeline, scales and biases of the head.
  static constexpr int kKeysAt = 0;
  static constexpr int kValuesAt = kKeysAt + kQkvMatrixBytes;
  static constexpr int kPipelineAt = kValuesAt + kQkvMatrixBytes;
  static constexpr int kColumnsAt = kPipelineAt + Pipeline::kEnd;
  static constexpr int kSharedBytes = kColumnsAt + 2 * Tile::kN * 4;
  static_assert(kSharedBytes <= 227 * 1024, "a block has at most 227 KiB of shared memory");

  static constexpr int kBlocks = Tile::kBlocksM;  // of 64 rows, of a warp group
  using Projection = QkvProjection<kBlocks>;
  static constexpr int kContextTiles = Config::kHeadDim / 8;
  using Context = float[kContextTiles][4];

  __device__ __forceinline__ static void run(const QkvAttentionArguments& arguments) {
    const Work work;
    const Pipeline pipeline = {ptx::shared_address(ptx::dynamic_shared()) + kPipelineAt, work.rank};
    const int group = uniform(static_cast<int>(threadIdx.x) / kWarpGroup);
    if (threadIdx.x == 0) {
      pipeline.init();
      barrier_init_fence();
    }
    load_columns(arguments, work.head);
    __syncthreads();
    if constexpr (kClusterSize > 1) ptx::cluster_barrier();
    if (group == Tile::kGroups) {
      registers_shrink<Tile::kProducerRegisters>();
      if (uniform(static_cast<int>(threadIdx.x) / 32) == Tile::kComputingThreads / 32 && elect_one()) {
        QkvAttentionProducer<Config>::run(arguments, pipeline, work);
      }
    } else {
      registers_grow<Tile::kConsumerRegisters>();
      QkvAttention self = {arguments, pipeline, work, group};
      self.compute();
    }
    // A block may not leave while others of the cluster can still reach its shared memory.
    if constexpr (kClusterSize > 1) ptx::cluster_barrier();
  }

  const QkvAttentionArguments& arguments;
  const Pipeline& pipeline;
  const Work& work;
  int group;

 private:
  // Scales and biases [3][64] of the head. They depend on no earlier kernel.
  __device__ __forceinline__ static void load_columns(const QkvAttentionArguments& arguments, int head) {
    float* columns = reinterpret_cast<float*>(ptx::dynamic_shared() + kColumnsAt);
    const int column = static_cast<int>(threadIdx.x);
    if (column >= Tile::kN) return;
    const int output =
        column / Config::kHeadDim * Config::kHidden + head * Config::kHeadDim + column % Config::kHeadDim;
    columns[column] = arguments.weight_scale[output];
    columns[Tile::kN + column] = arguments.bias[output];
  }

  __device__ __forceinline__ void compute() const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int group_row = group % Tile::kGroupsOfTile * Tile::kGroupM;  // of the warp group, within the tile
    const int warp_row = group_row + static_cast<int>(threadIdx.x) % kWarpGroup / 32 * 16;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const float* columns = reinterpret_cast<const float*>(ptx::dynamic_shared() + kColumnsAt);
    const int team = group / Tile::kGroupsOfTile;
    const int count = *arguments.tile_count;
    const int units = work.units(count);
    Rows next = rows_of(team, units, count);
    dependency_wait();
#pragma unroll 1
    for (int unit = team; unit < units; unit += Tile::kTeams) {
      const Rows rows = next;
      Projection projection = {columns, columns + Tile::kN, {}, lane, warp_row};
      const int row = rows.first + warp_row + lane / 4;
#pragma unroll
      for (int r = 0; r < 2 * kBlocks; ++r) {
        const int token = row + r / 2 * 64 + r % 2 * 8;
        projection.row_scale[r] = token < rows.end ? arguments.activation_scale[token] : 0.0f;
      }
      next = rows_of(unit + Tile::kTeams, units, count);
      typename Products::Result result;
      if (kTurns && unit > 0) named_barrier_wait(products_turn(team), kTurnThreads);
      Products::run(pipeline, group_row, lane, unit * Config::Weights::kSteps, result, [&] {
        if (kTurns && unit + 1 < units) named_barrier_arrive(products_turn(team ^ 1), kTurnThreads);
      });
      if (unit > 0) named_barrier_wait(memory_turn(team), kTurnThreads);
      if (rows.end == rows.first) break;
      projection.store(result.sums, 1, shared + kKeysAt);
      projection.store(result.sums, 2, shared + kValuesAt);
      fence_async_proxy();
      typename Projection::Queries queries;
      projection.take_queries(result.sums, queries);
      named_barrier_wait(1 + team, Tile::kGroupsOfTile * kWarpGroup);

      Context contexts[kBlocks];
      attend(work.tile(unit), rows, queries, shared, warp_row + lane / 4, contexts);
      if (kTurns && unit + 1 < units) named_barrier_arrive(memory_turn(team ^ 1), kTurnThreads);
#pragma unroll
      for (int block = 0; block < kBlocks; ++block) finish(rows, row + 64 * block, contexts[block]);
    }
  }

  // Tokens of a tile.
  struct Rows {
    int first, end;
  };

  // Of a unit of the block; none where the last unit's tile does not exist. Any of a unit that does not exist.
  __device__ __forceinline__ Rows rows_of(int unit, int units, int count) const {
    const int tile = work.tile(unit);
    if (tile >= count) return {0, 0};
    const int2 rows = *reinterpret_cast<const int2*>(arguments.tiles + tile);
    return {rows.x, rows.y};
  }

  // The contexts of the warp group's blocks of 64 queries; what thread blocks exchange about them is on its way. row:
  // of the thread within the tile, and row + 8.
  __device__ __forceinline__ void attend(int tile, const Rows& rows, typename Projection::Queries& queries,
                                         unsigned shared, int row, Context (&contexts)[kBlocks]) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const uint4 words = *reinterpret_cast<const uint4*>(arguments.tiles[tile].boundaries);
    const SequenceBoundaries boundaries = {words.x | static_cast<unsigned long long>(words.y) << 32,
                                           words.z | static_cast<unsigned long long>(words.w) << 32};
    const bool masked = !boundaries.none();
    // One copy of the code for all: it would not fit the cache of instructions twice.
#pragma unroll 1
    for (int block = 0; block < kBlocks; ++block, row += 64) {
      typename ScoreProduct::Sums scores;
      multiply_keys(queries[0], shared + kKeysAt, scores);
      if (masked) {
        int first[2], length[2];
#pragma unroll
        for (int r = 0; r < 2; ++r) {
          const int start = boundaries.start_of(row + 8 * r);
          first[r] = lane % 4 * 2 - start;
          length[r] = boundaries.end_of(row + 8 * r) - start;
        }
        Softmax::mask(scores, first, length);
      }
      // Registers have no index: what is next, or newest, always has the same.
      if constexpr (kBlocks == 2) copy(contexts[1], contexts[0]);
      Context& context = contexts[kBlocks - 1];
      Softmax softmax;
      softmax.step(scores, true, context);
      multiply_values(scores, shared + kValuesAt, context);
      float largest[2] = {0.0f, 0.0f};
      const float inverse[2] = {softmax.inverse_sum(0), softmax.inverse_sum(1)};
#pragma unroll
      for (int j = 0; j < kContextTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          context[j][i] *= inverse[i / 2];
          largest[i / 2] = fmaxf(largest[i / 2], fabsf(context[j][i]));
        }
      }
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        largest[r] = lanes_max<4>(largest[r]);
        const int token = rows.first + row + 8 * r;
        if (!Format::kStatic && lane % 4 == 0 && token < rows.end) {
          head_range_leave(range_of(token) + work.head, largest[r]);
        }
      }
      if constexpr (kBlocks == 2) copy(queries[1], queries[0]);
    }
  }

  template <class Word, int kRows>
  __device__ __forceinline__ static void copy(const Word (&from)[kRows][4], Word (&to)[kRows][4]) {
#pragma unroll
    for (int i = 0; i < 4 * kRows; ++i) to[i / 4][i % 4] = from[i / 4][i % 4];
  }

  // scores = q . k of 64 queries and all keys.
  __device__ __forceinline__ static void multiply_keys(const unsigned (&queries)[4][4], unsigned keys,
                                                       typename ScoreProduct::Sums& scores) {
    const unsigned long long key_rows = k_major_descriptor(keys);
    wgmma_hold(scores);
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < 4; ++step) {
      ScoreProduct::multiply(scores, queries[step], key_rows + 2 * step, step > 0);
    }
    wgmma_commit();
    wgmma_wait<0>();
    wgmma_hold(scores);
  }

  // context = p . v. Score tiles 2 s and 2 s + 1 have the layout of the A operand of step s.
  __device__ __forceinline__ static void multiply_values(const typename ScoreProduct::Sums& p, unsigned values,
                                                         Context& context) {
    constexpr int kSteps = Tile::kM / 16;
    unsigned a[kSteps][4];
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float* pair = p[2 * step + i / 2] + 2 * (i % 2);
        a[step][i] = pack_half2(pair[0], pair[1]);
      }
    }
    const unsigned long long value_rows = n_major_descriptor(values, kQkvMatrixBytes);
    wgmma_hold(context);
    wgmma_fence();
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      ContextProduct::multiply(context, a[step], value_rows + 128 * step, step > 0);
    }
    wgmma_commit();
    wgmma_wait<0>();
    wgmma_hold(context);
  }

  // Words of a token, one a head.
  __device__ __forceinline__ unsigned* range_of(int token) const {
    return arguments.head_ranges + static_cast<long long>(token) * Config::kHeads;
  }

  // What quantizes rows `row` and `row` + 8, when the other heads have left their ranges.
  __device__ __forceinline__ void find_params(const Rows& rows, int row, QuantParams (&params)[2]) const {
    constexpr int kWords = (Config::kHeads + 3) / 4;  // that a lane of a quad looks at
    const int member = static_cast<int>(threadIdx.x) % 4;
    unsigned largest[2];
    bool there;
    do {
      there = true;
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        const unsigned* words = range_of(::min(row + 8 * r, rows.end - 1));
        largest[r] = 0;
#pragma unroll
        for (int i = 0; i < kWords; ++i) {
          const unsigned image = head_range_image(words + ::min(member + 4 * i, Config::kHeads - 1));
          there = there && image != 0;
          largest[r] = ::max(largest[r], image);
        }
      }
      if (!there) head_range_pause();
    } while (!there);
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const float of_row = lanes_max<4>(from_ordered_image(largest[r]));
      params[r] = Format::from_range({-of_row, of_row}, arguments.quantized.clip);
    }
  }

  // Quantizes and stores rows `row` and `row` + 8 of the context.
  __device__ __forceinline__ void finish(const Rows& rows, int row, const Context& context) const {
    const int member = static_cast<int>(threadIdx.x) % 4;
    QuantParams params[2];
    if constexpr (Format::kStatic) {
      params[0] = params[1] = Format::from_static(arguments.quantized);
    } else {
      find_params(rows, row, params);
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int token = row + 8 * r;
      if (token >= rows.end) continue;
      unsigned char* codes =
          static_cast<unsigned char*>(arguments.quantized.codes) +
          (static_cast<long long>(token) * Config::kHidden + work.head * Config::kHeadDim + 8 * member);
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        unsigned words[4];
#pragma unroll
        for (int k = 0; k < 4; ++k) {
          const float* pair = context[4 * block + k] + 2 * r;
          const int first = Format::quantize_bits(pair[0], params[r], arguments.quantized.clip);
          const int second = Format::quantize_bits(pair[1], params[r], arguments.quantized.clip);
          words[k] = __byte_perm(first, second, 0x0040);
        }
        *reinterpret_cast<uint2*>(codes + 32 * block) =
            make_uint2(__byte_perm(words[0], words[1], 0x5410), __byte_perm(words[2], words[3], 0x5410));
      }
      if (work.head == 0 && member == 0) arguments.quantized.scale[token] = params[r].scale;
    }
  }

  static constexpr bool kTurns = Tile::kTeams > 1;
  static constexpr int kTurnThreads = 2 * kWarpGroup;
  // Named barriers at which a team waits for its turn at the tensor cores, and at the keys and values; one team alone
  // waits there until both of its warp groups have read them. 1 and 2 are those of a team.
  __device__ __forceinline__ static int products_turn(int team) { return 3 + team; }
  __device__ __forceinline__ static int memory_turn(int team) { return 5 + team; }
};

}  // namespace mc::hopper
