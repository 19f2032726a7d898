// SPDX-License-Identifier: Apache-2.0
// The engine's one wheel of its lines' timers, under a lock of its own. A leaf: nothing else is locked under it.
//
// A timer that was taken is in the taker's hands until it lands: meanwhile it is not removed, so that the taker, who has yet to lock
// the line's shard, finds the line.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "core/base/cell.h"
#include "core/base/spinlock.h"
#include "core/queue/release_wheel.h"

namespace sluice {

class Releases {
 public:
  struct Place {
    uint32_t shard = 0;
    CellId line = 0;  // 0: none
  };
  struct Due {
    Instant due = 0;
    uint64_t number = 0;  // of the line
    TimerId timer = 0;
    Place place;
    Place coming;  // another that is due soon

    friend bool operator<(const Due& a, const Due& b) { return a.due < b.due || (a.due == b.due && a.number < b.number); }
  };

  explicit Releases(Allocator& memory) : wheel_(memory) {}

  // 0: no memory.
  TimerId add(uint32_t shard, CellId line, uint64_t number);
  // False: it is in somebody's hands, who will remove it.
  bool remove(TimerId timer);
  void arm(TimerId timer, Instant due);
  // The earliest that are due, in order of (due, number); how many.
  size_t take(Instant now, std::span<Due> out);
  // Into the taker's hands the timer that `out` names, if it is due. REQUIRES: the lock of its line's shard, as for due_of().
  bool take_one(Instant now, Due* out);
  // What it is armed for; kNever: nothing, or it is in somebody's hands.
  Instant due_of(TimerId timer);
  // Out of the taker's hands, and armed for `due` or what it has been armed for since, whichever is earlier.
  void land(TimerId timer, Instant due);
  // Out of the taker's hands and gone; false, and nothing changed, when another has it too, who will come.
  bool land_and_remove(TimerId timer);
  Instant next_due();

 private:
  static Place place_of(uint64_t owner) { return {static_cast<uint32_t>(owner >> 32), static_cast<CellId>(owner)}; }
  void let_go(TimerId timer);
  bool in_hand(TimerId timer) const;

  SpinLock lock_;
  ReleaseWheel wheel_;
  std::vector<TimerId> in_hand_;  // as often as it was taken; a handful
};

}  // namespace sluice
