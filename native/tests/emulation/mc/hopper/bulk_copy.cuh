// Emulation of native/include/mc/hopper/bulk_copy.cuh. Loads land when somebody waits at their barrier, stores when
// their thread waits for them; with CopyTiming::kEarly both at once.
#pragma once

#include "mc/hopper/barrier.cuh"
#include "mc/ptx.cuh"

namespace mc::hopper {

struct alignas(64) TensorMap {
  unsigned char opaque[128];
};

// What the emulation keeps in a map: a matrix of bytes, row after row, and the box of a tile.
struct TensorMapFields {
  const unsigned char* base;
  int row_bytes, rows;
  int box_bytes, box_rows;
};

inline void check_bulk(const void* global, unsigned shared, int bytes) {
  if (bytes <= 0 || bytes % 16 != 0 || shared % 16 != 0 || reinterpret_cast<uintptr_t>(global) % 16 != 0) {
    emulation::fail("a bulk copy is misaligned");
  }
  if (shared + static_cast<unsigned>(bytes) > emulation::current->block->shared.size()) {
    emulation::fail("a bulk copy leaves shared memory");
  }
}

inline void start_transfer(emulation::Block& block, unsigned bar, int bytes, emulation::Work write) {
  block.transfers.push_back({bar, bytes, std::move(write)});
  if (emulation::copy_timing == emulation::CopyTiming::kEarly) barrier_deliver(block, bar);
}

inline void load_bulk_to(emulation::Block& block, unsigned target, const void* source, int bytes, unsigned bar) {
  check_bulk(source, target, bytes);
  unsigned char* place = block.shared.data() + target;
  start_transfer(block, bar, bytes, [=] { std::memcpy(place, source, static_cast<size_t>(bytes)); });
}

inline void load_bulk(unsigned target, const void* source, int bytes, unsigned bar) {
  load_bulk_to(*emulation::current->block, target, source, bytes, bar);
}

inline void load_bulk_multicast(unsigned target, const void* source, int bytes, unsigned bar, unsigned short blocks) {
  for (int rank = 0; rank < 16; ++rank) {
    if (blocks >> rank & 1) load_bulk_to(cluster_block(rank), target, source, bytes, bar);
  }
}

inline void load_tile_2d_to(emulation::Block& block, unsigned target, const TensorMap* map, int x, int y,
                            unsigned bar) {
  TensorMapFields fields;
  std::memcpy(&fields, map->opaque, sizeof fields);
  check_bulk(fields.base, target, fields.box_bytes * fields.box_rows);
  const bool is_swizzled = fields.box_bytes == 128;
  if (target % 128 != 0) emulation::fail("a tile is misaligned");
  emulation::Block* to = &block;
  start_transfer(block, bar, fields.box_bytes * fields.box_rows, [=] {
    for (int row = 0; row < fields.box_rows; ++row) {
      for (int byte = 0; byte < fields.box_bytes; byte += 16) {
        const unsigned place = target + static_cast<unsigned>(row * fields.box_bytes + byte);
        unsigned char* swizzled = to->shared.data() + (is_swizzled ? place ^ (place / 128 % 8 * 16) : place);
        for (int i = 0; i < 16; ++i) {
          const bool inside =
              y + row >= 0 && y + row < fields.rows && x + byte + i >= 0 && x + byte + i < fields.row_bytes;
          swizzled[i] = inside ? fields.base[static_cast<long long>(y + row) * fields.row_bytes + x + byte + i] : 0;
        }
      }
    }
  });
}

inline void load_tile_2d(unsigned target, const TensorMap* map, int x, int y, unsigned bar) {
  load_tile_2d_to(*emulation::current->block, target, map, x, y, bar);
}

inline void load_tile_2d_multicast(unsigned target, const TensorMap* map, int x, int y, unsigned bar,
                                   unsigned short blocks) {
  for (int rank = 0; rank < 16; ++rank) {
    if (blocks >> rank & 1) load_tile_2d_to(cluster_block(rank), target, map, x, y, bar);
  }
}

inline void prefetch_map(const TensorMap*) {}

inline void store_bulk(void* target, unsigned source, int bytes) {
  check_bulk(target, source, bytes);
  const unsigned char* place = emulation::current->block->shared.data() + source;
  emulation::Work write = [=] { std::memcpy(target, place, static_cast<size_t>(bytes)); };
  if (emulation::copy_timing == emulation::CopyTiming::kEarly) write();
  emulation::current->bulk_stores.back().push_back(std::move(write));
}

inline void store_commit() { emulation::current->bulk_stores.emplace_back(); }

template <int kPending>
inline void store_wait() {
  auto& groups = emulation::current->bulk_stores;
  while (groups.size() > kPending + 1) {
    if (emulation::copy_timing == emulation::CopyTiming::kLate) {
      for (const emulation::Work& write : groups.front()) write();
    }
    groups.erase(groups.begin());
  }
}
template <int kPending>
inline void store_wait_read() {
  store_wait<kPending>();
}

inline void fence_async_proxy() {}

// unsigned, uint2 or uint4.
template <typename Words>
inline void store_cluster(unsigned target, Words words, unsigned bar, int rank) {
  constexpr int kBytes = sizeof(Words);
  if (target % kBytes != 0) emulation::fail("a store to the cluster is misaligned");
  // The instruction is illegal in a block that was launched without a cluster.
  if (emulation::current->block->cluster->size() < 2)
    emulation::fail("a store to the cluster in a block that has none");
  ptx::check_shared(target, kBytes);
  emulation::Block& block = cluster_block(rank);
  unsigned char* place = block.shared.data() + target;
  start_transfer(block, bar, kBytes, [=] { std::memcpy(place, &words, kBytes); });
}

}  // namespace mc::hopper
