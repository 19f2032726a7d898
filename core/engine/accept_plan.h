// SPDX-License-Identifier: Apache-2.0
// What an operation's messages need to be taken in the straight way (straight_enqueue.h), laid out when its policy is loaded.
#pragma once

#include <array>
#include <vector>

#include "core/engine/straight_plan.h"

namespace sluice {

struct MessageLayout;

struct AcceptCharge {
  StraightCharge charge{};
  int16_t stamp = kNone;  // position among the message's stamps
  bool while_queued = false;
};

struct AcceptPlan {
  bool straight = false;  // else nothing of it counts
  uint8_t line_slot = 0;
  int8_t tenant_slot = kNone;
  int16_t tenant = kNone;     // position among the values
  uint32_t queue_offset = 0;  // in the line's record, header included: where its queue's number stands
  std::vector<uint8_t> kept;  // positions of the values that a message keeps itself
  uint8_t stamp_count = 0, quantity_count = 0;
  // Of the record in each slot: what it looks like but for its key's size and what hangs off it, and the bytes before its key.
  std::array<uint32_t, kStraightSlots> looks{};
  std::array<uint32_t, kStraightSlots> key_offset{};
  std::vector<AcceptCharge> now;      // taken with the message
  std::vector<StraightCharge> later;  // left to its lease: they must be able to pass some day
  AcceptCharge named;                 // the first of them all, which the answer tells of
};

// REQUIRES: the layout is the operation's.
AcceptPlan accept_plan(const Generation& generation, const Operation& operation, const MessageLayout& layout);

}  // namespace sluice
