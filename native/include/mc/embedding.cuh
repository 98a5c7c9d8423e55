// Embeddings of packed tokens, normalised:
//
//   y[t] = LayerNorm(word[token_ids[t]] + type[type_of(t)] + position[t - start of its sequence + position_offset])
//
// then stored as FP16, quantized, or both. Sums are fp32, in the order written. The host has checked all ids.
//
// Launch: grid (ceil(bucket / Config::Launch::kRowsPerBlock)), block Config::Launch::kThreads, dynamic shared memory 0.
// Static shared memory: 0 bytes with 32 threads a row, else kRowThreads / 32 * 8.
#pragma once

#include "mc/dependency.cuh"
#include "mc/half.cuh"
#include "mc/quantize.cuh"
#include "mc/row_tile.cuh"
#include "mc/sequences.cuh"

namespace mc {

struct EmbeddingArguments {
  const int* token_ids;        //   0: [tokens], 0 to vocabulary - 1
  const int* type_ids;         //   8: [tokens], 0 to types - 1; TokenTypes::kIds only
  const Half* word;            //  16: [vocabulary, features], 16-byte aligned, as are the other tables
  const Half* position;        //  24: [positions, features]
  const Half* type;            //  32: [types, features]; not read with TokenTypes::kNone
  const float* gamma;          //  40: [features], 16-byte aligned
  const float* beta;           //  48: [features], 16-byte aligned
  const int* sequence_starts;  //  56: [sequences + 1], see sequences.cuh
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
};

template <typename Config>
struct Embedding {
  using Tile = RowTile<Config::kFeatures, Config::Launch::kRowThreads>;

  __device__ __forceinline__ static const Half* row_of(const Half* table, int index) {
    return table + static_cast<size_t>(index) * Config::kFeatures;
  }

  __device__ __forceinline__ static void run(const EmbeddingArguments& args) {
    dependency_wait();
    dependency_release();
    const int token = Config::Launch::row();
    if (token >= *args.token_count) return;
    const int thread = Config::Launch::thread();
    __shared__ double scratch[Tile::kScratchBytes / 8 + (Tile::kScratchBytes == 0)];

    Tile tile;
    tile.load(row_of(args.word, args.token_ids[token]), thread);
    if constexpr (Config::kTypes == TokenTypes::kZero) tile.add(args.type, thread);
    if constexpr (Config::kTypes == TokenTypes::kIds) tile.add(row_of(args.type, args.type_ids[token]), thread);
    const int sequence = find_sequence(args.sequence_starts, *args.sequence_count, token);
    const int position = token - args.sequence_starts[sequence] + args.position_offset;
    tile.add(row_of(args.position, position), thread);
    tile.normalize(args.gamma, args.beta, args.epsilon, thread, scratch);
    if constexpr (Config::kStore) tile.store(args.output + static_cast<size_t>(token) * Config::kFeatures, thread);
    if constexpr (kQuantizes<typename Config::Format>) {
      tile.template quantize<typename Config::Format>(args.quantized, token, thread, scratch);
    }
  }
};

}  // namespace mc
