// Embeddings of packed tokens, normalised:
//
//   y[t] = LayerNorm(word[token_ids[t]] + type[type_of(t)] + position[t - start of its sequence + position_offset])
//
// then stored as FP16, quantized, or both. Sums are fp32, in the order written. The host has checked all ids.
//
// Its time with few tokens is that of two round trips to memory: ids, counts and sequences, then the rows of all
// tables.
//
// Launch: grid (ceil(bucket / Config::Launch::kRowsPerBlock)), block Config::Launch::kThreads, dynamic shared memory 0.
// Static shared memory: 8 bytes a feature for gamma and beta; with more than 32 threads a row kRowThreads / 32 * 8
// more.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/ptx.cuh"
#include "mc/quantize.cuh"
#include "mc/row_tile.cuh"
#include "mc/sequences.cuh"

namespace mc {

struct EmbeddingArguments {
  const int* token_ids;        //   0: [tokens], 0 to vocabulary - 1; readable, as are types, for all rows of the grid
  const int* type_ids;         //   8: [tokens], 0 to types - 1; TokenTypes::kIds only
  const Half* word;            //  16: [vocabulary, features], 16-byte aligned, as are the other tables
  const Half* position;        //  24: [positions, features]
  const Half* type;            //  32: [types, features]; not read with TokenTypes::kNone
  const float* gamma;          //  40: [features], 16-byte aligned
  const float* beta;           //  48: [features], 16-byte aligned
  const int* sequence_starts;  //  56: [sequences + 1], see FirstStarts
  const int* sequence_count;   //  64: [1]
  const int* token_count;      //  72: [1], equals sequence_starts[sequence_count]
  Half* output;                //  80: [tokens, features], 16-byte aligned; store only
  QuantizedRows quantized;     //  88: quantize only; codes 8-byte aligned
  float epsilon;               // 136
  int position_offset;         // 140: row of a sequence's first token; RoBERTa: pad_token_id + 1, else 0
};
static_assert(sizeof(EmbeddingArguments) == 144, "layout is shared with the host");

// kNone: the model has no type table. kZero: every token has type 0. kIds: types are an input.
enum class TokenTypes { kNone, kZero, kIds };

// Format_: a QuantFormat, or NoFormat for no codes. Launch_: a RowLaunch.
template <int kFeatures_, TokenTypes kTypes_, bool kStore_, typename Format_, typename Launch_>
struct EmbeddingConfig {
  static constexpr int kFeatures = kFeatures_;
  static constexpr TokenTypes kTypes = kTypes_;
  static constexpr bool kStore = kStore_;
  using Format = Format_;
  using Launch = Launch_;
  static_assert(kStore || kQuantizes<Format>, "a row is stored, quantized or both");

  // For the compiler, which keeps to the registers that this leaves: a row waits for memory twice, others must be
  // there. Packing codes takes a few more.
  static constexpr int kBlocksPerSm = Launch::kRowThreads > 32 ? 1 : kFeatures <= 768 && !kPacks<Format> ? 8 : 7;
};

template <typename Config>
struct Embedding {
  using Tile = RowTile<Config::kFeatures, Config::Launch::kRowThreads>;

  __device__ __forceinline__ static const Half* row_of(const Half* table, int index) {
    return table + static_cast<size_t>(index) * Config::kFeatures;
  }

  __device__ __forceinline__ static void run(const EmbeddingArguments& args) {
    const int thread = Config::Launch::thread();
    __shared__ float4 parameters[2 * Config::kFeatures / 4];  // gamma, beta
    __shared__ double scratch[Tile::kScratchBytes / 8 + (Tile::kScratchBytes == 0)];
    Parameters own;
    own.load(args.gamma, args.beta);

    dependency_wait();
    dependency_release();
    const int token = Config::Launch::row();
    const Ids ids = Ids::load(args, token);
    const FirstStarts starts = FirstStarts::load(args.sequence_starts);
    const int sequences = ptx::load_relaxed_4(args.sequence_count);
    const int tokens = ptx::load_relaxed_4(args.token_count);
    own.store(parameters);
    Rows rows;
    if (token < tokens) rows.load(args, ids, starts, sequences, token, thread);
    __syncthreads();
    if (token >= tokens) return;

    Tile tile;
    rows.add_up(tile);
    const auto* gamma = reinterpret_cast<const float*>(parameters);
    tile.normalize(gamma, gamma + Config::kFeatures, args.epsilon, thread, scratch);
    if constexpr (Config::kStore) tile.store(args.output + static_cast<size_t>(token) * Config::kFeatures, thread);
    if constexpr (kQuantizes<typename Config::Format>) {
      tile.template quantize<typename Config::Format>(args.quantized, token, thread, scratch);
    }
  }

 private:
  struct Ids {
    int token, type;

    __device__ __forceinline__ static Ids load(const EmbeddingArguments& args, int token) {
      Ids ids = {ptx::load_relaxed_4(args.token_ids + token), 0};
      if constexpr (Config::kTypes == TokenTypes::kIds) {
        ids.type = ptx::load_relaxed_4(args.type_ids + token);
      }
      return ids;
    }
  };

  // The rows of a token, one of each table.
  struct Rows {
    typename Tile::HalfRow word, type, position;

    __device__ __forceinline__ void load(const EmbeddingArguments& args, const Ids& ids, const FirstStarts& starts,
                                         int sequences, int token, int thread) {
      word.load(row_of(args.word, ids.token), thread);
      if constexpr (Config::kTypes != TokenTypes::kNone) type.load(row_of(args.type, ids.type), thread);
      const int start = starts.before(token, args.sequence_starts, sequences);
      position.load(row_of(args.position, token - start + args.position_offset), thread);
    }

    __device__ __forceinline__ void add_up(Tile& tile) const {
      tile.set(word);
      if constexpr (Config::kTypes != TokenTypes::kNone) tile.add(type);
      tile.add(position);
    }
  };

  // Gamma and beta on their way to shared memory, where a block's rows read them: this thread's part.
  struct Parameters {
    static constexpr int kQuads = Config::kFeatures / 4, kThreads = Config::Launch::kThreads;
    static constexpr int kParts = (2 * kQuads + kThreads - 1) / kThreads;
    float4 parts[kParts];

    // First those of gamma, then those of beta.
    __device__ __forceinline__ static int quad(int part) { return part * kThreads + static_cast<int>(threadIdx.x); }

    __device__ __forceinline__ void load(const float* gamma, const float* beta) {
#pragma unroll
      for (int i = 0; i < kParts; ++i) {
        const int place = quad(i);
        if (place < 2 * kQuads) {
          parts[i] = ptx::load_global_16(place < kQuads ? gamma + 4 * place : beta + 4 * (place - kQuads));
        }
      }
    }

    __device__ __forceinline__ void store(float4 (&target)[2 * kQuads]) const {
#pragma unroll
      for (int i = 0; i < kParts; ++i) {
        if (quad(i) < 2 * kQuads) target[quad(i)] = parts[i];
      }
    }
  };
};

}  // namespace mc
