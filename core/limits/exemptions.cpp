// SPDX-License-Identifier: Apache-2.0
#include "core/limits/exemptions.h"

#include <algorithm>
#include <cstring>

namespace sluice {
namespace {

constexpr size_t kLeastCapacity = 4;
constexpr size_t kTidiedAtOnce = 32;

}  // namespace

size_t Exemptions::find(uint64_t fingerprint) const {
  size_t cell = static_cast<size_t>(fingerprint) & mask();
  while (table_[cell].until != 0 && table_[cell].fingerprint != fingerprint) cell = (cell + 1) & mask();
  return cell;
}

bool Exemptions::live(uint64_t fingerprint, Instant at) const { return count_ > 0 && table_[find(fingerprint)].until > at; }

size_t Exemptions::count_live(Instant at) const {
  size_t count = 0;
  for (size_t cell = 0; cell < capacity_; ++cell) count += table_[cell].until > at;
  return count;
}

bool Exemptions::reserve(size_t count, Instant at, Allocator& memory) {
  if (fits(count_ + count, capacity_)) {
    if (capacity_ > kLeastCapacity && (count_ + count) * 8 <= capacity_) rebuild(capacity_ / 2, memory);
    return true;
  }
  // put() will remove what has ended; worth it only if that leaves the table less than half full.
  if ((count_live(at) + count) * 2 <= capacity_) return true;
  size_t capacity = std::max(kLeastCapacity, capacity_);
  while (!fits(count_ + count, capacity)) capacity *= 2;
  return rebuild(capacity, memory);
}

void Exemptions::put(uint64_t fingerprint, Instant until, Instant at) {
  size_t cell = find(fingerprint);
  if (table_[cell].until == 0) {
    if (!fits(count_ + 1, capacity_)) {
      remove_ended(at);
      cell = find(fingerprint);
    }
    ++count_;
  }
  table_[cell] = {fingerprint, std::max(until, table_[cell].until)};
  latest_ = std::max(latest_, until);
}

void Exemptions::tidy(Instant at) {
  for (size_t i = 0; i < kTidiedAtOnce && count_ > 0; ++i) {
    const Instant until = table_[hand_].until;
    if (until != 0 && until <= at)
      remove(hand_);
    else
      hand_ = (hand_ + 1) & mask();
  }
}

// Moves back what had been pushed past the cell, so that no search meets a false end.
void Exemptions::remove(size_t cell) {
  for (size_t next = (cell + 1) & mask(); table_[next].until != 0; next = (next + 1) & mask()) {
    const size_t home = static_cast<size_t>(table_[next].fingerprint) & mask();
    if (((next - home) & mask()) < ((next - cell) & mask())) continue;
    table_[cell] = table_[next];
    cell = next;
  }
  table_[cell] = {};
  --count_;
}

void Exemptions::remove_ended(Instant at) {
  for (size_t cell = 0; cell < capacity_; ++cell) {
    while (table_[cell].until != 0 && table_[cell].until <= at) remove(cell);
  }
}

bool Exemptions::rebuild(size_t capacity, Allocator& memory) {
  void* block = memory.allocate(capacity * sizeof(Entry));
  if (block == nullptr) return false;
  std::memset(block, 0, capacity * sizeof(Entry));
  Exemptions fresh;
  fresh.table_ = static_cast<Entry*>(block);
  fresh.capacity_ = capacity;
  fresh.count_ = count_;
  fresh.latest_ = latest_;
  for (size_t cell = 0; cell < capacity_; ++cell) {
    if (table_[cell].until != 0) fresh.table_[fresh.find(table_[cell].fingerprint)] = table_[cell];
  }
  clear(memory);
  *this = fresh;
  return true;
}

bool Exemptions::copy(const Exemptions& of, Allocator& memory) {
  if (of.table_ == nullptr) return true;
  void* block = memory.allocate(of.capacity_ * sizeof(Entry));
  if (block == nullptr) return false;
  std::memcpy(block, of.table_, of.capacity_ * sizeof(Entry));
  *this = of;
  table_ = static_cast<Entry*>(block);
  return true;
}

void Exemptions::clear(Allocator& memory) {
  if (table_ != nullptr) memory.release(table_, capacity_ * sizeof(Entry));
  *this = Exemptions();
}

}  // namespace sluice
