// SPDX-License-Identifier: Apache-2.0
// The policy that lines are counted under: what holds a line's messages in the policy asked about, as it is on the plans given, and
// one pool. So lines are chosen and paced by the engine itself, whether or not the policy has a pool of its own.
#pragma once

#include <string>

#include "core/planner/scratch.h"

namespace sluice::planner {

inline constexpr const char* kLinePool = "lines";
inline constexpr const char* kLineOperation = "send";  // of [account, line, recipient]

std::string line_policy(const Planned& planned, bool sticky);

}  // namespace sluice::planner
