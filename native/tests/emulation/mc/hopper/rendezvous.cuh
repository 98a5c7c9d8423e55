// Emulation of native/include/mc/hopper/rendezvous.cuh. Launches that use it keep all blocks alive (resident). Who
// finds slots empty lets the others run.
#pragma once

#include "device.h"

namespace mc::hopper {

template <class Word>
void slot_fill(Word* slot, Word word) {
  *slot = word;
  ++emulation::progress;
}

template <class Word>
void slot_read_if(bool missing, const Word* slot, Word& word) {
  if (missing) word = *slot;
}

template <class Word, int kWords>
void slots_read(const Word* slots, Word (&words)[kWords]) {
  for (int i = 0; i < kWords; ++i) words[i] = slots[i];
}

inline unsigned take_ticket(unsigned* tickets) { return (*tickets)++; }

inline void slots_pause() { emulation::yield(); }

}  // namespace mc::hopper
