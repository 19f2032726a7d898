// SPDX-License-Identifier: Apache-2.0
// The engine's clock: wall time at creation plus monotonic time since, re-synced to the wall forward only; or a manual one.
// Threads: any.
#pragma once

#include <atomic>

#include "core/base/time.h"

namespace sluice {

class EngineClock {
 public:
  // `known_until`: the latest instant found to be not too far ahead, for who asks without this clock; begins at 0.
  EngineClock(bool manual, Instant manual_now, std::atomic<Instant>& known_until);

  bool manual() const { return manual_; }
  Instant now();
  void set(Instant now) { manual_now_.store(now, std::memory_order_relaxed); }

  // Whether `now` is more than a day ahead of the real clock (of a manual clock: of the later of the two).
  bool too_far_ahead(Instant now);

 private:
  const bool manual_;
  std::atomic<Instant> manual_now_;
  std::atomic<int64_t> offset_{0};     // wall minus monotonic
  std::atomic<int64_t> next_sync_{0};  // monotonic
  std::atomic<Instant>& known_until_;
};

}  // namespace sluice
