// SPDX-License-Identifier: Apache-2.0
// Where in its line's order a message stands: how many leave up to and including it, if nothing else comes and nothing stops it.
//
// By formula where everything costs one: in its class its own flow's share against every other's, round by round; between classes the
// floor's pattern. Otherwise by taking the turns on paper, up to 256 of them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/queue/line_queue.h"

namespace sluice {

inline constexpr uint32_t kMostFlowsCounted = 256;
inline constexpr uint32_t kMostTurnsWalked = 256;

// A message that is or would be in a flow.
struct Place {
  MessageClass message_class = MessageClass::transactional;
  CellId flow = 0;       // 0: it would begin one
  uint32_t weight = 1;   // of that one
  uint64_t in_flow = 1;  // how many of its flow go up to and including it
  CellId message = 0;    // 0: it would be the last of its flow
  uint32_t cost = 1;
};

// The turn of a message that waits. REQUIRES: its status is waiting and its flow is in the ring.
Place place_of(CellBase cells, const Message& message, CellId cell);

struct QueuePosition {
  uint64_t turns = 0;  // 1 is the next; 0: not known
  bool exact = false;  // else at least so many
};

// REQUIRES: every message that is ready costs one, and so does this one.
QueuePosition position_by_formula(CellBase cells, const LineQueue& line, uint32_t floor, const Place& place);

// The messages that leave up to and including it, in order, the last one 0 where it is not there yet; exact as long as they are no
// more than kMostTurnsWalked.
QueuePosition position_by_walk(CellBase cells, const LineQueue& line, uint32_t floor, const Place& place,
                               std::vector<CellId>* order);

}  // namespace sluice
