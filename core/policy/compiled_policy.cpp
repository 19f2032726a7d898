// SPDX-License-Identifier: Apache-2.0
#include "core/policy/compiled_policy.h"

#include <algorithm>

namespace sluice {
namespace {

template <typename Items, typename Matches>
int16_t find(const Items& items, const Matches& matches) {
  const auto found = std::find_if(items.begin(), items.end(), matches);
  return found == items.end() ? kNone : static_cast<int16_t>(found - items.begin());
}

}  // namespace

int16_t CompiledPolicy::find_dimension(std::string_view wanted) const {
  return find(dimensions, [&](const std::string& dimension) { return dimension == wanted; });
}

int16_t CompiledPolicy::find_limit(std::string_view wanted) const {
  return find(limits, [&](const Limit& limit) { return limit.name == wanted; });
}

int16_t CompiledPolicy::find_operation(std::string_view wanted) const {
  return find(operations, [&](const Operation& operation) { return operation.name == wanted; });
}

int16_t CompiledPolicy::find_scope(const std::vector<uint8_t>& wanted) const {
  return find(scopes, [&](const Scope& scope) { return scope.dimensions == wanted; });
}

int16_t CompiledPolicy::find_pool(std::string_view wanted) const {
  return find(pools, [&](const PoolRules& pool) { return pool.name == wanted; });
}

int16_t CompiledPolicy::find_plan(int16_t plan_set, std::string_view wanted) const {
  if (plan_set < 0 || static_cast<size_t>(plan_set) >= plan_sets.size()) return kNone;
  return find(plan_sets[static_cast<size_t>(plan_set)].plans, [&](const Plan& plan) { return plan.name == wanted; });
}

}  // namespace sluice
