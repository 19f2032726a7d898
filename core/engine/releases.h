// SPDX-License-Identifier: Apache-2.0
// The engine's one wheel of its lines' timers, under a lock of its own. A leaf: nothing else is locked under it.
//
// A timer that was taken is in the taker's hands until it lands: meanwhile it is not removed, so that the taker, who has yet to lock
// the line's shard, finds the line.
#pragma once

#include <atomic>
#include <span>

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
  // What serving a line leads to, as it was when it was last armed: a guess, of which nothing is made but addresses to fetch.
  struct Ahead {
    CellId record = 0, message = 0;
  };
  struct Due {
    Instant due = 0;
    uint64_t number = 0;  // of the line
    TimerId timer = 0;
    Place place;
    Ahead leads_to;
    Place coming;  // another that is due soon
    Ahead coming_leads_to;

    friend bool operator<(const Due& a, const Due& b) { return a.due < b.due || (a.due == b.due && a.number < b.number); }
  };

  explicit Releases(Allocator& memory) : wheel_(memory) {}

  // Armed, for a new line, which gets its number: they are numbered as they come. 0: no memory.
  TimerId add(uint32_t shard, CellId line, uint64_t* number, Instant due, Ahead ahead);
  // False: it is in somebody's hands, who will remove it.
  bool remove(TimerId timer);
  void arm(TimerId timer, Instant due, Ahead ahead);
  // The earliest that are due, in order of (due, number); how many.
  size_t take(Instant now, std::span<Due> out);
  // Into the taker's hands the timer that `out` names, if it is due. REQUIRES: the lock of its line's shard, as for due_of().
  bool take_one(Instant now, Due* out);
  // What it is armed for; kNever: nothing, or it is in somebody's hands.
  Instant due_of(TimerId timer);
  // Out of the taker's hands, and armed for `due` or what it has been armed for since, whichever is earlier.
  struct Landing {
    TimerId timer = 0;
    Ahead ahead;
    Instant due = 0;
  };
  void land(std::span<const Landing> landings);
  void land(const Landing& landing) { land({&landing, 1}); }
  // Out of the taker's hands and gone; false, and nothing changed, when another has it too, who will come.
  bool land_and_remove(TimerId timer);
  Instant next_due();

 private:
  static uint64_t packed(Ahead a) { return uint64_t{a.record} << 32 | a.message; }
  static Ahead ahead_of(uint64_t word) { return {static_cast<CellId>(word >> 32), static_cast<CellId>(word)}; }
  static Place place_of(uint64_t owner) { return {static_cast<uint32_t>(owner >> 32), static_cast<CellId>(owner)}; }

  SpinLock lock_;
  ReleaseWheel wheel_;
  uint64_t lines_ = 0;  // ever
};

}  // namespace sluice
