// SPDX-License-Identifier: Apache-2.0
// The shortest way through a decision: one value that is one subject, and one unit of one pace to charge. It is what a limiter is
// asked most, and all that the smallest limiters can.
//
// 1. It waits for nothing and calls nothing, so that all it knows stays in registers: a lock that is held, a time that must be asked
//    of a clock, a record that was crowded out of its bucket are somebody else's.
// 2. It leaves everything as it found it, or decides the request whole.
// 3. How many decisions a processor has under way at once, and so how much of their waiting for memory it hides, is a matter of how
//    many instructions each takes: some two hundred here. So registers are saved where they can, and the request is read again
//    after the lock rather than kept; nobody else writes it during the call.
#pragma once

#include "core/base/key_ends.h"
#include "core/engine/straight_charges.h"
#include "core/engine/straight_subjects.h"

namespace sluice::straight {

// A caller's request and the place for its answer.
template <class T>
concept Call = Asked<T> &&
    requires(const T& call, Instant now, int32_t limit_id, const AnswerHead& head, const Standing& standing) {
  // An answer in two steps, so that few values are under way at once: a plain yes, or any, and how the limit stands that it names.
  call.allow(now, limit_id);
  call.write_head(head);
  call.tell(standing);
};

// Both steps.
template <Call C>
[[gnu::always_inline]] inline void write(const C& call, const Answer& answer) {
  call.write_head(answer);
  call.tell(answer);
}

// The same object, of which the compiler is to forget what it has read and computed: where few go on, reading again costs nothing,
// while keeping costs registers on the way that most go.
template <class T>
[[gnu::always_inline]] inline T& again(T& object) {
  T* place = &object;
  asm("" : "+r"(place));
  return *place;
}
[[gnu::always_inline]] inline uint32_t again(uint32_t value) {
  asm("" : "+r"(value));
  return value;
}

// What came of trying. unknown: the subject has no record; size: its key is of another size; other: somebody else's.
enum class Tried : uint8_t { allowed, denied, unknown, size, other };

// A charge on a pace of whole units. Other: at the end of time, and a denial that only the Decider can tell.
template <Call C>
[[gnu::always_inline]] inline Tried charge_lone(const LonePlan& plan, const LonePlan::Pace& pace, Record& record, Instant latest,
                                                Shard& shard, const C& call, Instant now) {
  std::byte* state = reinterpret_cast<std::byte*>(&record) + plan.state_offset;
  const Instant newest = record.newest;
  const Instant at = newest > latest ? newest : latest;
  const Instant drained_at = pace::load(state).drained_at;
  const Instant after = (drained_at > at ? drained_at : at) + pace.unit;
  if (!pace::ends_in_time(after)) [[unlikely]]
    return Tried::other;
  const Span debt = after - at;
  if (debt > pace.depth) [[unlikely]] {
    const LonePlan::Pace& p = again(pace);
    const Instant open = after - p.depth;
    if (!plan.refuses || shard.cold == nullptr) return Tried::other;
    count_denial(shard, plan.denies_as);
    AnswerHead head;
    head.status = Status::denied;
    head.denial = plan.denies_as;
    head.wait_kind = WaitKind::exact;
    head.now = now;
    head.retry_after = open - now;
    head.limit_id = plan.limit_id;
    call.write_head(head);
    Standing standing;
    standing.limit = p.shown;
    standing.used = std::min(pace::units_owed(drained_at - at, p.unit), kCountLimit - 1);
    standing.resets_at = drained_at;
    standing.opens_at = open;
    call.tell(standing);
    return Tried::denied;
  }
  pace::store(state, {after});
  record.newest = at;
  ++shard.allowed;
  call.allow(now, plan.limit_id);
  Standing standing;
  standing.limit = pace.shown;
  standing.used = pace::units_owed(debt, pace.unit);
  standing.remaining = standing.limit - standing.used;
  standing.resets_at = after;
  standing.opens_at = standing.remaining != 0 ? at : after - again(pace).depth + again(pace).unit;
  call.tell(standing);
  return Tried::allowed;
}

// Code is made for the sizes that most keys have and for all others, so that the one need not ask for what the other must.
enum class Sizes : uint8_t { usual, other };

// Whether a record is of the call's key, which has `size` bytes.
template <Sizes sizes, Call C>
[[gnu::always_inline]] inline bool is_lone_of(const Record& record, const LonePlan& plan, size_t size, const C& call) {
  if (looks(record) != (plan.looks | looks_of_key(size))) return false;
  const char* key = reinterpret_cast<const char*>(&record) + plan.key_offset;
  const char* asked = call.value(0).data();
  if constexpr (sizes == Sizes::usual) return KeyEnds::of_usual(key, size).same(KeyEnds::of_usual(asked, size));
  return same_bytes(key, asked, size);
}

// Decides one request from forming to unlocking, if its key is of such a size. `kept`: the handle again, in memory.
// REQUIRES: the call can be read.
template <Sizes sizes, Call C>
[[gnu::always_inline]] inline Tried decide_lone(uint64_t handle, const volatile uint64_t& kept,
                                                const C& call) SLUICE_NO_ANALYSIS {
  ControlBlock* block = registry::find_own(handle);
  const size_t operation = static_cast<uint32_t>(call.operation());
  if (block == nullptr || operation >= kMaxOperations) return Tried::other;
  StableShape& shape = again(block->shapes[operation]);
  const uint64_t begin = shape.lone_begin();
  if (begin == 0 || !block->is_known(call.now()) || !call.is_lone()) return Tried::other;
  const Bytes key = call.value(0);
  const size_t size = key.size();
  if (key.data() == nullptr) return Tried::other;
  if (KeyEnds::is_usual(size) != (sizes == Sizes::usual)) return Tried::size;
  if (sizes == Sizes::other && !is_key(key)) return Tried::other;
  const HashSecret secret = block->value_secret();
  const uint64_t value = sizes == Sizes::usual ? hash_usual(key, secret) : hash_bytes(key, secret);
  const uint64_t hash = hash_first(begin, value);
  Shard& shard = block->shard_at(hash);
  if (!shard.lock.try_lock()) [[unlikely]]
    return Tried::other;
  const SpinGuard guard(shard.lock, SpinGuard::Held());
  if (!registry::alive(*block, kept) || shape.lone_begin_locked() != begin) [[unlikely]]
    return Tried::other;
  const LonePlan& plan = shape.plan()->lone;
  const uint32_t tag = Index::tag_of(hash);
  const IndexWord* place = shard.index.own_place(tag);
  RecordId id = place->id;
  if (place->tag != tag) [[unlikely]] {
    const IndexWord* home = again(shard).index.home_of(again(tag));
    id = Index::guess_in(home, tag);
    if (id == 0) return Index::is_last(home) ? Tried::unknown : Tried::other;
  }
  Record& record = *block->records.at(id);  // also of nobody's number, where no record is
  if (!is_lone_of<sizes>(record, plan, size, call)) [[unlikely]]
    return Tried::other;
  const Instant now = call.now();
  return charge_lone(plan, plan.paces[record.plan], record, block->latest(now), shard, call, now);
}

}  // namespace sluice::straight
