// SPDX-License-Identifier: Apache-2.0
// The locks of one decision, or of a group of them: a set of shards, always locked in index order, so that no two wait for each other.
#pragma once

#include <cstdint>

#include "core/engine/control_block.h"

namespace sluice {

class LockSet {
 public:
  void clear() { *this = LockSet(); }
  void add(uint32_t shard) {
    words_[shard / 64] |= uint64_t{1} << (shard % 64);
    used_ |= 1u << shard / 64;
  }

  bool contains(uint32_t shard) const { return (words_[shard / 64] >> (shard % 64) & 1) != 0; }

  // fn(shard) in order. Which words hold how many shards is chance, so no branch asks for it.
  template <class Fn>
  [[gnu::always_inline]] void each(Fn&& fn) const {
    constexpr uint32_t kEnd = 1u << (kWords - 1);
    uint32_t used = used_;
    auto w = static_cast<uint32_t>(__builtin_ctz(used | kEnd));
    uint64_t bits = words_[w];
    while (used != 0) {
      fn(w * 64 + static_cast<uint32_t>(__builtin_ctzll(bits)));
      bits &= bits - 1;
      const uint32_t done = bits == 0 ? 1 : 0;
      used &= used - done;  // takes the lowest bit away when the word is done
      w = static_cast<uint32_t>(__builtin_ctz(used | kEnd));
      bits |= words_[w] & (uint64_t{0} - done);
    }
  }

 private:
  static constexpr uint32_t kWords = kMaxShards / 64;

  uint32_t used_ = 0;  // which words have a shard
  uint64_t words_[kWords] = {};
};

// Holds a set's locks, whatever happens: words for a failure may find no memory. kMost: shards there can be.
template <size_t kMost>
class HeldLocks {
 public:
  [[gnu::always_inline]] HeldLocks(const LockSet& locks, ControlBlock& block) SLUICE_NO_ANALYSIS {
    locks.each([&](uint32_t shard) __attribute__((always_inline)) SLUICE_NO_ANALYSIS {
      SpinLock* lock = &block.shards[shard].lock;
      lock->lock();
      held_[count_++] = lock;
    });
  }
  [[gnu::always_inline]] ~HeldLocks() SLUICE_NO_ANALYSIS {
    for (size_t i = 0; i < count_; ++i) held_[i]->unlock();
  }
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;

 private:
  size_t count_ = 0;
  SpinLock* held_[kMost];
};

}  // namespace sluice
