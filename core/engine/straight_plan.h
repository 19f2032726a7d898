// SPDX-License-Identifier: Apache-2.0
// What an operation needs to be decided the straight way (straight.h), laid out when its policy is loaded.
#pragma once

#include <array>
#include <cstdint>

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
  bool whole;  // its amount is of whole units on every plan

  const Amount& amount(uint8_t plan) const { return *reinterpret_cast<const Amount*>(amounts + size_t{stride} * plan); }
};

struct StraightPlan {
  uint8_t count = 0;     // of charges; 0: never straight
  bool refuses = false;  // denials too are straight: every charge is a plain one of a limit that denies
  // Of the record in each slot: bytes before its key, and its header's word but for what the key and the plan decide.
  std::array<uint64_t, kStraightSlots> head{};
  std::array<uint32_t, kStraightSlots> key_offset{};
  std::array<StraightCharge, kStraightCharges> charges;

  // One unit of one pace, of whole units on every plan, always on the grid of its own debt.
  bool is_lone() const {
    const StraightCharge& c = charges[0];
    return count == 1 && c.kind == Kind::pace && c.quantity == kNone && c.cost == 1 && !c.queued && c.slack == 0 && c.whole;
  }
};

struct Generation;

// REQUIRES: all of the generation's numbers are there but its operations'.
StraightPlan straight_plan(const Generation& generation, const Operation& operation);

}  // namespace sluice
