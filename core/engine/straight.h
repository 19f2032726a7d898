// SPDX-License-Identifier: Apache-2.0
// The straight way through a decision: subjects all known, charges all plain. Most decisions are like that, so this is where speed is
// made: one pass from the caller's struct to the caller's struct, nothing copied, nothing stored that is not read again.
//
// 1. It asks and takes as the Decider does, in the same order; it only leaves out what cannot matter here.
// 2. Whatever is not plain, at the first sign of it and before anything was taken, goes to the Decider, which knows all of it.
// 3. Code is made for a lone charge, one subject, and any; what a call needs is inlined into it.
#pragma once

#include "core/engine/lock_set.h"
#include "core/engine/straight_lone.h"
#include "core/engine/straight_subjects.h"

namespace sluice::straight {

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
  write(call, answer);
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
[[gnu::always_inline]] inline void take_step(EngineCore& core, const StraightCharge& c, const Step& step, Record* record) {
  record->newest = step.at;
  const uint8_t told = take(c, step.amount, step.state, step.cost, step.at);
  if (told != 0) [[unlikely]]
    core.emit_straight(core.generation(), c, *record, told, step.at);
}

// Tells how the limit of the first charge stands after all were taken.
template <Call C>
[[gnu::always_inline]] inline void allow(const StraightCharge& c, const Step& step, Shard& shard, Instant now, const C& call) {
  ++shard.allowed;
  Answer answer;
  answer.now = now;
  describe(c, step.amount, step.state, step.at, &answer);
  answer.opens_at = step.opens(c);
  write(call, answer);
}

// Checks every charge, then takes every charge.
template <class Size, Call C>
[[gnu::always_inline]] inline bool charge_all(EngineCore& core, const StraightPlan& plan, const Subject* subjects, Shard& shard,
                                              const C& call, Instant now) {
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
    take_step(core, c, Step::of<Size>(c, s, call), s.record);
  }
  const StraightCharge& c = plan.charges[0];
  allow(c, Step::of<Size>(c, subject_of(c), call), shard, now, call);
  return true;
}

// Charges subjects whose records are found. False: it is not straight, and nothing has happened.
template <class Size, Call C>
[[gnu::always_inline]] inline bool charge(EngineCore& core, const StraightPlan& plan, Subject* subjects, size_t slots,
                                          Shard& shard, const C& call, Instant now) {
  const Instant latest = core.latest(now);
  if constexpr (Size::kLone) {
    Record& record = *subjects[0].record;
    return charge_lone(plan.lone, plan.lone.paces[record.plan], record, latest, shard, call, now) != Tried::other;
  }
  for (size_t i = 0; i < slots; ++i) {
    const Instant newest = subjects[i].record->newest;
    subjects[i].at = newest > latest ? newest : latest;
  }
  return charge_all<Size>(core, plan, subjects, shard, call, now);
}

template <class Size, Call C>
[[gnu::always_inline]] inline bool decide_locked(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                                                 Subject* subjects, const C& call) {
  if (!registry::alive(block, handle) || shape.head() != head) return false;
  EngineCore& core = *block.core.load(std::memory_order_relaxed);
  Instant now;
  if (!core.time_of(call.now(), &now)) return false;
  const StraightPlan& plan = *shape.plan();
  for (size_t i = 0; i < Size::slots(head); ++i) {
    Subject& s = subjects[i];
    s.record = find<Size>(core.arena(), Looks::of(plan, s, i), s, call);
    if (s.record == nullptr) return false;
  }
  return charge<Size>(core, plan, subjects, Size::slots(head), *subjects[0].shard, call, now);
}

template <class Size, Call C>
[[gnu::always_inline]] inline bool decide_sized(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                                                const C& call) {
  Subject subjects[Size::kSlots];
  if (!form<Size>(block, shape, head, call, subjects)) return false;
  if constexpr (Size::kOne) {
    const SpinGuard guard(subjects[0].shard->lock);
    return decide_locked<Size>(block, handle, shape, head, subjects, call);
  } else {
    LockSet locks;
    for (size_t i = 0; i < Size::slots(head); ++i) locks.add(static_cast<uint32_t>(subjects[i].shard - block.shards));
    const HeldLocks<kStraightSlots> held(locks, block);
    return decide_locked<Size>(block, handle, shape, head, subjects, call);
  }
}

// The same for all that is straight, and with all that decide_lone() leaves to others.
template <Call C>
[[gnu::noinline, gnu::flatten]] bool decide_any(uint64_t handle, C call) {
  ControlBlock* block = registry::find_own(handle);
  if (block == nullptr || static_cast<uint32_t>(call.operation()) >= kMaxOperations) return false;
  const StableShape& shape = block->shapes[call.operation()];
  const uint64_t head = shape.head();
  if (!call.is_plain() || !fits(head, call)) return false;
  if (StableShape::is_lone(head)) return decide_sized<Lone>(*block, handle, shape, head, call);
  if (StableShape::is_of_one(head)) return decide_sized<OneSubject>(*block, handle, shape, head, call);
  return decide_sized<AnySubjects>(*block, handle, shape, head, call);
}

// Decides one request the straight way; false: it is to go another, and nothing has happened. REQUIRES: the call can be read.
template <Call C>
[[gnu::always_inline]] inline bool decide(uint64_t handle, const C& call) {
  Tried tried = decide_lone<Sizes::usual>(handle, handle, call);
  if (tried == Tried::size) tried = decide_lone<Sizes::other>(handle, handle, call);
  return tried <= Tried::denied || (tried == Tried::other && decide_any(handle, call));
}

}  // namespace sluice::straight
