// SPDX-License-Identifier: Apache-2.0
#include "core/limits/unit_log.h"

#include <algorithm>
#include <new>

namespace sluice {

UnitLog* UnitLog::resize(UnitLog* old, size_t capacity, Allocator& memory) {
  void* block = memory.allocate(bytes(capacity));
  if (block == nullptr) return nullptr;
  UnitLog* log = new (block) UnitLog();
  log->capacity_ = static_cast<uint16_t>(capacity);
  if (old == nullptr) return log;
  log->base_ = old->base_;
  log->size_ = old->size_;
  for (size_t i = 0; i < old->size_; ++i) new (&log->entries()[i]) Entry(old->entry(i));
  release(old, memory);
  return log;
}

UnitLog* UnitLog::copy(const UnitLog& of, Allocator& memory) {
  void* block = memory.allocate(bytes(of.capacity_));
  if (block == nullptr) return nullptr;
  UnitLog* log = new (block) UnitLog(of);
  for (size_t i = 0; i < of.capacity_; ++i) new (&log->entries()[i]) Entry(of.entries()[i]);
  return log;
}

void UnitLog::release(UnitLog* log, Allocator& memory) {
  if (log != nullptr) memory.release(log, bytes(log->capacity_));
}

size_t UnitLog::first_after(Instant gone) const {
  size_t low = 0, high = size_;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (entry(middle).at > gone)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

Instant UnitLog::leaves_at_most(uint64_t room) const {
  const uint64_t total = sum_before(size_);
  size_t low = 0, high = size_ - size_t{1};
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (total - entry(middle).sum <= room)
      high = middle;
    else
      low = middle + 1;
  }
  return entry(low).at;
}

void UnitLog::add(Instant at, uint64_t units) {
  const uint64_t sum = sum_before(size_) + units;
  if (size_ > 0 && (size_ == capacity_ || at <= newest())) {
    Entry& last = entry(size_ - size_t{1});
    last = {std::max(at, last.at), sum};
    return;
  }
  ++size_;
  entry(size_ - size_t{1}) = {at, sum};
}

void UnitLog::drop(Instant gone) {
  const size_t count = first_after(gone);
  base_ = sum_before(count);
  head_ = static_cast<uint16_t>(position(count));
  size_ = static_cast<uint16_t>(size_ - count);
}

void UnitLog::take_off(Instant at, uint64_t units) {
  const size_t i = first_after(at - 1);
  if (i == size_ || entry(i).at != at) return;
  const uint64_t held = entry(i).sum - sum_before(i);
  const uint64_t taken = std::min(units, held);
  for (size_t j = i; j < size_; ++j) entry(j).sum -= taken;
  if (taken < held) return;
  for (size_t j = i + 1; j < size_; ++j) entry(j - 1) = entry(j);
  --size_;
}

}  // namespace sluice
