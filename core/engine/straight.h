// SPDX-License-Identifier: Apache-2.0
// The straight way through a decision: subjects all known, charges all plain. Most decisions are like that, so this is where speed is
// made: one pass from the caller's struct to the caller's struct, nothing copied, nothing stored that is not read again.
//
// 1. It asks and takes as the Decider does, in the same order; it only leaves out what cannot matter here.
// 2. Whatever is not plain, at the first sign of it and before anything was taken, goes to the Decider, which knows all of it.
// 3. Code is made for a lone charge, one subject, and any; what a call needs is inlined into it.
#pragma once

#include "core/engine/lock_set.h"
#include "core/engine/straight_charges.h"
#include "core/engine/straight_subjects.h"

namespace sluice::straight {

// A caller's request and the place for its answer.
template <class T>
concept Call = Asked<T> && requires(const T& call, const Answer& answer) {
  call.write(answer);
};

template <class Size, Call C>
[[gnu::always_inline]] inline uint64_t cost_of(const StraightCharge& c, const C& call) {
  return Size::kOne || c.quantity == kNone ? c.cost : call.quantity(static_cast<uint32_t>(c.quantity));
}

// One charge on its record, as far as it can be known before the charge's kind.
struct Step {
  const Amount& amount;
  std::byte* state;
  uint64_t cost;
  Instant at;

  template <class Size, Call C>
  [[gnu::always_inline]] static Step of(const StraightCharge& c, const Subject& s, const C& call) {
    return {c.amount(s.record->plan), state_of(c, s.record), cost_of<Size>(c, call), s.at};
  }
  [[gnu::always_inline]] Instant opens(const StraightCharge& c) const { return opens_at(c, amount, state, cost, at); }
};

// A denial: looks at every charge again, since the allowed keep nothing of what they saw. False when only the Decider can tell.
template <Call C>
[[gnu::noinline]] bool refuse_all(const StraightPlan& plan, const Subject* subjects, Shard& shard, Instant now, C call) {
  Closed closed[kStraightCharges];
  size_t count = 0;
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const Step step = Step::of<AnySubjects>(c, subjects[c.slot], call);
    if (step.cost == 0) return false;
    const Instant opens = step.opens(c);
    if (opens != step.at) closed[count++] = {&c, &step.amount, step.state, step.at, opens};
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

// Takes a charge that passes.
[[gnu::always_inline]] inline void take_step(EngineCore& core, const Generation& g, const StraightCharge& c, const Step& step,
                                             Record* record) {
  record->newest = step.at;
  const uint8_t told = take(c, step.amount, step.state, step.cost, step.at);
  if (told != 0) [[unlikely]]
    core.emit_straight(g, c, *record, told, step.at);
}

// Tells how the limit of the first charge stands after all were taken.
template <Call C>
[[gnu::always_inline]] inline void allow(const StraightCharge& c, const Step& step, Shard& shard, Instant now, const C& call) {
  ++shard.allowed;
  Answer answer;
  answer.now = now;
  describe(c, step.amount, step.state, step.at, &answer);
  answer.opens_at = step.opens(c);
  call.write(answer);
}

// The denial of a lone pace.
template <Call C>
[[gnu::noinline, gnu::flatten]] bool refuse_pace(const StraightPlan& plan, const Amount& amount, Instant drained_at,
                                                 Instant opens, Instant at, Shard& shard, Instant now, C call) {
  if (!plan.refuses || shard.cold == nullptr) return false;
  const StraightCharge& c = plan.charges[0];
  const Reading reading = pace::read_number(amount, drained_at, at);
  Answer answer;
  answer.status = Status::denied;
  answer.now = now;
  tell(c, amount, reading, &answer);
  answer.opens_at = opens;
  answer.denial = c.denies_as;
  answer.wait_kind = WaitKind::exact;
  answer.retry_after = opens - now;
  count_denial(shard, answer.denial);
  call.write(answer);
  return true;
}

// Checks every charge, then takes every charge.
template <class Size, Call C>
[[gnu::always_inline]] inline bool charge_all(EngineCore& core, const Generation& g, const StraightPlan& plan,
                                              const Subject* subjects, Shard& shard, const C& call, Instant now) {
  const auto subject_of = [&](const StraightCharge& c) -> const Subject& { return subjects[Size::kOne ? 0 : c.slot]; };
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const Step step = Step::of<Size>(c, subject_of(c), call);
    if (step.cost == 0 || step.opens(c) != step.at) [[unlikely]] {
      if constexpr (Size::kOne) return refuse_one(plan, subjects[0].record, step.at, shard, now, call);
      return refuse_all(plan, subjects, shard, now, call);
    }
  }
  for (size_t i = 0; i < plan.count; ++i) {
    const StraightCharge& c = plan.charges[i];
    const Subject& s = subject_of(c);
    take_step(core, g, c, Step::of<Size>(c, s, call), s.record);
  }
  const StraightCharge& c = plan.charges[0];
  allow(c, Step::of<Size>(c, subject_of(c), call), shard, now, call);
  return true;
}

// A pace of whole units that is charged one of them, on its own. False only at the end of time, which the Decider knows.
template <Call C>
[[gnu::always_inline]] inline bool charge_lone(const StraightPlan& plan, const Subject& s, Shard& shard, const C& call,
                                               Instant now) {
  const StraightCharge& c = plan.charges[0];
  const Amount& amount = c.amount(s.record->plan);
  std::byte* state = state_of(c, s.record);
  const Instant drained_at = pace::load(state).drained_at;
  const Instant after = (drained_at > s.at ? drained_at : s.at) + amount.unit;
  if (after >= kEndOfTime) [[unlikely]]
    return false;
  const Instant open = drained_at - amount.room;
  if (open > s.at) [[unlikely]]
    return refuse_pace(plan, amount, drained_at, open, s.at, shard, now, call);
  pace::store(state, {after});
  s.record->newest = s.at;
  ++shard.allowed;
  const Reading reading = pace::read_charged(amount, after, s.at);
  Answer answer;
  answer.now = now;
  tell(c, amount, reading, &answer);
  answer.opens_at = reading.remaining != 0 ? s.at : after - amount.room;
  call.write(answer);
  return true;
}

// Charges subjects whose records are found. False: it is not straight, and nothing has happened.
template <class Size, Call C>
[[gnu::always_inline]] inline bool charge(EngineCore& core, const Generation& g, const StraightPlan& plan, Subject* subjects,
                                          size_t slots, Shard& shard, const C& call, Instant now) {
  const Instant floor = core.floor(), latest = now > floor ? now : floor;
  for (size_t i = 0; i < slots; ++i) {
    const Instant newest = subjects[i].record->newest;
    subjects[i].at = newest > latest ? newest : latest;
  }
  if constexpr (Size::kLone) return charge_lone(plan, subjects[0], shard, call, now);
  return charge_all<Size>(core, g, plan, subjects, shard, call, now);
}

template <class Size, Call C>
[[gnu::always_inline]] inline bool decide_locked(ControlBlock& block, uint64_t handle, uint64_t head, Subject* subjects,
                                                 const C& call) {
  if (!registry::alive(block, handle)) return false;
  EngineCore& core = *block.core.load(std::memory_order_relaxed);
  const Generation& g = core.generation();
  Instant now;
  if (g.number != StableShape::generation_of(head) || !core.time_of(call.now(), &now)) return false;
  const StraightPlan& plan = g.straight[StableShape::operation_of(head)];
  for (size_t i = 0; i < Size::slots(head); ++i) {
    Subject& s = subjects[i];
    s.record = find<Size>(core.arena(), Looks::of(plan, s, i), s, call);
    if (s.record == nullptr) return false;
  }
  return charge<Size>(core, g, plan, subjects, Size::slots(head), *subjects[0].shard, call, now);
}

template <class Size, Call C>
[[gnu::always_inline]] inline bool decide_sized(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                                                const C& call) {
  Subject subjects[Size::kSlots];
  if (!form<Size>(block, shape, head, call, subjects)) return false;
  if constexpr (Size::kOne) {
    const SpinGuard guard(subjects[0].shard->lock);
    return decide_locked<Size>(block, handle, head, subjects, call);
  } else {
    LockSet locks;
    for (size_t i = 0; i < Size::slots(head); ++i) locks.add(static_cast<uint32_t>(subjects[i].shard - block.shards));
    const HeldLocks<kStraightSlots> held(locks, block);
    return decide_locked<Size>(block, handle, head, subjects, call);
  }
}

// Decides one request from forming to unlocking; false: it is not straight, or not of this size, and nothing has happened.
// REQUIRES: the call can be read.
template <Call C>
[[gnu::always_inline]] inline bool decide_lone(uint64_t handle, const C& call) {
  ControlBlock* block = registry::find_own(handle);
  if (block == nullptr || static_cast<uint32_t>(call.operation()) >= kMaxOperations) return false;
  const StableShape& shape = block->shapes[call.operation()];
  const uint64_t head = shape.head();
  if (!StableShape::is_lone(head) || !call.is_lone()) return false;
  return decide_sized<Lone>(*block, handle, shape, head, call);
}

// The same for all that is not lone. REQUIRES: decide_lone() has said no; what is lone is not looked for again.
template <Call C>
[[gnu::noinline, gnu::flatten]] bool decide_several(uint64_t handle, C call) {
  ControlBlock* block = registry::find_own(handle);
  if (block == nullptr || static_cast<uint32_t>(call.operation()) >= kMaxOperations) return false;
  const StableShape& shape = block->shapes[call.operation()];
  const uint64_t head = shape.head();
  if (StableShape::is_lone(head) || !call.is_plain() || !fits(head, call)) return false;
  if (StableShape::is_of_one(head)) return decide_sized<OneSubject>(*block, handle, shape, head, call);
  return decide_sized<AnySubjects>(*block, handle, shape, head, call);
}

}  // namespace sluice::straight
