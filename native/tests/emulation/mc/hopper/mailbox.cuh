// Emulation of native/include/mc/hopper/mailbox.cuh. The 8 bytes of a mailbox are the bytes expected and arrived.
#pragma once

#include "device.h"
#include "mc/ptx.cuh"

namespace mc::hopper {

struct MailboxState {
  unsigned expected, arrived;
};

inline MailboxState& mailbox_state(emulation::Block& block, unsigned mailbox) {
  return *reinterpret_cast<MailboxState*>(block.shared.data() + mailbox);
}

inline void mailbox_open(unsigned mailbox, unsigned bytes) {
  ptx::check_shared(mailbox, 8);
  mailbox_state(*emulation::current->block, mailbox) = {bytes, 0};
}

inline void mailbox_send(unsigned mailbox, unsigned target, int rank, float2 value) {
  ptx::check_shared(target, 8);
  emulation::Block& block = *(*emulation::current->block->cluster)[rank];
  std::memcpy(block.shared.data() + target, &value, 8);
  MailboxState& state = mailbox_state(block, mailbox);
  state.arrived += 8;
  if (state.arrived == state.expected) ++emulation::passed_barriers;
}

// More than was expected is an error that the device would not show: the wait never ends here.
inline void mailbox_wait(unsigned mailbox) {
  const MailboxState& state = mailbox_state(*emulation::current->block, mailbox);
  while (state.arrived != state.expected) emulation::yield();
}

}  // namespace mc::hopper
