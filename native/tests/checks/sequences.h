// Batches of packed sequences.
#pragma once

#include <memory>
#include <vector>

#include "platform.h"

namespace checks {

using Lengths = std::vector<int>;

// Lengths that put several sequences into one window of 16 tokens, end on and beside its edges, and span several.
inline Lengths ragged_lengths() { return {1, 3, 17, 1, 1, 2, 16, 40, 7, 128, 33, 1, 64}; }

// More sequences than one round of the search reads.
inline Lengths many_lengths() {
  Lengths lengths;
  for (int i = 0; i < 140; ++i) lengths.push_back(1 + i * 5 % 4);
  return lengths;
}

class Sequences {
 public:
  explicit Sequences(const Lengths& lengths) : starts_(1, 0) {
    for (int length : lengths) {
      for (int i = 0; i < length; ++i) sequence_of_.push_back(static_cast<int>(starts_.size()) - 1);
      starts_.push_back(starts_.back() + length);
    }
    std::vector<int> with_junk = starts_;  // of an earlier, larger batch
    do {
      with_junk.push_back(with_junk.size() % 2 == 0 ? -5 : 1 << 30);
    } while (with_junk.size() < kRoom);
    device_starts_.reset(new platform::Array<int>(with_junk));
    sequence_count_.reset(new platform::Array<int>(std::vector<int>{count()}));
    token_count_.reset(new platform::Array<int>(std::vector<int>{tokens()}));
  }

  int count() const { return static_cast<int>(starts_.size()) - 1; }
  int tokens() const { return starts_.back(); }
  int start(int sequence) const { return starts_[sequence]; }
  int end(int sequence) const { return starts_[sequence + 1]; }
  int of(int token) const { return sequence_of_[token]; }

  const int* device_starts() { return device_starts_->device(); }
  const int* sequence_count() { return sequence_count_->device(); }
  const int* token_count() { return token_count_->device(); }

 private:
  static constexpr size_t kRoom = 128;  // that kernels may read at least

  std::vector<int> starts_, sequence_of_;
  std::unique_ptr<platform::Array<int>> device_starts_, sequence_count_, token_count_;
};

}  // namespace checks
