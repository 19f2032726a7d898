// SPDX-License-Identifier: Apache-2.0
// Values that pass free, each until an instant: an open-addressing map from fingerprint to that instant.
//
// 1. A live exemption is never dropped. What has ended is removed a few at a time as others are written, and
//    all at once when that makes the room which growth would have made.
// 2. Only reserve() takes memory, and it forgets nothing.
//
// Memory: 16 bytes a cell, at most 3/4 of the cells in use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/allocator.h"
#include "core/base/time.h"

namespace sluice {

class Exemptions {
 public:
  bool live(uint64_t fingerprint, Instant at) const;
  bool any_live(Instant at) const { return latest_ > at; }

  // Room for `count` more; false, and nothing changed, when there is no memory.
  bool reserve(size_t count, Instant at, Allocator& memory);
  // Until `until`, or longer if it already lasts longer. REQUIRES: reserve() at the same instant; `until`
  // after `at`.
  void put(uint64_t fingerprint, Instant until, Instant at);
  // Looks at the next 32 cells for what has ended.
  void tidy(Instant at);
  // Becomes what another is; false, and nothing changed, without memory. REQUIRES: it is empty.
  bool copy(const Exemptions& of, Allocator& memory);
  void clear(Allocator& memory);

  size_t stored() const { return count_; }
  size_t cells() const { return capacity_; }

 private:
  struct Entry {
    uint64_t fingerprint;
    Instant until;  // 0: empty
  };

  bool fits(size_t count, size_t capacity) const { return count * 4 <= capacity * 3; }
  size_t mask() const { return capacity_ - 1; }
  size_t find(uint64_t fingerprint) const;  // its cell, or the empty one where it would go
  void remove(size_t cell);
  size_t count_live(Instant at) const;
  void remove_ended(Instant at);
  bool rebuild(size_t capacity, Allocator& memory);

  Entry* table_ = nullptr;
  size_t capacity_ = 0;  // a power of two, or 0
  size_t count_ = 0;
  size_t hand_ = 0;     // where tidy() goes on
  Instant latest_ = 0;  // the end of the one that lasts longest
};

}  // namespace sluice
