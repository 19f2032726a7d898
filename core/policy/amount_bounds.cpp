// SPDX-License-Identifier: Apache-2.0
// From an amount as written to its numbers, within their bounds.
#include <optional>

#include "core/limits/amount.h"
#include "core/policy/amount_terms.h"
#include "core/policy/findings_text.h"
#include "core/policy/policy.h"

namespace sluice {
namespace {

bool fail(std::string* error, std::string message) {
  *error = std::move(message);
  return false;
}

bool resolve_pace(AmountTerms* terms, std::string* error) {
  const uint64_t amount = terms->amount.amount;
  const Span period = terms->amount.period;
  const Wide depth = Wide{terms->depth_units} * static_cast<uint64_t>(period) / amount;
  if (depth >= static_cast<Wide>(kEndOfTime)) return fail(error, say::depth_too_large());
  const uint64_t units = terms->depth_units == 0 ? 1 : terms->depth_units;
  terms->amount = make_pace_amount(amount, period, {units, terms->depth_span});
  return true;
}

bool resolve_window(AmountTerms* terms, std::string* error) {
  const uint64_t amount = terms->amount.amount;
  std::optional<Ratio> ceiling;
  std::optional<BurstTerms> burst;
  if (terms->ceiling.num != 0) {
    ceiling = terms->ceiling;
    if (mul_div_floor(amount, ceiling->num, ceiling->den) >= kCountLimit) return fail(error, say::ceiling_too_large());
  }
  if (terms->burst_factor.num != 0) {
    burst = BurstTerms{terms->burst_factor, terms->burst_windows};
    // A factor's parts are below 2^50, a count below 2^48 and windows below 2^56: in two steps nothing wraps.
    const uint64_t peak = mul_div_floor(amount, burst->factor.num, burst->factor.den);
    if (Wide{peak} * burst->windows >= kCountLimit) return fail(error, say::burst_too_large());
  }
  terms->amount = make_window_amount(amount, ceiling, burst, terms->thresholds);
  return true;
}

}  // namespace

bool resolve_amount(const Rule& rule, AmountTerms* terms, std::string* error) {
  if (terms->amount.word != Word::number) {
    terms->amount = make_word_amount(terms->amount.word);
    return true;
  }
  if (rule.kind == Kind::pace) return resolve_pace(terms, error);
  if (rule.kind == Kind::window) return resolve_window(terms, error);
  const bool exact_log = rule.kind == Kind::sliding && rule.slots == 0;
  if (exact_log && terms->amount.amount > kMaxExactLog) {
    return fail(error, say::exact_log_too_long(terms->amount.amount, rule.period));
  }
  terms->amount = make_count_amount(terms->amount.amount);
  return true;
}

bool derive_terms(const Rule& rule, const AmountTerms& own, const AmountTerms& base, AmountTerms* out, std::string* error) {
  const auto amount = derive(base.amount, own.derived->times);
  if (!amount) return fail(error, say::derived_out_of_bounds(base.amount.amount, own.derived->times));
  *out = own;
  out->amount = *amount;
  return resolve_amount(rule, out, error);
}

bool derive_amount(const Limit& limit, const AmountTerms& own, const AmountTerms& base, AmountTerms* out) {
  std::string ignored;
  return derive_terms(limit.rule, own, base, out, &ignored);
}

}  // namespace sluice
