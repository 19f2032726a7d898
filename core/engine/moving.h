// SPDX-License-Identifier: Apache-2.0
// What moving a recipient works with.
#pragma once

#include <string>
#include <vector>

#include "core/engine/pools.h"
#include "core/engine/send_queue.h"

namespace sluice {

// A message that waits on a line. `cell`: good while the line is locked.
struct Waiting {
  uint64_t message = 0;
  CellId cell = 0;
  Party party;
  bool ours = false;    // taken in through the pool
  bool paced = false;   // of a campaign, whose share of this line it is: it stays
  bool unsent = false;  // nobody can have got it yet
};

// A line that a recipient could move to.
struct Target {
  std::string name;
  uint32_t number = 0;
  Offer offer;
};

struct Move {
  PoolSet set;
  Party party;
  uint32_t from = 0, to = 0;  // 0: to the best
  Why why = Why::suspended;
  Instant now = 0;
  bool only_new = false;  // not one who has had something from the line
  bool on_paper = false;  // nothing is moved

  // as seen
  std::string from_name;
  uint64_t version = 0;
  uint32_t route_line = 0;
  std::vector<Target> targets;
};

}  // namespace sluice
