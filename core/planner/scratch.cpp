// SPDX-License-Identifier: Apache-2.0
#include "core/planner/scratch.h"

#include <algorithm>
#include <cstring>

namespace sluice::planner {
namespace {

constexpr uint64_t kMemoryCap = uint64_t{1} << 30;
constexpr uint32_t kShards = 64;
constexpr uint32_t kLeasedAtOnce = 64;

Status fail(Status status, std::string* error, const std::string& words) {
  if (error != nullptr) *error = words;
  return status;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Status find_operation(const Question& question, const CompiledPolicy& policy, const Operation** out, std::string* error) {
  std::string names;
  const Operation* only = nullptr;
  size_t count = 0;
  for (const Operation& operation : policy.operations) {
    if (operation.name == question.operation) only = &operation;
    if (!operation.queueable) continue;
    names += (count++ == 0 ? "" : ", ") + operation.name;
    if (question.operation.empty()) only = &operation;
  }
  const std::string have = count == 0 ? "; this policy has none" : "; these can: " + names;
  if (only == nullptr && !question.operation.empty()) {
    return fail(Status::not_found, error, "operation: the policy has no " + quoted(question.operation) + have);
  }
  if (only == nullptr || !only->queueable) {
    return fail(Status::invalid, error, "operation: one was expected whose messages can be queued" + have);
  }
  if (question.operation.empty() && count > 1) return fail(Status::invalid, error, "operation: say which one of " + names);
  *out = only;
  return Status::ok;
}

Status find_plans(const Question& question, Planned* planned, std::string* error) {
  const CompiledPolicy& policy = *planned->policy;
  for (const PlanSet& set : policy.plan_sets) planned->plans.push_back(set.default_plan);
  for (const OnPlan& given : question.plans) {
    size_t at = 0;
    while (at < policy.plan_sets.size() &&
           (policy.plan_sets[at].plans.empty() ||
            policy.scopes[static_cast<size_t>(policy.plan_sets[at].scope)].name != given.dimension))
      ++at;
    if (at == policy.plan_sets.size()) {
      return fail(Status::not_found, error, "plans: the policy has no plans of " + quoted(given.dimension));
    }
    const int16_t plan = policy.find_plan(static_cast<int16_t>(at), given.plan);
    if (plan == kNone) {
      std::string names;
      for (const Plan& each : policy.plan_sets[at].plans) names += (names.empty() ? "" : ", ") + each.name;
      return fail(Status::not_found, error,
                  "plans: " + std::string(given.dimension) + " has no plan " + quoted(given.plan) + "; it has " + names);
    }
    planned->plans[at] = plan;
  }
  return Status::ok;
}

// The pool's, or what a charge tells apart, or the value of that name.
int16_t find_recipient(const CompiledPolicy& policy, const Operation& operation) {
  if (operation.pool != kNone) {
    const int16_t dimension = policy.pools[static_cast<size_t>(operation.pool)].recipient;
    for (size_t i = 0; i < operation.values.size(); ++i) {
      if (operation.values[i] == dimension) return static_cast<int16_t>(i);
    }
  }
  for (const OperationCharge& charge : operation.charges) {
    if (charge.of != kNone) return charge.of;
  }
  for (size_t i = 0; i < operation.values.size(); ++i) {
    if (policy.dimensions[operation.values[i]] == "recipient") return static_cast<int16_t>(i);
  }
  return kNone;
}

}  // namespace

const AmountTerms& Planned::terms_of(const Limit& limit) const {
  return limit.plan_set == kNone ? limit.amounts[0]
                                 : limit.amounts[static_cast<size_t>(plans[static_cast<size_t>(limit.plan_set)])];
}

bool Planned::has_recipient(const OperationCharge& charge) const {
  const Slot& slot = operation->slots[charge.slot];
  return charge.of != kNone ||
         std::any_of(slot.values, slot.values + slot.count, [&](uint8_t value) { return value == recipient; });
}

Status find_planned(const Question& question, Planned* out, std::string* error) {
  PolicyOptions options;
  options.stance = std::string(question.stance);
  options.zoneinfo_dir = std::string(question.zoneinfo_dir);
  const PolicyResult result = load_policy(question.policy, options);
  if (result.policy == nullptr) return fail(Status::policy, error, format_findings(result.findings));
  return find_planned_in(result.policy, question, out, error);
}

Status find_planned_in(std::shared_ptr<const CompiledPolicy> policy, const Question& question, Planned* out, std::string* error) {
  out->policy = std::move(policy);
  if (const Status status = find_operation(question, *out->policy, &out->operation, error); status != Status::ok) return status;
  if (const Status status = find_plans(question, out, error); status != Status::ok) return status;
  out->recipient = find_recipient(*out->policy, *out->operation);
  return Status::ok;
}

bool is_of_line(const Planned& planned, const OperationCharge& charge) {
  const Operation& operation = *planned.operation;
  if (charge.while_queued || charge.type != ChargeType::normal || planned.has_recipient(charge)) return false;
  const Slot& slot = operation.slots[charge.slot];
  return std::any_of(slot.values, slot.values + slot.count, [&](uint8_t value) { return value == operation.line; });
}

bool long_run(const Limit& limit, const Amount& amount, LineRate* out) {
  if (amount.word != Word::number) return false;
  constexpr Span kYear = 366 * kDay;
  *out = {amount.cap, limit.rule.period, limit.name};
  if (limit.rule.kind == Kind::pace) {
    out->amount = amount.amount;
    out->period = amount.period;
    return true;
  }
  if (limit.rule.kind == Kind::sliding) return true;
  if (limit.rule.kind != Kind::window) return false;
  switch (limit.rule.period_kind) {  // of a calendar's the longest there is
    case PeriodKind::aligned:
    case PeriodKind::from_first: break;
    case PeriodKind::day: out->period = kDay; break;
    case PeriodKind::week: out->period = 7 * kDay; break;
    case PeriodKind::month:
    case PeriodKind::billing: out->period = 31 * kDay; break;
    case PeriodKind::year: out->period = kYear; break;
  }
  return true;
}

Status rate_of_line(const Planned& planned, LineRate* out, std::string* error) {
  *out = {};
  for (const OperationCharge& charge : planned.operation->charges) {
    const Limit& limit = planned.policy->limits[static_cast<size_t>(charge.limit)];
    if (charge.mode != Mode::queue || !is_of_line(planned, charge) || limit.rule.kind == Kind::upstream) continue;
    const Amount& amount = planned.terms_of(limit).amount;
    if (amount.word == Word::custom || amount.word == Word::blocked) {
      return fail(Status::unset, error,
                  "plans: \"" + limit.name + "\" has no number on these (" +
                      (amount.word == Word::custom ? "custom" : "blocked") + "); choose others");
    }
    LineRate rate;
    if (!long_run(limit, amount, &rate)) continue;
    if (charge.quantity == kNone) rate.period *= static_cast<Span>(std::min<uint64_t>(charge.cost, 1'000'000));
    if (out->amount == 0 ||
        Wide{rate.amount} * static_cast<uint64_t>(out->period) < Wide{out->amount} * static_cast<uint64_t>(rate.period)) {
      *out = rate;
    }
  }
  return Status::ok;
}

void Taker::take(const LeaseView& lease) {
  One one{lease.message, lease.fence, 0, lease.campaign};
  std::memcpy(&one.number, lease.payload.data(), std::min(sizeof one.number, lease.payload.size()));
  taken.push_back(one);
}

Status Scratch::open(std::string_view policy, std::string_view stance, std::string_view zoneinfo_dir, Instant now,
                     std::string* error) {
  EngineOptions options;
  options.policy = std::string(policy);
  options.stance = std::string(stance);
  options.zoneinfo_dir = std::string(zoneinfo_dir);
  options.manual_clock = true;
  options.manual_now = now_ = now;
  options.memory_cap = kMemoryCap;
  options.shards = kShards;
  return Engine::create(options, &handle_, error);
}

Status Scratch::set_clock(Instant now) {
  now_ = now;
  return Engine::set_clock(handle_, now);
}

Instant Scratch::next_due() const {
  Instant due = kNever;
  return Engine::next_due(handle_, &due) == Status::ok ? due : kNever;
}

Status Scratch::send_due(std::vector<Taker::One>** sent, std::string* error) {
  taker_.taken.clear();
  LeaseOptions options;
  options.most = kLeasedAtOnce;
  Status status = Engine::lease(handle_, options, taker_, nullptr, error);
  for (const Taker::One& one : taker_.taken) {
    if (status != Status::ok) break;
    MessageState state;
    status = Engine::settle(handle_, {one.message, one.fence, Outcome::sent, 0}, kEngineClock, &state, error);
  }
  *sent = &taker_.taken;
  return status;
}

}  // namespace sluice::planner
