// SPDX-License-Identifier: Apache-2.0
// The window: a count per period, half-open. Periods are aligned to the epoch, from the first hit, of the calendar, or
// billing cycles; with burst, unused units are banked (burst.h).
//
// 1. The end of the period is stored and the calendar asked only when one begins. Past it, `used` no longer counts.
// 2. Each threshold fires once a period: at the charge that reaches it, or at the plan change that puts it below the usage.
// 3. The state is 16 bytes, and 8 more for what is missing from the bank when the rule has a burst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice::window {

struct State {
  Instant ends_at = 0;
  uint64_t used : 56 = 0;
  uint64_t fired : 8 = 0;  // thresholds, by position
};
static_assert(sizeof(State) == 16);

inline constexpr size_t kMissingOffset = sizeof(State);  // uint64: what is missing from the bank
inline constexpr uint64_t kUsedMask = (uint64_t{1} << 56) - 1;

inline State load(const std::byte* state) {
  State s;
  std::memcpy(&s, state, sizeof s);
  return s;
}
inline void store(std::byte* state, State s) { std::memcpy(state, &s, sizeof s); }

constexpr size_t state_size(const Rule& rule) { return sizeof(State) + (rule.burst ? sizeof(uint64_t) : 0); }

// The thresholds at or below `used`, by position.
constexpr uint8_t reached(const Amount& amount, uint64_t used) {
  unsigned mask = 0;
  for (unsigned i = 0; i < amount.threshold_count; ++i) mask |= static_cast<unsigned>(used >= amount.threshold_at[i]) << i;
  return static_cast<uint8_t>(mask);
}

// What only a burst or a new period needs.
[[gnu::noinline]] Instant opens_with_burst(const Params& params, const std::byte* state, const Charge& charge, Instant from);
// Moves the bank; the caller stores what it returns.
[[gnu::noinline]] State begin_period(const Params& params, std::byte* state, Instant at);

// When a charge that can deny passes a window with a number and without a burst.
constexpr Instant opens(const Amount& amount, State s, uint64_t cost, bool queued, Instant from) {
  const uint64_t used = s.ends_at > from ? s.used : 0;
  if (cost <= amount.cap && used <= amount.cap - cost) return from;
  if (cost > amount.cap && !queued) return kNever;
  if (used == 0) return from;
  return s.ends_at < kEndOfTime ? s.ends_at : kNever;
}

inline Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  if (charge.type >= ChargeType::forced) return from;
  const Amount& amount = *params.amount;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? from : kNever;
  if (amount.peak != 0) [[unlikely]]
    return opens_with_burst(params, state, charge, from);
  return opens(amount, load(state), charge.cost, charge.queued, from);
}

// Counts within a period; the thresholds newly fired.
constexpr uint8_t count(const Amount& amount, State* s, uint64_t cost) {
  const uint64_t used = add_counts(s->used, cost);
  s->used = used & kUsedMask;
  if (amount.threshold_count == 0 || used < amount.threshold_at[0]) [[likely]]
    return 0;
  const auto fired = static_cast<uint8_t>(reached(amount, used) & ~s->fired);
  s->fired = static_cast<uint8_t>(s->fired | fired);
  return fired;
}

inline Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  const Amount& amount = *params.amount;
  Taken taken;
  State s = load(state);
  if (at >= s.ends_at) [[unlikely]] {
    if (charge.cost == 0) return taken;  // nothing came, so no period begins
    s = begin_period(params, state, at);
  }
  const uint64_t before = s.used;
  taken.stamp = s.ends_at;
  taken.fired = count(amount, &s, charge.cost);
  taken.units = s.used - before;
  store(state, s);
  return taken;
}

void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at);

uint64_t largest_cost(const Params& params);

// Between periods, or with a burst.
[[gnu::noinline]] Reading read_otherwise(const Params& params, const std::byte* state, Instant at);

// resets_at: the end of the period, also when nothing is used in it; 0 when the next hit begins it.
constexpr bool is_ordinary(const Amount& amount, State s, Instant at) {
  return s.ends_at > at && s.ends_at < kEndOfTime && amount.peak == 0;
}
// REQUIRES: is_ordinary.
constexpr Reading read_ordinary(const Amount& amount, State s) {
  Reading reading;
  reading.used = s.used;
  reading.remaining = amount.cap > s.used ? amount.cap - s.used : 0;  // words have no cap
  reading.resets_at = s.ends_at;
  return reading;
}
inline Reading read(const Params& params, const std::byte* state, Instant at) {
  const State s = load(state);
  if (is_ordinary(*params.amount, s, at)) [[likely]]
    return read_ordinary(*params.amount, s);
  return read_otherwise(params, state, at);
}

bool idle(const Params& params, const std::byte* state, Instant at);

// What is used and what is missing stay as they are. Thresholds above the usage that moved up are armed again.
uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at);

void rebase(const Params& params, std::byte* state, Instant at);

// Thresholds that it passes count as fired and are not reported.
bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at);

}  // namespace sluice::window
