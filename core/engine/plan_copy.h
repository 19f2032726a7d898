// SPDX-License-Identifier: Apache-2.0
// A part of a running engine as an engine of its own, for a question about what would happen next: the records that a campaign of
// one account and what waits on its lines would charge, its pool and its recipients' routes, and the messages themselves.
//
// 1. The engine that is asked changes in nothing. Each of its locks is held for one record, or for one line and its messages.
// 2. So a copy of an engine that others use meanwhile is what each part was when it was looked at, one after the other.
// 3. The copy has the same policy, so everything has the same position in both; numbers of limits and operations may differ.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/engine.h"
#include "core/engine/pools.h"
#include "core/engine/send_queue.h"

namespace sluice {

// A message as it stands on its line.
struct CopiedMessage {
  size_t operation = 0;  // position
  std::vector<std::string> values;
  std::vector<uint64_t> quantities, stamps;
  MessageClass message_class = MessageClass::transactional;
  MessageState state = MessageState::none;
  bool blocked = false;  // parked: by a limit, not by its own retry
  bool chained = false;  // parked: behind another to its recipient
  Instant due = 0, expires = 0;
  uint16_t tries = 0;
  uint64_t campaign = 0;     // as the engine that is asked numbers it
  uint64_t flow = 0;         // by when its turn comes
  uint64_t credit = 0;       // of its flow
  Instant flow_due = 0;      // its flow is parked until then; 0: it is not
  bool parked_flow = false;  // it is the one whose limit did that
  uint64_t place = 0;        // in its flow, of those that wait there as they came; 0: elsewhere
  bool came_back = false;    // waits in its flow by age
  uint64_t age = 0;
  std::string zone;  // by whose clocks its hours are; empty: the policy's
};

// A campaign's lane on a line.
struct CopiedLane {
  uint64_t campaign = 0;
  Instant slot = 0, next_slot = 0;
  bool begun = false;
  std::string zone;  // its messages'
};

struct CopiedLine {
  std::string name;
  uint64_t number = 0;  // in the order in which lines got messages: those that are due at one instant go by it
  Instant closed_until = 0, ready_since = 0;
  uint32_t passed_by = 0;
  std::vector<CopiedMessage> messages;
  std::vector<CopiedLane> lanes;
};

// Messages and where they are here, flow by flow, by age.
using CopiedHere = std::vector<std::pair<const CopiedMessage*, Held>>;

class PlanCopier {
 public:
  PlanCopier(EngineCore& from, EngineCore& to, const PlanCopyRequest& asked, Instant now, PlanCopied* out, std::string* error)
      : from_(from), to_(to), asked_(asked), now_(now), out_(*out), error_(error) {}

  Status run();

 private:
  // plan_copy.cpp: what is asked about, and its records
  Status copy_pool();
  Status copy_subjects();
  Status copy_subjects_of(const CopiedMessage& message);
  Status copy_subject_of(const Slot& slot, std::span<const Bytes> values);
  Status copy_subject(int16_t scope, Bytes bytes, const KeyView& key);
  bool copy_extras(const Extras* extras, Shard& shard, RecordId id, Record& record) const;
  Status copy_route(Bytes recipient);
  Status no_memory() const;

  // plan_copy_queue.cpp: what waits
  CopiedLine look_at_line(Bytes name) const;
  CopiedMessage look_at(const Held& held) const;
  Status copy_campaign(uint64_t there, uint64_t* here);
  Status copy_line(const CopiedLine& line);
  void copy_lane(const CopiedLane& lane, const Line& line) const;
  Status zones_of(const std::string& names, uint32_t* number) const;
  Status hold(const CopiedMessage& message, uint64_t campaign, PendingMessage* pending);
  void stand_as(const CopiedMessage& message, const Held& held) const;
  void put_in_order(const CopiedHere& here) const;
  void park(const CopiedMessage& message, const Held& held) const;
  void wait_for_limits(const CopiedMessage& message, const Held& held) const;
  Status leave(uint64_t message) const;

  EngineCore& from_;
  EngineCore& to_;
  const PlanCopyRequest& asked_;
  const Instant now_;
  PlanCopied& out_;
  std::string* const error_;
  PoolSet pool_;
  std::vector<CopiedLine> lines_;
  std::vector<std::pair<uint64_t, uint64_t>> campaigns_;  // numbers there and here
};

}  // namespace sluice
