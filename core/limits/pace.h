// SPDX-License-Identifier: Apache-2.0
// The pace: GCRA over the exact ratio `amount` per `period`, charged in whole nanoseconds.
//
// 1. The state is one instant: when all debt has drained. Debt at `at` is max(0, drained_at - at). 0 is never seen.
// 2. A charge adds ceil(cost x period / amount) and passes iff debt and charge together stay within the depth, or nothing is owed
//    and it is no larger than the whole depth: never early, late by less than 1 ns a charge.
// 3. With slack a charge that comes at most that late starts where the debt ended, not where it came: the grid stands still.
// 4. No division on the way of an allowed charge of cost 1; one to read a pace of whole units.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice::pace {

struct State {
  Instant drained_at = 0;
};
static_assert(sizeof(State) == 8);

inline State load(const std::byte* state) {
  State s;
  std::memcpy(&s, state, sizeof s);
  return s;
}
inline void store(std::byte* state, State s) { std::memcpy(state, &s, sizeof s); }

constexpr size_t state_size(const Rule&) { return sizeof(State); }

// ceil(cost x period / amount), apart so that its division does not burden the common cost of 1.
[[gnu::noinline]] uint64_t exact_ns(const Amount& amount, uint64_t cost);

// What `cost` adds to the debt of a pace with a number. Also how a caller turns units to give back into ns.
inline uint64_t charge_ns(const Amount& amount, uint64_t cost) {
  if (cost == 1) [[likely]]
    return static_cast<uint64_t>(amount.unit);
  return exact_ns(amount, cost);
}

// Where on the grid a charge at `at` starts.
constexpr Instant base(Span slack, Instant drained_at, Instant at) {
  const Instant later = drained_at > at ? drained_at : at;  // either is as likely: no branch
  if (slack == 0) [[likely]]
    return later;
  return drained_at != 0 && drained_at <= at && at - drained_at <= slack ? drained_at : later;
}

// A commit that does not pass: the part of `ns` that the debt still has room for.
[[gnu::noinline]] uint64_t overdraw(const Amount& amount, const Charge& charge, uint64_t debt, uint64_t ns);

// When a charge of `ns` that can deny passes a pace with a number.
constexpr Instant opens(const Amount& amount, Instant drained_at, uint64_t ns, bool queued, Instant from) {
  const auto depth = static_cast<uint64_t>(amount.depth);
  Instant at = drained_at;
  if (ns <= depth) [[likely]] {
    at -= static_cast<Span>(depth - ns);
  } else if (ns > static_cast<uint64_t>(amount.largest) && !queued) {
    return kNever;
  }
  if (at <= from) return from;
  return at < kEndOfTime ? at : kNever;
}

inline Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  if (charge.type >= ChargeType::forced) return from;
  const Amount& amount = *params.amount;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? from : kNever;
  return opens(amount, load(state).drained_at, charge_ns(amount, charge.cost), charge.queued, from);
}

inline Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  const Amount& amount = *params.amount;
  Taken taken;
  taken.stamp = at;
  if (amount.word != Word::number || charge.cost == 0) return taken;
  const auto depth = static_cast<uint64_t>(amount.depth);
  const Instant start = base(params.rule->slack, load(state).drained_at, at);
  const uint64_t debt = start > at ? static_cast<uint64_t>(start - at) : 0;
  const uint64_t ns = charge_ns(amount, charge.cost);
  taken.units = ns;
  if (ns > depth || debt > depth - ns) [[unlikely]] {
    taken.units = overdraw(amount, charge, debt, ns);
    taken.saturated = taken.units < ns;
  }
  store(state, {start + static_cast<Span>(taken.units)});
  return taken;
}

// `units` are ns: of the whole charge taken.units, of a part charge_ns of what is given back. What has drained since stays.
void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at);

uint64_t largest_cost(const Params& params);

// Of a pace whose depth is not a whole number of exact units.
[[gnu::noinline]] Reading read_in_fractions(const Amount& amount, Instant drained_at, uint64_t debt);

// used: the debt in units, rounded up. remaining: the largest cost that passes now.
inline Reading read_number(const Amount& amount, Instant drained_at, Instant at) {
  const uint64_t debt = drained_at > at ? static_cast<uint64_t>(drained_at - at) : 0;
  if (!amount.whole || drained_at >= kEndOfTime) [[unlikely]]
    return read_in_fractions(amount, drained_at, debt);
  const auto unit = static_cast<uint64_t>(amount.unit);
  const uint64_t used = (debt + unit - 1) / unit;
  Reading reading;
  reading.used = used < kCountLimit ? used : kCountLimit - 1;
  reading.remaining = used < amount.shown ? amount.shown - used : 0;
  reading.resets_at = debt > 0 ? drained_at : 0;
  return reading;
}

// How far a sum of an instant before the end of time and a pace's ns may go: one comparison of one bit. REQUIRES: t >= 0.
constexpr bool ends_in_time(Instant t) { return (t & kEndOfTime) == 0; }

// A debt of some ns in units, rounded up; not clamped to any count.
constexpr uint64_t units_owed(Span debt, Span unit) {
  return (static_cast<uint64_t>(debt) + static_cast<uint64_t>(unit) - 1) / static_cast<uint64_t>(unit);
}

inline Reading read(const Params& params, const std::byte* state, Instant at) {
  return params.amount->word == Word::number ? read_number(*params.amount, load(state).drained_at, at) : Reading();
}

bool idle(const Params& params, const std::byte* state, Instant at);

// Debt keeps its units, rounded up; unlimited drops it; under the other words it drains as it stands.
uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at);

// The ns of the same units under another rate, rounded up.
uint64_t rescale(uint64_t old_amount, Span old_period, const Amount& to, uint64_t ns);

// False when there is no rate to express units in (custom, blocked).
bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at);

}  // namespace sluice::pace
