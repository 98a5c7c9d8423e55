// What blocks of a grid tell one another about the rows that they share (RowScope::kGrid), through device memory: each
// block's part of a row, one or two floats, has a slot (rendezvous.cuh).
//
//   slots: [rows][kExchanges][kPitch] words of 4 kWords bytes, zero when the graph starts
//
// A word is an image of the part that is never zero. Of two floats the second one, of one float that, is an ordered
// image (ordered_image.cuh), which only one NaN has as 0; 1 stands for that.
#pragma once

#include "mc/hopper/ordered_image.cuh"
#include "mc/hopper/rendezvous.cuh"
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

// kParts: of a row. kWords: floats of a part. kExchanges: of an epilogue, one after another. kLanes: neighbouring lanes
// that read a row's parts together, 1 or 4.
template <int kParts, int kWords, int kExchanges, int kLanes>
struct RowSlots {
  using Word = typename SlotWord<kWords>::Type;
  static constexpr int kOfRead = 16 / static_cast<int>(sizeof(Word));  // slots that one access reads
  static constexpr int kReads = (kParts + kOfRead - 1) / kOfRead;      // of a row
  static constexpr int kPitch = kReads * kOfRead;
  static constexpr int kRowBytes = kExchanges * kReads * 16;
  static constexpr int kReadsOfLane = (kReads + kLanes - 1) / kLanes;

  Word* slots;

  __device__ __forceinline__ Word* of_row(int row, int exchange) const {
    return slots + static_cast<unsigned>((row * kExchanges + exchange) * kPitch);
  }

  __device__ __forceinline__ void tell(int row, int exchange, int part, float2 values) const {
    tell_word(row, exchange, part, SlotWord<kWords>::of(values));
  }
  __device__ __forceinline__ void tell_word(int row, int exchange, int part, Word word) const {
    slot_fill(of_row(row, exchange) + part, word);
  }

  // A lane's share of the parts of kRows rows.
  template <int kRows>
  struct Received {
    Word words[kRows][kReadsOfLane][kOfRead];

    // Passes on the parts of row r that fall to the lane, in rising order; each falls to one of the kLanes.
    template <class Take>
    __device__ __forceinline__ void for_each(int r, int lane, Take&& take) const {
      for_each_word(r, lane, [&](Word word) { take(SlotWord<kWords>::part(word)); });
    }
    template <class Take>
    __device__ __forceinline__ void for_each_word(int r, int lane, Take&& take) const {
#pragma unroll
      for (int i = 0; i < kReadsOfLane; ++i) {
#pragma unroll
        for (int j = 0; j < kOfRead; ++j) {
          const int part = (i * kLanes + lane % kLanes) * kOfRead + j;
          if (i * kLanes * kOfRead + (kLanes - 1) * kOfRead + j < kParts || part < kParts) {
            take(words[r][i][j]);
          }
        }
      }
    }
  };

  // Waits for all parts of the rows row_of(0) .. row_of(kRows - 1), or for words w of row r with is_there(r, w), which
  // holds for none that is zero. sparing: the operands of products are on their way; blocks fill the slots of a warp's
  // rows at once, so the lanes of the first row wait for it alone, lest the reads of all take what the L2 gives. It
  // costs another trip to the L2. All lanes of the warp call it where lanes share rows.
  template <int kRows, class RowOf>
  __device__ __forceinline__ void receive(int exchange, int lane, bool sparing, RowOf&& row_of,
                                          Received<kRows>& received) const {
    receive(exchange, lane, sparing, row_of, received, [](int, Word word) { return word != 0; });
  }
  template <int kRows, class RowOf, class IsThere>
  __device__ __forceinline__ void receive(int exchange, int lane, bool sparing, RowOf&& row_of,
                                          Received<kRows>& received, IsThere&& is_there) const {
    if (kLanes > 1 && sparing) {
      Received<1> first;
      while (true) {
        const bool missing = lane < kLanes && !read(exchange, lane, row_of, first, is_there);
        if (__ballot_sync(kFullWarp, missing) == 0) break;
        slots_pause();
      }
    }
    while (!read(exchange, lane, row_of, received, is_there)) slots_pause();
  }

 private:
  // Reads the lane's share once. True where no part is missing.
  template <int kRows, class RowOf, class IsThere>
  __device__ __forceinline__ bool read(int exchange, int lane, RowOf&& row_of, Received<kRows>& received,
                                       IsThere&& is_there) const {
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kReadsOfLane; ++i) {
        const int place = i * kLanes + lane % kLanes;  // lanes beyond the last read it once more
        slots_read(of_row(row_of(r), exchange) + (kReads % kLanes == 0 ? place : ::min(place, kReads - 1)) * kOfRead,
                   received.words[r][i]);
      }
    }
    bool complete = true;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
#pragma unroll
      for (int i = 0; i < kReadsOfLane; ++i) {
#pragma unroll
        for (int j = 0; j < kOfRead; ++j) {
          // Slots behind the last part stay empty.
          const bool is_part = kParts % kOfRead == 0 || j < kParts % kOfRead || i * kLanes + lane % kLanes < kReads - 1;
          complete &= !is_part || is_there(r, received.words[r][i][j]);
        }
      }
    }
    return complete;
  }
};

}  // namespace mc::hopper
