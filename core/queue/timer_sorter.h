// SPDX-License-Identifier: Apache-2.0
// Brings the timers of one main slot into order: into 256 places by their instants, and out again place by place. Of a hundred thousand
// timers that are each due once a second 26 come at a time: hardly ever are two in one place, where alone they have to be compared.
//
// Between calls, and as zero bytes, it is empty.
#pragma once

#include <cstdint>

#include "core/queue/timer_forest.h"

namespace sluice {

class TimerSorter {
 public:
  // A place is 2^kShift ns wide.
  static constexpr uint32_t kShift = 10, kPlaces = 256;

  // Uses the links of the timer.
  void add(TimerId id, Timer& timer) {
    const uint32_t place = static_cast<uint32_t>(timer.due >> kShift) % kPlaces;
    timer.child = 0;
    timer.next = first_[place];
    first_[place] = id;
    bits_[place / 64] |= uint64_t{1} << place % 64;
  }
  // A forest whose roots are in order, each with all that is below it before the next.
  TimerId take(TimerPool& pool);

 private:
  uint64_t bits_[kPlaces / 64];
  TimerId first_[kPlaces];
};

}  // namespace sluice
