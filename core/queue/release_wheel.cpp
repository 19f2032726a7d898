// SPDX-License-Identifier: Apache-2.0
#include "core/queue/release_wheel.h"

#include <algorithm>
#include <iterator>
#include <new>

#include "core/queue/timer_forest.h"

namespace sluice {
namespace {

using Level = WheelSlots::Level;
constexpr const Level& kMain = WheelSlots::kMain;
constexpr uint32_t kRun = WheelSlots::kRun, kEarly = WheelSlots::kEarly;

}  // namespace

TimerId ReleaseWheel::add(uint64_t owner, uint64_t number) {
  if (block_ == nullptr) {
    void* block = memory_.allocate(sizeof(Block));
    if (block == nullptr) return 0;
    block_ = new (block) Block();
  }
  const TimerId id = timers_.add(owner, number);
  if (timers_.count() == 0) release_block();
  return id;
}

void ReleaseWheel::remove(TimerId id) {
  disarm(id);
  timers_.remove(id);
  if (timers_.count() == 0) release_block();
}

void ReleaseWheel::release_block() {
  if (block_ != nullptr) memory_.release(block_, sizeof(Block));
  block_ = nullptr;
  upper_from_ = kNowhere;
  std::fill_n(soon_, kAhead, 0);
}

void ReleaseWheel::arm(TimerId id, Instant due) {
  if (!is_instant(due)) return disarm(id);
  Timer& timer = timers_[id];
  if (timer.before != 0) {
    if (timer.due == due) return;
    take_out(id);
  }
  ++armed_;
  timer.due = due;
  place(id, timer);
  if (head_ != 0 && timers_.is_before(id, head_)) head_ = id;
}

void ReleaseWheel::disarm(TimerId id) {
  if (armed(id)) take_out(id);
  timers_[id].due = kNever;
}

// Puts a timer that is in no slot into its own.
[[gnu::always_inline]] inline void ReleaseWheel::place(TimerId id, Timer& timer) {
  const uint64_t due = static_cast<uint64_t>(timer.due);
  const uint64_t distance = kMain.distance(position_, due);
  if (distance - 1 < kMain.count - 1) [[likely]]
    push(id, timer, kMain.slot_at(due));
  else
    place_far(id, timer);
}

// One for which there is no main slot.
void ReleaseWheel::place_far(TimerId id, Timer& timer) {
  const uint64_t due = static_cast<uint64_t>(timer.due);
  if (due < position_ || kMain.distance(position_, due) == 0) return push(id, timer, kEarly);
  const Level* level = WheelSlots::kUpper;
  while (level->distance(position_, due) >= level->count) ++level;
  upper_from_ = std::min(upper_from_, level->start_at(due));
  push(id, timer, level->slot_at(due));
}

[[gnu::always_inline]] inline void ReleaseWheel::push(TimerId id, Timer& timer, uint32_t slot) {
  timer_forest::push(timers_, id, timer, slots().first(slot));
  timer.before = kFirst | slot;
  slots().set_first(slot, id);
}

// Takes an armed timer out of its slot.
[[gnu::always_inline]] inline void ReleaseWheel::take_out(TimerId id) {
  Timer& timer = timers_[id];
  const TimerId instead = timer_forest::instead_of(timers_, timer);
  const uint32_t before = timer.before;
  if ((before & kFirst) == 0) {
    Timer& other = timers_[before];
    (other.child == id ? other.child : other.next) = instead;
  } else {
    slots().set_first(before & ~kFirst, instead);
  }
  timers_[instead].before = before;
  timer.before = 0;
  --armed_;
  if (head_ == id) head_ = 0;
}

// REQUIRES: the slot has timers.
[[gnu::always_inline]] inline TimerId ReleaseWheel::earliest_in(uint32_t slot) {
  const TimerId first = slots().first(slot);
  if (timers_[first].next == 0) return first;
  const TimerId root = timer_forest::joined(timers_, first);
  timers_[root].before = kFirst | slot;
  slots().set_first(slot, root);
  return root;
}

// Looks at the first slot of each level, and moves nothing. REQUIRES: something is armed.
TimerId ReleaseWheel::earliest() {
  TimerId best = served_next();
  if (best != 0) return best;
  const auto look_at = [&](const Level& level) {
    if (!slots().has_any(level)) return;
    const uint64_t start = slots().first_start(level, position_);
    if (best != 0 && static_cast<uint64_t>(timers_[best].due) < start) return;
    const TimerId root = earliest_in(level.slot_at(start));
    if (best == 0 || timers_.is_before(root, best)) best = root;
  };
  look_at(kMain);
  for (const Level& level : WheelSlots::kUpper) look_at(level);
  return best;
}

Instant ReleaseWheel::next_due() {
  if (armed_ == 0) return kNever;
  if (head_ == 0) head_ = earliest();
  return timers_[head_].due;
}

bool ReleaseWheel::peek(Instant now, Head* head) {
  const TimerId id = find_due(now);
  if (id == 0) return false;
  *head = {timers_[id].due, timers_.number(id), id};
  return true;
}

TimerId ReleaseWheel::pop(Instant now) {
  const TimerId id = find_due(now);
  if (id == 0) return 0;
  fetch_ahead();
  take_out(id);
  return id;
}

// The earliest timer of the slot that is being served; 0: it has none.
[[gnu::always_inline]] inline TimerId ReleaseWheel::served_next() {
  const TimerId id = slots().first(kRun);
  if (slots().first(kEarly) == 0) [[likely]]
    return id;
  const TimerId early = earliest_in(kEarly);
  return id != 0 && timers_.is_before(id, early) ? id : early;
}

// The earliest timer if it is due, else 0.
[[gnu::always_inline]] inline TimerId ReleaseWheel::find_due(Instant now) {
  if (block_ == nullptr || now < 0) return 0;
  TimerId id = served_next();
  if (id == 0) {
    if (!advance(static_cast<uint64_t>(now))) return 0;
    id = slots().first(kRun);
  }
  return timers_[id].due <= now ? id : 0;
}

// Moves the position to the main slot with the earliest timer; false, and to `now`, when that is later. REQUIRES: all that was being
// served is gone.
bool ReleaseWheel::advance(uint64_t now) {
  if (armed_ == 0) {
    // Nothing holds the position, even if the clock went back. While something does, all that is armed for before it is in one tree:
    // served in order, at the price of a heap.
    if (is_instant(static_cast<Instant>(now))) position_ = kMain.start_at(now);
    fetching_ = 0;
    return false;
  }
  do {
    const uint64_t start = next_start();
    if (start > now) {
      move_to(kMain.start_at(now));
      return false;
    }
    move_to(start);
  } while (slots().first(kRun) == 0);
  return true;
}

// Where the first slot of any level with timers starts; kNowhere: there is none.
uint64_t ReleaseWheel::next_start() {
  const uint64_t main = slots().has_any(kMain) ? slots().first_start(kMain, position_) : kNowhere;
  if (main < upper_from_) return main;
  upper_from_ = kNowhere;
  for (const Level& level : WheelSlots::kUpper) {
    if (slots().has_any(level)) upper_from_ = std::min(upper_from_, slots().first_start(level, position_));
  }
  return std::min(main, upper_from_);
}

// REQUIRES: no slot with timers starts between the position and this one, or this one is not ahead.
void ReleaseWheel::move_to(uint64_t position) {
  if (position <= position_) return;
  const uint64_t changed = position_ ^ position;
  position_ = position;
  if (changed >> WheelSlots::kUpper[0].shift != 0) enter_upper(changed);
  enter_main();
}

// Brings what is in the upper slots that the position came to, to lower levels.
void ReleaseWheel::enter_upper(uint64_t changed) {
  for (const Level& level : WheelSlots::kUpper) {
    if (changed >> level.shift == 0) break;
    const uint32_t slot = level.slot_at(position_);
    const TimerId first = slots().first(slot);
    if (first == 0) continue;
    slots().set_first(slot, 0);
    timer_forest::take_apart(timers_, first, [this](TimerId id, Timer& timer) {
      const uint64_t due = static_cast<uint64_t>(timer.due);
      if (kMain.distance(position_, due) < kMain.count)
        push(id, timer, kMain.slot_at(due));  // enter_main() comes after
      else
        place_far(id, timer);
    });
  }
}

// Brings what is in the main slot at the position in order. One tree would do as it is; but of many timers sorting is cheaper.
void ReleaseWheel::enter_main() {
  const uint32_t slot = kMain.slot_at(position_);
  TimerId first = slots().first(slot);
  if (first != 0) {
    slots().set_first(slot, 0);
    if (timers_[first].next != 0 || timers_[first].child != 0) {
      timer_forest::take_apart(timers_, first, [this](TimerId id, Timer& timer) { block_->sorter.add(id, timer); });
      first = block_->sorter.take(timers_);
    }
    slots().set_first(kRun, first);
    timers_[first].before = kFirst | kRun;
  }
  start_fetching();
}

// A slot's timers are each known only from the one before. Fetched when the slot is entered, each would have to be waited for; so a
// step is made through one of the next few slots with every timer served.
void ReleaseWheel::start_fetching() {
  const uint64_t here = position_ >> kMain.shift;
  for (uint64_t slot = std::max(fetching_, here) + 1; slot <= here + kAhead; ++slot) {
    soon_[slot % kAhead] = slots().first(static_cast<uint32_t>(slot % kMain.count));
    timers_.prefetch(soon_[slot % kAhead]);
  }
  fetching_ = here + kAhead;
}

[[gnu::always_inline]] inline void ReleaseWheel::fetch_ahead() {
  TimerId& soon = soon_[turn_++ % kAhead];
  const Timer& timer = timers_[soon];
  coming_ = soon == 0 ? Coming() : Coming{timer.owner, timers_.leads_to(soon)};
  soon = timer.next != 0 ? timer.next : timer.child;
  timers_.prefetch(soon);
}

}  // namespace sluice
