// SPDX-License-Identifier: Apache-2.0
#include "core/engine/event_ring.h"

#include <algorithm>
#include <new>

namespace sluice {

void EventRing::push(const Event& event) noexcept {
  const SpinGuard guard(lock_);
  if (count_ == ring_.size() && count_ < capacity_) {
    try {
      std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(first_), ring_.end());
      first_ = 0;
      ring_.resize(std::min(capacity_, std::max<size_t>(16, 2 * ring_.size())));
    } catch (const std::bad_alloc&) {
      // Serve with the ring as it is.
    }
  }
  if (ring_.empty() || count_ == ring_.size()) {
    ++lost_;
    ++lost_ever_;
    if (ring_.empty()) return;
    first_ = (first_ + 1) % ring_.size();
    --count_;
  }
  ring_[(first_ + count_) % ring_.size()] = event;
  ++count_;
}

size_t EventRing::drain(std::span<Event> out, uint64_t* lost) {
  const SpinGuard guard(lock_);
  const size_t taken = std::min(out.size(), count_);
  for (size_t i = 0; i < taken; ++i) out[i] = ring_[(first_ + i) % ring_.size()];
  if (taken != 0) first_ = (first_ + taken) % ring_.size();
  count_ -= taken;
  if (lost != nullptr) {
    *lost = lost_;
    lost_ = 0;
  }
  return taken;
}

uint64_t EventRing::lost_ever() {
  const SpinGuard guard(lock_);
  return lost_ever_;
}

}  // namespace sluice
