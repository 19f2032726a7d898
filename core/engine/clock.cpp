// SPDX-License-Identifier: Apache-2.0
#include "core/engine/clock.h"

#include <algorithm>
#include <ctime>

namespace sluice {
namespace {

int64_t read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return int64_t{t.tv_sec} * kSecond + t.tv_nsec;
}

Instant clamp(int64_t t) { return std::clamp<int64_t>(t, 0, kEndOfTime - 1); }

}  // namespace

EngineClock::EngineClock(bool manual, Instant manual_now, std::atomic<Instant>& known_until)
    : manual_(manual), manual_now_(manual_now), known_until_(known_until) {
  known_until_.store(0, std::memory_order_relaxed);
  if (!manual) offset_.store(read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC), std::memory_order_relaxed);
}

Instant EngineClock::now() {
  if (manual_) return manual_now_.load(std::memory_order_relaxed);
  const int64_t monotonic = read(CLOCK_MONOTONIC);
  if (monotonic >= next_sync_.load(std::memory_order_relaxed)) {
    next_sync_.store(monotonic + kSecond, std::memory_order_relaxed);
    const int64_t seen = read(CLOCK_REALTIME) - monotonic;
    int64_t offset = offset_.load(std::memory_order_relaxed);
    while (seen > offset && !offset_.compare_exchange_weak(offset, seen, std::memory_order_relaxed)) {
    }
  }
  return clamp(monotonic + offset_.load(std::memory_order_relaxed));
}

bool EngineClock::too_far_ahead(Instant now) {
  if (now <= known_until_.load(std::memory_order_relaxed)) return false;
  const Instant real = std::max(clamp(read(CLOCK_REALTIME)), manual_ ? this->now() : Instant{0});
  const Instant bound = std::min(later(real, kDay), kEndOfTime - 1);
  known_until_.store(bound, std::memory_order_relaxed);
  return now > bound;
}

}  // namespace sluice
