// SPDX-License-Identifier: Apache-2.0
// The straight way through a decision: subjects all known, charges all plain. Most decisions are like that, so this is where speed is
// made: one pass from the caller's struct to the caller's struct, nothing copied, nothing stored that is not read again.
//
// 1. It asks and takes as the Decider does, in the same order; it only leaves out what cannot matter here.
// 2. Whatever is not plain, at the first sign of it and before anything was taken, goes to the Decider, which knows all of it.
// 3. Code is made for one subject with one charge, one subject with several, and any; what a call needs is inlined into it.
#pragma once

#include "core/engine/lock_set.h"
#include "core/engine/straight_charges.h"
#include "core/engine/straight_subjects.h"

namespace sluice::straight {

// A caller's request and the place for its answer.
template <class T>
concept Call = Asked<T> && requires(const T& call, const Answer& answer) { call.write(answer); };

template <Call C>
[[gnu::always_inline]] inline uint64_t cost_of(const StraightCharge& c, const C& call) {
  return c.quantity == kNone ? c.cost : call.quantity(static_cast<uint32_t>(c.quantity));
}

// A denial: looks at every charge again, since the allowed keep nothing of what they saw. False when only the Decider can tell.
template <Call C>
[[gnu::noinline]] bool refuse_all(const StraightPlan& plan, const Subject* subjects, Shard& shard, Instant now, C call) {
  Closed closed[kStraightCharges];
  size_t count = 0;
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const Subject& s = subjects[c.slot];
    const Amount& amount = c.amount(s.record->plan);
    const std::byte* state = state_of(c, s.record);
    const uint64_t cost = cost_of(c, call);
    if (cost == 0) return false;
    const Instant opens = opens_at(c, amount, state, cost, s.at);
    if (opens != s.at) closed[count++] = {&c, &amount, state, s.at, opens};
  }
  Answer answer;
  answer.now = now;
  if (!refuse(plan, closed, count, shard, &answer)) return false;
  call.write(answer);
  return true;
}
template <Call C>
[[gnu::noinline]] bool refuse_one(const StraightPlan& plan, Record* record, Instant at, Shard& shard, Instant now, C call) {
  Subject subject{};
  subject.record = record;
  subject.at = at;
  return refuse_all(plan, &subject, shard, now, call);
}

// Checks every charge, then takes every charge, then tells how the first one's limit stands.
template <class Size, size_t kCharges, Call C>
[[gnu::always_inline]] inline bool charge(EngineCore& core, const Generation& g, const StraightPlan& plan, const Subject* subjects,
                                          Shard& shard, const C& call, Instant now) {
  const size_t count = kCharges == 1 ? 1 : plan.count;
  const auto subject_of = [&](const StraightCharge& c) -> const Subject& { return subjects[Size::kOne ? 0 : c.slot]; };
  for (size_t i = 0; i < count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const Subject& s = subject_of(c);
    const uint64_t cost = cost_of(c, call);
    if (cost == 0 || opens_at(c, c.amount(s.record->plan), state_of(c, s.record), cost, s.at) != s.at) [[unlikely]] {
      if constexpr (Size::kOne) return refuse_one(plan, s.record, s.at, shard, now, call);
      return refuse_all(plan, subjects, shard, now, call);
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const Subject& s = subject_of(c);
    const Amount& amount = c.amount(s.record->plan);
    s.record->newest = s.at;
    const uint8_t fired = take(c, amount, state_of(c, s.record), cost_of(c, call), s.at);
    if (fired != 0) [[unlikely]]
      core.emit_thresholds(g, c, *s.record, fired, s.at);
  }
  ++shard.allowed;
  const StraightCharge& c = plan.charges[0];
  const Subject& s = subject_of(c);
  const Amount& amount = c.amount(s.record->plan);
  Answer answer;
  answer.now = now;
  describe(c, amount, state_of(c, s.record), s.at, &answer);
  answer.opens_at = opens_at(c, amount, state_of(c, s.record), cost_of(c, call), s.at);
  call.write(answer);
  return true;
}

// Decides what was formed; `record` of each subject holds a guess. False: it is not straight, and nothing has happened.
// REQUIRES: the locks, a living engine, the shape's generation.
template <class Size, size_t kCharges, Call C>
[[gnu::always_inline]] inline bool decide_formed(ControlBlock& block, EngineCore& core, const Generation& g, const StraightPlan& plan,
                                                 Subject* subjects, size_t slots, const C& call, Instant now) {
  const Instant floor = core.floor();
  for (size_t i = 0; i < slots; ++i) {
    Subject& s = subjects[i];
    s.record = find<Size>(core.arena(), block.shards[s.shard], units_of(plan, s, i), g.number, s, call, s.record);
    if (s.record == nullptr) return false;
    const Instant newest = s.record->newest, latest = now > floor ? now : floor;
    s.at = newest > latest ? newest : latest;
  }
  return charge<Size, kCharges>(core, g, plan, subjects, block.shards[subjects[0].shard], call, now);
}

// The engine under the locks, if the handle still names it and the shape's generation is still its own.
[[gnu::always_inline]] inline EngineCore* engine_of(const ControlBlock& block, uint64_t handle, uint64_t head) {
  if (!registry::alive(block, handle)) return nullptr;
  EngineCore* core = block.core.load(std::memory_order_relaxed);
  return core->generation().number == StableShape::generation_of(head) ? core : nullptr;
}

template <class Size, size_t kCharges, Call C>
[[gnu::always_inline]] inline bool decide_locked(ControlBlock& block, uint64_t handle, uint64_t head, Subject* subjects, const C& call) {
  EngineCore* core = engine_of(block, handle, head);
  Instant now;
  if (core == nullptr || !core->time_of(call.now(), &now)) return false;
  const Generation& g = core->generation();
  const StraightPlan& plan = g.straight[StableShape::operation_of(head)];
  return decide_formed<Size, kCharges>(block, *core, g, plan, subjects, Size::slots(head), call, now);
}

template <class Size, size_t kCharges, Call C>
[[gnu::noinline, gnu::flatten]] bool decide_sized(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head, C call) {
  Subject subjects[Size::kSlots];
  if (!form<Size>(block, shape, head, call, subjects)) return false;
  for (size_t i = 0; i < Size::slots(head); ++i) subjects[i].record = nullptr;
  if constexpr (Size::kOne) {
    const SpinGuard guard(block.shards[subjects[0].shard].lock);
    return decide_locked<Size, kCharges>(block, handle, head, subjects, call);
  } else {
    LockSet locks;
    for (size_t i = 0; i < Size::slots(head); ++i) locks.add(subjects[i].shard);
    const HeldLocks held(locks, block);
    return decide_locked<Size, kCharges>(block, handle, head, subjects, call);
  }
}

// Decides one request from forming to unlocking; false: it is not straight, and nothing has happened.
template <Call C>
[[gnu::always_inline]] inline bool decide(uint64_t handle, const C& call) {
  if (!call.is_plain()) return false;
  ControlBlock* block = registry::find_own(handle);
  if (block == nullptr || static_cast<uint32_t>(call.operation()) >= kMaxOperations) return false;
  const StableShape& shape = block->shapes[call.operation()];
  const uint64_t head = shape.head();
  if (!fits(head, call)) return false;
  if (StableShape::is_lone(head)) return decide_sized<OneSubject, 1>(*block, handle, shape, head, call);
  if (StableShape::is_of_one(head)) return decide_sized<OneSubject, kStraightCharges>(*block, handle, shape, head, call);
  return decide_sized<AnySubjects, kStraightCharges>(*block, handle, shape, head, call);
}

}  // namespace sluice::straight
