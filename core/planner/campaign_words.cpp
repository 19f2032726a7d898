// SPDX-License-Identifier: Apache-2.0
// What a plan for a campaign says in words, and as JSON.
#include "core/planner/campaign_plan.h"
#include "core/planner/spoken.h"
#include "core/policy/json_text.h"
#include "core/policy/spelling.h"

namespace sluice::planner {
namespace {

// "1,000 in 24h of one waba".
std::string say_limit(const Planned& planned, const Limit& limit) {
  const Amount& amount = planned.terms_of(limit).amount;
  const std::string whose = " of one " + planned.policy->scopes[static_cast<size_t>(limit.scope)].name;
  if (amount.word != Word::number) return std::string(spell_word(amount.word)) + whose;
  switch (limit.rule.kind) {
    case Kind::pace: return spell_rate(amount.amount, amount.period) + whose;
    case Kind::gauge: return say_count(amount.amount) + " at a time" + whose;
    case Kind::distinct: return say_count(amount.amount) + " different in " + spell_duration(limit.rule.period) + whose;
    case Kind::window:
    case Kind::sliding: break;
    case Kind::upstream: return "the other side" + whose;
  }
  const bool ceiling = amount.cap > amount.amount;
  const bool billing = limit.rule.kind == Kind::window && limit.rule.period_kind == PeriodKind::billing;
  const std::string period = billing ? "billing cycle" : spell_period(limit.rule);
  return say_count(ceiling ? amount.cap : amount.amount) + " per " + period + whose;
}

std::string say_blocker(const Planned& planned, const Blocker& blocker) {
  const int16_t at = planned.policy->find_limit(blocker.limit);
  const std::string name =
      at == kNone ? "the queue or its pool"
                  : "\"" + blocker.limit + "\" (" + say_limit(planned, planned.policy->limits[static_cast<size_t>(at)]) + ")";
  if (blocker.forever) return name + (blocker.refuses ? " refuses" : " holds") + " what is left, and waiting does not help";
  if (blocker.refuses) {
    return name + " refused " + say_counted(blocker.times, "time") + ", which held the rest back for " + say_span(blocker.held);
  }
  return name + " held the next message for " + say_span(blocker.held) + " in all";
}

void write_instant(const char* key, Instant at, JsonText* json) { json->number_or_null(key, static_cast<uint64_t>(at)); }

}  // namespace

void say_campaign_plan(const CampaignPlanSpec& spec, const Planned& planned, CampaignPlan* plan) {
  for (Blocker& blocker : plan->blockers) blocker.words = say_blocker(planned, blocker);
  const std::string all = say_counted(spec.recipients, "message");
  const Blocker* worst = plan->blockers.empty() ? nullptr : &plan->blockers[0];
  if (plan->sent < spec.recipients) {
    plan->answer = all + " do not finish within 400 days: " + say_count(spec.recipients - plan->sent) + " are left";
  } else {
    const Span took = plan->finishes_at - plan->starts_at;
    plan->answer = all + (took == 0 ? " leave at once" : " finish in " + say_span(took));
    if (took <= plan->unhindered + plan->unhindered / 100) return;
    plan->answer += ", not in " + say_span(plan->unhindered);
  }
  if (worst != nullptr) plan->answer += ": " + worst->words;
}

std::string campaign_plan_json(const CampaignPlanSpec& spec, const CampaignPlan& plan) {
  JsonText json;
  json.object();
  json.text("answer", plan.answer);
  json.number("starts_at", static_cast<uint64_t>(plan.starts_at));
  write_instant("finishes_at", plan.finishes_at, &json);
  json.number("messages", spec.recipients);
  json.number("sent", plan.sent);
  json.number("unhindered", static_cast<uint64_t>(plan.unhindered));
  json.number("spread", static_cast<uint64_t>(plan.spread));
  json.text_or_null("line_rate", plan.line_rate.amount == 0 ? "" : spell_rate(plan.line_rate.amount, plan.line_rate.period));
  json.list("lines");
  for (const PlannedLine& line : plan.lines) {
    json.object();
    json.text("line", line.name);
    json.number("messages", line.messages);
    write_instant("first_at", line.first_at, &json);
    write_instant("last_at", line.last_at, &json);
    json.number_or_null("peak_share", line.peak_share);
    json.end_object();
  }
  json.end_list();
  json.list("blockers");
  for (const Blocker& blocker : plan.blockers) {
    json.object();
    json.text_or_null("limit", blocker.limit);
    json.text("how", blocker.refuses ? "refused" : "held");
    json.flag("forever", blocker.forever);
    json.number("times", blocker.times);
    json.number("held", static_cast<uint64_t>(blocker.held));
    json.number("first_at", static_cast<uint64_t>(blocker.first_at));
    write_instant("last_until", blocker.last_until, &json);
    json.text("words", blocker.words);
    json.end_object();
  }
  json.end_list();
  json.list("quota");
  for (const PlannedQuota& quota : plan.quota) {
    json.object();
    json.text("limit", quota.limit);
    json.number_or_null("amount", quota.amount);
    json.number("before", quota.before);
    json.number("after", quota.after);
    json.end_object();
  }
  json.end_list();
  json.number("waiting", plan.waiting);
  json.number("in_flight", plan.in_flight);
  json.list("notes");
  for (const std::string& note : plan.notes) json.text(note);
  json.end_list();
  json.end_object();
  return json.take();
}

}  // namespace sluice::planner
