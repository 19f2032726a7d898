// SPDX-License-Identifier: Apache-2.0
// What a shard cuts its cells from: a chunk of the arena, and before that what was freed.
//
// 1. Freed cells are given out again in their size before a new chunk is asked for, and in other sizes when there is none.
// 2. Chunks grow with the shard, so that an almost empty engine with many shards stays small.
// Threads: the shard's lock.
#pragma once

#include <cstdint>

#include "core/base/arena.h"
#include "core/base/free_lists.h"

namespace sluice {

class Cells {
 public:
  // Memory for `units`, zeroed; 0 when there is none.
  CellId allocate(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap);
  // The same as it was left.
  CellId take(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap) {
    const CellId id = free.pop(arena, units);
    return id != 0 ? id : find(arena, units, free, beyond_cap);
  }

 private:
  CellId find(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap);
  CellId carve(uint32_t units);
  bool refill(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap);

  CellId next_ = 0;  // the current chunk
  CellId end_ = 0;
  uint32_t units_ = 0;  // size of the next chunk
};

}  // namespace sluice
