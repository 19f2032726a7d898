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

template <Calls Array>
class Group {
 public:
  Group(uint64_t handle, const Array& array, size_t from) : handle_(handle), array_(array), from_(from) {}

  // How many from `from` on it has decided.
  size_t run(ArrayTime* time) {
    block_ = registry::find_own(handle_);
    if (block_ == nullptr || !begin()) return 0;
    if (StableShape::is_lone(head_)) return run_sized<OneSubject, 1>(time);
    if (StableShape::is_of_one(head_)) return run_sized<OneSubject, kStraightCharges>(time);
    return run_sized<AnySubjects, kStraightCharges>(time);
  }

 private:
  template <class Size, size_t kCharges>
  [[gnu::noinline, gnu::flatten]] size_t run_sized(ArrayTime* time) {
    form_all<Size>();
    if (count_ == 0) return 0;
    const HeldLocks held(locks_, *block_);
    EngineCore* core = engine_of(*block_, handle_, head_);
    if (core == nullptr) return 0;
    fetch<Size>(*core);
    return decide_all<Size, kCharges>(*core, time);
  }

  bool begin() {
    operation_ = array_.call(from_).operation();
    if (static_cast<uint32_t>(operation_) >= kMaxOperations) return false;
    head_ = block_->shapes[operation_].head();
    return StableShape::is_straight(head_);
  }

  template <class Size>
  void form_all() {
    const size_t slots = Size::slots(head_);
    const size_t most = std::min(std::min(kGroup, kGroupSubjects / slots), array_.count() - from_);
    const StableShape& shape = block_->shapes[operation_];
    locks_.clear();
    for (; count_ < most; ++count_) {
      const auto call = array_.call(from_ + count_);
      Subject* subjects = subjects_ + count_ * slots;
      if (call.operation() != operation_ || !call.is_plain() || !fits(head_, call) || !form<Size>(*block_, shape, head_, call, subjects)) {
        return;
      }
      for (size_t i = 0; i < slots; ++i) {
        __builtin_prefetch(&block_->shards[subjects[i].shard], 1);
        locks_.add(subjects[i].shard);
      }
    }
  }

  template <class Size>
  void fetch(const EngineCore& core) {
    const StraightPlan& plan = plan_of(core);
    const size_t slots = Size::slots(head_), subjects = count_ * slots;
    for (size_t i = 0; i < subjects; ++i) block_->shards[subjects_[i].shard].index.prefetch(Index::tag_of(subjects_[i].hash));
    for (size_t i = 0; i < subjects; ++i) {
      Subject& s = subjects_[i];
      const RecordId id = block_->shards[s.shard].index.guess(Index::tag_of(s.hash));
      s.record = id == 0 ? nullptr : core.arena().at(id);
      if (id != 0) prefetch_record(s.record, units_of(plan, s, slots == 1 ? 0 : i % slots));
    }
  }

  template <class Size, size_t kCharges>
  size_t decide_all(EngineCore& core, ArrayTime* time) {
    const size_t slots = Size::slots(head_);
    const Generation& g = core.generation();
    const StraightPlan& plan = plan_of(core);
    for (size_t i = 0; i < count_; ++i) {
      const auto call = array_.call(from_ + i);
      Instant now = call.now();
      if (now == kEngineClock) {
        now = time->read(core);
      } else if (!core.time_of(now, &now)) {
        return i;
      }
      if (!decide_formed<Size, kCharges>(*block_, core, g, plan, subjects_ + i * slots, slots, call, now)) return i;
    }
    return count_;
  }

  const StraightPlan& plan_of(const EngineCore& core) const {
    return core.generation().straight[StableShape::operation_of(head_)];
  }

  const uint64_t handle_;
  const Array& array_;
  const size_t from_;
  ControlBlock* block_ = nullptr;
  int32_t operation_ = 0;
  uint64_t head_ = 0;
  size_t count_ = 0;
  LockSet locks_;
  Subject subjects_[kGroupSubjects];
};

}  // namespace sluice::straight
