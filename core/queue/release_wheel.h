// SPDX-License-Identifier: Apache-2.0
// When which line is due: one timer for each line that has something to do, served in the order of (due, number), whatever slots they
// lie in. Knows no clock; instants may be asked about in any order.
//
// 1. The position is the start of a main slot (wheel_slots.h), the one that is being served. It only goes forward, up to the `now` of
//    peek() and pop(), and past no timer; unless nothing is armed.
// 2. An armed timer is in one slot. What is due in the slot that is being served, or before, is in the slots kRun and kEarly; anything
//    else in that of the lowest level that reaches it from the position, and later. Slots that the position comes to are taken apart.
// 3. A slot's timers are a forest, the first root's `before` being kFirst and the slot; of no armed timer it is 0. The roots of kRun are
//    in order, each with all that is below it before the next.
// 4. Only add() takes memory: 23 KiB for the slots, 24 KiB for each 512 timers. Without timers there is none.
// Threads: those who call it hold one lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/allocator.h"
#include "core/base/time.h"
#include "core/queue/timer_pool.h"
#include "core/queue/timer_sorter.h"
#include "core/queue/wheel_slots.h"

namespace sluice {

class ReleaseWheel {
 public:
  struct Head {
    Instant due;
    uint64_t number;
    TimerId id;
  };

  explicit ReleaseWheel(Allocator& memory) : memory_(memory), timers_(memory) {}
  ~ReleaseWheel() { release_block(); }
  ReleaseWheel(const ReleaseWheel&) = delete;
  ReleaseWheel& operator=(const ReleaseWheel&) = delete;

  // A disarmed timer; 0, and nothing changed, when there is no memory. `owner` means nothing to the wheel.
  TimerId add(uint64_t owner, uint64_t number);
  void remove(TimerId id);

  // Arms it, or arms it anew, for an instant that may be past; for kNever it is disarmed.
  void arm(TimerId id, Instant due);
  void disarm(TimerId id);

  bool armed(TimerId id) const { return timers_[id].before != 0; }
  // What it is armed for, or was when pop() returned it; kNever once it is disarmed.
  Instant due(TimerId id) const { return timers_[id].due; }
  uint64_t owner(TimerId id) const { return timers_[id].owner; }
  uint64_t number(TimerId id) const { return timers_.number(id); }
  // How many have it in hand: means nothing to the wheel.
  uint32_t& hands(TimerId id) { return timers_[id].hands; }
  size_t armed_count() const { return armed_; }

  // Of the earliest timer; kNever when none is armed.
  Instant next_due();
  // Disarms the earliest timer if it is due; 0: none is.
  TimerId pop(Instant now);
  // Of a timer that comes soon, another with every pop(): its owner, and what that leads to, so that both can be fetched in time.
  struct Coming {
    uint64_t owner = 0;  // 0: none
    uint64_t leads_to = 0;
  };
  Coming coming() const { return coming_; }
  uint64_t leads_to(TimerId id) const { return timers_.leads_to(id); }
  void set_leads_to(TimerId id, uint64_t what) { timers_.set_leads_to(id, what); }
  // What pop() would return; false: nothing.
  bool peek(Instant now, Head* head);

 private:
  static constexpr uint32_t kFirst = uint32_t{1} << 31;
  static constexpr uint64_t kNowhere = UINT64_MAX;
  static constexpr uint32_t kAhead = 4;  // slots; a power of two

  struct Block {
    WheelSlots slots;
    TimerSorter sorter;
  };

  WheelSlots& slots() { return block_->slots; }
  void release_block();
  void place(TimerId id, Timer& timer);
  void place_far(TimerId id, Timer& timer);
  void push(TimerId id, Timer& timer, uint32_t slot);
  void take_out(TimerId id);
  TimerId earliest_in(uint32_t slot);
  TimerId earliest();
  TimerId served_next();
  TimerId find_due(Instant now);
  bool advance(uint64_t now);
  uint64_t next_start();
  void move_to(uint64_t position);
  void enter_main();
  void enter_upper(uint64_t changed);
  void start_fetching();
  void fetch_ahead();

  Allocator& memory_;
  TimerPool timers_;
  Block* block_ = nullptr;
  size_t armed_ = 0;
  uint64_t position_ = 0;
  uint64_t upper_from_ = kNowhere;  // no upper slot with timers starts before
  TimerId head_ = 0;                // the earliest timer; 0: not known
  TimerId soon_[kAhead] = {};       // how far the timers of the next main slots are fetched
  uint64_t fetching_ = 0;           // the last of those slots
  uint32_t turn_ = 0;               // which is next
  Coming coming_;                   // whose timer was stepped over last
};

}  // namespace sluice
