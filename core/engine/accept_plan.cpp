// SPDX-License-Identifier: Apache-2.0
#include "core/engine/accept_plan.h"

#include <algorithm>

#include "core/engine/message_layout.h"
#include "core/store/record.h"

namespace sluice {
namespace {

bool promotes(const CompiledPolicy& policy, const Scope& scope) {
  if (scope.plan_set == kNone) return false;
  const auto& plans = policy.plan_sets[static_cast<size_t>(scope.plan_set)].plans;
  return std::ranges::any_of(plans, [](const Plan& plan) { return plan.promotion.has_value(); });
}

// A charge that one look at its record decides, and that takes no memory.
bool is_plain(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const Kind kind = limit.rule.kind;
  const bool units =
      kind == Kind::pace || kind == Kind::window || (kind == Kind::gauge && !limit.rule.named && !is_lease_charge(charge));
  const bool type = charge.type == ChargeType::normal || charge.type == ChargeType::attempt;
  return units && type && !promotes(policy, policy.scopes[static_cast<size_t>(limit.scope)]) && !limit.plan_elsewhere &&
         charge.of == kNone && !charge.each;
}

}  // namespace

AcceptPlan accept_plan(const Generation& g, const Operation& operation, const MessageLayout& layout) {
  const CompiledPolicy& policy = *g.policy;
  AcceptPlan plan;
  const size_t slots = operation.slots.size();
  if (operation.repeats != kNone || operation.pool != kNone || slots > kStraightSlots || operation.charges.empty()) return plan;
  for (size_t i = 0; i < operation.charges.size(); ++i) {
    const OperationCharge& charge = operation.charges[i];
    if (!is_plain(policy, charge)) return plan;
    const StraightCharge straight = straight_charge(policy, charge, g.limit_number[static_cast<size_t>(charge.limit)]);
    if (i == 0) plan.named = straight;
    if (is_lease_charge(charge)) {
      plan.later.push_back(straight);
      continue;
    }
    const auto row = std::ranges::find_if(layout.rows, [i](const LayoutRow& r) { return r.charge == i; });
    plan.now.push_back({straight, row == layout.rows.end() ? kNone : row->stamp});
  }
  for (size_t i = 0; i < slots; ++i) {
    const auto scope = static_cast<size_t>(operation.slots[i].scope);
    plan.looks[i] = looks_of_kind(g.number, g.scope_number[scope]);
    plan.key_offset[i] = static_cast<uint32_t>(sizeof(Record) + policy.scopes[scope].state_size);
  }
  plan.line_slot = static_cast<uint8_t>(operation.line_slot);
  plan.tenant_slot = static_cast<int8_t>(operation.tenant_slot);
  plan.straight = true;
  return plan;
}

}  // namespace sluice
