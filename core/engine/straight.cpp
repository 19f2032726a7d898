// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight.h"

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/engine/work.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

const Billing kUnsetBilling;

bool is_plain(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const Scope& scope = policy.scopes[static_cast<size_t>(limit.scope)];
  const bool kind = limit.rule.kind == Kind::pace || limit.rule.kind == Kind::window;
  const bool type = charge.type == ChargeType::normal || charge.type == ChargeType::attempt;
  bool promotes = false;
  if (scope.plan_set != kNone) {
    for (const Plan& plan : policy.plan_sets[static_cast<size_t>(scope.plan_set)].plans) promotes |= plan.promotion.has_value();
  }
  return kind && type && !promotes && !limit.plan_elsewhere && charge.of == kNone && !charge.each;
}

StraightCharge straight_charge(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const Scope& scope = policy.scopes[static_cast<size_t>(limit.scope)];
  StraightCharge s{};
  s.rule = &limit.rule;
  s.amounts = limit.amounts.data();
  s.billing = scope.plan_set == kNone ? &kUnsetBilling : &policy.plan_sets[static_cast<size_t>(scope.plan_set)].billing;
  s.cost = charge.cost;
  s.quantity = charge.quantity;
  s.position = static_cast<uint16_t>(charge.limit);
  s.state_offset = limit.state_offset;
  s.slot = charge.slot;
  s.type = charge.type;
  s.by_plan = limit.plan_set != kNone;
  s.queued = charge.mode == Mode::queue;
  return s;
}

}  // namespace

StraightPlan straight_plan(const CompiledPolicy& policy, const Operation& operation) {
  StraightPlan plan;
  if (operation.repeats != kNone || operation.slots.size() >= kFewSubjects) return plan;
  for (const OperationCharge& charge : operation.charges) {
    if (charge.while_queued) continue;
    if (!is_plain(policy, charge) || plan.count == kStraightCharges) return StraightPlan();
    plan.charges[plan.count++] = straight_charge(policy, charge);
  }
  return plan;
}

// The records of all subjects, if every one is known, current and without anything of its own.
bool EngineCore::straight_records(Work& work) {
  const uint8_t number = work.shape.generation;
  const Instant floor = floor_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < work.subject_count; ++i) {
    SubjectRef& s = work.subjects[i];
    const Shard& shard = block_.shards[s.shard_index];
    const RecordId id = shard.index.find(Index::tag_of(s.hash), [&](RecordId candidate) {
      const Record& r = *arena_.at(candidate);
      return r.scope == s.scope && s.key.equals(r.key());
    });
    if (id == 0) return false;
    s.record = arena_.at(id);
    if (s.record->generation != number || s.record->flags != 0) return false;
    s.base = std::max({work.now, floor, s.record->newest});
  }
  return true;
}

bool EngineCore::decide_straight(const Generation& g, Work& work, Decision* decision) {
  const StraightPlan& plan = g.straight[work.shape.operation];
  const Request& request = *work.request;
  if (plan.count == 0 || request.flags != 0 || work.idempotency != nullptr || !decision->details.empty()) return false;
  if (!straight_records(work)) return false;

  Params params[kStraightCharges];
  Charge ask[kStraightCharges];
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const SubjectRef& s = work.subjects[c.slot];
    ask[i].cost = c.quantity == kNone ? c.cost : request.quantities[static_cast<size_t>(c.quantity)];
    ask[i].type = c.type;
    ask[i].queued = c.queued;
    params[i] = {c.rule, &c.amounts[c.by_plan ? s.record->plan : 0].amount, c.billing};
    if (ask[i].cost == 0 || limit::opens_at(params[i], s.record->state() + c.state_offset, ask[i], s.base) != s.base) return false;
  }
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const SubjectRef& s = work.subjects[c.slot];
    const Taken taken = limit::commit(params[i], s.record->state() + c.state_offset, ask[i], s.base);
    s.record->newest = s.base;
    if (taken.fired != 0) [[unlikely]] {
      const uint64_t used = limit::read(params[i], s.record->state() + c.state_offset, s.base).used;
      emit_fired(g, c.position, *s.record, params[i], taken.fired, used, s.base, false);
    }
  }
  ++block_.shards[work.subjects[0].shard_index].allowed;

  const SubjectRef& named = work.subjects[plan.charges[0].slot];
  const std::byte* state = named.record->state() + plan.charges[0].state_offset;
  const Reading reading = limit::read(params[0], state, named.base);
  const bool unlimited = params[0].amount->word == Word::unlimited;
  decision->status = Status::ok;
  decision->now = work.now;
  decision->limit_id = g.limit_number[plan.charges[0].position];
  decision->flags = unlimited ? flag::unlimited : 0;
  decision->limit = unlimited ? 0 : params[0].amount->amount;
  decision->used = reading.used;
  decision->remaining = reading.remaining;
  decision->resets_at = reading.resets_at;
  decision->opens_at = limit::opens_at(params[0], state, ask[0], named.base);
  return true;
}

}  // namespace sluice
