// SPDX-License-Identifier: Apache-2.0
#include "core/limits/slot_set.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace sluice {
namespace {

constexpr size_t kTidiedAtOnce = 32;
constexpr uint32_t kLeastCapacity = 4;
constexpr uint32_t kMostCapacity = uint32_t{7} << 28;  // a place fits 31 bits
constexpr uint32_t kNamed = uint32_t{1} << 31;         // of an index cell: not empty

bool lives(Instant opened, Instant at, Span lifetime) { return lifetime == 0 || opened > at - lifetime; }

}  // namespace

uint32_t SlotSet::capacity_for(uint64_t places) {
  if (places <= kLeastCapacity) return kLeastCapacity;
  const int bits = static_cast<int>(std::bit_width(places - 1));  // at least 3: places is more than 4
  const uint64_t step = uint64_t{1} << (bits - 3);
  const uint64_t capacity = (places + step - 1) / step * step;
  return static_cast<uint32_t>(std::min<uint64_t>(capacity, kMostCapacity));
}

size_t SlotSet::bytes(size_t places) {
  const size_t words = places / 64 + 1;
  const size_t cells = size_t{1} << std::bit_width(places);
  return places * sizeof(Slot) + cells * sizeof(uint32_t) + words * sizeof(uint64_t) + (words + 1) * sizeof(uint32_t);
}

uint32_t SlotSet::index_size() const { return uint32_t{1} << std::bit_width(capacity_); }

uint32_t* SlotSet::index() const { return static_cast<uint32_t*>(static_cast<void*>(ring_ + capacity_)); }

uint64_t* SlotSet::holes() const { return static_cast<uint64_t*>(static_cast<void*>(index() + index_size())); }

uint32_t* SlotSet::hole_tree() const { return static_cast<uint32_t*>(static_cast<void*>(holes() + words())); }

// The index.

// Beside the place, whatever bits are left tell most other fingerprints apart without a look at the ring.
uint32_t SlotSet::cell_word(uint64_t fingerprint, uint32_t place) const {
  const uint32_t tag = static_cast<uint32_t>(fingerprint >> 32) & ~(index_size() - 1);
  return kNamed | tag | place;
}

uint32_t SlotSet::find_cell(uint64_t fingerprint) const {
  const uint32_t mask = index_size() - 1;
  const uint32_t wanted = cell_word(fingerprint, 0);
  uint32_t cell = static_cast<uint32_t>(fingerprint) & mask;
  for (;; cell = (cell + 1) & mask) {
    const uint32_t word = index()[cell];
    if (word == 0) return cell;
    if ((word & ~mask) == wanted && ring_[word & mask].fingerprint == fingerprint) return cell;
  }
}

SlotSet::Slot* SlotSet::find(uint64_t fingerprint) const {
  if (count_ == hole_count_) return nullptr;
  const uint32_t word = index()[find_cell(fingerprint)];
  return word == 0 ? nullptr : &ring_[word & (index_size() - 1)];
}

// Moves back what had been pushed past the cell, so that no search meets a false end.
void SlotSet::empty_cell(uint32_t cell) {
  const uint32_t mask = index_size() - 1;
  for (uint32_t next = (cell + 1) & mask; index()[next] != 0; next = (next + 1) & mask) {
    const uint32_t home = static_cast<uint32_t>(ring_[index()[next] & mask].fingerprint) & mask;
    if (((next - home) & mask) < ((next - cell) & mask)) continue;
    index()[cell] = index()[next];
    cell = next;
  }
  index()[cell] = 0;
}

// Holes.

void SlotSet::set_hole(uint32_t place, bool hole) {
  holes()[place / 64] ^= uint64_t{1} << (place % 64);
  const uint32_t step = hole ? 1 : UINT32_MAX;
  hole_count_ += step;
  for (uint32_t i = place / 64 + 1; i <= words(); i += i & (0 - i)) hole_tree()[i] += step;
}

uint32_t SlotSet::holes_below(uint32_t place) const {
  const uint64_t below = (uint64_t{1} << (place % 64)) - 1;
  uint32_t count = static_cast<uint32_t>(std::popcount(holes()[place / 64] & below));
  for (uint32_t i = place / 64; i > 0; i &= i - 1) count += hole_tree()[i];
  return count;
}

uint32_t SlotSet::holes_among_oldest(uint32_t n) const {
  if (hole_count_ == 0) return 0;
  const uint32_t end = head_ + n;
  if (end <= capacity_) return holes_below(end) - holes_below(head_);
  return hole_count_ - holes_below(head_) + holes_below(end - capacity_);
}

// Questions.

uint32_t SlotSet::first_live(Instant at, Span lifetime) const {
  uint32_t low = 0, high = lifetime == 0 ? 0 : count_;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (lives(static_cast<Instant>(slot(middle).opened), at, lifetime))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

bool SlotSet::holds(uint64_t fingerprint, Instant at, Span lifetime) const {
  const Slot* found = find(fingerprint);
  return found != nullptr && lives(static_cast<Instant>(found->opened), at, lifetime);
}

size_t SlotSet::live(Instant at, Span lifetime) const {
  const uint32_t first = first_live(at, lifetime);
  return (count_ - first) - (hole_count_ - holes_among_oldest(first));
}

// When the n-th (from 0) slot at or after the ring's `from`-th opened, holes aside.
Instant SlotSet::opened_of_nth(uint32_t n, uint32_t from) const {
  const uint32_t earlier = from - holes_among_oldest(from);
  uint32_t low = from, high = count_ - 1;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (middle + 1 - holes_among_oldest(middle + 1) > earlier + n)
      high = middle;
    else
      low = middle + 1;
  }
  return static_cast<Instant>(slot(low).opened);
}

Instant SlotSet::room_at(size_t most, Instant from, Span lifetime) const {
  const uint32_t first = first_live(from, lifetime);
  const size_t open = (count_ - first) - (hole_count_ - holes_among_oldest(first));
  if (open <= most) return from;
  if (lifetime == 0) return kOnRelease;
  return later(opened_of_nth(static_cast<uint32_t>(open - most - 1), first), lifetime);
}

Instant SlotSet::all_closed_at(Instant at, Span lifetime) const { return lifetime == 0 ? kNever : room_at(0, at, lifetime); }

// Changes.

void SlotSet::append(Slot added) {
  assert(count_ < capacity_);
  const uint32_t end = place(count_++);
  ring_[end] = added;
  index()[find_cell(added.fingerprint)] = cell_word(added.fingerprint, end);
}

void SlotSet::open(uint64_t fingerprint, Instant at) {
  close(fingerprint);
  append({fingerprint, static_cast<uint64_t>(at) & INT64_MAX, 0});
}

void SlotSet::mark_used(uint64_t fingerprint) {
  if (Slot* found = find(fingerprint)) found->used = 1;
}

void SlotSet::close(uint64_t fingerprint) {
  const Slot* found = find(fingerprint);
  if (found == nullptr) return;
  empty_cell(find_cell(fingerprint));
  set_hole(static_cast<uint32_t>(found - ring_), true);
}

void SlotSet::take_back(uint64_t fingerprint, Instant opened) {
  const Slot* found = find(fingerprint);
  if (found != nullptr && static_cast<Instant>(found->opened) == opened && !found->used) close(fingerprint);
}

void SlotSet::drop_oldest() {
  if (is_hole(head_))
    set_hole(head_, false);
  else
    empty_cell(find_cell(ring_[head_].fingerprint));
  head_ = place(1);
  --count_;
}

void SlotSet::tidy(size_t opens, Instant at, Span lifetime) {
  for (size_t left = kTidiedAtOnce + opens; left > 0 && count_ > 0; --left) {
    if (!is_hole(head_) && lives(static_cast<Instant>(ring_[head_].opened), at, lifetime)) return;
    drop_oldest();
  }
}

// Memory.

bool SlotSet::reserve(size_t opens, Instant at, Span lifetime, Allocator& memory) {
  const uint64_t kept = uint64_t{count_} - hole_count_ + opens;
  const size_t tidied = std::min<size_t>(first_live(at, lifetime), kTidiedAtOnce + opens);
  if (count_ - tidied + opens <= capacity_) {
    if (capacity_ > kLeastCapacity && kept * 4 <= capacity_) rebuild(capacity_for(kept * 2), memory);
    return true;
  }
  if (hole_count_ >= capacity_ / 4 && kept <= capacity_) {
    close_holes();
    return true;
  }
  const uint32_t capacity = capacity_for(std::max(kept, uint64_t{capacity_} + capacity_ / 4));
  return kept <= capacity && rebuild(capacity, memory);
}

bool SlotSet::rebuild(uint32_t capacity, Allocator& memory) {
  void* block = memory.allocate(bytes(capacity));
  if (block == nullptr) return false;
  SlotSet fresh;
  fresh.ring_ = static_cast<Slot*>(block);
  fresh.capacity_ = capacity;
  std::memset(fresh.index(), 0, bytes(capacity) - capacity * sizeof(Slot));
  for (uint32_t i = 0; i < count_; ++i) {
    if (!is_hole(place(i))) fresh.append(slot(i));
  }
  clear(memory);
  *this = fresh;
  return true;
}

// Moves the slots together in place. Needs no memory, so a set full of holes never fails to reopen.
void SlotSet::close_holes() {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    if (!is_hole(place(i))) ring_[place(kept++)] = slot(i);
  }
  std::memset(index(), 0, bytes(capacity_) - capacity_ * sizeof(Slot));
  count_ = hole_count_ = 0;
  while (count_ < kept) append(slot(count_));
}

bool SlotSet::copy(const SlotSet& of, Allocator& memory) {
  if (of.ring_ == nullptr) return true;
  void* block = memory.allocate(bytes(of.capacity_));
  if (block == nullptr) return false;
  std::memcpy(block, of.ring_, bytes(of.capacity_));
  *this = of;
  ring_ = static_cast<Slot*>(block);
  return true;
}

void SlotSet::clear(Allocator& memory) {
  if (ring_ != nullptr) memory.release(ring_, bytes(capacity_));
  *this = SlotSet();
}

}  // namespace sluice
