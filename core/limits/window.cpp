// SPDX-License-Identifier: Apache-2.0
#include "core/limits/window.h"

#include <algorithm>

#include "core/limits/burst.h"
#include "core/limits/calendar.h"

namespace sluice::window {
namespace {

constexpr uint64_t kLargestCount = kCountLimit - 1;

Instant bounded(Instant t) { return t < kEndOfTime ? t : kNever; }

Instant period_end(const Params& params, Instant at) {
  const Rule& rule = *params.rule;
  switch (rule.period_kind) {
    case PeriodKind::aligned: return (at / rule.period + 1) * rule.period;
    case PeriodKind::from_first: return later(at, rule.period);
    case PeriodKind::day:
    case PeriodKind::week:
    case PeriodKind::month:
    case PeriodKind::year:
    case PeriodKind::billing: break;
  }
  return period_at(rule.period_kind, rule.zone, *params.billing, at).ends;
}

uint64_t load_missing(const std::byte* state) {
  uint64_t missing;
  std::memcpy(&missing, state + kMissingOffset, sizeof missing);
  return missing;
}

void store_missing(std::byte* state, uint64_t missing) { std::memcpy(state + kMissingOffset, &missing, sizeof missing); }

burst::Bank bank_of(const std::byte* state) {
  const State s = load(state);
  return {s.ends_at, s.used, load_missing(state)};
}

burst::Bank bank_at(const Params& params, const std::byte* state, Instant at) {
  return burst::roll(*params.amount, params.rule->period, bank_of(state), at);
}

// Moves the bank to `at` at the rate of the amount that was in force until now.
void settle_bank(const Params& params, std::byte* state, Instant at) {
  const burst::Bank bank = bank_at(params, state, at);
  if (bank.ends_at == load(state).ends_at) return;
  State s;
  if (bank.missing != 0) s.ends_at = bank.ends_at;  // else never seen
  store(state, s);
  store_missing(state, bank.missing);
}

// The fired thresholds under a new amount. A threshold is the same one when its share is; where one side has none (a
// word), the position decides.
uint8_t carry_fired(const Amount& from, const Amount& to, uint64_t used, unsigned fired) {
  if (to.threshold_count == 0) return static_cast<uint8_t>(fired);
  unsigned kept = 0;
  for (unsigned i = 0; i < to.threshold_count; ++i) {
    unsigned j = i;
    if (from.threshold_count != 0) {
      const auto* begin = from.threshold_share.data();
      const auto* end = begin + from.threshold_count;
      j = static_cast<unsigned>(std::find(begin, end, to.threshold_share[i]) - begin);
    }
    const bool known = j < from.threshold_count;
    const bool moved_up = !known || to.threshold_at[i] > from.threshold_at[j];
    const bool armed_again = moved_up && to.threshold_at[i] > used;
    const bool had_fired = (known || from.threshold_count == 0) && (fired >> j & 1) != 0;
    if (had_fired && !armed_again) kept |= 1u << i;
  }
  return static_cast<uint8_t>(kept);
}

}  // namespace

Instant opens_with_burst(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  return burst::opens_at(*params.amount, params.rule->period, bank_of(state), charge, from);
}

State begin_period(const Params& params, std::byte* state, Instant at) {
  if (params.rule->burst) store_missing(state, bank_at(params, state, at).missing);
  State s;
  s.ends_at = period_end(params, at);
  return s;
}

void refund(const Params&, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t>, Instant at) {
  State s = load(state);
  if (taken.stamp != s.ends_at || at >= s.ends_at) return;
  s.used = (s.used - std::min({units, taken.units, uint64_t{s.used}})) & kUsedMask;
  store(state, s);
}

uint64_t largest_cost(const Params& params) {
  const Amount& amount = *params.amount;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? kLargestCount : 0;
  return amount.peak != 0 ? burst::admits(amount, 0) : amount.cap;
}

Reading read_otherwise(const Params& params, const std::byte* state, Instant at) {
  const Amount& amount = *params.amount;
  const State s = load(state);
  const bool open = s.ends_at > at;
  Reading reading;
  reading.used = open ? s.used : 0;
  if (amount.word == Word::number) {
    const uint64_t most = amount.peak != 0 ? burst::admits(amount, bank_at(params, state, at).missing) : amount.cap;
    reading.remaining = most > reading.used ? most - reading.used : 0;
  }
  if (open) {
    reading.resets_at = bounded(s.ends_at);
  } else if (params.rule->period_kind != PeriodKind::from_first) {
    reading.resets_at = bounded(period_end(params, at));
  }
  return reading;
}

bool idle(const Params& params, const std::byte* state, Instant at) {
  if (load(state).ends_at > at) return false;
  return !params.rule->burst || bank_at(params, state, at).missing == 0;
}

uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at) {
  if (from.rule->burst && to.rule->burst) settle_bank(from, state, at);
  State s = load(state);
  if (at >= s.ends_at) return 0;
  const uint8_t kept = carry_fired(*from.amount, *to.amount, s.used, s.fired);
  const auto fired = static_cast<uint8_t>(reached(*to.amount, s.used) & ~unsigned{kept});
  s.fired = static_cast<uint8_t>(kept | fired);
  store(state, s);
  return fired;
}

void rebase(const Params& params, std::byte* state, Instant at) {
  State s = load(state);
  const PeriodKind kind = params.rule->period_kind;
  if (at >= s.ends_at || kind == PeriodKind::aligned || kind == PeriodKind::from_first) return;
  s.ends_at = period_end(params, at);
  store(state, s);
}

bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at) {
  State s = load(state);
  if (at >= s.ends_at) {
    if (used == 0) return true;
    s = begin_period(params, state, at);
  }
  s.used = std::min(used, kLargestCount) & kUsedMask;
  s.fired = static_cast<uint8_t>(s.fired | reached(*params.amount, used));
  store(state, s);
  return true;
}

}  // namespace sluice::window
