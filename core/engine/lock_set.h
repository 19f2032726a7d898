// SPDX-License-Identifier: Apache-2.0
// The locks of one decision, or of a group of them: a set of shards, always locked in index order, so that no two wait for each other.
#pragma once

#include <cstdint>

#include "core/engine/control_block.h"

namespace sluice {

// Most decisions have one shard.
class LockSet {
 public:
  void clear() { only_ = kNoShard; summary_ = 0; }
  void add(uint32_t shard) {
    if (only_ == kNoShard) {
      only_ = shard;
    } else if (only_ != shard || summary_ != 0) {
      if (summary_ == 0) mark(only_);
      mark(shard);
    }
  }
  void lock(ControlBlock& block) SLUICE_NO_ANALYSIS {
    each([&](uint32_t shard) SLUICE_NO_ANALYSIS { block.shards[shard].lock.lock(); });
  }
  void unlock(ControlBlock& block) SLUICE_NO_ANALYSIS {
    each([&](uint32_t shard) SLUICE_NO_ANALYSIS { block.shards[shard].lock.unlock(); });
  }

 private:
  static constexpr uint32_t kNoShard = UINT32_MAX;

  void mark(uint32_t shard) {
    const uint32_t w = shard / 64;
    if ((summary_ >> w & 1) == 0) {
      summary_ |= 1u << w;
      words_[w] = 0;
    }
    words_[w] |= uint64_t{1} << (shard % 64);
  }
  template <class Fn>
  void each(Fn&& fn) const {
    if (summary_ == 0) return fn(only_);
    for (uint32_t s = summary_; s != 0; s &= s - 1) {
      const auto w = static_cast<uint32_t>(__builtin_ctz(s));
      for (uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) fn(w * 64 + static_cast<uint32_t>(__builtin_ctzll(bits)));
    }
  }

  uint32_t only_ = kNoShard;
  uint32_t summary_ = 0;               // which words are in use; 0: at most one shard
  uint64_t words_[kMaxShards / 64];
};

// Holds a set's locks, whatever happens: words for a failure may find no memory.
class HeldLocks {
 public:
  HeldLocks(LockSet& locks, ControlBlock& block) : locks_(locks), block_(block) { locks_.lock(block_); }
  ~HeldLocks() { locks_.unlock(block_); }
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;

 private:
  LockSet& locks_;
  ControlBlock& block_;
};

}  // namespace sluice
