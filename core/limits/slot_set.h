// SPDX-License-Identifier: Apache-2.0
// An ordered set of 64-bit fingerprints, each with the instant its slot opened: distinct values, named
// resources. A ring in opening order, and an open-addressing index from fingerprint to place in the ring.
//
// 1. Instants never decrease along the ring. A slot opened at s is live at t iff s + lifetime > t; a lifetime
//    of 0 never ends. The lifetime is given with each question.
// 2. A slot closed out of turn stays in the ring as a hole (one bit, and a tree of counts per 64 places), so
//    closing needs no memory and the number of live slots at any instant is a search, without walking and
//    without changing anything. The index names exactly the slots that are not holes; at most one a
//    fingerprint.
// 3. Only reserve() takes memory. open() never fails after it.
//
// Memory: 21 to 24.3 bytes a place (the smallest sets 28); a set of 100,000 grown one by one stands at 114,688
// places, 23.8 bytes a slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/allocator.h"
#include "core/base/time.h"

namespace sluice {

class SlotSet {
 public:
  bool holds(uint64_t fingerprint, Instant at, Span lifetime) const;
  size_t live(Instant at, Span lifetime) const;
  // When the last slot live at `at` has closed; kNever if never. REQUIRES: one is live.
  Instant all_closed_at(Instant at, Span lifetime) const;
  // The earliest instant at or after `from` at which at most `most` slots are live; kOnRelease when time
  // alone will not do.
  Instant room_at(size_t most, Instant from, Span lifetime) const;
  // How many of `values` hold no live slot and do not pass free (passes_free(value, at)).
  template <class PassesFree>
  size_t missing(std::span<const uint64_t> values, Instant at, Span lifetime, PassesFree passes_free) const;
  // The earliest instant at or after `from` at which slots for all of `values` fit under `cap`, nothing else
  // happening.
  template <class PassesFree>
  Instant opens_at(std::span<const uint64_t> values, uint64_t cap, Instant from, Span lifetime, PassesFree passes_free) const;

  // Room for open() of `opens` slots, counting on a tidy() for as many at the same instant before it. False
  // when there is no memory; nothing is forgotten either way.
  bool reserve(size_t opens, Instant at, Span lifetime, Allocator& memory);
  // Removes closed slots from the front: at most 32 and as many as are about to be opened, so that what is
  // stored cannot outgrow what was once live.
  void tidy(size_t opens, Instant at, Span lifetime);
  // Opens a slot, in place of the one that the fingerprint may have. REQUIRES: reserve(); `at` not before any
  // earlier.
  void open(uint64_t fingerprint, Instant at);
  // Remembers that somebody else relies on the slot.
  void mark_used(uint64_t fingerprint);
  void close(uint64_t fingerprint);
  // Closes the slot only if it was opened at `opened` and nobody else has used it.
  void take_back(uint64_t fingerprint, Instant opened);
  // Becomes what another is; false, and nothing changed, without memory. REQUIRES: it is empty.
  bool copy(const SlotSet& of, Allocator& memory);
  void clear(Allocator& memory);

  size_t stored() const { return count_; }
  size_t places() const { return capacity_; }
  static size_t bytes(size_t places);

 private:
  struct Slot {
    uint64_t fingerprint;
    uint64_t opened : 63;
    uint64_t used : 1;
  };
  static_assert(sizeof(Slot) == 16);

  // Capacities are m x 2^k with m in 4..7; the index then has 8 x 2^k cells, at most 7/8 full, and a power of
  // two.
  static uint32_t capacity_for(uint64_t places);
  uint32_t index_size() const;
  uint32_t words() const { return capacity_ / 64 + 1; }
  uint32_t* index() const;
  uint64_t* holes() const;      // a bit for each place
  uint32_t* hole_tree() const;  // Fenwick tree over the words of holes()

  uint32_t place(uint32_t i) const { return head_ + i < capacity_ ? head_ + i : head_ + i - capacity_; }
  const Slot& slot(uint32_t i) const { return ring_[place(i)]; }
  bool is_hole(uint32_t place) const { return (holes()[place / 64] >> (place % 64) & 1) != 0; }
  uint32_t first_live(Instant at, Span lifetime) const;
  uint32_t holes_below(uint32_t place) const;
  uint32_t holes_among_oldest(uint32_t n) const;
  Instant opened_of_nth(uint32_t n, uint32_t from) const;

  uint32_t cell_word(uint64_t fingerprint, uint32_t place) const;
  // The cell that names it, or the empty one where it would go.
  uint32_t find_cell(uint64_t fingerprint) const;
  Slot* find(uint64_t fingerprint) const;
  void empty_cell(uint32_t cell);
  void set_hole(uint32_t place, bool hole);
  void append(Slot added);
  void drop_oldest();

  bool rebuild(uint32_t capacity, Allocator& memory);
  void close_holes();

  Slot* ring_ = nullptr;  // the block: ring, index, holes, tree
  uint32_t capacity_ = 0;
  uint32_t head_ = 0;
  uint32_t count_ = 0;  // places in use, holes included
  uint32_t hole_count_ = 0;
};

template <class PassesFree>
size_t SlotSet::missing(std::span<const uint64_t> values, Instant at, Span lifetime, PassesFree passes_free) const {
  size_t count = 0;
  for (const uint64_t value : values) count += !holds(value, at, lifetime) && !passes_free(value, at);
  return count;
}

// While waiting, slots and free passes only end. The sum of live and missing falls when a stranger's slot
// closes, stays when one of `values` closes, and rises when a free pass ends, so each step goes to the first
// instant at which the present number of missing would fit, and looks again: at most one step a value.
template <class PassesFree>
Instant SlotSet::opens_at(std::span<const uint64_t> values, uint64_t cap, Instant from, Span lifetime,
                          PassesFree passes_free) const {
  for (Instant t = from;;) {
    const size_t wanted = missing(values, t, lifetime, passes_free);
    if (wanted == 0) return t;
    if (wanted > cap) return kNever;
    const Instant next = room_at(cap - wanted, t, lifetime);
    if (next == t || next >= kEndOfTime) return next;
    t = next;
  }
}

}  // namespace sluice
