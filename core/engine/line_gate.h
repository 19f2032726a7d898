// SPDX-License-Identifier: Apache-2.0
// What holds a line: the charges that a lease of an operation takes on the line's own record, laid out when its policy is loaded.
#pragma once

#include <vector>

#include "core/engine/straight_plan.h"

namespace sluice {

struct LineCharge {
  StraightCharge charge;
  const Limit* limit = nullptr;
};

struct LineGate {
  std::vector<LineCharge> charges;
  bool lone_pace = false;  // one, of a pace, at a cost that is always the same
  bool stays_open = true;  // once they let a message pass, they do until they are charged
};

LineGate line_gate(const Generation& generation, const Operation& operation);

}  // namespace sluice
