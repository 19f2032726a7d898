// SPDX-License-Identifier: Apache-2.0
// One charge of a straight plan on its record: asked, taken, described.
//
// 1. By the limits' own functions, but on values: nothing here has its address taken, so that all of it may stay in registers.
// 2. What is rare (a burst, a new period, a cost beyond the depth) is a call that builds the general form first.
#pragma once

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/engine/extras.h"
#include "core/engine/straight_plan.h"
#include "core/limits/limit.h"

namespace sluice::straight {

// How the limit that an answer names stands.
struct Standing {
  uint64_t limit = 0, used = 0, remaining = 0;
  Instant resets_at = 0, opens_at = 0;
};

struct AnswerHead {
  int32_t limit_id = -1;
  Status status = Status::ok;
  DenialKind denial = DenialKind::none;
  WaitKind wait_kind = WaitKind::none;
  uint32_t flags = 0;
  Instant now = 0;
  Span retry_after = 0;
  uint64_t largest_cost = 0;
};

struct Answer : AnswerHead, Standing {};

[[gnu::noinline]] Instant opens_with_burst(const StraightCharge& c, const Amount& amount, const std::byte* state, uint64_t cost,
                                           Instant at);
// Whether the debt reached its bound.
[[gnu::noinline]] bool commit_beyond_depth(const StraightCharge& c, const Amount& amount, std::byte* state, uint64_t cost,
                                           Instant at);
[[gnu::noinline]] window::State begin_period(const StraightCharge& c, const Amount& amount, std::byte* state, Instant at);
[[gnu::noinline]] Reading read_between_periods(const StraightCharge& c, const Amount& amount, const std::byte* state, Instant at);

inline std::byte* state_of(const StraightCharge& c, Record* record) {
  return reinterpret_cast<std::byte*>(record) + c.state_offset;
}

[[gnu::always_inline]] inline Instant opens_at(const StraightCharge& c, const Amount& amount, const std::byte* state,
                                               uint64_t cost, Instant at) {
  if (amount.word != Word::number) [[unlikely]]
    return amount.word == Word::unlimited ? at : kNever;
  if (c.kind == Kind::pace) {
    return pace::opens(amount, pace::load(state).drained_at, pace::charge_ns(amount, cost), c.queued, at);
  }
  if (amount.peak != 0) [[unlikely]]
    return opens_with_burst(c, amount, state, cost, at);
  return window::opens(amount, window::load(state), cost, c.queued, at);
}

// What is to be told of it, 0 for nothing: of a window the thresholds newly fired, of a pace that its debt reached its bound.
// REQUIRES: it passes.
[[gnu::always_inline]] inline uint8_t take(const StraightCharge& c, const Amount& amount, std::byte* state, uint64_t cost,
                                           Instant at) {
  if (c.kind == Kind::pace) {
    if (amount.word != Word::number) [[unlikely]]
      return 0;
    const uint64_t ns = pace::charge_ns(amount, cost);
    if (ns > static_cast<uint64_t>(amount.depth)) [[unlikely]]
      return commit_beyond_depth(c, amount, state, cost, at) ? 1 : 0;
    pace::store(state, {pace::base(c.slack, pace::load(state).drained_at, at) + static_cast<Span>(ns)});
    return 0;
  }
  window::State s = window::load(state);
  if (at >= s.ends_at) [[unlikely]]
    s = begin_period(c, amount, state, at);
  const uint8_t fired = window::count(amount, &s, cost);
  window::store(state, s);
  return fired;
}

[[gnu::always_inline]] inline Reading read(const StraightCharge& c, const Amount& amount, const std::byte* state, Instant at) {
  if (c.kind == Kind::pace) {
    return amount.word == Word::number ? pace::read_number(amount, pace::load(state).drained_at, at) : Reading();
  }
  const window::State s = window::load(state);
  return window::is_ordinary(amount, s, at) ? window::read_ordinary(amount, s) : read_between_periods(c, amount, state, at);
}

[[gnu::always_inline]] inline void tell(const StraightCharge& c, const Amount& amount, const Reading& reading, Answer* answer) {
  answer->limit_id = c.limit_id;
  answer->limit = amount.shown;
  answer->used = reading.used;
  answer->remaining = reading.remaining;
  answer->resets_at = reading.resets_at;
}

// How the limit named stands now.
[[gnu::always_inline]] inline void describe(const StraightCharge& c, const Amount& amount, const std::byte* state, Instant at,
                                            Answer* answer) {
  const Reading reading = read(c, amount, state, at);
  tell(c, amount, reading, answer);
  // What a ceiling or a burst admits beyond the limit is not promised.
  answer->remaining = std::min(reading.remaining, amount.shown);
  if (amount.word == Word::unlimited) [[unlikely]] {
    answer->flags = flag::unlimited;
    answer->limit = 0;
    answer->remaining = reading.remaining;
  }
}

inline void count_denial(Shard& shard, DenialKind kind) {
  ++shard.cold->denied;
  ++shard.cold->denied_by[static_cast<size_t>(kind)];
}

// A denial waits to be told: a charge that did not pass, and when it would.
struct Closed {
  const StraightCharge* charge;
  const Amount* amount;
  const std::byte* state;
  Instant at, opens;
};

// Names the denial of highest rank; ties by latest opening, then policy order. False when only the Decider can tell.
bool refuse(const StraightPlan& plan, const Closed* closed, size_t count, Shard& shard, Answer* answer);

}  // namespace sluice::straight
