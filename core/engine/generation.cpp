// SPDX-License-Identifier: Apache-2.0
#include "core/engine/generation.h"

#include <algorithm>

namespace sluice {
namespace {

// What `y` has in place of what `x` had, of all that shapes the stored bytes; of another kind there is no more to say.
std::string changed_state(const CompiledPolicy& a, const Limit& x, const CompiledPolicy& b, const Limit& y) {
  std::string text;
  const auto add = [&text](bool changed, const char* what) {
    if (changed) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  const auto gained = [&add](bool before, bool after, const char* some, const char* none) {
    add(before != after, after ? some : none);
  };
  add(a.scopes[static_cast<size_t>(x.scope)].name != b.scopes[static_cast<size_t>(y.scope)].name, "another scope");
  add(x.rule.kind != y.rule.kind, "another kind");
  if (x.rule.kind != y.rule.kind) return text;
  add(x.rule.period_kind != y.rule.period_kind || x.rule.period != y.rule.period, "another period");
  add(x.rule.slots != y.rule.slots, "other slots");
  gained(x.rule.named, y.rule.named, "names to be held by", "no names to be held by");
  gained(x.rule.burst, y.rule.burst, "a burst", "no burst");
  gained(x.rule.lease != 0, y.rule.lease != 0, "a lease", "no lease");
  return text;
}

// A limit keeps its state iff name, scope, kind and period are unchanged (and what else shapes the stored bytes).
bool same_state(const CompiledPolicy& a, const Limit& x, const CompiledPolicy& b, const Limit& y) {
  return x.name == y.name && changed_state(a, x, b, y).empty();
}

int16_t counterpart(const CompiledPolicy& before, const CompiledPolicy& after, const Limit& limit) {
  const int16_t there = before.find_limit(limit.name);
  if (there == kNone) return kNone;
  return same_state(before, before.limits[static_cast<size_t>(there)], after, limit) ? there : kNone;
}

int16_t plan_set_of_scope(const CompiledPolicy& policy, std::string_view scope) {
  for (const Scope& s : policy.scopes) {
    if (s.name == scope) return s.plan_set;
  }
  return kNone;
}

std::vector<std::vector<uint8_t>> map_plans(const CompiledPolicy& before, const CompiledPolicy& after) {
  std::vector<std::vector<uint8_t>> to(before.plan_sets.size());
  for (size_t set = 0; set < before.plan_sets.size(); ++set) {
    const PlanSet& old = before.plan_sets[set];
    const int16_t here = plan_set_of_scope(after, before.scopes[static_cast<size_t>(old.scope)].name);
    if (here == kNone) continue;
    for (const Plan& plan : old.plans) {
      const int16_t same = after.find_plan(here, plan.name);
      to[set].push_back(same == kNone ? after.plan_sets[static_cast<size_t>(here)].default_plan : static_cast<uint8_t>(same));
    }
  }
  return to;
}

template <class Positions>
void place(Positions* at, int32_t number, size_t position) {
  if (at->size() <= static_cast<size_t>(number)) at->resize(static_cast<size_t>(number) + 1, kNone);
  (*at)[static_cast<size_t>(number)] = static_cast<int16_t>(position);
}

}  // namespace

int32_t NameTable::find(std::string_view name) const {
  const auto it = std::find(names_.begin(), names_.end(), name);
  return it == names_.end() ? -1 : static_cast<int32_t>(it - names_.begin());
}

int32_t NameTable::add(std::string_view name) {
  const int32_t number = find(name);
  if (number >= 0) return number;
  names_.emplace_back(name);
  return static_cast<int32_t>(names_.size() - 1);
}

std::unique_ptr<Generation> make_generation(std::shared_ptr<const CompiledPolicy> policy, const Generation* before,
                                            uint8_t number, Instant at, EngineNames* names) {
  auto g = std::make_unique<Generation>();
  g->number = number;
  g->serial = before == nullptr ? 0 : before->serial + 1;
  g->at = at;
  g->policy = std::move(policy);
  g->scope_at.fill(kNone);
  for (const PlanSet& set : g->policy->plan_sets) {
    for (const Plan& plan : set.plans) g->promotes |= plan.promotion.has_value();
  }
  for (size_t i = 0; i < g->policy->scopes.size(); ++i) {
    const int32_t n = names->scopes.add(g->policy->scopes[i].name);
    if (n >= static_cast<int32_t>(kMaxScopeNumbers)) return nullptr;
    g->scope_number.push_back(static_cast<uint8_t>(n));
    g->scope_at[static_cast<size_t>(n)] = static_cast<int16_t>(i);
  }
  for (size_t i = 0; i < g->policy->limits.size(); ++i) {
    g->limit_number.push_back(names->limits.add(g->policy->limits[i].name));
    place(&g->limit_at, g->limit_number.back(), i);
    const int16_t from = before == nullptr ? kNone : counterpart(*before->policy, *g->policy, g->policy->limits[i]);
    g->limit_from.push_back(from);
    g->limit_born.push_back(from == kNone ? g->serial : before->limit_born[static_cast<size_t>(from)]);
  }
  for (size_t i = 0; i < g->policy->operations.size(); ++i) {
    g->operation_number.push_back(names->operations.add(g->policy->operations[i].name));
    if (g->operation_number.back() >= static_cast<int32_t>(kMaxOperations)) return nullptr;
    place(&g->operation_at, g->operation_number.back(), i);
    g->straight.push_back(straight_plan(*g, g->policy->operations[i]));
  }
  if (before != nullptr) g->plan_to = map_plans(*before->policy, *g->policy);
  return g;
}

std::vector<std::string> dropped_by(const Generation& before, const CompiledPolicy& policy) {
  std::vector<std::string> lines;
  for (const Limit& old : before.policy->limits) {
    const int16_t here = policy.find_limit(old.name);
    if (here == kNone) {
      lines.push_back("limit \"" + old.name + "\" is gone");
      continue;
    }
    const std::string changed = changed_state(*before.policy, old, policy, policy.limits[static_cast<size_t>(here)]);
    if (!changed.empty()) lines.push_back("limit \"" + old.name + "\" now has " + changed);
  }
  for (const PlanSet& set : before.policy->plan_sets) {
    const std::string& scope = before.policy->scopes[static_cast<size_t>(set.scope)].name;
    const int16_t here = plan_set_of_scope(policy, scope);
    for (const Plan& plan : set.plans) {
      if (here == kNone || policy.find_plan(here, plan.name) == kNone) {
        lines.push_back("plan \"" + plan.name + "\" of " + scope + " is gone");
      }
    }
  }
  return lines;
}

OperationShape shape_of(const Generation& g, int32_t operation_number) {
  OperationShape shape;
  shape.generation = g.number;
  const int16_t position = g.operation_position(operation_number);
  if (position == kNone) return shape;
  const Operation& op = g.policy->operations[static_cast<size_t>(position)];
  shape.known = true;
  const uint8_t charges = g.straight[static_cast<size_t>(position)].count;
  shape.straight = charges != 0;
  const size_t slots = op.slots.size();
  shape.of_one = charges != 0 && op.values.size() == 1 && slots == 1 && op.quantities.empty();
  shape.lone = shape.of_one && !g.straight[static_cast<size_t>(position)].lone.paces.empty();
  shape.operation = static_cast<uint16_t>(position);
  shape.value_count = static_cast<uint8_t>(op.values.size());
  shape.quantity_count = static_cast<uint8_t>(op.quantities.size());
  shape.charge_count = static_cast<uint8_t>(op.charges.size());
  shape.repeats = static_cast<int8_t>(op.repeats);
  shape.pooled = op.pool != kNone && op.repeats != op.line;
  shape.accepts = g.queue[static_cast<size_t>(position)].accept.straight;
  shape.tenant = static_cast<int8_t>(op.tenant);
  shape.slot_count = static_cast<uint8_t>(slots);
  for (size_t i = 0; i < slots; ++i) {
    OperationShape::Slot& slot = shape.slots[i];
    slot.scope = g.scope_number[static_cast<size_t>(op.slots[i].scope)];
    slot.count = op.slots[i].count;
    slot.repeated = op.slots[i].repeated;
    std::copy_n(op.slots[i].values, kMaxScopeDimensions, slot.values);
  }
  return shape;
}

}  // namespace sluice
