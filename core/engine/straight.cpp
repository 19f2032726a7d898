// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight.h"

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/engine/work.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

const Billing kUnsetBilling;

bool is_plain(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const Scope& scope = policy.scopes[static_cast<size_t>(limit.scope)];
  const bool kind = limit.rule.kind == Kind::pace || limit.rule.kind == Kind::window;
  const bool type = charge.type == ChargeType::normal || charge.type == ChargeType::attempt;
  bool promotes = false;
  if (scope.plan_set != kNone) {
    for (const Plan& plan : policy.plan_sets[static_cast<size_t>(scope.plan_set)].plans) promotes |= plan.promotion.has_value();
  }
  return kind && type && !promotes && !limit.plan_elsewhere && charge.of == kNone && !charge.each;
}

StraightCharge straight_charge(const CompiledPolicy& policy, const OperationCharge& charge) {
  const Limit& limit = policy.limits[static_cast<size_t>(charge.limit)];
  const Scope& scope = policy.scopes[static_cast<size_t>(limit.scope)];
  StraightCharge s{};
  s.rule = &limit.rule;
  s.amounts = limit.amounts.data();
  s.billing = scope.plan_set == kNone ? &kUnsetBilling : &policy.plan_sets[static_cast<size_t>(scope.plan_set)].billing;
  s.cost = charge.cost;
  s.quantity = charge.quantity;
  s.position = static_cast<uint16_t>(charge.limit);
  s.state_offset = limit.state_offset;
  s.slot = charge.slot;
  s.type = charge.type;
  s.by_plan = limit.plan_set != kNone;
  s.queued = charge.mode == Mode::queue;
  return s;
}

}  // namespace

StraightPlan straight_plan(const CompiledPolicy& policy, const Operation& operation) {
  StraightPlan plan;
  if (operation.repeats != kNone || operation.slots.size() >= kFewSubjects) return plan;
  for (const OperationCharge& charge : operation.charges) {
    if (charge.while_queued) continue;
    if (!is_plain(policy, charge) || plan.count == kStraightCharges) return StraightPlan();
    plan.charges[plan.count++] = straight_charge(policy, charge);
  }
  return plan;
}

namespace {

// One charge of a straight plan, on its record.
struct Step {
  Record* record;
  std::byte* state;
  Instant at;
  Params params;
  Charge ask;

  bool is_open() const { return ask.cost != 0 && limit::opens_at(params, state, ask, at) == at; }
};

inline Step step_of(const StraightCharge& c, const SubjectRef& s, const Request& request) {
  Step step;
  step.record = s.record;
  step.state = s.record->state() + c.state_offset;
  step.at = s.base;
  step.params = {c.rule, &c.amounts[c.by_plan ? s.record->plan : 0].amount, c.billing};
  step.ask.cost = c.quantity == kNone ? c.cost : request.quantities[static_cast<size_t>(c.quantity)];
  step.ask.type = c.type;
  step.ask.queued = c.queued;
  return step;
}

void answer(const Step& step, Instant now, int32_t limit_id, Decision* decision) {
  const Reading reading = limit::read(step.params, step.state, step.at);
  const bool unlimited = step.params.amount->word == Word::unlimited;
  decision->status = Status::ok;
  decision->now = now;
  decision->limit_id = limit_id;
  decision->flags = unlimited ? flag::unlimited : 0;
  decision->limit = unlimited ? 0 : limit::shown_limit(step.params);
  decision->used = reading.used;
  decision->remaining = unlimited ? reading.remaining : std::min(reading.remaining, decision->limit);
  decision->resets_at = reading.resets_at;
  decision->opens_at = limit::opens_at(step.params, step.state, step.ask, step.at);
}

void take(EngineCore& core, const Generation& g, const StraightCharge& c, const Step& step) {
  const Taken taken = limit::commit(step.params, step.state, step.ask, step.at);
  step.record->newest = step.at;
  if (taken.fired == 0) [[likely]]
    return;
  const uint64_t used = limit::read(step.params, step.state, step.at).used;
  core.emit_fired(g, c.position, *step.record, step.params, taken.fired, used, step.at, false);
}

}  // namespace

bool EngineCore::decide_straight(const Generation& g, uint16_t operation, const StraightCall& call, Decision* decision) {
  const StraightPlan& plan = g.straight[operation];
  if (plan.count == 0) return false;
  const Instant floor = floor_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < call.subject_count; ++i) {
    SubjectRef& s = call.subjects[i];
    const RecordId id = block_.shards[s.shard_index].index.find(Index::tag_of(s.hash), [&](RecordId candidate) {
      const Record& r = *arena_.at(candidate);
      return r.scope == s.scope && s.key.equals(r.key());
    });
    s.record = arena_.at(id);
    // Known, current, and without anything of its own.
    if (id == 0 || s.record->generation != g.number || s.record->flags != 0) return false;
    s.base = std::max({call.now, floor, s.record->newest});
  }
  Raw<Step, kStraightCharges> room;
  Step* const steps = room.get();
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    ::new (&steps[i]) Step(step_of(c, call.subjects[c.slot], *call.request));
    if (!steps[i].is_open()) return false;
  }
  for (size_t i = 0; i < plan.count; ++i) take(*this, g, plan.charges[i], steps[i]);
  ++block_.shards[call.subjects[0].shard_index].allowed;
  answer(steps[0], call.now, g.limit_number[plan.charges[0].position], decision);
  return true;
}

namespace straight {
namespace {

// REQUIRES: the request is plainly right for an operation with this head.
void form(const ControlBlock& block, const StableShape& shape, uint64_t head, const Request& request, SubjectRef* subjects) {
  const HashSecret secret = block.hash_secret();
  uint64_t hashes[kMaxDimensions];
  for (size_t i = 0; i < request.values.size(); ++i) hashes[i] = hash_bytes(request.values[i], secret);
  for (size_t i = 0; i < StableShape::slot_count(head); ++i) {
    const uint32_t slot = shape.slot(i);
    SubjectRef& s = subjects[i];
    s.scope = StableShape::scope_of(slot);
    s.key.count = StableShape::count_of(slot);
    s.hash = hash_begin(s.scope, secret);
    for (uint32_t d = 0; d < s.key.count; ++d) {
      const uint32_t v = StableShape::value_of(slot, d);
      s.key.values[d] = &request.values[v];
      s.hash = hash_add(s.hash, hashes[v], secret);
    }
    s.shard_index = block.shard_of(s.hash);
  }
}

// Under the locks.
bool decide_locked(ControlBlock& block, uint64_t handle, uint64_t head, StraightCall* call, Decision* decision) {
  if (!registry::alive(block, handle)) return false;
  EngineCore& core = *block.core.load(std::memory_order_relaxed);
  const Generation& g = core.generation();
  if (g.number != StableShape::generation_of(head) || !core.time_of(call->request->now, &call->now)) return false;
  return core.decide_straight(g, StableShape::operation_of(head), *call, decision);
}

}  // namespace

bool decide(ControlBlock& block, uint64_t handle, const Request& request, Decision* decision) {
  const StableShape& shape = block.shapes[request.operation];
  const uint64_t head = shape.head();
  // A head from before a reload is found out under the locks, by its generation.
  if (!StableShape::is_straight(head) || !decision->details.empty() ||
      !is_plainly_right(request, StableShape::value_count(head), StableShape::quantity_count(head))) {
    return false;
  }
  Raw<SubjectRef, kFewSubjects> room;
  StraightCall call{room.get(), StableShape::slot_count(head), &request, 0};
  form(block, shape, head, request, call.subjects);
  if (call.subject_count == 1) {
    const SpinGuard guard(block.shards[call.subjects[0].shard_index].lock);
    return decide_locked(block, handle, head, &call, decision);
  }
  LockSet locks;
  for (size_t i = 0; i < call.subject_count; ++i) locks.add(call.subjects[i].shard_index);
  const HeldLocks held(locks, block);
  return decide_locked(block, handle, head, &call, decision);
}

}  // namespace straight
}  // namespace sluice
