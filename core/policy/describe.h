// SPDX-License-Identifier: Apache-2.0
// What there is to know about a policy, as JSON for tools and bindings.
#pragma once

#include <string>

#include "core/policy/compiled_policy.h"
#include "core/policy/policy.h"

namespace sluice {

// The policy resolved, in the shape of docs/policy-description.md.
std::string describe_policy(const CompiledPolicy& policy);

// The shape of one operation: {"name", "values", "repeats", "quantities", "pool"}.
std::string describe_operation(const CompiledPolicy& policy, const Operation& operation);

// {"ok", "name", "stances", "findings"}: docs/policy-description.md, "Findings".
std::string describe_result(const PolicyResult& result);

}  // namespace sluice
