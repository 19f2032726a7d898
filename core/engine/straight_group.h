// SPDX-License-Identifier: Apache-2.0
// Many straight decisions under one set of locks, their memory asked for before it is needed.
//
// 1. Three misses a subject (its shard, its index word, its record), each asked for across the whole group before the first is used.
// 2. It decides from the front and stops at the first request that is not straight: the order of the array is kept.
#pragma once

#include "core/engine/straight.h"

namespace sluice::straight {

// Enough misses in flight to hide most of each (the gain flattens near 32), few enough locks held for another thread to get by.
inline constexpr size_t kGroup = 32;
inline constexpr size_t kGroupSubjects = 2 * kGroup;

// The array: call(i) is a Call.
template <class T>
concept Calls = requires(const T& calls, size_t i) {
  { calls.call(i) } -> Call;
  { calls.count() } -> std::same_as<size_t>;
};

// The one instant of an array, read when it is first needed.
class ArrayTime {
 public:
  ArrayTime() = default;
  explicit ArrayTime(Instant now) : now_(now) {}

  Instant read(EngineCore& core) {
    if (now_ == kEngineClock) now_ = core.clock().now();
    return now_;
  }
  Instant now() const { return now_; }  // kEngineClock: nobody has asked

 private:
  Instant now_ = kEngineClock;
};

// One group on its way: everything of it is local, so that nothing is read again that cannot have changed.
template <class Size, Calls Array>
struct Group {
  ControlBlock& block;
  const uint64_t handle;
  const StableShape& shape;
  const uint64_t head;
  const int32_t operation;
  const Array array;
  const size_t from;

  // How many from `from` on it has decided.
  [[gnu::noinline, gnu::flatten]] static size_t run(Group group, ArrayTime* time) {
    Subject subjects[kGroupSubjects];
    LockSet locks;
    const size_t count = group.form_all(subjects, &locks);
    if (count == 0) return 0;
    const HeldLocks<kGroupSubjects> held(locks, group.block);
    if (!registry::alive(group.block, group.handle) || group.shape.head() != group.head) return 0;
    EngineCore& core = *group.block.core.load(std::memory_order_relaxed);
    const StraightPlan& plan = *group.shape.plan();
    group.fetch(core, plan, subjects, count * Size::slots(group.head));
    return group.decide_all(core, plan, subjects, count, time);
  }

 private:
  [[gnu::always_inline]] size_t form_all(Subject* subjects, LockSet* locks) const {
    const size_t slots = Size::slots(head);
    const size_t most = std::min(std::min(kGroup, kGroupSubjects / slots), array.count() - from);
    for (size_t n = 0; n < most; ++n) {
      const auto call = array.call(from + n);
      if (!call.is_readable() || call.operation() != operation) return n;
      if (Size::kOne ? !call.is_lone() : !call.is_plain() || !fits(head, call)) return n;
      Subject* own = subjects + n * slots;
      if (!form<Size>(block, shape, head, call, own)) return n;
      for (size_t i = 0; i < slots; ++i) {
        __builtin_prefetch(own[i].shard, 1);
        locks->add(static_cast<uint32_t>(own[i].shard - block.shards));
      }
    }
    return most;
  }

  [[gnu::always_inline]] void fetch(const EngineCore& core, const StraightPlan& plan, Subject* subjects, size_t count) const {
    const IndexWord* places[kGroupSubjects];
    for (size_t i = 0; i < count; ++i) {
      places[i] = subjects[i].shard->index.own_place(Index::tag_of(subjects[i].hash));
      __builtin_prefetch(places[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      Subject& s = subjects[i];
      const uint32_t tag = Index::tag_of(s.hash);
      const RecordId id = places[i]->tag == tag ? places[i]->id : Index::guess_in(s.shard->index.home_of(tag), tag);
      s.record = id == 0 ? nullptr : core.arena().at(id);
      if (id != 0) prefetch_record(s.record, plan.key_offset[Size::kOne ? 0 : i % Size::slots(head)] + s.key_size);
    }
  }

  [[gnu::always_inline]] size_t decide_all(EngineCore& core, const StraightPlan& plan, Subject* subjects, size_t count,
                                           ArrayTime* time) const {
    const size_t slots = Size::slots(head);
    for (size_t n = 0; n < count; ++n) {
      const auto call = array.call(from + n);
      Instant now = call.now();
      if (now == kEngineClock) [[unlikely]] {
        now = time->read(core);
      } else if (!core.time_of(now, &now)) {
        return n;
      }
      Subject* own = subjects + n * slots;
      for (size_t i = 0; i < slots; ++i) {
        const Looks looks = Looks::of(plan, own[i], i);
        if (own[i].record != nullptr && is_of<Size>(*own[i].record, looks, own[i], call)) [[likely]]
          continue;
        own[i].record = find<Size>(core.arena(), looks, own[i], call);
        if (own[i].record == nullptr) return n;
      }
      if (!charge<Size>(core, plan, own, slots, *own[0].shard, call, now)) return n;
    }
    return count;
  }
};

// Decides as many elements of the array from `from` on as make one group and go the straight way; how many.
template <Calls Array>
size_t decide_group(uint64_t handle, const Array& array, size_t from, ArrayTime* time) {
  const auto first = array.call(from);
  ControlBlock* block = registry::find_own(handle);
  if (block == nullptr || !first.is_readable() || static_cast<uint32_t>(first.operation()) >= kMaxOperations) return 0;
  const StableShape& shape = block->shapes[first.operation()];
  const uint64_t head = shape.head();
  if (!StableShape::is_straight(head)) return 0;
  const auto run = [&]<class Size>() {
    return Group<Size, Array>::run({*block, handle, shape, head, first.operation(), array, from}, time);
  };
  if (StableShape::is_lone(head)) return run.template operator()<Lone>();
  if (StableShape::is_of_one(head)) return run.template operator()<OneSubject>();
  return run.template operator()<AnySubjects>();
}

}  // namespace sluice::straight
