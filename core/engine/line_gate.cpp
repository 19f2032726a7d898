// SPDX-License-Identifier: Apache-2.0
#include "core/engine/line_gate.h"

#include "core/engine/message_layout.h"

namespace sluice {

LineGate line_gate(const Generation& g, const Operation& operation) {
  const CompiledPolicy& policy = *g.policy;
  LineGate gate;
  for (const OperationCharge& charge : operation.charges) {
    const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
    if (!holds_line(policy, charge, limit)) continue;
    gate.stays_open = gate.stays_open && !limit.rule.burst;
    gate.charges.push_back({straight_charge(policy, charge, g.limit_number[static_cast<size_t>(charge.limit)]), &limit});
  }
  gate.lone_pace =
      gate.charges.size() == 1 && gate.charges[0].charge.kind == Kind::pace && gate.charges[0].charge.quantity == kNone;
  return gate;
}

}  // namespace sluice
