// SPDX-License-Identifier: Apache-2.0
// Finds what holds a message: asks, under all the locks that takes, what its lease would ask, and takes nothing.
#pragma once

#include <string>

#include "core/engine/message_explanation.h"
#include "core/engine/send_queue.h"

namespace sluice {

class MessageExplainer {
 public:
  MessageExplainer(EngineCore& core, Instant now, MessageExplanation* out);

  Status explain(uint64_t message, std::string* error);

 private:
  // False: locks were let go in between, and all is to be looked at again.
  bool look(const Held& held, ShardLocks& locks);
  void look_at_message(const Held& held);
  void look_at_flow(const Held& held);
  void look_at_hours(const Held& held);
  void look_at_turn(const Held& held);
  void look_at_earlier(const Held& held);
  void look_at_campaign(const Held& held);
  uint32_t leases_out(const LineQueue& queue) const;
  void look_at_line(const Held& held, uint64_t pool_hash, const std::string& pool_key);
  void look_at_line_limits(const Held& held);
  void look_at_limits(const Work& work, const StoredValues& values);
  std::string pool_of(const Held& held, const StoredValues& values) const;
  const Operation& operation_of(const Held& held) const;
  Hold& add(HoldKind kind, Instant until, bool is_bound = false);
  static void meter(Hold& hold, const Limit& limit, const Params& params, const std::byte* state, Instant at);

  EngineCore& core_;
  SendQueue& queue_;
  const Instant now_;
  MessageExplanation& out_;
};

}  // namespace sluice
