// SPDX-License-Identifier: Apache-2.0
// A campaign: messages of one tenant that leave spread over a time, and are paused or aborted as one.
//
// 1. Its messages stand in lanes, one for each line they go by, apart from what else waits there. A lane puts one message into its
//    flow at a time, when its slot has come, so whatever a campaign has waiting delays nobody.
// 2. Slots are counted in the campaign's own time, which stands still while it is paused. From one to the next it is what is left of
//    the time, divided by what is left of the messages, and never less than its share of the line allows.
// 3. A message that leaves in its slot leaves no sooner than the campaign's own rate lets it (campaign_pace.h).
// 4. Aborting is one flag, read wherever a message of it may move: from then on none is leased, and none counts. What it leaves is
//    given back line by line as each is touched.
// Threads: the lock of its home shard, but for the flags, which lanes read under their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/time.h"
#include "core/limits/queue_rules.h"
#include "core/queue/campaign_pace.h"
#include "core/queue/line_queue.h"

namespace sluice {

inline constexpr uint32_t kWholeShare = 10'000;  // of hundredths of a percent

struct CampaignRules {
  MessageClass message_class = MessageClass::bulk;
  Instant starts_at = 0;
  Span duration = 0;        // 0: as fast as its share allows
  uint32_t share = 5'000;   // the most of a line's pace, in hundredths of a percent
  bool catches_up = false;  // after a pause: keeps its end; else the end moves
  uint32_t pause_share =
      0;  // of failures among the last `pause_window` outcomes that pauses it, in hundredths of a percent; 0: none does
  uint32_t pause_window = 200;
  CampaignRate rate;  // the most of all its lines together, as it is when it is made
};

// A line that a campaign goes by, found as a waiter's is.
struct CampaignLine {
  uint32_t shard = 0;
  uint64_t hash = 0;
};

// What its waiting messages took of their tenant and would get back, by limit and period.
struct CampaignTally {
  int32_t limit = -1;
  uint32_t born = 0;
  uint64_t stamp = 0;
  uint64_t units = 0;
};

struct Campaign {
  uint64_t id = 0;
  std::string name, tenant;
  CampaignRules rules;
  CampaignPace pace;
  std::atomic<bool> paused{false}, aborted{false};
  std::atomic<uint32_t> lanes{0};  // that point here
  bool sealed = false, finished = false;
  Instant paused_at = 0, over_at = 0;
  size_t bytes = 0;              // of the memory cap
  std::atomic<Span> stopped{0};  // for how long it stood still
  uint64_t accepted = 0, queued = 0;
  uint64_t ended[kMessageStates] = {};
  std::unordered_set<uint64_t> in_flight;
  std::vector<CampaignLine> lines;
  std::vector<CampaignTally> tallies;
  std::vector<bool> outcomes;  // the last ones, true is a failure
  uint32_t next_outcome = 0, failures = 0;

  // Into its own time and out of it.
  Instant own_time(Instant now) const { return now - stopped.load(std::memory_order_relaxed); }
  Instant real_time(Instant own) const { return later(own, stopped.load(std::memory_order_relaxed)); }
  // When it is to be through, in its own time.
  Instant end() const {
    const Span lost = rules.catches_up ? stopped.load(std::memory_order_relaxed) : 0;
    return later(rules.starts_at, std::max<Span>(0, rules.duration - lost));
  }
  // What waits has taken so much more, or less. False: no memory to remember it.
  bool tally(int32_t limit, uint32_t born, uint64_t stamp, int64_t units);
  // An outcome is known; true: so many have failed that it is to pause.
  bool note_outcome(bool failed);
};

namespace lane_flag {
inline constexpr uint8_t dead = 1;  // its campaign was aborted, and the line has got back what can be told at once
}  // namespace lane_flag

// A campaign's messages on one line whose recipients are in the same zones, as they came. Its `id` is the campaign's.
struct Lane : Entry {
  Campaign* campaign = nullptr;
  CellId next_lane = 0;  // of the line
  CellId head = 0, tail = 0;
  uint32_t count = 0;  // of those
  CellId out = 0;      // the one that it has put into its flow
  uint32_t held = 0;   // messages that name it
  Instant slot = 0;    // of the last that left, in the campaign's time
  Instant next_slot = 0;
  bool begun = false;
  PaceWait wait;       // for its campaign's rate
  CampaignLine place;  // where its line is found
  uint32_t zones = 0;  // the number of its messages' own; 0: the policy's
};
inline constexpr uint32_t kLaneUnits = (sizeof(Lane) + kCellUnit - 1) / kCellUnit;

// At the end of a lane, back among those in front, by age, and out of it.
void lane_append(CellBase cells, Lane& lane, CellId message);
void lane_put_back(CellBase cells, Lane& lane, CellId message);
void lane_remove(CellBase cells, Lane& lane, CellId message);
// Of what is still in the lane: when the next one leaves, in the campaign's time, if the last left at `own_now` and a line's pace is a
// message each `unit` (0: any number).
Instant lane_next_slot(const Lane& lane, Instant own_now, Span unit);

}  // namespace sluice
