// SPDX-License-Identifier: Apache-2.0
#include "core/engine/message_layout.h"

#include <algorithm>

namespace sluice {
namespace {

bool counts_in_periods(Kind kind) { return kind == Kind::window || kind == Kind::sliding || kind == Kind::gauge; }

// What can come back at all: something that was taken, other than an attempt or what was forced.
bool may_come_back(const OperationCharge& charge, const Limit& limit) {
  if (charge.type != ChargeType::normal || limit.rule.kind == Kind::upstream) return false;
  const bool at_lease = charge.mode == Mode::queue;
  return at_lease || charge.while_queued || charge.refund_failed || counts_in_periods(limit.rule.kind);
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
  row.at_lease = charge.mode == Mode::queue && !charge.while_queued;
  row.while_queued = charge.while_queued;
  row.refund_failed = charge.refund_failed;
  row.unsent_back = !row.at_lease && counts_in_periods(limit.rule.kind);
  row.on_line = limit.scope == g.policy->line_scope;
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
    const bool counted = limit.rule.kind != Kind::distinct && limit.rule.kind != Kind::upstream;
    if (charge.mode != Mode::queue || charge.while_queued || limit.scope != g.policy->line_scope || !counted) continue;
    layout->turn_quantity = charge.quantity;
    layout->turn_cost = static_cast<uint32_t>(std::min<uint64_t>(charge.cost, UINT32_MAX));
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
      layout.alone = layout.alone && (charge.mode != Mode::queue || limit.scope == g.policy->line_scope);
      continue;
    }
    LayoutRow row = row_of(g, operation, charge);
    if (needs_stamp(charge, limit)) row.stamp = layout.stamp_count++;
    layout.alone = layout.alone && row.on_line;
    layout.rows.push_back(row);
  }
  return layout;
}

}  // namespace

bool MessageLayouts::add(const Generation& g, std::vector<uint16_t>* by_operation) {
  by_operation->assign(g.policy->operations.size(), 0);
  for (size_t i = 0; i < g.policy->operations.size(); ++i) {
    const Operation& operation = g.policy->operations[i];
    if (!operation.queueable) continue;
    MessageLayout layout = layout_of(g, operation, g.operation_number[i]);
    const auto known = std::find_if(layouts_.begin() + 1, layouts_.end(), [&](const auto& had) { return *had == layout; });
    const auto number = static_cast<size_t>(known - layouts_.begin());
    if (number > kMost) return false;
    if (known == layouts_.end()) layouts_.push_back(std::make_unique<const MessageLayout>(std::move(layout)));
    (*by_operation)[i] = static_cast<uint16_t>(number);
  }
  return true;
}

}  // namespace sluice
