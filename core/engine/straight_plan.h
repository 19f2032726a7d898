// SPDX-License-Identifier: Apache-2.0
// What an operation needs to be decided the straight way (straight.h), laid out when its policy is loaded.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/policy/compiled_policy.h"

namespace sluice {

inline constexpr size_t kStraightCharges = 8;
inline constexpr size_t kStraightSlots = 4;

struct StraightCharge {
  const Rule* rule;
  const std::byte* amounts;  // the Amount of plan 0
  const Billing* billing;    // of subjects that have none of their own
  uint64_t cost;
  Span slack;             // of a pace
  uint32_t stride;        // bytes from one plan's amount to the next; 0: one for all
  int32_t limit_id;       // the engine's number
  int16_t quantity;       // kNone: cost
  uint16_t position;      // of the limit
  uint16_t state_offset;  // in the record, header included
  uint8_t slot;
  Kind kind;
  ChargeType type;
  DenialKind denies_as;
  bool queued;

  const Amount& amount(uint8_t plan) const { return *reinterpret_cast<const Amount*>(amounts + size_t{stride} * plan); }
};

// One unit of one pace, of whole units on every plan: always on the grid of its own debt. All that charging it takes, side by side.
struct LonePlan {
  struct Pace {
    Span unit;
    Span depth;
    uint64_t shown;  // what passes at once from idle
  };

  uint32_t looks = 0;  // as below, of the one slot
  uint32_t key_offset = 0;
  uint32_t state_offset = 0;
  DenialKind denies_as = DenialKind::none;
  bool refuses = false;
  int32_t limit_id = -1;
  std::vector<Pace> paces;  // by plan; empty: the operation is not lone
};

struct StraightPlan {
  LonePlan lone;
  uint8_t count = 0;     // of charges; 0: never straight
  bool refuses = false;  // denials too are straight: every charge is a plain one of a limit that denies
  // Of the record in each slot: what it looks like but for its key's size, and the bytes before its key.
  std::array<uint32_t, kStraightSlots> looks{};
  std::array<uint32_t, kStraightSlots> key_offset{};
  std::array<StraightCharge, kStraightCharges> charges{};
};

struct Generation;

// Whether one look at its record decides a charge, but for what kind of limit it is on.
bool is_plain_charge(const CompiledPolicy& policy, const OperationCharge& charge);
// A charge on its record, whatever its kind. `limit_id`: the engine's number.
StraightCharge straight_charge(const CompiledPolicy& policy, const OperationCharge& charge, int32_t limit_id);

// REQUIRES: all of the generation's numbers are there but its operations'.
StraightPlan straight_plan(const Generation& generation, const Operation& operation);

}  // namespace sluice
