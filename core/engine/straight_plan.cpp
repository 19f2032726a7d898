// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_plan.h"

#include <algorithm>

#include "core/engine/generation.h"
#include "core/store/record.h"

namespace sluice {
namespace {

const Billing kUnsetBilling;

bool promotes(const CompiledPolicy& policy, const Scope& scope) {
  if (scope.plan_set == kNone) return false;
  for (const Plan& plan : policy.plan_sets[static_cast<size_t>(scope.plan_set)].plans) {
    if (plan.promotion.has_value()) return true;
  }
  return false;
}

// A denial that commits nothing, of a limit that once open stays open until it is charged.
bool refuses(const CompiledPolicy& policy, const OperationCharge& charge) {
  return charge.type == ChargeType::normal && charge.mode == Mode::deny &&
         !policy.limits[static_cast<size_t>(charge.limit)].rule.burst;
}

LonePlan lone_plan(const CompiledPolicy& policy, const StraightPlan& plan) {
  LonePlan lone;
  const StraightCharge& c = plan.charges[0];
  if (plan.count != 1 || c.kind != Kind::pace || c.quantity != kNone || c.cost != 1 || c.queued || c.slack != 0) return lone;
  const Limit& limit = policy.limits[c.position];
  const bool whole = std::ranges::all_of(limit.amounts, [](const AmountTerms& terms) { return terms.amount.whole; });
  if (!whole) return lone;
  const int16_t plan_set = policy.scopes[static_cast<size_t>(limit.scope)].plan_set;
  const size_t plans = plan_set == kNone ? 1 : policy.plan_sets[static_cast<size_t>(plan_set)].plans.size();
  for (size_t p = 0; p < plans; ++p) {
    const Amount& amount = c.amount(static_cast<uint8_t>(p));
    lone.paces.push_back({amount.unit, amount.depth, amount.shown});
  }
  lone.looks = plan.looks[0];
  lone.key_offset = plan.key_offset[0];
  lone.state_offset = c.state_offset;
  lone.denies_as = c.denies_as;
  lone.refuses = plan.refuses;
  lone.limit_id = c.limit_id;
  return lone;
}

// A line that no limit is kept for: most have no record, and where there is one messages may wait.
bool has_bare_line(const Operation& operation) {
  const auto touches_line = [&](const OperationCharge& charge) { return charge.slot == operation.line_slot; };
  return operation.line_slot != kNone && std::none_of(operation.charges.begin(), operation.charges.end(), touches_line);
}

}  // namespace

bool is_plain_charge(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const bool type = charge.type == ChargeType::normal || charge.type == ChargeType::attempt;
  return type && !promotes(policy, policy.scopes[static_cast<size_t>(limit.scope)]) && !limit.plan_elsewhere &&
         charge.of == kNone && !charge.each;
}

StraightCharge straight_charge(const CompiledPolicy& policy, const OperationCharge& charge, int32_t limit_id) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const Scope& scope = policy.scopes[static_cast<size_t>(limit.scope)];
  StraightCharge s{};
  s.rule = &limit.rule;
  s.amounts = reinterpret_cast<const std::byte*>(&limit.amounts[0].amount);
  s.stride = limit.plan_set == kNone ? 0 : sizeof(AmountTerms);
  s.billing = scope.plan_set == kNone ? &kUnsetBilling : &policy.plan_sets[static_cast<size_t>(scope.plan_set)].billing;
  s.cost = charge.cost;
  s.limit_id = limit_id;
  s.quantity = charge.quantity;
  s.position = static_cast<uint16_t>(charge.limit);
  s.state_offset = static_cast<uint16_t>(sizeof(Record) + limit.state_offset);
  s.slot = charge.slot;
  s.type = charge.type;
  s.kind = limit.rule.kind;
  s.denies_as = limit.rule.denies_as;
  s.slack = limit.rule.slack;
  s.queued = charge.mode == Mode::queue;
  return s;
}

StraightPlan straight_plan(const Generation& g, const Operation& operation) {
  const CompiledPolicy& policy = *g.policy;
  StraightPlan plan;
  const size_t slots = operation.slots.size();
  if (operation.repeats != kNone || slots > kStraightSlots || operation.pool != kNone || has_bare_line(operation)) return plan;
  plan.refuses = true;
  for (const OperationCharge& charge : operation.charges) {
    if (charge.while_queued) continue;
    const Kind kind = policy.limits[static_cast<size_t>(charge.limit)].rule.kind;
    if ((kind != Kind::pace && kind != Kind::window) || !is_plain_charge(policy, charge)) return StraightPlan();
    if (plan.count == kStraightCharges) return StraightPlan();
    plan.refuses &= refuses(policy, charge);
    plan.charges[plan.count++] = straight_charge(policy, charge, g.limit_number[static_cast<size_t>(charge.limit)]);
  }
  for (size_t i = 0; i < slots; ++i) {
    const auto scope = static_cast<size_t>(operation.slots[i].scope);
    plan.looks[i] = looks_of_kind(g.number, g.scope_number[scope]);
    plan.key_offset[i] = static_cast<uint32_t>(sizeof(Record) + policy.scopes[scope].state_size);
  }
  if (slots == 1) plan.lone = lone_plan(policy, plan);
  return plan;
}

}  // namespace sluice
