// SPDX-License-Identifier: Apache-2.0
// A bounded ring of events, drained by the caller; when it is full the oldest go and are counted.
// Threads: any. Its lock is a leaf: nothing else is locked under it.
#pragma once

#include <span>
#include <vector>

#include "core/base/spinlock.h"
#include "core/engine/engine.h"

namespace sluice {

class EventRing {
 public:
  explicit EventRing(size_t capacity) : capacity_(capacity) {}

  // Never throws: an event for which there is no memory is lost and counted.
  void push(const Event& event) noexcept;
  size_t drain(std::span<Event> out, uint64_t* lost);
  uint64_t lost_ever();

 private:
  const size_t capacity_;
  SpinLock lock_;
  std::vector<Event> ring_;  // grows to the capacity as events come
  size_t first_ = 0, count_ = 0;
  uint64_t lost_ = 0, lost_ever_ = 0;
};

}  // namespace sluice
