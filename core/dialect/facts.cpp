// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/facts.h"

#include <algorithm>

#include "core/policy/dialect_words.h"
#include "core/policy/spelling.h"

namespace sluice {
namespace {

using Type = ToldValue::Type;

ToldValue number(uint64_t value) {
  ToldValue told;
  told.type = Type::number;
  told.number = value;
  return told;
}
ToldValue number(Span value) { return number(static_cast<uint64_t>(std::max<Span>(value, 0))); }

ToldValue text(Bytes value) {
  ToldValue told;
  if (value.empty()) return told;
  told.type = Type::text;
  told.text = value;
  return told;
}

ToldValue null() {
  ToldValue told;
  told.type = Type::null;
  return told;
}

// Instants to come are rounded up: what was to happen then has happened.
ToldValue instant(Instant at, Instant now, ToldForm form, bool up) {
  if (at <= 0 || at >= kEndOfTime) return {};
  const auto whole = [&](Span t, Span unit) { return up ? round_up(t, unit) : t / unit; };
  switch (form) {
    case ToldForm::epoch_ms: return number(whole(at, kMillisecond));
    case ToldForm::delta: return number(round_up(std::max<Span>(at - now, 0), kSecond));
    case ToldForm::delta_ms: return number(round_up(std::max<Span>(at - now, 0), kMillisecond));
    case ToldForm::iso:
    case ToldForm::date: {
      ToldValue told;
      told.type = Type::instant;
      told.at = whole(at, kSecond);
      told.date = form == ToldForm::date;
      return told;
    }
    default: return number(whole(at, kSecond));
  }
}

ToldValue span(bool known, Span seconds, Span milliseconds, ToldForm form) {
  if (!known) return {};
  return number(form == ToldForm::ms ? milliseconds / kMillisecond : seconds / kSecond);
}

ToldValue tell_standing(const Standing& s, Instant now, const DialectOp& op) {
  const auto units = [&](uint64_t value, bool amount) {
    return !s.counted ? ToldValue() : amount && s.unlimited ? null() : number(value);
  };
  switch (op.told) {
    case Told::limit: return units(s.amount, true);
    case Told::used: return units(s.used, false);
    case Told::remaining: return units(s.remaining, true);
    case Told::overage: return units(s.overage, false);
    case Told::resets_at: return instant(s.resets_at, now, op.form, true);
    case Told::opens_at: return instant(s.opens_at, now, op.form, true);
    case Told::limit_name: return text(s.limit->name);
    case Told::unit: return text(s.limit->unit);
    case Told::begins_at: {
      // The date by the clock of its zone, as people there would name the period.
      const Zone* zone = s.limit->rule.zone;
      const bool local = op.form == ToldForm::date && zone != nullptr && s.begins_at > 0;
      return instant(local ? s.begins_at + zone->offset_at(s.begins_at) * kSecond : s.begins_at, now, op.form, false);
    }
    default: return {};
  }
}

ToldValue tell_message(const Enqueued* held, Instant now, const DialectOp& op) {
  if (held == nullptr) return {};
  const auto known = [](uint64_t value) { return value == 0 ? ToldValue() : number(value); };
  switch (op.told) {
    case Told::message: return known(held->message);
    case Told::depth: return known(held->depth);
    case Told::position: return known(held->promise.position);
    case Told::eta: return instant(held->promise.eta, now, op.form, true);
    case Told::expires_at: return instant(held->expires, now, op.form, true);
    default: return {};
  }
}

const Operation* operation_of(const Facts& facts) {
  if (facts.request == nullptr) return nullptr;
  const int16_t at = facts.view.operation_position(facts.request->operation);
  return at == kNone ? nullptr : &facts.view.policy.operations[static_cast<size_t>(at)];
}

ToldValue tell_request(const Facts& facts, const DialectOp& op) {
  const Operation* operation = operation_of(facts);
  const auto which = static_cast<size_t>(op.which);
  if (operation == nullptr) return {};
  if (op.told == Told::value) {
    const auto found = std::ranges::find(operation->values, static_cast<uint8_t>(op.which));
    const auto at = static_cast<size_t>(found - operation->values.begin());
    return at < facts.request->values.size() && found != operation->values.end() ? text(facts.request->values[at]) : ToldValue();
  }
  const auto found = std::ranges::find(operation->quantities, facts.view.policy.dialect->quantities[which]);
  const auto at = static_cast<size_t>(found - operation->quantities.begin());
  return at < facts.request->quantities.size() ? number(facts.request->quantities[at]) : ToldValue();
}

ToldValue tell_given(const Facts& facts, const DialectOp& op) {
  const Bytes name = facts.view.policy.dialect->given[static_cast<size_t>(op.which)];
  const auto found = std::ranges::find(facts.given, name, &Given::name);
  return found == facts.given.end() ? ToldValue() : text(found->text);
}

}  // namespace

std::string_view outcome_word(AnswerCase which) {
  for (const CaseWord& word : case_words()) {
    if (word.which == which) return word.name;
  }
  return {};
}

Standing Facts::of_row(const Detail& row) const {
  Standing s;
  s.limit = &view.policy.limits[static_cast<size_t>(view.limit_position(row.limit_id))];
  s.counted = s.limit->rule.kind != Kind::upstream;
  s.unlimited = (row.flags & flag::unlimited) != 0;
  s.amount = row.limit;
  s.used = row.used;
  s.remaining = row.remaining;
  s.resets_at = row.resets_at;
  s.opens_at = row.opens_at;
  return s;
}

std::optional<Standing> Facts::standing(int16_t wanted) const {
  const int16_t named = view.limit_position(decision.limit_id);
  for (const UsageRow& row : usage) {
    if (view.limit_position(row.limit_id) != wanted || wanted == kNone) continue;
    Detail detail;
    detail.limit_id = row.limit_id;
    detail.limit = row.limit;
    detail.used = row.used;
    detail.remaining = row.remaining;
    detail.resets_at = row.resets_at;
    detail.flags = row.flags;
    Standing s = of_row(detail);
    s.overage = row.overage;
    s.begins_at = row.period_begins;
    return s;
  }
  if (!usage.empty()) return std::nullopt;
  if (named != kNone && (wanted == kNone || wanted == named)) {
    Detail detail;
    detail.limit_id = decision.limit_id;
    detail.limit = decision.limit;
    detail.used = decision.used;
    detail.remaining = decision.remaining;
    detail.resets_at = decision.resets_at;
    detail.opens_at = decision.opens_at;
    detail.flags = decision.flags;
    return of_row(detail);
  }
  const Detail* least = nullptr;
  for (const Detail& row : rows) {
    if (wanted == kNone || view.limit_position(row.limit_id) != wanted) continue;
    if (least == nullptr || row.remaining < least->remaining) least = &row;
  }
  return least == nullptr ? std::nullopt : std::optional(of_row(*least));
}

ToldValue Facts::tell(const DialectOp& op) const {
  if (op.told <= Told::overage) {
    const auto found = standing(op.which);
    return found ? tell_standing(*found, decision.now, op) : ToldValue();
  }
  switch (op.told) {
    case Told::retry_after: return span(advice.waits, advice.told, advice.told_ms, op.form);
    case Told::wait: {
      const Span ms = std::max<Span>(round_up(advice.wait, kMillisecond), 1) * kMillisecond;
      return span(advice.waits, std::max<Span>(round_up(advice.wait, kSecond), 1) * kSecond, ms, op.form);
    }
    case Told::largest_cost: return decision.wait_kind == WaitKind::never ? number(decision.largest_cost) : ToldValue();
    case Told::denial: return decision.denial == DenialKind::none ? ToldValue() : text(spell_denial(decision.denial));
    case Told::outcome: return text(outcome_word(which));
    case Told::should_retry: return which == AnswerCase::denied && !advice.retry ? text("false") : ToldValue();
    case Told::now: return instant(decision.now, decision.now, op.form, false);
    case Told::status: return number(uint64_t{status});
    case Told::value:
    case Told::quantity: return tell_request(*this, op);
    case Told::given: return tell_given(*this, op);
    default: return tell_message(held, decision.now, op);
  }
}

}  // namespace sluice
