// SPDX-License-Identifier: Apache-2.0
// The subjects of a straight request: formed before the locks, found under them.
//
// 1. Before the locks only type-stable memory is read. A shape from before a reload is found out under them, by its generation.
// 2. Where a record's key lies is worked out from the request, so that the record's two lines are fetched side by side.
#pragma once

#include <algorithm>
#include <concepts>

#include "core/engine/engine_core.h"
#include "core/engine/straight_plan.h"

namespace sluice::straight {

// A caller's request, seen as it lies.
template <class T>
concept Asked = requires(const T& call, uint32_t i) {
  { call.is_readable() } -> std::same_as<bool>;  // else nothing of it may be asked
  { call.is_plain() } -> std::same_as<bool>;     // no flags, key, repeats or rows; pointers where counts say so
  { call.is_lone() } -> std::same_as<bool>;      // the same, and with one value and no quantity
  { call.operation() } -> std::same_as<int32_t>;
  { call.now() } -> std::same_as<Instant>;
  { call.value_count() } -> std::convertible_to<size_t>;
  { call.value(i) } -> std::same_as<Bytes>;
  { call.quantity_count() } -> std::convertible_to<size_t>;
  { call.quantity(i) } -> std::same_as<uint64_t>;
};

// What is known of an operation from its head, so that code is made for each: one value that is one subject, the same with
// one unit of one pace to charge, or anything.
struct OneSubject {
  static constexpr size_t kSlots = 1;
  static constexpr bool kOne = true;
  static constexpr bool kLone = false;
  static constexpr size_t slots(uint64_t) { return 1; }
};
struct Lone : OneSubject {
  static constexpr bool kLone = true;
};
struct AnySubjects {
  static constexpr size_t kSlots = kStraightSlots;
  static constexpr bool kOne = false;
  static constexpr bool kLone = false;
  static constexpr size_t slots(uint64_t head) { return StableShape::slot_count(head); }
};

struct Subject {
  uint64_t hash;
  size_t key_size;
  Record* record;
  Instant at;  // the instant at which its limits are asked
  Shard* shard;
  uint32_t slot;  // the shape's word for it, if it is one of several
};

// Whether the request fits the operation's head.
template <Asked C>
[[gnu::always_inline]] inline bool fits(uint64_t head, const C& call) {
  return StableShape::is_straight(head) && call.value_count() == StableShape::value_count(head) &&
         call.quantity_count() == StableShape::quantity_count(head);
}

inline bool is_key(Bytes value) { return value.data() != nullptr && value.size() - 1 < kMaxKeyBytes; }

template <Asked C>
[[gnu::always_inline]] inline bool form_one(ControlBlock& block, const StableShape& shape, const C& call, Subject* s) {
  const Bytes value = call.value(0);
  if (!is_key(value)) return false;
  const HashSecret secret = block.value_secret();
  s->key_size = value.size();
  s->hash = hash_first(shape.hash_begin(), hash_bytes(value, secret));
  s->shard = &block.shards[block.shard_of(s->hash)];
  return true;
}

// Whether all that the head counts are values and quantities that may be.
template <Asked C>
[[gnu::always_inline]] inline bool has_values(uint64_t head, const C& call) {
  for (uint32_t v = 0; v < StableShape::value_count(head); ++v) {
    if (!is_key(call.value(v))) return false;
  }
  for (uint32_t q = 0; q < StableShape::quantity_count(head); ++q) {
    if (call.quantity(q) >= kCountLimit) return false;
  }
  return true;
}

// Where all it takes is one of the values, which is one subject.
template <Asked C>
[[gnu::always_inline]] inline bool form_named(ControlBlock& block, const StableShape& shape, uint64_t head, const C& call,
                                              Subject* s) {
  if (!has_values(head, call)) return false;
  const uint64_t begin = shape.hash_begin();
  if (shape.head() != head) return false;
  const Bytes value = call.value(StableShape::value_of(s->slot, 0));
  s->key_size = value.size();
  s->hash = hash_first(begin, hash_bytes(value, block.value_secret()));
  s->shard = &block.shard_at(s->hash);
  return true;
}

template <Asked C>
[[gnu::always_inline]] inline bool form_any(ControlBlock& block, const StableShape& shape, uint64_t head, const C& call,
                                            Subject* subjects) {
  const HashSecret secret = block.hash_secret();
  uint64_t hashes[kMaxDimensions];
  uint32_t hashed = 0;  // of the values, a bit each: most operations have some that are nobody's subject
  if (!has_values(head, call)) return false;
  for (uint32_t i = 0; i < StableShape::slot_count(head); ++i) subjects[i].slot = shape.slot(i);
  // A reload in between may have named values that this request does not have.
  if (shape.head() != head) return false;
  for (uint32_t i = 0; i < StableShape::slot_count(head); ++i) {
    Subject& s = subjects[i];
    s.hash = hash_begin(StableShape::scope_of(s.slot), secret);
    const uint32_t count = StableShape::count_of(s.slot);
    s.key_size = 2 * (size_t{count} - 1);
    for (uint32_t d = 0; d < count; ++d) {
      const uint32_t v = StableShape::value_of(s.slot, d);
      s.key_size += call.value(v).size();
      if ((hashed >> v & 1) == 0) hashes[v] = hash_bytes(call.value(v), secret);
      hashed |= uint32_t{1} << v;
      s.hash = hash_add(s.hash, d, hashes[v], secret);
    }
    s.shard = &block.shards[block.shard_of(s.hash)];
  }
  return true;
}

// Hashes the values and works out whose they are. False: a value is no key, or a quantity no count.
template <class Size, Asked C>
[[gnu::always_inline]] inline bool form(ControlBlock& block, const StableShape& shape, uint64_t head, const C& call,
                                        Subject* subjects) {
  if constexpr (Size::kOne) return form_one(block, shape, call, subjects);
  return form_any(block, shape, head, call, subjects);
}

template <Asked C>
[[gnu::noinline]] bool has_composite_key(const Record& record, uint32_t slot, C call) {
  Bytes values[kMaxScopeDimensions];
  KeyView key;
  key.count = StableShape::count_of(slot);
  for (uint32_t d = 0; d < key.count; ++d) {
    values[d] = call.value(StableShape::value_of(slot, d));
    key.values[d] = &values[d];
  }
  return key.equals_composite(record.key());
}

// What a subject's record must look like: of this generation, and with nothing of its own beside it.
struct Looks {
  uint32_t word;
  size_t key_at;                 // bytes before the key
  uint32_t mask = ~uint32_t{0};  // of what counts

  // `i`: the subject's slot.
  static Looks of(const StraightPlan& plan, const Subject& s, size_t i) {
    return {plan.looks[i] | looks_of_key(s.key_size), plan.key_offset[i]};
  }
};

template <class Size, Asked C>
[[gnu::always_inline]] inline bool is_of(const Record& record, const Looks& looks, const Subject& s, const C& call) {
  if ((sluice::looks(record) & looks.mask) != looks.word) return false;
  if (!Size::kOne && StableShape::count_of(s.slot) != 1) return has_composite_key(record, s.slot, call);
  const char* key = reinterpret_cast<const char*>(&record) + looks.key_at;
  return same_bytes(key, call.value(Size::kOne ? 0 : StableShape::value_of(s.slot, 0)).data(), s.key_size);
}

struct Found {
  Record* record = nullptr;
  bool nowhere = false;  // no record, and none elsewhere either
};

// The subject's record if it stands where it is looked for first: its tag's own place, else the bucket around it.
template <class Size, Asked C>
[[gnu::always_inline]] inline Found find_near(RecordBase records, const Looks& looks, const Subject& s, const C& call) {
  const uint32_t tag = Index::tag_of(s.hash);
  const IndexWord* place = s.shard->index.own_place(tag);
  RecordId id = place->id;
  if (place->tag != tag) [[unlikely]] {
    const IndexWord* home = s.shard->index.home_of(tag);
    id = Index::guess_in(home, tag);
    if (id == 0) return {nullptr, Index::is_last(home)};
  }
  Record* record = records.at(id);  // also of nobody's number, where no record is
  return is_of<Size>(*record, looks, s, call) ? Found{record, false} : Found{};
}

// The same, wherever it stands.
template <class Size, Asked C>
[[gnu::noinline]] Record* find_far(const RecordArena& arena, Looks looks, Subject s, C call) {
  const RecordId id = s.shard->index.find(Index::tag_of(s.hash),
                                          [&](RecordId candidate) { return is_of<Size>(*arena.at(candidate), looks, s, call); });
  return id == 0 ? nullptr : arena.at(id);
}

template <class Size, Asked C>
[[gnu::always_inline]] inline Record* find(const RecordArena& arena, const Looks& looks, const Subject& s, const C& call) {
  const Found found = find_near<Size>(arena.records(), looks, s, call);
  if (found.record != nullptr || found.nowhere) return found.record;
  return find_far<Size>(arena, looks, s, call);
}

}  // namespace sluice::straight
