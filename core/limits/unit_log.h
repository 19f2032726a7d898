// SPDX-License-Identifier: Apache-2.0
// A log of (instant, units): what a sliding limit remembers. One block: this header, then the entries.
//
// 1. Instants strictly increase; units are at least 1.
// 2. Each entry holds the running sum up to and including itself, so every question is one binary search;
//    sums may wrap, only their differences mean something.
// 3. A full log merges into its newest entry, which moves to the later instant: it may count longer, never
//    shorter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/allocator.h"
#include "core/base/time.h"

namespace sluice {

class UnitLog {
 public:
  // A log of `capacity` with the entries of `old` (at most `capacity`), which is released; nullptr, and `old`
  // as it was, when there is no memory. `old` may be nullptr.
  static UnitLog* resize(UnitLog* old, size_t capacity, Allocator& memory);
  // nullptr: no memory.
  static UnitLog* copy(const UnitLog& of, Allocator& memory);
  static void release(UnitLog* log, Allocator& memory);

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  // Units, and entries, later than `gone`.
  uint64_t units_after(Instant gone) const { return sum_before(size_) - sum_before(first_after(gone)); }
  size_t entries_after(Instant gone) const { return size_ - first_after(gone); }
  // The oldest instant after which at most `room` units remain. REQUIRES: more than `room` units in all.
  Instant leaves_at_most(uint64_t room) const;
  // REQUIRES: size() > 0.
  Instant newest() const { return entry(size_ - size_t{1}).at; }

  // Adds units at `at`, or at the newest instant when that is later. REQUIRES: capacity() > 0, units > 0.
  void add(Instant at, uint64_t units);
  // Forgets what is not later than `gone`.
  void drop(Instant gone);
  // Takes at most `units` off the entry at exactly `at`, if there is one.
  void take_off(Instant at, uint64_t units);
  void forget_all() { size_ = 0; }

 private:
  struct Entry {
    Instant at;
    uint64_t sum;
  };

  static size_t bytes(size_t capacity) { return sizeof(UnitLog) + capacity * sizeof(Entry); }
  Entry* entries() { return static_cast<Entry*>(static_cast<void*>(this + 1)); }
  const Entry* entries() const { return static_cast<const Entry*>(static_cast<const void*>(this + 1)); }
  // The i-th oldest.
  size_t position(size_t i) const { return head_ + i < capacity_ ? head_ + i : head_ + i - capacity_; }
  Entry& entry(size_t i) { return entries()[position(i)]; }
  const Entry& entry(size_t i) const { return entries()[position(i)]; }
  uint64_t sum_before(size_t i) const { return i == 0 ? base_ : entry(i - 1).sum; }
  size_t first_after(Instant gone) const;

  uint64_t base_ = 0;  // the running sum before the oldest entry
  uint16_t head_ = 0;
  uint16_t size_ = 0;
  uint16_t capacity_ = 0;
};

static_assert(sizeof(UnitLog) == 16, "the log's memory is published: 16 bytes and 16 an entry");

}  // namespace sluice
