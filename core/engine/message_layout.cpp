// SPDX-License-Identifier: Apache-2.0
#include "core/engine/message_layout.h"

#include <algorithm>

namespace sluice {
namespace {

bool counts_in_periods(Kind kind) { return kind == Kind::window || kind == Kind::sliding || kind == Kind::gauge; }

// What can come back at all: something that was taken, other than an attempt or what was forced.
bool may_come_back(const OperationCharge& charge, const Limit& limit) {
  if (charge.type != ChargeType::normal || limit.rule.kind == Kind::upstream) return false;
  return is_lease_charge(charge) || charge.while_queued || charge.refund_failed || counts_in_periods(limit.rule.kind);
}

// Units of a gauge come back whenever they were taken, if they surely were.
bool needs_stamp(const OperationCharge& charge, const Limit& limit) {
  return limit.rule.kind != Kind::gauge || limit.rule.named || charge.mode == Mode::shadow;
}

LayoutRow row_of(const Generation& g, const Operation& operation, const OperationCharge& charge) {
  const auto position = static_cast<size_t>(charge.limit);
  const Limit& limit = g.policy->limits[position];
  const Slot& slot = operation.slots[charge.slot];
  LayoutRow row;
  row.limit = g.limit_number[position];
  row.born = g.limit_born[position];
  row.scope = g.scope_number[static_cast<size_t>(limit.scope)];
  row.charge = static_cast<uint8_t>(&charge - operation.charges.data());
  row.value_count = slot.count;
  std::copy_n(slot.values, kMaxScopeDimensions, row.values);
  row.cost = charge.cost;
  row.quantity = charge.quantity;
  row.of = charge.of;
  row.at_lease = is_lease_charge(charge);
  row.while_queued = charge.while_queued;
  row.refund_failed = charge.refund_failed;
  row.unsent_back = !row.at_lease && counts_in_periods(limit.rule.kind);
  row.on_line = limit.scope == g.policy->line_scope;
  row.of_tenant = slot.count == 1 && slot.values[0] == operation.tenant;
  row.plain_units = limit.rule.kind == Kind::gauge && !limit.rule.named;
  row.counts = limit.rule.kind == Kind::window || row.plain_units;
  return row;
}

int16_t position_named(const CompiledPolicy& policy, const Operation& operation, std::string_view dimension) {
  for (size_t i = 0; i < operation.values.size(); ++i) {
    if (policy.dimensions[operation.values[i]] == dimension) return static_cast<int16_t>(i);
  }
  return kNone;
}

// A turn costs what the first queue-mode limit of the line itself is charged.
void set_turn(const Generation& g, const Operation& operation, MessageLayout* layout) {
  for (const OperationCharge& charge : operation.charges) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(charge.limit)];
    if (!holds_line(*g.policy, charge, limit)) continue;
    layout->turn_quantity = charge.quantity;
    layout->turn_cost = static_cast<uint32_t>(std::min<uint64_t>(charge.cost, UINT32_MAX));
    layout->turn_limit = g.limit_number[static_cast<size_t>(charge.limit)];
    return;
  }
}

MessageLayout layout_of(const Generation& g, const Operation& operation, int32_t number) {
  MessageLayout layout;
  layout.operation = number;
  layout.value_count = static_cast<uint8_t>(operation.values.size());
  layout.line = operation.line;
  layout.tenant = operation.tenant;
  layout.recipient = position_named(*g.policy, operation, "recipient");
  layout.quantity_count = static_cast<uint8_t>(operation.quantities.size());
  set_turn(g, operation, &layout);
  for (const OperationCharge& charge : operation.charges) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(charge.limit)];
    if (!may_come_back(charge, limit)) {
      continue;
    }
    LayoutRow row = row_of(g, operation, charge);
    if (needs_stamp(charge, limit)) row.stamp = layout.stamp_count++;
    if (row.at_lease && row.limit == layout.turn_limit) layout.turn_stamp = row.stamp;
    layout.alone = layout.alone && row.on_line;
    const bool plain = row.on_line && row.plain_units && row.stamp == kNone;
    layout.ends_straight = layout.ends_straight && (plain || !row.while_queued);
    layout.rows.push_back(row);
  }
  return layout;
}

// What a lease charges, and on which subjects.
QueuePlan plan_of(const CompiledPolicy& policy, const Operation& operation, uint16_t layout) {
  QueuePlan plan;
  plan.layout = layout;
  plan.line_only = true;
  for (const OperationCharge& charge : operation.charges) {
    const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
    if (!is_lease_charge(charge)) continue;
    const bool holds = holds_line(policy, charge, limit);
    plan.shared = plan.shared || !holds;
    plan.line_only = plan.line_only && holds && !limit.extent;
    plan.lease_slots |= uint32_t{1} << charge.slot;
    if (charge.plan_slot != kNone) plan.lease_slots |= uint32_t{1} << charge.plan_slot;
  }
  return plan;
}

std::vector<StraightCharge> places_of(const Generation& g, const Operation& operation, const MessageLayout& layout) {
  std::vector<StraightCharge> places;
  for (const LayoutRow& row : layout.rows) {
    if (row.while_queued && row.on_line && row.plain_units)
      places.push_back(straight_charge(*g.policy, operation.charges[row.charge], row.limit));
  }
  return places;
}

// The limits of its line that a lease charges with one unit; empty and false where one is charged otherwise.
bool unit_limits(const CompiledPolicy& policy, const Operation& operation, std::vector<int16_t>* limits) {
  for (const OperationCharge& charge : operation.charges) {
    if (!holds_line(policy, charge, policy.limits[static_cast<size_t>(charge.limit)])) continue;
    if (charge.quantity != kNone || charge.cost != 1) return false;
    limits->push_back(charge.limit);
  }
  std::sort(limits->begin(), limits->end());
  return true;
}

bool charges_alike(const CompiledPolicy& policy) {
  const Operation* first = nullptr;
  std::vector<int16_t> of_first;
  for (const Operation& operation : policy.operations) {
    if (!operation.queueable) continue;
    std::vector<int16_t> limits;
    if (!unit_limits(policy, operation, &limits)) return false;
    if (first == nullptr) {
      first = &operation;
      of_first = limits;
    }
    if (limits != of_first) return false;
  }
  return true;
}

}  // namespace

bool holds_line(const CompiledPolicy& policy, const OperationCharge& charge, const Limit& limit) {
  const bool counted = limit.rule.kind != Kind::distinct && limit.rule.kind != Kind::upstream;
  return is_lease_charge(charge) && counted && limit.scope == policy.line_scope;
}

// Of an equal one that there is, or of this; beyond kMost when there are too many.
size_t MessageLayouts::number_of(MessageLayout&& layout) {
  for (size_t i = 1; i < count_; ++i) {
    if (at(static_cast<uint16_t>(i)) == layout) return i;
  }
  if (count_ > kMost) return count_;
  std::unique_ptr<Table>& table = tables_[count_ / kInTable];
  if (table == nullptr) table = std::make_unique<Table>();
  table->of[count_ % kInTable] = std::make_unique<const MessageLayout>(std::move(layout));
  return count_++;
}

bool MessageLayouts::add(Generation& g) {
  g.queue.assign(g.policy->operations.size(), {});
  for (size_t i = 0; i < g.policy->operations.size(); ++i) {
    const Operation& operation = g.policy->operations[i];
    if (!operation.queueable) continue;
    const size_t number = number_of(layout_of(g, operation, g.operation_number[i]));
    if (number > kMost) return false;
    const auto short_number = static_cast<uint16_t>(number);
    const MessageLayout& layout = at(short_number);
    g.queue[i] = plan_of(*g.policy, operation, short_number);
    g.queue[i].gate = line_gate(g, operation);
    g.queue[i].accept = accept_plan(g, operation, short_number, layout);
    g.queue[i].places = places_of(g, operation, layout);
  }
  const auto first = std::ranges::find_if(g.queue, [](const QueuePlan& plan) { return plan.layout != 0; });
  g.gate = first != g.queue.end() && charges_alike(*g.policy) ? &first->gate : nullptr;
  return true;
}

}  // namespace sluice
