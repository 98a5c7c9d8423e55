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
  static constexpr int kValuesAt = kKeysAt + QkvProjection::kMatrixBytes;
  static constexpr int kPipelineAt = kValuesAt + QkvProjection::kMatrixBytes;
  static constexpr int kColumnsAt = kPipelineAt + Pipeline::kEnd;
  static constexpr int kSharedBytes = kColumnsAt + 2 * Tile::kN * 4;
  static_assert(kSharedBytes <= 227 * 1024, "a block has at most 227 KiB of shared memory");

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
  int team;

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
    const int first_row = static_cast<int>(threadIdx.x) % kWarpGroup / 32 * 16;
    const unsigned shared = ptx::shared_address(ptx::dynamic_shared());
    const float* columns = reinterpret_cast<const float*>(ptx::dynamic_shared() + kColumnsAt);
    const int count = *arguments.tile_count;
    const int units = work.units(count);
    dependency_wait();
#pragma unroll 1
    for (int unit = team; unit < units; unit += Tile::kTeams) {
      // The last unit's tile may not exist; then it stands for the one before it, which another block finishes.
      const int tile = work.tile(unit);
      const bool exists = Config::kClusterRows == 1 || tile < count;
      const TokenTile& place = arguments.tiles[exists ? tile : count - 1];
      QkvProjection projection = {columns, columns + Tile::kN, {}, lane, first_row};
      const int row = place.first_token + first_row + lane / 4;
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        const int token = row + r / 2 * 64 + r % 2 * 8;
        projection.row_scale[r] = token < place.end_token ? arguments.activation_scale[token] : 0.0f;
      }
      typename Products::Result result;
      if (unit > 0) named_barrier_wait(products_turn(team), kTurnThreads);
      Products::run(pipeline, 0, lane, unit * Config::Weights::kSteps, result, [&] {
        if (unit + 1 < units) named_barrier_arrive(products_turn(team ^ 1), kTurnThreads);
      });
      if (unit > 0) named_barrier_wait(memory_turn(team), kTurnThreads);
      if (!exists) break;
      projection.store(result.sums, 1, shared + kKeysAt);
      projection.store(result.sums, 2, shared + kValuesAt);
      fence_async_proxy();
      QkvProjection::Queries queries;
      projection.take_queries(result.sums, queries);
      named_barrier_wait(1 + team, kWarpGroup);

      Context context[2];
      attend(place, queries, shared, row, context);
      if (unit + 1 < units) named_barrier_arrive(memory_turn(team ^ 1), kTurnThreads);
#pragma unroll
      for (int half = 0; half < 2; ++half) finish(place, row + 64 * half, context[half]);
    }
  }

  // The contexts of the tile's two halves; what blocks exchange about them is on its way. row: of the thread, and
  // row + 8.
  __device__ __forceinline__ void attend(const TokenTile& place, QkvProjection::Queries& queries, unsigned shared,
                                         int row, Context (&context)[2]) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const SequenceBoundaries boundaries = {
        place.boundaries[0] | static_cast<unsigned long long>(place.boundaries[1]) << 32,
        place.boundaries[2] | static_cast<unsigned long long>(place.boundaries[3]) << 32};
    const bool masked = !boundaries.none();
    // One copy of the code for both: it would not fit the cache of instructions twice.
#pragma unroll 1
    for (int half = 0; half < 2; ++half) {
      const int token = row + 64 * half;
      typename ScoreProduct::Sums scores;
      multiply_keys(queries[0], shared + kKeysAt, scores);
      if (masked) {
        const int in_tile[2] = {token - place.first_token, token - place.first_token + 8};
        int first[2], length[2];
#pragma unroll
        for (int r = 0; r < 2; ++r) {
          const int start = boundaries.start_of(in_tile[r]);
          first[r] = lane % 4 * 2 - start;
          length[r] = boundaries.end_of(in_tile[r]) - start;
        }
        Softmax::mask(scores, first, length);
      }
#pragma unroll
      for (int j = 0; j < kContextTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) context[0][j][i] = context[1][j][i];
      }
      Softmax softmax;
      softmax.step(scores, true, context[1]);
      multiply_values(scores, shared + kValuesAt, context[1]);
      float largest[2] = {0.0f, 0.0f};
      const float inverse[2] = {softmax.inverse_sum(0), softmax.inverse_sum(1)};
#pragma unroll
      for (int j = 0; j < kContextTiles; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          context[1][j][i] *= inverse[i / 2];
          largest[i / 2] = fmaxf(largest[i / 2], fabsf(context[1][j][i]));
        }
      }
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        largest[r] = lanes_max<4>(largest[r]);
        if (!Format::kStatic && lane % 4 == 0 && token + 8 * r < place.end_token) {
          head_range_leave(range_of(token + 8 * r) + work.head, largest[r]);
        }
      }
#pragma unroll
      for (int i = 0; i < 16; ++i) queries[0][i / 4][i % 4] = queries[1][i / 4][i % 4];
    }
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
    const unsigned long long value_rows = n_major_descriptor(values, QkvProjection::kMatrixBytes);
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
  __device__ __forceinline__ void find_params(const TokenTile& place, int row, QuantParams (&params)[2]) const {
    constexpr int kWords = (Config::kHeads + 3) / 4;  // that a lane of a quad looks at
    const int member = static_cast<int>(threadIdx.x) % 4;
    unsigned largest[2];
    bool there;
    do {
      there = true;
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        const unsigned* words = range_of(::min(row + 8 * r, place.end_token - 1));
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
  __device__ __forceinline__ void finish(const TokenTile& place, int row, const Context& context) const {
    const int member = static_cast<int>(threadIdx.x) % 4;
    QuantParams params[2];
    if constexpr (Format::kStatic) {
      params[0] = params[1] = Format::from_static(arguments.quantized);
    } else {
      find_params(place, row, params);
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int token = row + 8 * r;
      if (token >= place.end_token) continue;
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

  static constexpr int kTurnThreads = 2 * kWarpGroup;
  // Named barriers at which a team waits for its turn at the tensor cores, and at the keys and values; 1 and 2 are
  // those of a team.
  __device__ __forceinline__ static int products_turn(int team) { return 3 + team; }
  __device__ __forceinline__ static int memory_turn(int team) { return 5 + team; }
};

}  // namespace mc::hopper
