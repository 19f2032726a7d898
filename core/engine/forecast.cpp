// SPDX-License-Identifier: Apache-2.0
#include "core/engine/forecast.h"

#include <algorithm>
#include <cstring>

#include "core/engine/engine_core.h"
#include "core/limits/limit.h"
#include "core/limits/pace.h"

namespace sluice {
namespace {

bool is_held(const CompiledPolicy& policy, int16_t position) {
  for (const Operation& operation : policy.operations) {
    for (const OperationCharge& charge : operation.charges) {
      if (charge.limit == position && holds_line(policy, charge, policy.limits[static_cast<size_t>(position)])) return true;
    }
  }
  return false;
}

Charge queued_charge(uint64_t cost) {
  Charge charge;
  charge.cost = cost;
  charge.queued = true;
  return charge;
}

}  // namespace

Forecast::Forecast(const EngineCore& core, const Outlook& line, Instant from)
    : policy_(*core.generation().policy), now_(from), least_(line.base) {
  const Generation& g = core.generation();
  for (const int16_t position : policy_.scopes[static_cast<size_t>(policy_.line_scope)].limits) {
    if (!is_held(policy_, position)) continue;
    const Limit& limit = policy_.limits[static_cast<size_t>(position)];
    whole_ = whole_ && !limit.extent && limit.rule.kind != Kind::gauge;
    Copy& copy = copies_.emplace_back();
    copy.limit = position;
    copy.params = core.params_of(g, limit, static_cast<size_t>(position), line.plan, line.extras);
    std::memcpy(copy.state, line.state + limit.state_offset, limit::state_size(limit.rule));
  }
}

Instant Forecast::release_at_cost() {
  Instant t = std::max(now_, least_);
  for (;;) {
    Instant latest = t;
    for (size_t i = 0; i < copies_.size(); ++i) {
      if (costs_[i] == 0) continue;
      const Instant opens = limit::opens_at(copies_[i].params, copies_[i].state, queued_charge(costs_[i]), t);
      if (opens >= kOnRelease) return kNever;
      latest = std::max(latest, opens);
    }
    if (latest == t) break;
    t = latest;
  }
  for (size_t i = 0; i < copies_.size(); ++i) {
    const bool copied = !policy_.limits[static_cast<size_t>(copies_[i].limit)].extent;
    if (costs_[i] != 0 && copied) limit::commit(copies_[i].params, copies_[i].state, queued_charge(costs_[i]), t);
  }
  if (t > least_) now_ = t;
  return t > least_ ? t : now_;
}

Instant Forecast::release_one() {
  costs_.assign(copies_.size(), 1);
  return release_at_cost();
}

Instant Forecast::release(const Asked& asked) {
  costs_.assign(copies_.size(), 0);
  for (const OperationCharge& charge : asked.operation->charges) {
    if (!holds_line(policy_, charge, policy_.limits[static_cast<size_t>(charge.limit)])) continue;
    for (size_t i = 0; i < copies_.size(); ++i) {
      if (copies_[i].limit == charge.limit)
        costs_[i] = charge.quantity == kNone ? charge.cost : asked.quantities[charge.quantity];
    }
  }
  return release_at_cost();
}

Instant Forecast::release_many(uint64_t count) {
  if (count == 0) return now_;
  Instant t = release_one();
  if (t == kNever || count == 1) return t;
  if (copies_.empty()) return t;
  const bool one_pace = copies_.size() == 1 && copies_[0].params.rule->kind == Kind::pace;
  if (!one_pace) {
    for (uint64_t i = 1; i < count && t != kNever; ++i) t = release_one();
    return t;
  }
  const Amount& amount = *copies_[0].params.amount;
  if (amount.word != Word::number) return t;
  // Released as soon as may be, a pace's debt grows by one unit each.
  const Instant drained_at = pace::load(copies_[0].state).drained_at;
  const Wide more = Wide{count - 1} * static_cast<uint64_t>(amount.unit);
  const Wide last = Wide{static_cast<uint64_t>(drained_at)} + more;
  if (last >= static_cast<Wide>(kEndOfTime)) return kNever;
  pace::store(copies_[0].state, {static_cast<Instant>(last)});
  now_ = std::max(t, static_cast<Instant>(last) - amount.depth);
  return now_;
}

}  // namespace sluice
