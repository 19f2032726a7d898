// SPDX-License-Identifier: Apache-2.0
// One shard: a lock, an index, and the records that hash to it. It does not know that it is one of many.
//
// 1. Everything but the lock is touched only by its holder. The struct itself is type-stable: its memory outlives the engine.
// 2. Freed records are given out again in their size before a new chunk is asked for, and in other sizes when there is none.
// 3. Chunks grow with the shard, so that an almost empty engine with many shards stays small.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/allocator.h"
#include "core/base/spinlock.h"
#include "core/store/arena.h"
#include "core/store/free_lists.h"
#include "core/store/index.h"
#include "core/store/record.h"

namespace sluice {

struct alignas(64) Shard {
  SpinLock lock;
  uint32_t sweep_at = 0;  // where in the index the next sweep begins
  Index index;
  RecordId chunk_next = 0;  // the current chunk
  RecordId chunk_end = 0;
  uint32_t chunk_units = 0;          // size of the next chunk
  uint32_t passed = 0;               // the generation whose reload has counted this shard's older records
  uint64_t allowed = 0;              // decisions, counted at the first subject's shard
  struct ShardCold* cold = nullptr;  // what few decisions need; owned by the engine

  // Memory for a record of `units`, zeroed; 0 when there is none.
  RecordId allocate(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap);

 private:
  RecordId carve(uint32_t units);
  bool refill(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap);
};
static_assert(sizeof(Shard) == 64);

}  // namespace sluice
