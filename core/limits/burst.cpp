// SPDX-License-Identifier: Apache-2.0
#include "core/limits/burst.h"

#include <algorithm>

#include "core/base/ratio.h"

namespace sluice::burst {
namespace {

// What a window puts back into the bank, at most.
uint64_t refill(const Amount& amount) { return amount.word == Word::unlimited ? kCountLimit : amount.amount; }

uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

uint64_t missing_after(const Amount& amount, const Bank& bank) {
  return less(add_counts(bank.missing, bank.used), refill(amount));
}

}  // namespace

Bank roll(const Amount& amount, Span period, const Bank& bank, Instant at) {
  if (at < bank.ends_at) return bank;
  const auto idle_windows = static_cast<uint64_t>((at - bank.ends_at) / period);
  Bank rolled;
  rolled.ends_at = (at / period + 1) * period;
  rolled.missing = less(missing_after(amount, bank), saturate(Wide{idle_windows} * refill(amount)));
  return rolled;
}

uint64_t admits(const Amount& amount, uint64_t missing) {
  return std::min(amount.peak, less(amount.amount + amount.bank, missing));
}

Instant opens_at(const Amount& amount, Span period, const Bank& bank, const Charge& charge, Instant from) {
  const Bank now = roll(amount, period, bank, from);
  uint64_t may_miss = 0;  // the charge passes in a fresh window iff no more than this is missing
  if (charge.cost <= admits(amount, 0)) {
    const uint64_t most = admits(amount, now.missing);
    if (charge.cost <= most && now.used <= most - charge.cost) return from;
    may_miss = amount.amount + amount.bank - charge.cost;
  } else {
    if (!charge.queued) return kNever;
    if (now.used == 0 && now.missing == 0) return from;
  }
  const uint64_t windows = div_ceil(less(missing_after(amount, now), may_miss), amount.amount);
  const Wide opens = Wide{windows} * static_cast<uint64_t>(period) + static_cast<uint64_t>(now.ends_at);
  return opens < static_cast<Wide>(kEndOfTime) ? static_cast<Instant>(opens) : kNever;
}

}  // namespace sluice::burst
