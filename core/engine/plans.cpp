// SPDX-License-Identifier: Apache-2.0
// Which amounts a subject has, and what a change of them does to what it has spent.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/engine_core.h"
#include "core/limits/limit.h"
#include "core/policy/policy.h"

namespace sluice {
namespace {

const Billing kCalendarMonth;  // day 1 at 00:00 UTC

}  // namespace

const Limit* derive_followers(const Generation& g, const Limit& base, const AmountTerms& terms, uint8_t plan, Extras& extras) {
  const Limit* failed = nullptr;
  for (const int16_t p : base.followers) {
    const auto position = static_cast<size_t>(p);
    const Limit& limit = g.policy->limits[position];
    const OwnAmount* set = extras.find(g.limit_number[position]);
    const AmountTerms& own = limit.amounts[limit.plan_set == kNone ? 0 : plan];
    if (!own.derived.has_value() || (set != nullptr && !set->derived)) continue;
    AmountTerms derived;
    if (derive_amount(limit, own, terms, &derived)) {
      extras.amounts.push_back({g.limit_number[position], true, derived});
      if (const Limit* deeper = derive_followers(g, limit, derived, plan, extras)) failed = deeper;
    } else {
      failed = &limit;
    }
  }
  return failed;
}

void rederive(const Generation& g, uint8_t plan, Extras& extras) {
  std::erase_if(extras.amounts, [](const OwnAmount& own) { return own.derived; });
  const std::vector<OwnAmount> set = extras.amounts;
  for (const OwnAmount& own : set) {
    const int16_t position = g.limit_position(own.limit);
    if (position != kNone) derive_followers(g, g.policy->limits[static_cast<size_t>(position)], own.terms, plan, extras);
  }
}

const Billing& billing_of(const CompiledPolicy& policy, const Scope& scope, const Extras* extras) {
  if (extras != nullptr && extras->has_billing) return extras->billing;
  if (scope.plan_set != kNone) return policy.plan_sets[static_cast<size_t>(scope.plan_set)].billing;
  return kCalendarMonth;
}

Params EngineCore::params_of(const Generation& g, const Limit& limit, size_t position, uint8_t plan, const Extras* extras) const {
  const Amount* amount = &limit.amounts[limit.plan_set == kNone ? 0 : plan].amount;
  const Billing* billing = &kCalendarMonth;
  if (limit.rule.period_kind == PeriodKind::billing) {
    billing = &billing_of(*g.policy, g.policy->scopes[static_cast<size_t>(limit.scope)], extras);
  }
  if (extras != nullptr) {
    if (const OwnAmount* own = extras->find(g.limit_number[position])) amount = &own->terms.amount;
  }
  return {&limit.rule, amount, billing};
}

std::string EngineCore::subject_text(const Generation& g, uint8_t scope_number, Bytes key) const {
  std::string text;
  if (g.scope_at[scope_number] == kNone) return text;
  const Scope& scope = g.scope(scope_number);
  if (key.empty()) return scope.name + "=(shared at the memory cap)";
  size_t i = 0;
  for_each_value(key, scope.dimensions.size(), [&](Bytes value) {
    if (i != 0) text += ',';
    text += g.policy->dimensions[scope.dimensions[i]];
    text += '=';
    text += value;
    ++i;
  });
  return text;
}

// Without memory for the words the event goes without them: what it tells has happened.
void EngineCore::name_subject(const Generation& g, const Record& record, Event* event) const noexcept {
  try {
    const std::string text = subject_text(g, record.scope, record.key());
    event->subject_len = static_cast<uint32_t>(text.size());
    std::memcpy(event->subject, text.data(), std::min(text.size(), sizeof event->subject));
  } catch (const std::bad_alloc&) {
    event->subject_len = 0;
  }
}

Event EngineCore::event_of(EventKind kind, const Generation& g, size_t position, const Record& record, const Params& params,
                           uint64_t used, Instant at) const noexcept {
  Event event;
  event.kind = kind;
  event.limit_id = g.limit_number[position];
  event.at = at;
  event.used = used;
  event.limit = params.amount->shown;
  name_subject(g, record, &event);
  return event;
}

void EngineCore::emit_fired(const Generation& g, size_t position, const Record& record, const Params& params, uint8_t fired,
                            uint64_t used, Instant at, bool by_plan_change) noexcept {
  if (fired == 0) return;
  Event event = event_of(EventKind::threshold, g, position, record, params, used, at);
  event.by_plan_change = by_plan_change;
  for (size_t i = 0; i < params.amount->threshold_count; ++i) {
    if ((fired >> i & 1) == 0) continue;
    event.share = params.amount->threshold_share[i];
    events_.push(event);
  }
}

void EngineCore::emit_saturated(const Generation& g, size_t position, const Record& record, const Params& params, uint64_t used,
                                Instant at) noexcept {
  events_.push(event_of(EventKind::saturated, g, position, record, params, used, at));
}

void EngineCore::emit_straight(const Generation& g, const StraightCharge& charge, const Record& record, uint8_t told,
                               Instant at) noexcept {
  const Params params{charge.rule, &charge.amount(record.plan), charge.billing};
  const auto* state = reinterpret_cast<const std::byte*>(&record) + charge.state_offset;
  const uint64_t used = limit::read(params, state, at).used;
  if (charge.kind == Kind::pace) return emit_saturated(g, charge.position, record, params, used, at);
  emit_fired(g, charge.position, record, params, told, used, at, false);
}

// After the plan or the extras of a record changed: what was spent carries over in units, limit by limit. `old_extras` is what the
// record had before, `old_plan` its plan.
void EngineCore::carry_amounts(const Generation& g, Shard& shard, RecordId id, Record& record, uint8_t old_plan,
                               const Extras* old_extras, Instant at) {
  const Scope& scope = g.scope(record.scope);
  const Extras* extras = extras_of(shard, id, record);
  for (const int16_t p : scope.limits) {
    const auto position = static_cast<size_t>(p);
    const Limit& limit = g.policy->limits[position];
    if (limit.plan_elsewhere) continue;
    const Params from = params_of(g, limit, position, old_plan, old_extras);
    const Params to = params_of(g, limit, position, record.plan, extras);
    std::byte* state = record.state() + limit.state_offset;
    const uint8_t fired = limit::carry(from, to, state, at);
    if (fired != 0) emit_fired(g, position, record, to, fired, limit::read(to, state, at).used, at, true);
  }
}

bool EngineCore::make_room_for_plan(Shard& shard, RecordId id, uint8_t plan) {
  Record& record = *arena_.at(id);
  const Extras* extras = extras_of(shard, id, record);
  if (extras == nullptr || record.plan == plan) return true;
  try {
    Extras changed = *extras;
    rederive(generation(), plan, changed);
    return make_extras(shard, id, record, changed.bytes()) != nullptr;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void EngineCore::change_plan_locked(Shard& shard, RecordId id, uint8_t plan, Instant at) {
  Record& record = *arena_.at(id);
  const uint8_t before = record.plan;
  if (before == plan) return;
  record.plan = plan;
  record.newest = std::max(record.newest, at);
  Extras* extras = extras_of(shard, id, record);
  if (extras == nullptr) {
    carry_amounts(generation(), shard, id, record, before, nullptr, at);
    return;
  }
  const Extras old = *extras;
  rederive(generation(), plan, *extras);
  carry_amounts(generation(), shard, id, record, before, &old, at);
}

// The state of a promotion is the instant at which use last stood at or above the share.
void EngineCore::consider_promotion_locked(Shard& shard, RecordId id, Instant at) {
  Record& record = *arena_.at(id);
  const Generation& g = generation();
  const Scope& scope = g.scope(record.scope);
  const PlanSet& set = g.policy->plan_sets[static_cast<size_t>(scope.plan_set)];
  if (set.plans.empty()) return;  // a billing cycle only
  const std::optional<Promotion>& rule = set.plans[record.plan].promotion;
  if (!rule.has_value()) return;
  const Limit& limit = g.policy->limits[static_cast<size_t>(rule->limit)];
  const Params params = params_of(g, limit, static_cast<size_t>(rule->limit), record.plan, extras_of(shard, id, record));
  const uint64_t used = limit::read(params, record.state() + limit.state_offset, at).used;
  const bool reached =
      params.amount->word == Word::number && used >= mul_div_ceil(params.amount->amount, rule->at.num, rule->at.den);
  Extras* extras = extras_of(shard, id, record);
  if (reached) {
    if (extras == nullptr) extras = make_extras(shard, id, record, Extras().bytes());
    if (extras == nullptr) return;
    extras->share_reached = at;
  }
  if (extras == nullptr || extras->share_reached == 0) return;
  if (!rule->quality.empty() && extras->quality != rule->quality) return;
  if (rule->within != 0 && at - extras->share_reached >= rule->within) return;
  if (!make_room_for_plan(shard, id, rule->to)) return;

  extras->share_reached = 0;
  Event event = event_of(EventKind::promotion, g, static_cast<size_t>(rule->limit), record, params, used, at);
  event.plan = rule->to;
  events_.push(event);
  change_plan_locked(shard, id, rule->to, at);
  prune_extras(shard, id, record);
  queue_.subject_changed(static_cast<uint32_t>(&shard - block_.shards), hash_of(record), id);
}

}  // namespace sluice
