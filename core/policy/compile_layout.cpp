// SPDX-License-Identifier: Apache-2.0
// Where everything lies: the states in a scope's record, the subjects of an operation. Only for drafts without errors.
#include <algorithm>

#include "core/limits/limit.h"
#include "core/policy/draft.h"

namespace sluice {
namespace {

// For how long after its last charge a limit's state may differ from never seen: what shares an overflow record is copied from it
// for so long. A pace's debt is at most a day's.
Span longest_period(const Rule& rule) { return rule.kind == Kind::pace ? kDay : rule.period; }

bool may_overflow(const Rule& rule) {
  if (rule.kind == Kind::pace) return true;
  const bool clock = rule.period_kind == PeriodKind::aligned || rule.period_kind == PeriodKind::from_first;
  return rule.kind == Kind::window && clock && rule.period <= kHour;
}

bool owns_extent(const Rule& rule) {
  return rule.kind == Kind::sliding || rule.kind == Kind::distinct || (rule.kind == Kind::gauge && rule.named);
}

void place_limit(CompiledPolicy* policy, size_t at) {
  Limit& limit = policy->limits[at];
  Scope& scope = policy->scopes[static_cast<size_t>(limit.scope)];
  limit.state_offset = scope.state_size;
  scope.state_size = static_cast<uint16_t>(scope.state_size + limit::state_size(limit.rule));
  scope.limits.push_back(static_cast<int16_t>(at));
  scope.overflows = scope.overflows && may_overflow(limit.rule);
  scope.longest_period = std::max(scope.longest_period, longest_period(limit.rule));
  limit.extent = owns_extent(limit.rule);
  scope.extents = static_cast<uint16_t>(scope.extents + limit.extent);
}

uint8_t slot_of(const CompiledPolicy& policy, Operation* operation, int16_t scope) {
  for (size_t i = 0; i < operation->slots.size(); ++i) {
    if (operation->slots[i].scope == scope) return static_cast<uint8_t>(i);
  }
  Slot slot;
  slot.scope = scope;
  for (const uint8_t dimension : policy.scopes[static_cast<size_t>(scope)].dimensions) {
    const auto& values = operation->values;
    const auto position = std::find(values.begin(), values.end(), dimension) - values.begin();
    slot.values[slot.count++] = static_cast<uint8_t>(position);
    slot.repeated = slot.repeated || position == operation->repeats;
  }
  operation->slots.push_back(slot);
  return static_cast<uint8_t>(operation->slots.size() - 1);
}

// A dimension occurs once among the values, so a scope is touched once, whatever limits of it are charged.
void place_slots(const CompiledPolicy& policy, Operation* operation) {
  const auto limit_of = [&](const OperationCharge& charge) -> const Limit& {
    return policy.limits[static_cast<size_t>(charge.limit)];
  };
  for (OperationCharge& charge : operation->charges) charge.slot = slot_of(policy, operation, limit_of(charge).scope);
  for (OperationCharge& charge : operation->charges) {
    const Limit& limit = limit_of(charge);
    if (!limit.plan_elsewhere) continue;
    charge.plan_slot = slot_of(policy, operation, policy.plan_sets[static_cast<size_t>(limit.plan_set)].scope);
  }
  if (!operation->queueable) return;
  operation->line_slot = slot_of(policy, operation, policy.line_scope);
  if (policy.queue.weights.empty() || operation->tenant == kNone) return;
  operation->tenant_slot = slot_of(policy, operation, policy.find_scope({policy.tenant}));
}

// Before the limits are placed, so that the scope is there; without queues a policy is laid out as if there were none.
void make_line_scope(Draft* draft) {
  CompiledPolicy& policy = draft->policy;
  const auto queueable = [](const Operation& operation) { return operation.queueable; };
  if (std::none_of(policy.operations.begin(), policy.operations.end(), queueable)) return;
  policy.line_scope = draft->scope({static_cast<uint8_t>(policy.line)});
}

// After the limits, whose states are where they would be without it. A line's messages are its own: its record cannot be shared.
void place_queue(CompiledPolicy* policy) {
  if (policy->line_scope == kNone) return;
  Scope& scope = policy->scopes[static_cast<size_t>(policy->line_scope)];
  scope.queue_offset = scope.state_size;
  scope.state_size = static_cast<uint16_t>(scope.state_size + kQueueStateBytes);
  scope.overflows = false;
}

}  // namespace

void compile_layout(Draft* draft) {
  CompiledPolicy& policy = draft->policy;
  for (size_t i = 0; i < policy.plan_sets.size(); ++i) policy.plan_sets[i].scope = draft->scope({draft->plan_dimensions[i]});
  make_line_scope(draft);
  for (Scope& scope : policy.scopes) scope.overflows = true;
  for (size_t i = 0; i < policy.limits.size(); ++i) place_limit(&policy, i);
  place_queue(&policy);
  for (Operation& operation : policy.operations) place_slots(policy, &operation);
}

}  // namespace sluice
