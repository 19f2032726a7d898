// SPDX-License-Identifier: Apache-2.0
// The scratch of one decision: its subjects, its items (one charge on one subject), and its locks. Lives on the caller's stack.
//
// 1. A subject stands once, however many charges or repeated values lead to it; so does a value.
// 2. Items keep the operation's charge order, then the order of the repeated values.
#pragma once

#include <cstdint>

#include "core/base/raw.h"
#include "core/engine/control_block.h"
#include "core/engine/engine.h"
#include "core/engine/extras.h"
#include "core/engine/generation.h"
#include "core/engine/lock_set.h"
#include "core/limits/limit.h"

namespace sluice {

struct SubjectRef {
  uint64_t hash;
  uint32_t shard_index;
  uint8_t scope;  // the engine's number
  uint8_t plan;   // of the record, or the default
  bool overflow;  // served by the shard's overflow record
  bool exists;    // has a record of its own
  bool created;   // its record was made for this decision
  bool taken;     // something was committed to it
  KeyView key;
  Shard* shard;
  RecordId id;             // 0: none
  Record* record;          // nullptr: none
  const std::byte* state;  // of the record, else what a new one begins with
  const Extras* extras;
  Instant base;  // it is evaluated at max(now, base)
};

struct Item {
  const OperationCharge* charge;
  const Limit* limit;
  uint16_t position;  // of the limit in the policy
  uint8_t plan;       // that chose the amount
  uint32_t repeat;    // position of the repeated value, 0 without
  uint64_t times;     // how many values it stands for
  SubjectRef* subject;
  Params params;
  Charge ask;
  Instant opens;
  bool passes, refuses, waits;
  bool later;  // of an enqueue: its lease takes it
  Taken taken;

  const std::byte* state() const { return subject->state + limit->state_offset; }
  std::byte* record_state() const { return subject->record->state() + limit->state_offset; }
  bool denies_ever() const { return ask.type == ChargeType::normal || ask.type == ChargeType::attempt; }
};

inline constexpr size_t kFewSubjects = 8;
inline constexpr size_t kFewItems = 16;
inline constexpr size_t kSomeSubjects = 64;
inline constexpr size_t kSomeItems = 64;
inline constexpr size_t kMostItems = kMaxCharges * kMaxSubjects;

// What the repeated dimension brought, each value once.
struct Repeats {
  uint32_t count = 0;  // unique values
  const Bytes* value[kMaxSubjects];
  uint64_t hash[kMaxSubjects];
  uint64_t print[kMaxSubjects];  // fingerprints
  uint32_t times[kMaxSubjects];
  uint32_t first[kMaxSubjects];  // position in the request
};

// What a decision is part of: all at once; the taking in of a message, which leaves queue-mode charges to its lease; or that lease.
enum class Phase : uint8_t { decide, enqueue, lease };

// A message that is being taken in: what was made for it before its charges were taken.
struct PendingMessage {
  const EnqueueRequest* request = nullptr;
  const Request* values = nullptr;  // the same, with a line
  Enqueued* out = nullptr;
  uint32_t shard_index = 0;  // of its line
  uint64_t line_hash = 0;    // where it has expired messages
  Instant now = 0;
  Shard* shard = nullptr;
  RecordId record = 0;
  CellId message = 0, flow = 0, line = 0, expiry = 0, lane = 0;
  bool new_flow = false, new_line = false, new_lane = false;
  Campaign* campaign = nullptr;
  MessageClass message_class = MessageClass::transactional;
  Instant expires = 0;
  uint32_t zones = 0;   // the number of those it brings
  Instant opens = 0;    // the first instant at which its hours let it leave; kNever
  bool behind = false;  // its line has messages that have expired: they go first, and it is asked anew
};

struct Routing;

struct Work {
  const Request* request = nullptr;
  OperationShape shape;
  Phase phase = Phase::decide;
  uint32_t slots = ~uint32_t{0};                      // those whose subjects are formed, a bit each
  uint32_t charge_slots = ~uint32_t{0};               // those whose charges are looked at
  PendingMessage* pending = nullptr;                  // of an enqueue
  MessageClass message_class = MessageClass::urgent;  // its message's
  const Request* given = nullptr;                     // as it came, where a pool has chosen a line since
  Routing* routing = nullptr;                         // how it did
  bool locked = false;                                // the caller holds all its locks
  Instant now = 0;

  SubjectRef* subjects = nullptr;
  size_t subject_count = 0;
  size_t first_of_slot[kMaxSlots];
  SubjectRef* idempotency = nullptr;  // the record of its key
  Item* items = nullptr;
  size_t item_count = 0;
  Repeats* repeats = nullptr;  // nullptr: nothing repeated
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

// Storage for a decision of ordinary size, for one with a few repeated values, and for the largest one.
// Raw: forming sixteen items to use one would cost more than the decision.
struct SmallStorage {
  Raw<SubjectRef, kFewSubjects> subjects;
  Raw<Item, kFewItems> items;
};
// Three more subjects than counted are records of an idempotency key, a pool and a route.
template <size_t kSubjects, size_t kItems>
struct RepeatStorage {
  Raw<SubjectRef, kSubjects + 3> subjects;
  Raw<Item, kItems> items;
  Repeats repeats;
};
using SomeStorage = RepeatStorage<kSomeSubjects, kSomeItems>;
using LargeStorage = RepeatStorage<kMaxSubjects, kMostItems>;

// request.cpp: before locking. Checks the request against the shape, hashes, and forms the subjects.
// The check that most requests pass: no flags, nothing repeated, no key. What it refuses, check_request says why, or finds right.
inline bool is_plainly_right(const Request& request, const OperationShape& shape) {
  if (request.flags != 0 || request.values.size() != shape.value_count || request.quantities.size() != shape.quantity_count ||
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
Status check_request(const Request& request, const OperationShape& shape, std::string* error);
// Which storage it takes: small, else some, else large.
bool is_small(const Request& request, const OperationShape& shape);
bool is_some(const Request& request, const OperationShape& shape);
// Adds the subjects' shards to the work's lock set.
Status form_subjects(const ControlBlock& block, const HashSecret& secret, Work& work, std::string* error);

}  // namespace sluice
