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
  const std::byte* amounts;    // the Amount of plan 0
  const Billing* billing;      // of subjects that have none of their own
  uint64_t cost;
  Span slack;                  // of a pace
  uint32_t stride;             // bytes from one plan's amount to the next; 0: one for all
  int32_t limit_id;            // the engine's number
  int16_t quantity;            // kNone: cost
  uint16_t position;           // of the limit
  uint16_t state_offset;       // in the record, header included
  uint8_t slot;
  Kind kind;
  ChargeType type;
  bool queued;

  const Amount& amount(uint8_t plan) const { return *reinterpret_cast<const Amount*>(amounts + size_t{stride} * plan); }
};

struct StraightPlan {
  uint8_t count = 0;           // of charges; 0: never straight
  bool refuses = false;        // denials too are straight: every charge is a plain one of a limit that denies
  std::array<uint16_t, kStraightSlots> state_size{};  // of the record in each slot
  std::array<StraightCharge, kStraightCharges> charges;
};

// `limit_number`: the engine's numbers of the policy's limits.
StraightPlan straight_plan(const CompiledPolicy& policy, const Operation& operation, const std::vector<int32_t>& limit_number);

}  // namespace sluice
