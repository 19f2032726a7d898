// SPDX-License-Identifier: Apache-2.0
#include "core/policy/describe.h"

#include "core/limits/zone.h"
#include "core/policy/describe_queue.h"
#include "core/policy/json_text.h"
#include "core/policy/queue_words.h"
#include "core/policy/spelling.h"

namespace sluice {
namespace {

std::string_view zone_name(const Zone* zone) { return zone ? std::string_view(zone->name()) : "UTC"; }

bool is_calendar(const Rule& rule) {
  return rule.kind == Kind::window && rule.period_kind != PeriodKind::aligned && rule.period_kind != PeriodKind::from_first;
}

// The name at a position of a list; empty for kNone, which is written as null.
template <class List>
std::string_view name_at(const List& list, int16_t at) {
  return at == kNone ? std::string_view() : std::string_view(list[static_cast<size_t>(at)].name);
}

class Description {
 public:
  explicit Description(const CompiledPolicy& policy) : policy_(policy) {}

  std::string whole();
  std::string shape_of(const Operation& operation);

 private:
  void plan_set(const PlanSet& set);
  void promotion(const PlanSet& set, const Promotion& promotion);
  void limit(const Limit& limit);
  void kind_fields(const Limit& limit);
  void reports(const Limit& limit);
  void amount(const Limit& limit, const AmountTerms& terms, std::string_view plan);
  void number(const Limit& limit, const AmountTerms& terms);
  void pace_terms(const AmountTerms& terms);
  void window_terms(const Limit& limit, const AmountTerms& terms);
  void thresholds(const AmountTerms& terms);
  void operation(const Operation& operation);
  void shape(const Operation& operation);
  void charge(const Operation& operation, const OperationCharge& charge);

  std::string_view dimension(int16_t at) const {
    return at == kNone ? std::string_view() : std::string_view(policy_.dimensions[static_cast<size_t>(at)]);
  }
  // The dimension that stands at a position among an operation's values.
  std::string_view value_name(const Operation& operation, int16_t at) const {
    return at == kNone ? std::string_view() : dimension(operation.values[static_cast<size_t>(at)]);
  }

  const CompiledPolicy& policy_;
  JsonText json_;
};

std::string Description::whole() {
  json_.object();
  json_.text("name", policy_.name);
  json_.text("stance", policy_.stance);
  json_.list("dimensions");
  for (const std::string& name : policy_.dimensions) json_.text(name);
  json_.end_list();
  json_.text("tenant", dimension(policy_.tenant));
  json_.text_or_null("line", dimension(policy_.line));
  json_.list("plan_sets");
  for (const PlanSet& set : policy_.plan_sets) plan_set(set);
  json_.end_list();
  json_.list("limits");
  for (const Limit& each : policy_.limits) limit(each);
  json_.end_list();
  json_.list("operations");
  for (const Operation& each : policy_.operations) operation(each);
  json_.end_list();
  describe_queue(policy_, &json_);
  describe_pools(policy_, &json_);
  json_.end_object();
  return json_.take();
}

std::string Description::shape_of(const Operation& operation) {
  json_.object();
  shape(operation);
  // The value that may be absent, since the pool chooses it.
  const bool chosen = operation.pool != kNone && operation.repeats != operation.line;
  json_.text_or_null("line", value_name(operation, chosen ? operation.line : kNone));
  json_.end_object();
  return json_.take();
}

void Description::plan_set(const PlanSet& set) {
  json_.object();
  json_.text("scope", name_at(policy_.scopes, set.scope));
  json_.list("plans");
  for (const Plan& plan : set.plans) {
    json_.object();
    json_.text("name", plan.name);
    plan.promotion ? promotion(set, *plan.promotion) : json_.null("promotes");
    json_.end_object();
  }
  json_.end_list();
  json_.text_or_null("default", set.plans.empty() ? std::string_view() : set.plans[set.default_plan].name);
  json_.object("billing");
  json_.number("day", set.billing.day);
  json_.text("time", spell_time_of_day(set.billing.time));
  json_.text("zone", zone_name(set.billing.zone));
  json_.end_object();
  json_.end_object();
}

void Description::promotion(const PlanSet& set, const Promotion& promotion) {
  json_.object("promotes");
  json_.text("to", set.plans[promotion.to].name);
  json_.text_or_null("limit", name_at(policy_.limits, promotion.limit));
  json_.text("at", spell_share(promotion.at));
  json_.text_or_null("within", spell_duration(promotion.within));
  json_.text_or_null("quality", promotion.quality);
  json_.end_object();
}

void Description::limit(const Limit& limit) {
  json_.object();
  json_.text("name", limit.name);
  json_.text("scope", name_at(policy_.scopes, limit.scope));
  json_.text("kind", spell_kind(limit.rule.kind));
  json_.text("mode", spell_mode(limit.rule.mode));
  json_.text("unit", limit.unit);
  json_.text("denies_as", spell_denial(limit.rule.denies_as));
  kind_fields(limit);
  reports(limit);
  const PlanSet* plans = limit.plan_set == kNone ? nullptr : &policy_.plan_sets[static_cast<size_t>(limit.plan_set)];
  json_.text_or_null("by", plans ? name_at(policy_.scopes, plans->scope) : std::string_view());
  json_.list("amounts");
  for (size_t i = 0; i < limit.amounts.size() && limit.rule.kind != Kind::upstream; ++i) {
    amount(limit, limit.amounts[i], plans ? std::string_view(plans->plans[i].name) : std::string_view());
  }
  json_.end_list();
  json_.end_object();
}

void Description::kind_fields(const Limit& limit) {
  const Rule& rule = limit.rule;
  const bool has_period = rule.kind == Kind::window || rule.kind == Kind::sliding || rule.kind == Kind::distinct;
  Rule written = rule;
  written.period -= limit.margin;
  json_.text_or_null("period", has_period ? spell_period(written) : std::string());
  json_.text_or_null("zone", is_calendar(rule) && rule.period_kind != PeriodKind::billing ? zone_name(rule.zone) : "");
  json_.number_or_null("slots", rule.slots);
  json_.text_or_null("margin", spell_duration(limit.margin));
  json_.text_or_null("exemption", spell_duration(rule.exemption));
  json_.flag("named", rule.named);
  json_.text_or_null("lease", spell_duration(rule.lease));
  json_.text_or_null("slack", spell_duration(rule.slack));
  json_.text_or_null("longest", spell_duration(rule.longest));
}

void Description::reports(const Limit& limit) {
  json_.object("reports");
  json_.text("group", limit.report_group.empty() ? limit.name : limit.report_group);
  json_.text("used", limit.report_used.empty() ? std::string_view("used") : limit.report_used);
  json_.end_object();
}

void Description::amount(const Limit& limit, const AmountTerms& terms, std::string_view plan) {
  json_.object();
  json_.text_or_null("plan", plan);
  json_.text("word", spell_word(terms.amount.word));
  if (terms.amount.word == Word::number) {
    number(limit, terms);
  } else {
    json_.text("text", spell_word(terms.amount.word));
  }
  if (terms.derived) {
    json_.object("derived");
    json_.text("of", name_at(policy_.limits, terms.derived->base));
    json_.text("times", spell_ratio(terms.derived->times));
    json_.end_object();
  } else {
    json_.null("derived");
  }
  if (limit.rule.kind == Kind::pace) pace_terms(terms);
  if (limit.rule.kind == Kind::window) window_terms(limit, terms);
  json_.end_object();
}

void Description::number(const Limit& limit, const AmountTerms& terms) {
  const Amount& amount = terms.amount;
  const bool rate = limit.rule.kind == Kind::pace;
  json_.number("amount", rate ? say_rate(amount.amount, amount.period).amount : amount.amount);
  json_.text("text", rate ? spell_rate(amount.amount, amount.period) : std::to_string(amount.amount));
}

void Description::pace_terms(const AmountTerms& terms) {
  if (terms.depth_span > 0) {
    json_.text("depth", spell_duration(terms.depth_span));
  } else {
    json_.number("depth", terms.depth_units ? terms.depth_units : 1);
  }
}

void Description::window_terms(const Limit& limit, const AmountTerms& terms) {
  const bool burst = terms.burst_factor.num > 0;
  const Span span = static_cast<Span>(terms.burst_windows) * limit.rule.period;
  json_.text_or_null("burst", burst ? spell_burst(terms.burst_factor, span) : std::string());
  json_.number_or_null("peak", terms.amount.peak);
  json_.number_or_null("bank", terms.amount.bank);
  json_.text_or_null("ceiling", terms.ceiling.num > 0 ? spell_share(terms.ceiling) : std::string());
  json_.number_or_null("cap", terms.amount.cap);
  thresholds(terms);
}

void Description::thresholds(const AmountTerms& terms) {
  json_.list("thresholds");
  for (size_t i = 0; i < terms.thresholds.size(); ++i) {
    json_.object();
    json_.text("share", spell_percent(terms.thresholds[i]));
    json_.number_or_null("at", i < terms.amount.threshold_count ? terms.amount.threshold_at[i] : 0);
    json_.end_object();
  }
  json_.end_list();
}

void Description::shape(const Operation& operation) {
  json_.text("name", operation.name);
  json_.list("values");
  for (const uint8_t at : operation.values) json_.text(dimension(at));
  json_.end_list();
  json_.text_or_null("repeats", value_name(operation, operation.repeats));
  json_.list("quantities");
  for (const std::string& name : operation.quantities) json_.text(name);
  json_.end_list();
  json_.text_or_null("pool", name_at(policy_.pools, operation.pool));
}

void Description::operation(const Operation& operation) {
  json_.object();
  shape(operation);
  json_.flag("queueable", operation.queueable);
  json_.text_or_null("class", operation.queueable ? spell_class(operation.message_class) : std::string_view());
  json_.list("charges");
  for (const OperationCharge& each : operation.charges) charge(operation, each);
  json_.end_list();
  json_.end_object();
}

void Description::charge(const Operation& operation, const OperationCharge& charge) {
  json_.object();
  json_.text("limit", name_at(policy_.limits, charge.limit));
  if (charge.quantity == kNone) {
    json_.number("cost", charge.cost);
  } else {
    json_.text("cost", operation.quantities[static_cast<size_t>(charge.quantity)]);
  }
  json_.text_or_null("each", charge.each ? value_name(operation, operation.repeats) : std::string_view());
  json_.text_or_null("of", value_name(operation, charge.of));
  json_.text("charge", spell_charge(charge.type));
  json_.text("mode", spell_mode(charge.mode));
  json_.text_or_null("while", charge.while_queued ? "queued" : "");
  json_.text_or_null("refund", charge.refund_failed ? "failed" : "");
  json_.end_object();
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::note: return "note";
  }
  return "";
}

void write_finding(JsonText& json, const Finding& finding) {
  json.object();
  json.text("severity", severity_name(finding.severity));
  json.number("line", static_cast<uint64_t>(finding.line));
  json.number("column", static_cast<uint64_t>(finding.column));
  json.text("path", finding.path);
  json.text("message", finding.message);
  json.text("excerpt", finding.excerpt);
  json.end_object();
}

}  // namespace

std::string describe_policy(const CompiledPolicy& policy) { return Description(policy).whole(); }

std::string describe_operation(const CompiledPolicy& policy, const Operation& operation) {
  return Description(policy).shape_of(operation);
}

std::string describe_result(const PolicyResult& result) {
  JsonText json;
  json.object();
  json.flag("ok", result.policy != nullptr);
  json.text_or_null("name", result.policy ? std::string_view(result.policy->name) : std::string_view());
  json.list("stances");
  for (const std::string& stance : result.stances) json.text(stance);
  json.end_list();
  json.list("findings");
  for (const Finding& finding : result.findings) write_finding(json, finding);
  json.end_list();
  json.end_object();
  return json.take();
}

}  // namespace sluice
