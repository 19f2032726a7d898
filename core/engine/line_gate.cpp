// SPDX-License-Identifier: Apache-2.0
#include "core/engine/line_gate.h"

#include <algorithm>

#include "core/engine/message_layout.h"

namespace sluice {

LineGate line_gate(const Generation& g, const Operation& operation, const MessageLayout& layout) {
  const CompiledPolicy& policy = *g.policy;
  LineGate gate;
  for (size_t i = 0; i < operation.charges.size(); ++i) {
    const OperationCharge& charge = operation.charges[i];
    const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
    if (!holds_line(policy, charge, limit)) continue;
    const auto row = std::ranges::find_if(layout.rows, [i](const LayoutRow& r) { return r.charge == i; });
    gate.stays_open = gate.stays_open && !limit.rule.burst;
    gate.charges.push_back({straight_charge(policy, charge, g.limit_number[static_cast<size_t>(charge.limit)]), &limit,
                            row == layout.rows.end() ? kNone : row->stamp});
  }
  gate.lone_pace =
      gate.charges.size() == 1 && gate.charges[0].charge.kind == Kind::pace && gate.charges[0].charge.quantity == kNone;
  return gate;
}

}  // namespace sluice
