// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/generic_headers.h"

#include "core/policy/compiled_policy.h"

namespace sluice {
namespace {

// Calls fn(standing) once for each limit that the decision looked at, in its order; without rows for the one named. Of several
// subjects of one limit the one with the least left is told.
template <class Fn>
void for_each_limit(const Facts& facts, const Fn& fn) {
  if (facts.rows.empty()) {
    if (const auto named = facts.standing(kNone)) fn(*named);
    return;
  }
  const Detail* least[kMaxLimits] = {};
  for (const Detail& row : facts.rows) {
    const int16_t at = facts.view.limit_position(row.limit_id);
    if (at == kNone) continue;
    const Detail*& known = least[static_cast<size_t>(at)];
    if (known == nullptr || row.remaining < known->remaining) known = &row;
  }
  for (const Detail& row : facts.rows) {
    const int16_t at = facts.view.limit_position(row.limit_id);
    if (at != kNone && least[static_cast<size_t>(at)] == &row) fn(facts.of_row(row));
  }
}

// The name as a structured field's string; names hold nothing that would need a backslash.
void begin_item(const Standing& s, bool* first, AnswerText* out) {
  if (!*first) out->put(Bytes(", "));
  *first = false;
  out->put('"');
  out->put(s.limit->name);
  out->put('"');
}

// How long a period is in whole seconds; 0 where it is not, has no fixed length, or is a pace's, whose amount a row does not tell.
Span window_of(const Standing& s) {
  const Rule& rule = s.limit->rule;
  Span period = 0;
  if (rule.kind == Kind::sliding) {
    period = rule.period - s.limit->margin;
  } else if (rule.kind == Kind::distinct) {
    period = rule.period;
  } else if (rule.kind == Kind::window) {
    const bool fixed = rule.period_kind == PeriodKind::aligned || rule.period_kind == PeriodKind::from_first;
    period = fixed                                  ? rule.period
             : rule.period_kind == PeriodKind::day  ? kDay
             : rule.period_kind == PeriodKind::week ? 7 * kDay
                                                    : 0;
  }
  return period % kSecond == 0 ? period / kSecond : 0;
}

// In how many seconds there is more of it: a window's end, else when it opens.
Span more_in(const Standing& s, Instant now) {
  const bool window = s.limit->rule.kind == Kind::window;
  const Instant at = window ? s.resets_at : s.opens_at;
  return at > now && at < kEndOfTime ? round_up(at - now, kSecond) : 0;
}

void put_parameter(Bytes name, uint64_t value, AnswerText* out) {
  out->put(';');
  out->put(name);
  out->put('=');
  out->put(value);
}

bool has_amount(const Standing& s) { return s.counted && !s.unlimited; }

}  // namespace

void add_x_ratelimit(const Facts& facts, bool delta, HeaderList* headers) {
  const auto named = facts.standing(kNone);
  if (!named || !has_amount(*named)) return;
  headers->add("X-RateLimit-Limit", named->amount);
  headers->add("X-RateLimit-Remaining", named->remaining);
  if (named->resets_at <= 0 || named->resets_at >= kEndOfTime) return;
  const Span to_go = std::max<Span>(named->resets_at - facts.decision.now, 0);
  headers->add("X-RateLimit-Reset", static_cast<uint64_t>(round_up(delta ? to_go : named->resets_at, kSecond)));
}

void add_ratelimit(const Facts& facts, HeaderList* headers) {
  bool first = true;
  headers->begin("RateLimit-Policy");
  for_each_limit(facts, [&](const Standing& s) {
    if (!has_amount(s)) return;
    begin_item(s, &first, &headers->text());
    put_parameter("q", s.amount, &headers->text());
    if (const Span window = window_of(s); window > 0) put_parameter("w", static_cast<uint64_t>(window), &headers->text());
  });
  headers->end(!first);
  first = true;
  headers->begin("RateLimit");
  for_each_limit(facts, [&](const Standing& s) {
    if (!has_amount(s)) return;
    begin_item(s, &first, &headers->text());
    put_parameter("r", s.remaining, &headers->text());
    if (const Span more = more_in(s, facts.decision.now); more > 0)
      put_parameter("t", static_cast<uint64_t>(more), &headers->text());
  });
  headers->end(!first);
}

}  // namespace sluice
