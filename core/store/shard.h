// SPDX-License-Identifier: Apache-2.0
// One shard: a lock, an index, and the records that hash to it. It does not know that it is one of many.
//
// 1. Everything but the lock is touched only by its holder. The struct itself is type-stable: its memory outlives the engine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/cells.h"
#include "core/base/spinlock.h"
#include "core/store/index.h"
#include "core/store/record.h"

namespace sluice {

struct alignas(64) Shard {
  SpinLock lock;
  uint32_t sweep_at = 0;  // where in the index the next sweep begins
  Index index;
  Cells cells;
  uint32_t passed = 0;               // the generation whose reload has counted this shard's older records
  uint64_t allowed = 0;              // decisions, counted at the first subject's shard
  struct ShardCold* cold = nullptr;  // what few decisions need; owned by the engine
};
static_assert(sizeof(Shard) == 64);

}  // namespace sluice
