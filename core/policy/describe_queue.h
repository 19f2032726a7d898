// SPDX-License-Identifier: Apache-2.0
// The members "queue" and "pools" of a policy's description.
#pragma once

#include "core/policy/compiled_policy.h"
#include "core/policy/json_text.h"

namespace sluice {

// null where nothing can be queued.
void describe_queue(const CompiledPolicy& policy, JsonText* json);
void describe_pools(const CompiledPolicy& policy, JsonText* json);

}  // namespace sluice
