// What blocks of a grid tell one another about the rows that they share (RowScope::kGrid), through device memory: each
// block's part of a row, one or two floats, has a slot (rendezvous.cuh).
//
//   slots: [ceil(rows / kRun)][kExchanges][kParts][kRun] words of 4 kWords bytes, zero when the graph starts
//
// So what a block writes about kRun rows lies side by side, in sectors of 32 bytes of its own, and lanes that have
// neighbouring rows read whole sectors. With the parts of a row side by side 48 blocks waited 3.8 us instead of 0.9:
// every sector had many writers, while the readers of all blocks asked for it.
//
// A word is an image of the part that is never zero. Of two floats the second one, of one float that, is an ordered
// image (ordered_image.cuh), which only one NaN has as 0; 1 stands for that.
#pragma once

#include "mc/hopper/ordered_image.cuh"
#include "mc/hopper/rendezvous.cuh"
#include "mc/ptx.cuh"
#include "mc/reduce.cuh"

namespace mc::hopper {

__device__ __forceinline__ unsigned nonzero_image(float value) {
  const unsigned image = ordered_image(value);
  return image == 0 ? 1 : image;
}

template <int kWords>
struct SlotWord;
template <>
struct SlotWord<1> {
  using Type = unsigned;
  __device__ __forceinline__ static Type of(float2 part) { return nonzero_image(part.x); }
  // The second value is the first again.
  __device__ __forceinline__ static float2 part(Type word) {
    const float value = from_ordered_image(word);
    return make_float2(value, value);
  }
};
template <>
struct SlotWord<2> {
  using Type = unsigned long long;
  __device__ __forceinline__ static Type of(float2 part) {
    return static_cast<unsigned long long>(nonzero_image(part.y)) << 32 | static_cast<unsigned>(__float_as_int(part.x));
  }
  __device__ __forceinline__ static float2 part(Type word) {
    return make_float2(__int_as_float(static_cast<int>(word)), from_ordered_image(static_cast<unsigned>(word >> 32)));
  }
};

// kParts: of a row. kWords: floats of a part. kExchanges: of an epilogue, one after another. kLanes: threads that read a
// row's parts together. kRun: neighbouring rows that the lanes of a warp have, at least 8, at most 32.
template <int kParts, int kWords, int kExchanges, int kLanes, int kRun>
struct RowSlots {
  using Word = typename SlotWord<kWords>::Type;
  static constexpr int kPartsOfLane = (kParts + kLanes - 1) / kLanes;
  static constexpr bool kManyParts = kPartsOfLane > 4;
  static_assert(kRun >= 8 && kRun <= 32, "a run fills sectors, and whoever allocates slots rounds rows up to 32");

  static constexpr size_t bytes(int rows) {
    return static_cast<size_t>((rows + kRun - 1) / kRun) * kExchanges * kParts * kRun * sizeof(Word);
  }

  Word* slots;

  // Of the first part of a row. Parts are kRun words apart.
  __device__ __forceinline__ static int place_of(int row, int exchange) {
    return (row / kRun * kExchanges + exchange) * (kParts * kRun) + row % kRun;
  }

  __device__ __forceinline__ void tell(int row, int exchange, int part, float2 values) const {
    tell_word(row, exchange, part, SlotWord<kWords>::of(values));
  }
  __device__ __forceinline__ void tell_word(int row, int exchange, int part, Word word) const {
    slot_fill(slots + (place_of(row, exchange) + part * kRun), word);
  }

  // A lane's share of the parts of kRows rows.
  template <int kRows>
  struct Received {
    Word words[kRows][kPartsOfLane];

    __device__ __forceinline__ void take(int r, const Received<1>& row) {
#pragma unroll
      for (int i = 0; i < kPartsOfLane; ++i) words[r][i] = row.words[0][i];
    }

    // Passes on the parts of row r that fall to the lane, in rising order; each falls to one of the kLanes.
    template <class Take>
    __device__ __forceinline__ void for_each(int r, int lane, Take&& take) const {
      for_each_word(r, lane, [&](Word word) { take(SlotWord<kWords>::part(word)); });
    }
    template <class Take>
    __device__ __forceinline__ void for_each_word(int r, int lane, Take&& take) const {
#pragma unroll
      for (int i = 0; i < kPartsOfLane; ++i) {
        if ((i + 1) * kLanes <= kParts || i * kLanes + lane % kLanes < kParts) take(words[r][i]);
      }
    }
  };

  // Waits for all parts of the rows row_of(0) .. row_of(kRows - 1).
  template <int kRows, class RowOf>
  __device__ __forceinline__ void receive(int exchange, int lane, RowOf&& row_of, Received<kRows>& received) const {
    received = {};
    while (!read<Reread::kMissing, kRows>(exchange, lane, row_of, received, is_filled)) slots_pause();
  }

  // The same for all lanes of a warp, which stay together, or until is_there(r, w) holds for the words w of each row r;
  // it holds for none that is zero.
  template <int kRows, class RowOf, class IsThere>
  __device__ __forceinline__ void warp_receives(int exchange, int lane, RowOf&& row_of, Received<kRows>& received,
                                                IsThere&& is_there) const {
    received = {};
    while (true) {
      const bool complete = read<Reread::kMissing, kRows>(exchange, lane, row_of, received, is_there);
      if (__ballot_sync(kFullWarp, !complete) == 0) break;
      slots_pause();
    }
  }

  // The same row by row, for when the operands of products are on their way and registers are short: blocks fill the
  // slots of a warp's rows at once, so the others are not read before r = 0 has come. It costs another trip to the L2.
  // take(r, received): the parts of row r, as those of the only one.
  template <int kRows, class RowOf, class IsThere, class Take>
  __device__ __forceinline__ void warp_receives_rows(int exchange, int lane, RowOf&& row_of, IsThere&& is_there,
                                                     Take&& take) const {
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      Received<1> received;
      while (true) {
        const bool complete = read<Reread::kAll, 1>(
            exchange, lane, [&](int) { return row_of(r); }, received, [&](int, Word word) { return is_there(r, word); });
        if (__ballot_sync(kFullWarp, !complete) == 0) break;
        slots_pause();
      }
      take(r, received);
    }
  }

  // What a read asks for: what has not come yet, lest the reads of all blocks take what the L2 gives; or everything,
  // which takes fewer instructions and registers.
  enum class Reread { kMissing, kAll };

  // Reads once the lane's share of the first kOf rows. True where nothing is missing any more. Lanes beyond the last
  // part read it once more.
  template <Reread kReread, int kOf, int kRows, class RowOf, class IsThere>
  __device__ __forceinline__ bool read(int exchange, int lane, RowOf&& row_of, Received<kRows>& received,
                                       IsThere&& is_there) const {
#pragma unroll
    for (int r = 0; r < kOf; ++r) {
      const int first = lane % kLanes;
      int place = place_of(row_of(r), exchange);
      // Many parts leave no registers for addresses that compilers find ahead of a long step of the epilogue.
      if constexpr (kManyParts) place += first * kRun, ptx::keep(place);
      const Word* of_row = slots + static_cast<unsigned>(place);
#pragma unroll
      for (int i = 0; i < kPartsOfLane; ++i) {
        const int last = kParts - 1 - (kManyParts ? first : 0);
        const int part = i * kLanes + (kManyParts ? 0 : first);
        Word& word = received.words[r][i];
        slot_read_if(kReread == Reread::kAll || !is_there(r, word),
                     of_row + ((i + 1) * kLanes <= kParts ? part : ::min(part, last)) * kRun, word);
      }
    }
    bool complete = true;
#pragma unroll
    for (int r = 0; r < kOf; ++r) {
#pragma unroll
      for (int i = 0; i < kPartsOfLane; ++i) complete &= is_there(r, received.words[r][i]);
    }
    return complete;
  }

  __device__ __forceinline__ static bool is_filled(int, Word word) { return word != 0; }
};

}  // namespace mc::hopper
