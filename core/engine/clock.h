// SPDX-License-Identifier: Apache-2.0
// The engine's clock: wall time at creation plus monotonic time since, re-synced to the wall forward only; or a manual one.
// Threads: any.
#pragma once

#include <atomic>

#include "core/base/time.h"

namespace sluice {

class EngineClock {
 public:
  EngineClock(bool manual, Instant manual_now);

  bool manual() const { return manual_; }
  Instant now();
  void set(Instant now) { manual_now_.store(now, std::memory_order_relaxed); }

  // Without reading a clock: an instant that is not too far ahead. False: ask too_far_ahead.
  bool is_known(Instant now) const {
    return static_cast<uint64_t>(now) <= static_cast<uint64_t>(known_bound_.load(std::memory_order_relaxed));
  }
  // Whether `now` is more than a day ahead of the real clock (of a manual clock: of the later of the two).
  bool too_far_ahead(Instant now);

 private:
  const bool manual_;
  std::atomic<Instant> manual_now_;
  std::atomic<int64_t> offset_{0};       // wall minus monotonic
  std::atomic<int64_t> next_sync_{0};    // monotonic
  std::atomic<Instant> known_bound_{0};  // instants from 0 to here are not too far ahead
};

}  // namespace sluice
