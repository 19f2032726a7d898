// SPDX-License-Identifier: Apache-2.0
#include "core/engine/shard_locks.h"

namespace sluice {

void ShardLocks::lock(const LockSet& shards) SLUICE_NO_ANALYSIS {
  shards.each([&](uint32_t shard) SLUICE_NO_ANALYSIS {
    block_.shards[shard].lock.lock();
    highest_ = static_cast<int32_t>(shard);
  });
  held_ = shards;
}

void ShardLocks::lock(uint32_t shard) SLUICE_NO_ANALYSIS {
  block_.shards[shard].lock.lock();
  held_.add(shard);
  highest_ = static_cast<int32_t>(shard);
}

ShardLocks::~ShardLocks() SLUICE_NO_ANALYSIS {
  held_.each([&](uint32_t shard) SLUICE_NO_ANALYSIS { block_.shards[shard].lock.unlock(); });
}

void ShardLocks::unlock() SLUICE_NO_ANALYSIS {
  held_.each([&](uint32_t shard) SLUICE_NO_ANALYSIS { block_.shards[shard].lock.unlock(); });
  held_.clear();
  highest_ = -1;
}

bool ShardLocks::extend(const LockSet& more) SLUICE_NO_ANALYSIS {
  bool kept = true;
  LockSet all = held_;
  more.each([&](uint32_t shard) SLUICE_NO_ANALYSIS {
    all.add(shard);
    if (!kept || held_.contains(shard)) return;
    SpinLock& one = block_.shards[shard].lock;
    if (static_cast<int32_t>(shard) > highest_) {
      one.lock();
      highest_ = static_cast<int32_t>(shard);
    } else if (!one.try_lock()) {
      kept = false;
      return;
    }
    held_.add(shard);
  });
  if (kept) return true;
  unlock();
  lock(all);
  return false;
}

}  // namespace sluice
