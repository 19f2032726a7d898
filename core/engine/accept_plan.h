// SPDX-License-Identifier: Apache-2.0
// What an operation's messages need to be taken in the straight way (straight_enqueue.h), laid out when its policy is loaded.
#pragma once

#include <array>
#include <vector>

#include "core/engine/straight_plan.h"
#include "core/queue/message.h"

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
  MessageClass message_class = MessageClass::transactional;  // of a message that brings none
  uint8_t plain_classes = 0;                                 // a bit each: nothing about their messages but where they stand
  uint32_t payload = 0;                                      // the most bytes of one
  std::array<uint64_t, kMessageClasses> spared{};            // by class: what a message leaves free of every depth
  // Of the record in each slot: what it looks like but for its key's size and what hangs off it, and the bytes before its key.
  std::array<uint32_t, kStraightSlots> looks{};
  std::array<uint32_t, kStraightSlots> key_offset{};
  std::vector<AcceptCharge> now;      // taken with the message
  std::vector<StraightCharge> later;  // left to its lease: they must be able to pass some day
  AcceptCharge named;                 // the first of them all, which the answer tells of
  Message model;                      // as each of them begins
};

// REQUIRES: the layout is the operation's, `number` its own.
AcceptPlan accept_plan(const Generation& generation, const Operation& operation, uint16_t number, const MessageLayout& layout);

}  // namespace sluice
