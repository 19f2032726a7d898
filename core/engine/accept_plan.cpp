// SPDX-License-Identifier: Apache-2.0
#include "core/engine/accept_plan.h"

#include <algorithm>

#include "core/engine/message_layout.h"
#include "core/store/record.h"

namespace sluice {
namespace {

// And takes no memory.
bool is_plain(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Rule& rule = policy.limits[static_cast<size_t>(charge.limit)].rule;
  const bool units = rule.kind == Kind::pace || rule.kind == Kind::window ||
                     (rule.kind == Kind::gauge && !rule.named && !is_lease_charge(charge));
  return units && is_plain_charge(policy, charge);
}

}  // namespace

AcceptPlan accept_plan(const Generation& g, const Operation& operation, uint16_t number, const MessageLayout& layout) {
  const CompiledPolicy& policy = *g.policy;
  AcceptPlan plan;
  const size_t slots = operation.slots.size();
  if (operation.repeats != kNone || operation.pool != kNone || slots > kStraightSlots || operation.charges.empty()) return plan;
  for (size_t i = 0; i < operation.charges.size(); ++i) {
    const OperationCharge& charge = operation.charges[i];
    if (!is_plain(policy, charge)) return plan;
    const StraightCharge straight = straight_charge(policy, charge, g.limit_number[static_cast<size_t>(charge.limit)]);
    if (i == 0) plan.named = {straight, kNone, charge.while_queued};
    if (is_lease_charge(charge)) {
      plan.later.push_back(straight);
      continue;
    }
    const auto row = std::ranges::find_if(layout.rows, [i](const LayoutRow& r) { return r.charge == i; });
    plan.now.push_back({straight, row == layout.rows.end() ? kNone : row->stamp, charge.while_queued});
  }
  for (size_t i = 0; i < slots; ++i) {
    const auto scope = static_cast<size_t>(operation.slots[i].scope);
    plan.looks[i] = looks_of_kind(g.number, g.scope_number[scope]);
    plan.key_offset[i] = static_cast<uint32_t>(sizeof(Record) + policy.scopes[scope].state_size);
  }
  plan.line_slot = static_cast<uint8_t>(operation.line_slot);
  plan.tenant_slot = static_cast<int8_t>(operation.tenant_slot);
  plan.tenant = layout.tenant;
  plan.stamp_count = layout.stamp_count;
  plan.quantity_count = layout.quantity_count;
  plan.queue_offset = static_cast<uint32_t>(sizeof(Record) + policy.scopes[static_cast<size_t>(policy.line_scope)].queue_offset);
  for (uint8_t i = 0; i < layout.value_count; ++i) {
    if (layout.keeps(i)) plan.kept.push_back(i);
  }
  for (size_t i = 0; i < kMessageClasses; ++i) {
    const ClassRules& rules = policy.queue.classes[i];
    if (rules.ttl == 0 && rules.hours == nullptr) plan.plain_classes |= static_cast<uint8_t>(1u << i);
    plan.spared[i] = policy.queue.spared_by(static_cast<MessageClass>(i));
  }
  plan.message_class = operation.message_class;
  plan.payload = policy.queue.payload;
  plan.model.kind = EntryKind::message;
  plan.model.layout = number;
  plan.model.stamp_count = layout.stamp_count;
  plan.model.quantity_count = layout.quantity_count & 15;
  if (layout.turn_quantity == kNone) plan.model.cost = layout.turn_cost_of(plan.model);
  plan.straight = policy.queue.wait == 0;
  return plan;
}

}  // namespace sluice
