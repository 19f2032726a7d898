// SPDX-License-Identifier: Apache-2.0
// How long does this campaign take under this policy? Answered by running it: a client that waits as long as it is told and tries
// again, the engine's own campaign, and a worker that sends what is due at once.
//
// 1. A message goes to each recipient. Nothing else happens in the account, and nothing has before but conversations that are said
//    to be open.
// 2. A limit that refuses holds the client, one that makes wait holds messages; either way it is named with the time it held the
//    first that could not go on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/planner/scratch.h"
#include "core/queue/campaign.h"

namespace sluice::planner {

inline constexpr uint32_t kMostCampaign = 200'000;  // recipients
inline constexpr Span kMostCampaignTime = 400 * kDay;

struct CampaignPlanSpec {
  Question question;
  uint32_t recipients = 0;
  uint32_t in_conversation = 0;  // of those; the rest is new to the account
  uint32_t lines = 1;
  Instant starts_at = 0;
  Span duration = 0;       // to spread it over; 0: as fast as its share allows
  std::string_view rate;   // "30/s": the campaign's own, the most of all its lines together; empty: none
  uint32_t share = 5'000;  // the most of a line's pace, in hundredths of a percent
};

// A limit that held messages.
struct Blocker {
  std::string limit;     // empty: the queue's own wait, or the pool
  bool refuses = false;  // messages were not taken in; else they waited in the queue
  bool forever = false;  // waiting does not help
  uint64_t times = 0;    // refusals, or waits
  Span held = 0;         // together
  Instant first_at = 0, last_until = 0;
  std::string words;
};

struct PlannedLine {
  std::string name;
  uint64_t messages = 0;
  Instant first_at = 0, last_at = 0;
  uint32_t peak_share = 0;  // of its pace in its busiest while, in hundredths of a percent; 0: it has none
};

struct CampaignPlan {
  Instant starts_at = 0;
  Instant finishes_at = 0;  // when the last leaves; 0: not within 400 days
  uint64_t sent = 0;
  Span unhindered = 0;  // what its lines, its duration and its rate alone would take
  Span spread = 0;      // for how long its own slots and rate, and no limit, held the first that waited
  LineRate line_rate;
  std::vector<PlannedLine> lines;
  std::vector<Blocker> blockers;  // those that held longest first
  std::string answer;
  std::vector<std::string> notes;
};

Status plan_campaign(const CampaignPlanSpec& spec, CampaignPlan* out, std::string* error);
std::string campaign_plan_json(const CampaignPlanSpec& spec, const CampaignPlan& plan);

// campaign_run.cpp
Status run_campaign(const CampaignPlanSpec& spec, const Planned& planned, const CampaignRate& rate, CampaignPlan* plan,
                    std::string* error);
// campaign_words.cpp
void say_campaign_plan(const CampaignPlanSpec& spec, const Planned& planned, CampaignPlan* plan);

}  // namespace sluice::planner
