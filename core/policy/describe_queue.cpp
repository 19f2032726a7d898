// SPDX-License-Identifier: Apache-2.0
#include "core/policy/describe_queue.h"

#include "core/policy/hours_text.h"
#include "core/policy/queue_words.h"
#include "core/policy/spelling.h"

namespace sluice {
namespace {

void write_retry(const RetryRules& retry, JsonText* json) {
  json->object("retry");
  json->text("first", spell_duration(retry.first));
  json->text("longest", spell_duration(retry.longest));
  json->text_or_null("jitter", retry.jitter > 0 ? spell_percent(retry.jitter) : std::string());
  json->number_or_null("attempts", retry.attempts);
  json->end_object();
}

void write_hours(const Hours* rules, JsonText* json) {
  if (rules == nullptr) {
    json->null("hours");
    return;
  }
  json->object("hours");
  json->list("open");
  for (const std::string& text : spell_open_times(rules->open)) json->text(text);
  json->end_list();
  json->list("zone");
  for (const auto& zone : rules->zones) json->text(zone->name());
  json->end_list();
  json->text_or_null("margin", spell_duration(rules->margin));
  json->text("on_close", spell_on_close(rules->on_close));
  json->end_object();
}

void write_classes(const QueueRules& rules, JsonText* json) {
  json->list("classes");
  for (size_t i = 0; i < kMessageClasses; ++i) {
    json->object();
    json->text("class", class_words()[i]);
    json->text("delivery", spell_delivery(rules.classes[i].delivery));
    json->text_or_null("ttl", spell_duration(rules.classes[i].ttl));
    json->number_or_null("reserve", rules.classes[i].reserve);
    write_hours(rules.classes[i].hours.get(), json);
    json->end_object();
  }
  json->end_list();
}

// There are weights only where the tenant has plans.
void write_weights(const CompiledPolicy& policy, JsonText* json) {
  const auto& weights = policy.queue.weights;
  json->list("weights");
  for (const PlanSet& set : policy.plan_sets) {
    if (policy.scopes[static_cast<size_t>(set.scope)].dimensions[0] != policy.tenant) continue;
    for (size_t i = 0; i < weights.size(); ++i) {
      json->object();
      json->text("plan", set.plans[i].name);
      json->number("weight", weights[i]);
      json->end_object();
    }
  }
  json->end_list();
}

void write_pool(const CompiledPolicy& policy, const PoolRules& pool, JsonText* json) {
  json->object();
  json->text("name", pool.name);
  json->flag("sticky", pool.sticky);
  const bool routes = pool.recipient != kNone;
  json->text_or_null("recipient", routes ? std::string_view(policy.dimensions[static_cast<size_t>(pool.recipient)]) : "");
  json->list("by");
  for (const uint8_t at : pool.by) json->text(policy.dimensions[at]);
  json->end_list();
  json->text("on_suspend", spell_on_suspend(pool.on_suspend));
  json->text("on_full", spell_on_full(pool.on_full));
  json->flag("return_home", pool.return_home);
  json->text_or_null("forget_after", spell_duration(pool.forget_after));
  json->number_or_null("new_recipients", pool.new_recipients);
  json->end_object();
}

}  // namespace

void describe_queue(const CompiledPolicy& policy, JsonText* json) {
  const QueueRules& rules = policy.queue;
  if (policy.line_scope == kNone) {
    json->null("queue");
    return;
  }
  json->object("queue");
  json->text("lease", spell_duration(rules.lease));
  json->text_or_null("wait", spell_duration(rules.wait));
  json->number_or_null("in_flight", rules.in_flight);
  json->number("payload", rules.payload);
  json->number_or_null("floor", rules.floor);
  write_retry(rules.retry, json);
  write_classes(rules, json);
  write_weights(policy, json);
  json->end_object();
}

void describe_pools(const CompiledPolicy& policy, JsonText* json) {
  json->list("pools");
  for (const PoolRules& pool : policy.pools) write_pool(policy, pool, json);
  json->end_list();
}

}  // namespace sluice
