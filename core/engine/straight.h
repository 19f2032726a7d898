// SPDX-License-Identifier: Apache-2.0
// The straight way through a decision: subjects all known, charges all plain, every limit open. Most decisions are like that.
//
// 1. It asks and takes by the same limit functions as the Decider, in the same order; it only leaves out what cannot matter here.
// 2. Whatever is not plain, at the first sign of it and before anything was taken, goes to the Decider, which knows all of it.
#pragma once

#include <array>
#include <cstdint>

#include "core/policy/compiled_policy.h"

namespace sluice {

inline constexpr size_t kStraightCharges = 8;

struct StraightCharge {
  const Rule* rule;
  const AmountTerms* amounts;      // by plan
  const Billing* billing;          // of subjects that have none of their own
  uint64_t cost;
  int16_t quantity;                // kNone: cost
  uint16_t position;               // of the limit
  uint16_t state_offset;
  uint8_t slot;
  ChargeType type;
  bool by_plan;
  bool queued;
};

struct StraightPlan {
  uint8_t count = 0;               // of charges; 0: never straight
  std::array<StraightCharge, kStraightCharges> charges;
};

StraightPlan straight_plan(const CompiledPolicy& policy, const Operation& operation);

struct ControlBlock;
struct Decision;
struct Request;
struct SubjectRef;

struct StraightCall {
  SubjectRef* subjects;            // formed; their shards are locked
  size_t subject_count;
  const Request* request;
  int64_t now;
};

namespace straight {

// Decides one request from forming to unlocking; false: it is not straight, and nothing has happened.
// REQUIRES: the operation's number is in range.
bool decide(ControlBlock& block, uint64_t handle, const Request& request, Decision* decision);

}  // namespace straight
}  // namespace sluice
