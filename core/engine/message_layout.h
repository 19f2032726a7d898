// SPDX-License-Identifier: Apache-2.0
// What messages of an operation remember, as it was when they were accepted: which charges they took and will take, so that each can
// be given back, and which of their values they keep themselves.
//
// 1. Layouts are made with a policy and stay: a message outlives reloads. Equal ones are one.
// 2. A row per charge that a message can get back; those that must remember when they were taken have a stamp in the message.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/engine/generation.h"
#include "core/queue/message.h"

namespace sluice {

// A stamp: the instant that `Taken` had, and whether a value opened a slot.
inline constexpr uint64_t kOpenedASlot = uint64_t{1} << 63;
inline uint64_t stamp_of(const Taken& taken) {
  return static_cast<uint64_t>(taken.stamp) | ((taken.opened[0] & 1) != 0 ? kOpenedASlot : 0);
}

struct LayoutRow {
  int32_t limit = -1;  // the engine's number
  uint32_t born = 0;   // with which policy the limit's state began
  uint8_t scope = 0;   // the engine's number
  uint8_t charge = 0;  // position among the operation's
  uint8_t value_count = 0;
  uint8_t values[kMaxScopeDimensions] = {};  // of the subject, by position among the operation's
  uint64_t cost = 1;                         // when quantity is kNone
  int16_t quantity = kNone;
  int16_t of = kNone;
  int16_t stamp = kNone;       // position among the message's stamps
  bool at_lease = false;       // taken by a lease, else when it was accepted
  bool while_queued = false;   // given back at the end, whatever it is
  bool refund_failed = false;  // given back when the send failed
  bool unsent_back = false;    // given back when it ends before it was sent
  bool on_line = false;        // its subject is the line alone
  bool of_tenant = false;      // its subject is the tenant alone
  bool plain_units = false;    // of a gauge that names nothing
  bool counts = false;         // so many units of a window or a gauge, that may come back together with others'

  friend bool operator==(const LayoutRow&, const LayoutRow&) = default;
};

struct MessageLayout {
  int32_t operation = -1;  // the engine's number
  uint8_t value_count = 0;
  int16_t line = kNone, tenant = kNone, recipient = kNone;  // positions among the values
  int16_t turn_quantity = kNone;                            // the quantity that a turn costs, else `turn_cost`
  uint32_t turn_cost = 1;
  int32_t turn_limit = -1;     // the engine's number of the limit that it is charged by
  int16_t turn_stamp = kNone;  // where that charge's stamp stands
  uint8_t stamp_count = 0, quantity_count = 0;
  bool alone = true;          // all that it can give back is the line's
  bool ends_straight = true;  // what comes back when it was sent is plain units of the line's
  std::vector<LayoutRow> rows;

  // Whether the message keeps a value itself: the line and the flow know theirs.
  bool keeps(int16_t position) const { return position != line && position != tenant; }
  uint32_t turn_cost_of(const Message& message) const {
    const uint64_t cost = turn_quantity == kNone ? turn_cost : message.quantities()[turn_quantity];
    return static_cast<uint32_t>(std::clamp<uint64_t>(cost, 1, UINT32_MAX));
  }
  friend bool operator==(const MessageLayout&, const MessageLayout&) = default;
};

// Whether a charge is a lease's, of a limit that holds its line: what no message of the line can go past.
bool holds_line(const CompiledPolicy& policy, const OperationCharge& charge, const Limit& limit);
// Whether a charge is left to the lease.
constexpr bool is_lease_charge(const OperationCharge& charge) {
  return charge.mode == Mode::queue && charge.type == ChargeType::normal && !charge.while_queued;
}

// The layouts of an engine, by the number that messages carry.
// Threads: one adds, and others may read those that were there before: no table moves.
class MessageLayouts {
 public:
  static constexpr size_t kMost = 65535;

  const MessageLayout& at(uint16_t number) const { return *tables_[number / kInTable]->of[number % kInTable]; }
  // Fills in a generation's queue plans; false when there are too many layouts.
  bool add(Generation& generation);

 private:
  static constexpr size_t kInTable = 256;
  struct Table {
    std::unique_ptr<const MessageLayout> of[kInTable];
  };
  size_t number_of(MessageLayout&& layout);

  std::unique_ptr<Table> tables_[(kMost + 1) / kInTable];
  size_t count_ = 1;  // 0 is none's
};

}  // namespace sluice
