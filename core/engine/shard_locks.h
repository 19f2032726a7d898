// SPDX-License-Identifier: Apache-2.0
// The locks of a call that learns only under one of them which others it needs.
//
// Locks are waited for in index order only, so that no two calls wait for each other. What lies before one that is held is tried; when
// it is taken by another, everything is let go and locked anew in order, and the caller looks again at what it had seen.
#pragma once

#include "core/engine/lock_set.h"

namespace sluice {

class ShardLocks {
 public:
  explicit ShardLocks(ControlBlock& block) : block_(block) {}
  ~ShardLocks();
  ShardLocks(const ShardLocks&) = delete;
  ShardLocks& operator=(const ShardLocks&) = delete;

  // REQUIRES: none is held.
  void lock(const LockSet& shards);
  void lock(uint32_t shard);
  // True: all of `more` are held as well, and nothing was let go. False: the same, but everything was let go in between.
  [[nodiscard]] bool extend(const LockSet& more);
  void unlock();
  bool holds(uint32_t shard) const { return held_.contains(shard); }

 private:
  ControlBlock& block_;
  LockSet held_;
  int32_t highest_ = -1;
};

}  // namespace sluice
