// SPDX-License-Identifier: Apache-2.0
#include "core/engine/releases.h"

#include <algorithm>
#include <new>

namespace sluice {

TimerId Releases::add(uint32_t shard, CellId line, uint64_t number) {
  const SpinGuard guard(lock_);
  return wheel_.add(uint64_t{shard} << 32 | line, number);
}

bool Releases::in_hand(TimerId timer) const { return std::find(in_hand_.begin(), in_hand_.end(), timer) != in_hand_.end(); }

bool Releases::remove(TimerId timer) {
  const SpinGuard guard(lock_);
  if (in_hand(timer)) return false;
  wheel_.remove(timer);
  return true;
}

void Releases::arm(TimerId timer, Instant due) {
  const SpinGuard guard(lock_);
  wheel_.arm(timer, due);
}

// Without memory to remember whose hands they are in nothing is taken: they stay due.
size_t Releases::take(Instant now, std::span<Due> out) {
  const SpinGuard guard(lock_);
  try {
    in_hand_.reserve(in_hand_.size() + out.size());
  } catch (const std::bad_alloc&) {
    return 0;
  }
  size_t count = 0;
  ReleaseWheel::Head head;
  while (count < out.size() && wheel_.peek(now, &head)) {
    wheel_.pop(now);
    out[count++] = {head.due, head.number, head.id, place_of(wheel_.owner(head.id)), place_of(wheel_.coming())};
    in_hand_.push_back(head.id);
  }
  return count;
}

bool Releases::take_one(Instant now, Due* out) {
  const SpinGuard guard(lock_);
  if (!wheel_.armed(out->timer) || wheel_.due(out->timer) > now) return false;
  try {
    in_hand_.push_back(out->timer);
  } catch (const std::bad_alloc&) {
    return false;
  }
  out->due = wheel_.due(out->timer);
  wheel_.disarm(out->timer);
  return true;
}

Instant Releases::due_of(TimerId timer) {
  const SpinGuard guard(lock_);
  return wheel_.armed(timer) ? wheel_.due(timer) : kNever;
}

void Releases::let_go(TimerId timer) {
  const auto it = std::find(in_hand_.rbegin(), in_hand_.rend(), timer);
  std::swap(*it, in_hand_.back());
  in_hand_.pop_back();
}

void Releases::land(TimerId timer, Instant due) {
  const SpinGuard guard(lock_);
  let_go(timer);
  if (!wheel_.armed(timer) || due < wheel_.due(timer)) wheel_.arm(timer, due);
}

bool Releases::land_and_remove(TimerId timer) {
  const SpinGuard guard(lock_);
  if (std::count(in_hand_.begin(), in_hand_.end(), timer) > 1) return false;
  let_go(timer);
  wheel_.remove(timer);
  return true;
}

Instant Releases::next_due() {
  const SpinGuard guard(lock_);
  return wheel_.next_due();
}

}  // namespace sluice
