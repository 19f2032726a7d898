// SPDX-License-Identifier: Apache-2.0
// Why a message has not gone: every rule that holds it now, each with its until, in that order. It leaves by the last.
#pragma once

#include <string>
#include <vector>

#include "core/engine/engine.h"

namespace sluice {

// Of rules with one until the later here is the cause: it is told last.
enum class HoldKind : uint8_t {
  turn,             // others of its line go before it
  send_at,          // it is not to go before
  retry,            // its own wait after it was tried
  flow,             // all that its tenant has in its class of the line is parked
  earlier_message,  // one to the same recipient is parked
  campaign,         // its campaign is paused, or its slot has not come, or its rate is used
  hours,            // its hours are closed
  in_flight,        // the line has as many leases as it may
  line,             // the line is closed
  line_limit,       // a limit that holds the whole line
  limit,            // a limit of its own
};

struct Hold {
  HoldKind kind = HoldKind::turn;
  Instant until = kNever;      // kOnRelease; kNever: nobody can tell
  bool is_bound = false;       // not before `until`, else exactly then
  uint64_t ahead = 0;          // turn, campaign: messages that go before it; of a campaign at least
  uint64_t message = 0;        // flow, earlier_message: the one that waits
  uint64_t campaign = 0;       // its number
  uint32_t share = 0;          // campaign: the most of the line's pace, in hundredths of a percent
  std::string rate;            // campaign: the most of all its lines together
  const char* state = "";      // how the line, the campaign or the limit stands
  std::string name;            // of the campaign
  std::string reason;          // line: as its pool was told
  std::string limit, subject;  // line_limit, limit
  std::string zone;            // hours: the zones by whose clocks they are
  bool is_metered = false;     // has the next two
  uint64_t used = 0, amount = 0;
};

struct MessageExplanation {
  uint64_t message = 0;
  MessageState state = MessageState::none;
  std::string line;
  Promise promise;
  std::vector<Hold> holds;

  void put_in_order();
};

// docs/queue.md says what is in it.
std::string json_of(const MessageExplanation& explanation);

}  // namespace sluice
