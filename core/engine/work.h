// SPDX-License-Identifier: Apache-2.0
// The scratch of one decision: its subjects, its items (one charge on one subject), and its locks. Lives on the caller's stack.
//
// 1. A subject stands once, however many charges or repeated values lead to it; so does a value.
// 2. Items keep the operation's charge order, then the order of the repeated values.
#pragma once

#include <cstdint>

#include "core/engine/control_block.h"
#include "core/engine/engine.h"
#include "core/engine/extras.h"
#include "core/engine/generation.h"
#include "core/limits/limit.h"

namespace sluice {

// A set of shards, locked in index order. Most decisions have one.
class LockSet {
 public:
  void clear() { only_ = kNoShard; summary_ = 0; }
  void add(uint32_t shard) {
    if (only_ == kNoShard) {
      only_ = shard;
    } else if (only_ != shard || summary_ != 0) {
      if (summary_ == 0) mark(only_);
      mark(shard);
    }
  }
  void lock(ControlBlock& block) SLUICE_NO_ANALYSIS {
    each([&](uint32_t shard) SLUICE_NO_ANALYSIS { block.shards[shard].lock.lock(); });
  }
  void unlock(ControlBlock& block) SLUICE_NO_ANALYSIS {
    each([&](uint32_t shard) SLUICE_NO_ANALYSIS { block.shards[shard].lock.unlock(); });
  }

 private:
  static constexpr uint32_t kNoShard = UINT32_MAX;

  void mark(uint32_t shard) {
    const uint32_t w = shard / 64;
    if ((summary_ >> w & 1) == 0) {
      summary_ |= 1u << w;
      words_[w] = 0;
    }
    words_[w] |= uint64_t{1} << (shard % 64);
  }
  template <class Fn>
  void each(Fn&& fn) const {
    if (summary_ == 0) return fn(only_);
    for (uint32_t s = summary_; s != 0; s &= s - 1) {
      const auto w = static_cast<uint32_t>(__builtin_ctz(s));
      for (uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) fn(w * 64 + static_cast<uint32_t>(__builtin_ctzll(bits)));
    }
  }

  uint32_t only_ = kNoShard;
  uint32_t summary_ = 0;               // which words are in use; 0: at most one shard
  uint64_t words_[kMaxShards / 64];
};

// Holds a set's locks, whatever happens: words for a failure may find no memory.
class HeldLocks {
 public:
  HeldLocks(LockSet& locks, ControlBlock& block) : locks_(locks), block_(block) { locks_.lock(block_); }
  ~HeldLocks() { locks_.unlock(block_); }
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;

 private:
  LockSet& locks_;
  ControlBlock& block_;
};

struct SubjectRef {
  uint64_t hash;
  uint32_t shard_index;
  uint8_t scope;              // the engine's number
  uint8_t plan;               // of the record, or the default
  bool overflow;              // served by the shard's overflow record
  bool exists;                // has a record of its own
  bool created;               // its record was made for this decision
  bool taken;                 // something was committed to it
  KeyView key;
  Shard* shard;
  RecordId id;                // 0: none
  Record* record;             // nullptr: none
  const std::byte* state;     // of the record, else what a new one begins with
  const Extras* extras;
  Instant base;               // it is evaluated at max(now, base)
};

struct Item {
  const OperationCharge* charge;
  const Limit* limit;
  uint16_t position;          // of the limit in the policy
  uint8_t plan;               // that chose the amount
  uint32_t repeat;            // position of the repeated value, 0 without
  uint64_t times;             // how many values it stands for
  SubjectRef* subject;
  Params params;
  Charge ask;
  Instant opens;
  bool passes, refuses, waits;
  Taken taken;

  const std::byte* state() const { return subject->state + limit->state_offset; }
  std::byte* record_state() const { return subject->record->state() + limit->state_offset; }
  bool denies_ever() const { return ask.type == ChargeType::normal || ask.type == ChargeType::attempt; }
};

inline constexpr size_t kFewSubjects = 8;
inline constexpr size_t kFewItems = 16;
inline constexpr size_t kMostItems = kMaxCharges * kMaxSubjects;

// What the repeated dimension brought, each value once.
struct Repeats {
  uint32_t count = 0;                 // unique values
  const Bytes* value[kMaxSubjects];
  uint64_t hash[kMaxSubjects];
  uint64_t print[kMaxSubjects];       // fingerprints
  uint32_t times[kMaxSubjects];
  uint32_t first[kMaxSubjects];       // position in the request
};

struct Work {
  const Request* request = nullptr;
  OperationShape shape;
  Instant now = 0;

  SubjectRef* subjects = nullptr;
  size_t subject_count = 0;
  size_t first_of_slot[kMaxSlots];
  SubjectRef* idempotency = nullptr;  // the record of its key
  Item* items = nullptr;
  size_t item_count = 0;
  Repeats* repeats = nullptr;         // nullptr: nothing repeated
  uint64_t value_hash[kMaxDimensions];
  uint64_t value_print[kMaxDimensions];
  LockSet locks;

  // set by the verdict
  Status status = Status::ok;
  DenialKind denial = DenialKind::none;
  Item* named = nullptr;
  WaitKind wait_kind = WaitKind::none;
  Span retry_after = 0;
};

// Storage for a decision of ordinary size, and for the largest one.
// Raw: nothing is read before it was formed, and forming sixteen items to use one would cost more than the decision.
template <class T, size_t kCount>
class Raw {
 public:
  T* get() { return reinterpret_cast<T*>(bytes_); }

 private:
  alignas(T) std::byte bytes_[kCount * sizeof(T)];
};
struct SmallStorage {
  Raw<SubjectRef, kFewSubjects> subjects;
  Raw<Item, kFewItems> items;
};
struct LargeStorage {
  Raw<SubjectRef, kMaxSubjects + 1> subjects;
  Raw<Item, kMostItems> items;
  Repeats repeats;
};

// request.cpp: before locking. Checks the request against the shape, hashes, and forms the subjects.
// The check that most requests pass: no flags, nothing repeated, no key. What it refuses, check_request says why, or finds right.
inline bool is_plainly_right(const Request& request, size_t value_count, size_t quantity_count) {
  if (request.flags != 0 || request.values.size() != value_count || request.quantities.size() != quantity_count ||
      !request.repeated.empty() || request.idempotency_key.data() != nullptr) {
    return false;
  }
  for (const Bytes& value : request.values) {
    if (value.data() == nullptr || value.size() - 1 >= kMaxKeyBytes) return false;
  }
  for (const uint64_t quantity : request.quantities) {
    if (quantity >= kCountLimit) return false;
  }
  return true;
}
inline bool is_plainly_right(const Request& request, const OperationShape& shape) {
  return is_plainly_right(request, shape.value_count, shape.quantity_count);
}
Status check_request(const Request& request, const OperationShape& shape, std::string* error);
bool is_small(const Request& request, const OperationShape& shape);
// Adds the subjects' shards to the work's lock set.
Status form_subjects(const ControlBlock& block, const HashSecret& secret, Work& work, std::string* error);

}  // namespace sluice
