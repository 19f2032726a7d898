// SPDX-License-Identifier: Apache-2.0
#include "core/planner/line_policy.h"

#include "core/limits/zone.h"
#include "core/policy/json_text.h"
#include "core/policy/spelling.h"

namespace sluice::planner {
namespace {

// A billing cycle is nobody's here: a month.
std::string period_of(const Limit& limit) {
  Rule rule = limit.rule;
  rule.period -= limit.margin;
  if (rule.period_kind == PeriodKind::billing) rule.period_kind = PeriodKind::month;
  return spell_period(rule);
}

void write_pace(const Limit& limit, const AmountTerms& terms, JsonText* json) {
  json->text("amount", spell_rate(terms.amount.amount, terms.amount.period));
  if (limit.rule.slack > 0) json->text("slack", spell_duration(limit.rule.slack));
  if (terms.depth_span > 0) {
    json->text("depth", spell_duration(terms.depth_span));
  } else if (terms.depth_units > 1) {
    json->number("depth", terms.depth_units);
  }
}

void write_window(const Limit& limit, const AmountTerms& terms, JsonText* json) {
  json->text("period", period_of(limit));
  json->number("amount", terms.amount.cap);
  if (terms.burst_factor.num > 0) {
    json->text("burst", spell_burst(terms.burst_factor, static_cast<Span>(terms.burst_windows) * limit.rule.period));
  }
  const bool calendar = limit.rule.period_kind != PeriodKind::aligned && limit.rule.period_kind != PeriodKind::from_first;
  if (calendar && limit.rule.zone != nullptr) json->text("zone", limit.rule.zone->name());
}

void write_sliding(const Limit& limit, const AmountTerms& terms, JsonText* json) {
  json->text("period", period_of(limit));
  json->number("amount", terms.amount.cap);
  if (limit.rule.slots > 0) json->number("slots", limit.rule.slots);
  if (limit.margin > 0) json->text("margin", spell_duration(limit.margin));
}

// Whether it holds a line's messages by a number of its own.
bool counts(const Planned& planned, const OperationCharge& charge) {
  LineRate rate;
  const Limit& limit = planned.policy->limits[static_cast<size_t>(charge.limit)];
  return charge.mode == Mode::queue && is_of_line(planned, charge) && long_run(limit, planned.terms_of(limit).amount, &rate);
}

void write_limit(const Limit& limit, const AmountTerms& terms, JsonText* json) {
  json->object();
  json->text("name", limit.name);
  json->list("scope");
  json->text("line");
  json->end_list();
  json->text("kind", spell_kind(limit.rule.kind));
  json->text("mode", "queue");
  if (limit.rule.kind == Kind::pace) write_pace(limit, terms, json);
  if (limit.rule.kind == Kind::window) write_window(limit, terms, json);
  if (limit.rule.kind == Kind::sliding) write_sliding(limit, terms, json);
  json->end_object();
}

void write_pool(bool sticky, JsonText* json) {
  json->list("pools");
  json->object();
  json->text("name", kLinePool);
  json->flag("sticky", sticky);
  if (sticky) json->text("recipient", "recipient");
  json->end_object();
  json->end_list();
}

void write_operation(const Planned& planned, JsonText* json) {
  json->list("operations");
  json->object();
  json->text("name", kLineOperation);
  json->text("pool", kLinePool);
  json->list("values");
  for (const char* value : {"account", "line", "recipient"}) json->text(value);
  json->end_list();
  json->list("charges");
  for (const OperationCharge& charge : planned.operation->charges) {
    if (!counts(planned, charge)) continue;
    json->object();
    json->text("limit", planned.policy->limits[static_cast<size_t>(charge.limit)].name);
    if (charge.quantity == kNone && charge.cost > 1) json->number("cost", charge.cost);
    json->end_object();
  }
  json->end_list();
  json->end_object();
  json->end_list();
}

}  // namespace

std::string line_policy(const Planned& planned, bool sticky) {
  JsonText json;
  json.object();
  json.text("name", "lines");
  json.text("tenant", "account");
  json.text("line", "line");
  json.list("limits");
  for (const OperationCharge& charge : planned.operation->charges) {
    const Limit& limit = planned.policy->limits[static_cast<size_t>(charge.limit)];
    if (counts(planned, charge)) write_limit(limit, planned.terms_of(limit), &json);
  }
  json.end_list();
  write_pool(sticky, &json);
  write_operation(planned, &json);
  json.end_object();
  return json.take();
}

}  // namespace sluice::planner
