// SPDX-License-Identifier: Apache-2.0
#include "core/limits/amount.h"

#include <algorithm>

namespace sluice {
namespace {

constexpr uint64_t kLargestCount = kCountLimit - 1;
constexpr uint64_t kWhole = 10'000;  // hundredths of a percent

uint64_t share_floor(uint64_t amount, Ratio share) {
  return std::min(mul_div_floor(amount, share.num, share.den), kLargestCount);
}

// floor((factor - 1) x amount x windows). One product of three would not fit 128 bits, so what saturates anyway stops early.
uint64_t bank_of(uint64_t amount, const BurstTerms& burst) {
  if (burst.factor.num <= burst.factor.den || burst.windows == 0) return 0;
  const Wide per_window = Wide{amount} * (burst.factor.num - burst.factor.den);
  if (per_window / burst.factor.den >= kCountLimit) return kLargestCount;
  const Wide most = ~Wide{0};
  if (per_window > most / burst.windows) return kLargestCount;
  return std::min(saturate(per_window * burst.windows / burst.factor.den), kLargestCount);
}

Wide gcd(Wide a, Wide b) {
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

}  // namespace

Amount make_word_amount(Word word) {
  Amount result;
  result.word = word;
  return result;
}

Amount make_pace_amount(uint64_t amount, Span period, PaceDepth depth) {
  const auto length = static_cast<uint64_t>(period);
  const uint64_t unit = div_ceil(length, amount);
  const bool spans = depth.span > 0;
  const uint64_t asked = spans ? static_cast<uint64_t>(depth.span) : mul_div_floor(depth.units, length, amount);
  const uint64_t largest = spans ? asked : mul_div_ceil(depth.units, length, amount);
  Amount result;
  result.amount = amount;
  result.period = period;
  result.unit = static_cast<Span>(unit);
  const auto bounded = [unit](uint64_t ns) { return std::min(std::max(unit, ns), static_cast<uint64_t>(kEndOfTime - 1)); };
  const uint64_t deep = bounded(asked);
  result.depth = static_cast<Span>(deep);
  result.largest = static_cast<Span>(bounded(largest));
  result.shown = std::min(mul_div_floor(bounded(largest), amount, length), kLargestCount);
  result.whole = length % amount == 0 && deep == static_cast<Wide>(unit) * result.shown;
  return result;
}

Amount make_window_amount(uint64_t amount, std::optional<Ratio> ceiling, std::optional<BurstTerms> burst,
                          std::span<const uint32_t> thresholds) {
  Amount result;
  result.amount = result.shown = amount;
  result.cap = ceiling ? share_floor(amount, *ceiling) : amount;
  if (burst) {
    result.peak = share_floor(amount, burst->factor);
    result.bank = bank_of(amount, *burst);
  }
  for (const uint32_t share : thresholds.first(std::min(thresholds.size(), kMaxThresholds))) {
    result.threshold_at[result.threshold_count] = mul_div_ceil(amount, share, kWhole);
    result.threshold_share[result.threshold_count] = share;
    ++result.threshold_count;
  }
  return result;
}

Amount make_count_amount(uint64_t amount) {
  Amount result;
  result.amount = result.shown = result.cap = amount;
  return result;
}

std::optional<Amount> derive(const Amount& base, Ratio times) {
  if (base.word != Word::number) return make_word_amount(base.word);
  if (base.period == 0) {
    const Wide amount = Wide{base.amount} * times.num / times.den;
    if (amount == 0 || amount >= kCountLimit) return std::nullopt;
    return make_count_amount(static_cast<uint64_t>(amount));
  }
  const Wide amount = Wide{base.amount} * times.num;
  const Wide period = Wide{static_cast<uint64_t>(base.period)} * times.den;
  const Wide common = gcd(amount, period);
  if (amount == 0 || amount / common >= kCountLimit) return std::nullopt;
  if (period / common >= static_cast<Wide>(kEndOfTime)) return std::nullopt;
  return make_pace_amount(static_cast<uint64_t>(amount / common), static_cast<Span>(period / common));
}

}  // namespace sluice
