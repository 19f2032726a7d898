// SPDX-License-Identifier: Apache-2.0
// Weighing a request: what each limit says, what they say together, and for how long.
#include <algorithm>

#include "core/engine/decider.h"
#include "core/engine/routing.h"
#include "core/engine/send_queue.h"

namespace sluice {
namespace {

// What a closed limit denies as: a wait that never ends has its own kinds.
DenialKind kind_of(const Item& item) {
  if (item.opens != kNever) return item.limit->rule.denies_as;
  return item.params.amount->word == Word::blocked ? DenialKind::blocked : DenialKind::never;
}

// A queue-mode limit whose amount is blocked holds its messages; a cost too large for it can never leave.
bool queue_holds(const Item& item) { return item.opens != kNever || item.params.amount->word == Word::blocked; }

}  // namespace

void Decider::weigh() {
  refused_ = waits_ = false;
  for (size_t i = 0; i < work_.item_count; ++i) {
    Item& item = work_.items[i];
    const Instant from = at(*item.subject);
    item.opens = limit::opens_at(item.params, item.state(), item.ask, from);
    item.passes = item.opens == from;
    item.refuses = item.waits = false;
    if (item.passes || !item.denies_ever()) continue;
    item.refuses = item.charge->mode == Mode::deny || (item.charge->mode == Mode::queue && !queue_holds(item));
    item.waits = item.charge->mode == Mode::queue && !item.refuses && !item.later;
    refused_ |= item.refuses;
    waits_ |= item.waits;
  }
}

Status Decider::judge() {
  work_.denial = DenialKind::none;
  work_.wait_kind = WaitKind::none;
  work_.retry_after = 0;
  work_.named = work_.item_count == 0 ? nullptr : &work_.items[0];
  if (refused_ || memory_denied_ || pool_refuses()) {
    name_denial();
    return Status::denied;
  }
  if (!waits_ && !queue_goes_first()) return Status::ok;
  if (!waits_) return Status::would_queue;
  work_.named = nullptr;
  for (size_t i = 0; i < work_.item_count; ++i) {
    Item& item = work_.items[i];
    if (item.waits && (work_.named == nullptr || item.opens > work_.named->opens)) work_.named = &item;
  }
  return Status::would_queue;
}

// A message that would wait longer than the policy's queue lets it, or than it lives, is not taken in. What is no more than a bound
// counts too: not before it means too late.
Status Decider::judge_wait() {
  if (work_.pending->opens == kNever) return never_open();
  const Span longest = g_.policy->queue.wait;
  const Instant expires = work_.pending->expires;
  if (longest == 0 && expires == 0) return Status::ok;
  const Promise promise = core_.queue_.promise_for(work_);
  if (promise.kind != WaitKind::exact && promise.kind != WaitKind::bound) return Status::ok;
  Instant latest = longest == 0 ? kNever : later(work_.pending->opens, longest);
  if (expires != 0) latest = std::min(latest, expires - 1);
  if (promise.eta <= latest) return Status::ok;
  waits_too_long_ = true;
  work_.denial = DenialKind::depth;
  work_.named = nullptr;
  work_.wait_kind = WaitKind::bound;
  work_.retry_after = promise.eta - latest;
  work_.pending->out->promise = promise;
  return Status::denied;
}

// No hour in which all clocks of its zones are open is in sight.
Status Decider::never_open() {
  waits_too_long_ = true;
  work_.denial = DenialKind::blocked;
  work_.named = nullptr;
  work_.wait_kind = WaitKind::unknown;
  work_.retry_after = 0;
  return Status::denied;
}

// Messages wait on the line: whoever asks for all at once goes behind them.
bool Decider::queue_goes_first() const {
  if (work_.phase != Phase::decide || operation_.line_slot == kNone || (request_.flags & flag::force) != 0) return false;
  if (work_.routing != nullptr && work_.routing->forced) return false;  // it has come already
  const SubjectRef& line = work_.subjects[work_.first_of_slot[static_cast<size_t>(operation_.line_slot)]];
  return line.record != nullptr && !line.overflow && core_.queue_.has_ready(*line.record);
}

// A closed limit closes for a tenant's whole flow when its subject is of nobody else on this line.
bool Decider::of_whole_flow(const Item& item) const {
  if (item.limit->rule.kind == Kind::distinct || item.ask.cost > 1) return false;
  const Slot& slot = operation_.slots[item.charge->slot];
  return std::all_of(slot.values, slot.values + slot.count,
                     [&](uint8_t v) { return v == operation_.tenant || v == operation_.line; });
}

// The highest kind; ties by latest opening, then policy order.
void Decider::name_denial() {
  const Item* best = nullptr;
  for (size_t i = 0; i < work_.item_count; ++i) {
    const Item& item = work_.items[i];
    if (!item.refuses) continue;
    const auto rank = [](const Item& x) { return static_cast<int>(kind_of(x)); };
    if (best == nullptr || rank(item) > rank(*best) ||
        (rank(item) == rank(*best) &&
         (item.opens > best->opens || (item.opens == best->opens && item.position < best->position)))) {
      best = &item;
    }
  }
  if (pool_refuses() && (best == nullptr || kind_of(*best) < DenialKind::pool)) {
    work_.denial = DenialKind::pool;
    work_.named = nullptr;
    return;
  }
  if (best == nullptr) {
    work_.denial = DenialKind::memory;
    return;
  }
  work_.denial = kind_of(*best);
  work_.named = const_cast<Item*>(best);
}

// The latest opening of all that can refuse or hold, asked at `from`.
Instant Decider::open_together(Instant from, bool* on_release) const {
  Instant latest = from;
  for (size_t i = 0; i < work_.item_count; ++i) {
    const Item& item = work_.items[i];
    if (item.later || !item.denies_ever() || item.charge->mode == Mode::advise || item.charge->mode == Mode::shadow) continue;
    const Instant asked = std::max(from, item.subject->base);
    const Instant opens = limit::opens_at(item.params, item.state(), item.ask, asked);
    if (opens == kNever && item.charge->mode == Mode::queue && item.params.amount->word == Word::blocked) {
      *on_release = true;
    } else if (opens == kOnRelease) {
      *on_release = true;
    } else if (opens != asked) {
      latest = std::max(latest, opens);
    }
  }
  return latest;
}

// Behind a queue, or refused by its depth: not before its next release.
bool Decider::waits_for_queue() {
  const bool behind = !refused_ && !memory_denied_ && queue_goes_first();
  const bool deep = work_.phase == Phase::enqueue && work_.denial == DenialKind::depth;
  if (!behind && !deep) return false;
  const Instant next = core_.queue_.next_release(work_.subjects[work_.first_of_slot[static_cast<size_t>(operation_.line_slot)]]);
  work_.wait_kind = next == kNever ? WaitKind::unknown : WaitKind::bound;
  if (next != kNever) work_.retry_after = std::max<Span>(0, next - work_.now);
  return true;
}

// No line of its pool may be used.
bool Decider::pool_refuses() const { return work_.routing != nullptr && work_.routing->refused; }

// When one may be again. REQUIRES: the wait for everything else.
void Decider::wait_for_pool() {
  if (!pool_refuses() || work_.wait_kind == WaitKind::never) return;
  const Instant opens = work_.routing->opens;
  work_.retry_after = std::max(work_.retry_after, opens == kNever ? 0 : opens - work_.now);
  const bool known = opens != kNever && work_.wait_kind != WaitKind::unknown;
  work_.wait_kind = known ? WaitKind::bound : WaitKind::unknown;
  if (!known) work_.retry_after = 0;
}

// What a line that a pool may choose says, as far as its own charges go.
LineVerdict Decider::weigh_line() {
  for (size_t i = 0; i < work_.subject_count; ++i) look_up(work_.subjects[i]);
  LineVerdict verdict;
  if (make_items(nullptr) != Status::ok) return {true, kNever, 0};  // an amount that was never set
  weigh();
  if (operation_.line_slot != kNone) {
    const SubjectRef& line = work_.subjects[work_.first_of_slot[static_cast<size_t>(operation_.line_slot)]];
    verdict.wait = core_.queue_.expected_wait(operation_, line, work_.now);
    verdict.opens = refused_ ? work_.now : 0;
    for (size_t i = 0; i < work_.item_count; ++i) {
      const Item& item = work_.items[i];
      if (!item.refuses) continue;
      verdict.opens = std::max(verdict.opens, item.opens == kOnRelease ? core_.queue_.next_release(line) : item.opens);
    }
  }
  verdict.refuses = refused_;
  return verdict;
}

// Iterates to the fixed point: while it waits for one limit another may close again, as when an exemption ends.
void Decider::wait_for_limits() {
  work_.retry_after = 0;
  if (waits_for_queue()) return;
  bool on_release = false;
  Instant t = work_.now;
  for (;;) {
    const Instant next = open_together(t, &on_release);
    if (next == kNever) {
      work_.wait_kind = WaitKind::never;
      return;
    }
    if (next == t) break;
    t = next;
  }
  if (on_release || (memory_denied_ && t == work_.now)) {
    work_.wait_kind = WaitKind::unknown;
    return;
  }
  work_.wait_kind = WaitKind::exact;
  work_.retry_after = t - work_.now;
}

void Decider::wait_for() {
  wait_for_limits();
  wait_for_pool();
}

}  // namespace sluice
