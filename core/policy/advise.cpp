// SPDX-License-Identifier: Apache-2.0
// What the language allows but cannot be meant. Every warning here is certain: where a limit might bind after all, it is silent.
#include <algorithm>
#include <string>

#include "core/limits/limit.h"
#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

std::string plan_name(const CompiledPolicy& policy, const Limit& limit, size_t plan) {
  if (limit.plan_set == kNone) return {};
  return policy.plan_sets[static_cast<size_t>(limit.plan_set)].plans[plan].name;
}

// Whether a cost above the largest that can pass is refused for good.
bool refuses_for_good(const OperationCharge& charge, Kind kind) {
  if (charge.quantity != kNone || charge.of != kNone || kind == Kind::upstream || kind == Kind::distinct) return false;
  if (charge.type != ChargeType::normal && charge.type != ChargeType::attempt) return false;
  return charge.mode == Mode::deny || (charge.mode == Mode::queue && kind == Kind::gauge);
}

void advise_cost(Draft* draft, const OperationCharge& charge, NodeId node) {
  const Limit& limit = draft->policy.limits[static_cast<size_t>(charge.limit)];
  if (!refuses_for_good(charge, limit.rule.kind)) return;
  const Billing billing;
  uint64_t largest = 0;
  size_t numbers = 0, passing = 0;
  std::vector<std::string> refused;
  for (size_t i = 0; i < limit.amounts.size(); ++i) {
    const Amount& amount = limit.amounts[i].amount;
    if (amount.word != Word::number) {
      passing += amount.word != Word::blocked;
      continue;
    }
    ++numbers;
    const uint64_t most = limit::largest_cost({&limit.rule, &amount, &billing});
    largest = std::max(largest, most);
    if (charge.cost > most) refused.push_back(plan_name(draft->policy, limit, i));
  }
  const NodeId cost = draft->document.find(node, "cost");
  const NodeId at = cost == kNoNode ? node : cost;
  if (refused.empty()) return;
  if (passing == 0 && refused.size() == numbers) {
    draft->findings.error(at, say::cost_never_passes(charge.cost, limit.name, largest));
  } else {
    const std::vector<std::string_view> plans(refused.begin(), refused.end());
    draft->findings.warning(at, say::cost_never_passes_on(charge.cost, limit.name, plans));
  }
}

void advise_quantities(Draft* draft, size_t at) {
  const Operation& operation = draft->policy.operations[at];
  const NodeId list = field(draft->document, draft->operations[at].node, Shape::operation, "quantities");
  for (const NodeId name : draft->document.children(list, kMaxQuantities)) {
    const bool used = std::any_of(operation.charges.begin(), operation.charges.end(), [&](const OperationCharge& charge) {
      return charge.quantity != kNone && operation.quantities[static_cast<size_t>(charge.quantity)] == draft->text(name);
    });
    if (!used) draft->findings.warning(name, say::quantity_unused(draft->text(name)));
  }
}

struct Use {
  bool charged = false;  // by anything that takes
  bool forced = false;
};

Use use_of(const CompiledPolicy& policy, int16_t limit) {
  Use use;
  for (const Operation& operation : policy.operations) {
    for (const OperationCharge& charge : operation.charges) {
      if (charge.limit != limit || charge.type == ChargeType::release) continue;
      use.charged = true;
      use.forced = use.forced || charge.type == ChargeType::forced || charge.mode == Mode::advise;
    }
  }
  return use;
}

void advise_use(Draft* draft, size_t at) {
  const Limit& limit = draft->policy.limits[at];
  const NodeId node = draft->limits[at].node;
  const Use use = use_of(draft->policy, static_cast<int16_t>(at));
  if (!use.charged && limit.followers.empty()) draft->findings.warning(node, say::limit_never_charged(limit.name));
  if (!use.charged || use.forced) return;
  for (const AmountTerms& terms : limit.amounts) {
    const uint32_t most = terms.ceiling.num == 0 ? kWhole : static_cast<uint32_t>(terms.ceiling.num);
    if (terms.thresholds.empty() || terms.thresholds.back() <= most) continue;
    draft->findings.warning(node, say::threshold_never_fires(terms.thresholds.back(), most));
    return;
  }
}

void note_custom_plans(Draft* draft, size_t at) {
  const Limit& limit = draft->policy.limits[at];
  for (size_t i = 0; i < limit.amounts.size(); ++i) {
    if (limit.amounts[i].amount.word != Word::custom || limit.amounts[i].derived) continue;
    const NodeId node = draft->limits[at].amounts[i].node;
    const NodeId custom = draft->document.find(node, "custom");
    draft->findings.note_at_name(custom == kNoNode ? node : custom,
                                 say::custom_must_be_set(limit.name, plan_name(draft->policy, limit, i)));
  }
}

// The longest a calendar period can be, with an hour for the clock's change.
Span longest(const Rule& rule) {
  switch (rule.period_kind) {
    case PeriodKind::aligned:
    case PeriodKind::from_first: return rule.period;
    case PeriodKind::day: return kDay + kHour;
    case PeriodKind::week: return 7 * kDay + kHour;
    case PeriodKind::month:
    case PeriodKind::billing: return 31 * kDay + kHour;
    case PeriodKind::year: return 366 * kDay + kHour;
  }
  return 0;
}

// Wherever the long limit is charged, the short one is too, as much, and refuses.
bool always_with(const CompiledPolicy& policy, int16_t long_one, int16_t short_one) {
  bool charged = false;
  for (const Operation& operation : policy.operations) {
    const auto charge_on = [&](int16_t limit) {
      return std::find_if(operation.charges.begin(), operation.charges.end(),
                          [&](const OperationCharge& charge) { return charge.limit == limit; });
    };
    const auto of_long = charge_on(long_one), of_short = charge_on(short_one);
    if (of_long == operation.charges.end()) continue;
    if (of_short == operation.charges.end() || of_short->mode != Mode::deny) return false;
    if (of_short->type != ChargeType::normal && of_short->type != ChargeType::attempt) return false;
    if (of_long->type == ChargeType::forced || of_long->each != of_short->each) return false;
    if (of_long->quantity != of_short->quantity || of_long->cost > of_short->cost) return false;
    charged = true;
  }
  return charged;
}

// The most that the short window lets pass in one period of the long one: as many windows as can touch it, and the bank.
Wide most_within(const Rule& short_rule, const Amount& amount, Span period) {
  const auto windows = static_cast<uint64_t>(period / short_rule.period) + 2;
  return Wide{windows} * amount.cap + amount.bank;
}

bool unreachable(const Limit& long_one, const Limit& short_one) {
  const Rule& rule = short_one.rule;
  const Span period = longest(long_one.rule);
  if (rule.period == 0 || rule.period >= period) return false;
  const size_t plans = std::max(long_one.amounts.size(), short_one.amounts.size());
  bool numbers = false;
  for (size_t i = 0; i < plans; ++i) {
    const Amount& of_long = long_one.amounts[long_one.amounts.size() > 1 ? i : 0].amount;
    const Amount& of_short = short_one.amounts[short_one.amounts.size() > 1 ? i : 0].amount;
    if (of_long.word != Word::number) continue;
    if (of_short.word != Word::number || most_within(rule, of_short, period) >= of_long.amount) return false;
    numbers = true;
  }
  return numbers;
}

void advise_unreachable(Draft* draft, size_t at) {
  const auto& limits = draft->policy.limits;
  for (size_t other = 0; other < limits.size(); ++other) {
    const bool windows = limits[at].rule.kind == Kind::window && limits[other].rule.kind == Kind::window;
    if (other == at || !windows || limits[at].scope != limits[other].scope) continue;
    if (!unreachable(limits[at], limits[other])) continue;
    if (!always_with(draft->policy, static_cast<int16_t>(at), static_cast<int16_t>(other))) continue;
    draft->findings.warning(draft->limits[at].node, say::limit_unreachable(limits[at].name, limits[other].name));
    return;
  }
}

void advise_pools(Draft* draft) {
  const NodeId list = field(draft->document, draft->document.root(), Shape::policy, "pools");
  size_t at = 0;
  for (const NodeId id : draft->document.children(list, kMaxPools)) {
    const auto names_it = [&](const Operation& operation) { return operation.pool == static_cast<int16_t>(at); };
    const auto& operations = draft->policy.operations;
    if (std::none_of(operations.begin(), operations.end(), names_it)) {
      draft->findings.warning(id, say::pool_never_named(draft->policy.pools[at].name));
    }
    ++at;
  }
}

void advise_queue(Draft* draft) {
  const NodeId queue = field(draft->document, draft->document.root(), Shape::policy, "queue");
  const NodeId weights = draft->document.find(queue, "weights");
  const auto& operations = draft->policy.operations;
  const auto of_a_tenant = [](const Operation& operation) { return operation.queueable && operation.tenant != kNone; };
  if (queue != kNoNode && draft->policy.line_scope == kNone) {
    draft->findings.warning_at_name(queue, say::queue_never_used());
  }
  if (weights != kNoNode && std::none_of(operations.begin(), operations.end(), of_a_tenant)) {
    draft->findings.warning_at_name(weights, say::weights_never_used(draft->policy.dimensions[draft->policy.tenant]));
  }
}

}  // namespace

void advise(Draft* draft) {
  for (size_t i = 0; i < draft->policy.limits.size(); ++i) {
    advise_use(draft, i);
    advise_unreachable(draft, i);
    note_custom_plans(draft, i);
  }
  for (size_t i = 0; i < draft->policy.operations.size(); ++i) {
    const auto& charges = draft->policy.operations[i].charges;
    for (size_t j = 0; j < charges.size(); ++j) advise_cost(draft, charges[j], draft->operations[i].charges[j].node);
    advise_quantities(draft, i);
  }
  advise_pools(draft);
  advise_queue(draft);
}

}  // namespace sluice
