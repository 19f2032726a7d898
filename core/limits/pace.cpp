// SPDX-License-Identifier: Apache-2.0
#include "core/limits/pace.h"

#include <algorithm>

namespace sluice::pace {
namespace {

// No debt may reach past every instant, so that drained_at never overflows: both terms are below 2^62.
constexpr auto kMostDebt = static_cast<uint64_t>(kEndOfTime - 1);

uint64_t debt_at(State s, Instant at) { return s.drained_at > at ? static_cast<uint64_t>(s.drained_at - at) : 0; }

void set_debt(std::byte* state, uint64_t debt, Instant at) { store(state, {at + static_cast<Span>(std::min(debt, kMostDebt))}); }

// ceil(a x num / den) for a fraction too wide to be multiplied out: long division, one bit of `a` a step. Saturates at
// 2^64-1. REQUIRES: den below 2^127.
uint64_t scale_ceil(uint64_t a, Wide num, Wide den) {
  const Wide whole = num / den;
  const Wide part = num % den;
  if (whole > UINT64_MAX && a != 0) return UINT64_MAX;
  Wide quotient = 0;
  Wide rest = 0;
  for (int bit = 63; bit >= 0; --bit) {
    quotient *= 2;
    rest *= 2;
    if ((a >> bit & 1) != 0) {
      quotient += whole;
      rest += part;
    }
    quotient += rest / den;
    rest %= den;
    if (quotient > UINT64_MAX) return UINT64_MAX;
  }
  return saturate(quotient + (rest != 0));
}

}  // namespace

uint64_t exact_ns(const Amount& amount, uint64_t cost) {
  return mul_div_ceil(cost, static_cast<uint64_t>(amount.period), amount.amount);
}

// Debt from outside our control is bounded, so that a flood of forced charges cannot close a pace for longer than a day.
// A queued charge has waited until nothing was used; what it leaves is its own and stands in full.
uint64_t overdraw(const Amount& amount, const Charge& charge, uint64_t debt, uint64_t ns) {
  const bool own = charge.queued && charge.type != ChargeType::forced;
  const uint64_t bound = own ? kMostDebt : static_cast<uint64_t>(std::max(kDay, amount.largest));
  return debt < bound ? std::min(ns, bound - debt) : 0;
}

void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t>, Instant at) {
  const State s = load(state);
  const uint64_t elapsed = at > taken.stamp ? static_cast<uint64_t>(at - taken.stamp) : 0;
  if (s.drained_at == 0 || taken.units <= elapsed) return;
  const uint64_t given = std::min({units, taken.units - elapsed, kMostDebt});
  // After a plan change the debt may be smaller than what was taken; it ends where a charge would still start on the grid.
  const Instant lowest = std::max<Instant>(std::min(s.drained_at, at - params.rule->slack), 0);
  store(state, {std::max(s.drained_at - static_cast<Span>(given), lowest)});
}

uint64_t largest_cost(const Params& params) {
  const Amount& amount = *params.amount;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? kCountLimit - 1 : 0;
  return amount.shown;
}

Reading read_in_fractions(const Amount& amount, Instant drained_at, uint64_t debt) {
  const auto depth = static_cast<uint64_t>(amount.depth);
  const auto period = static_cast<uint64_t>(amount.period);
  Reading reading;
  reading.used = std::min(mul_div_ceil(debt, amount.amount, period), kCountLimit - 1);
  if (debt < depth) reading.remaining = std::min(mul_div_floor(depth - debt, amount.amount, period), amount.shown);
  if (debt == 0) reading.remaining = amount.shown;
  if (debt > 0) reading.resets_at = drained_at < kEndOfTime ? drained_at : kNever;
  return reading;
}

// While a charge would start on the old grid, the subject still differs from one never seen.
bool idle(const Params& params, const std::byte* state, Instant at) {
  const State s = load(state);
  const Span slack = params.rule->slack;
  return s.drained_at == 0 || (slack == 0 ? at >= s.drained_at : at - s.drained_at > slack);
}

uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at) {
  if (to.amount->word == Word::unlimited) store(state, {});
  const uint64_t debt = debt_at(load(state), at);
  if (debt == 0 || from.amount->word != Word::number || to.amount->word != Word::number) return 0;
  set_debt(state, rescale(from.amount->amount, from.amount->period, *to.amount, debt), at);
  return 0;
}

// Units are ns x amount / period under the old rate; ns are units x period / amount under the new one.
uint64_t rescale(uint64_t old_amount, Span old_period, const Amount& to, uint64_t ns) {
  const Wide num = Wide{old_amount} * static_cast<uint64_t>(to.period);
  const Wide den = Wide{to.amount} * static_cast<uint64_t>(old_period);
  return scale_ceil(ns, num, den);
}

bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at) {
  const Amount& amount = *params.amount;
  if (used == 0 || amount.word == Word::unlimited) {
    store(state, {});
    return true;
  }
  if (amount.word != Word::number) return false;
  set_debt(state, charge_ns(amount, used), at);
  return true;
}

}  // namespace sluice::pace
