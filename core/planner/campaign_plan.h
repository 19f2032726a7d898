// SPDX-License-Identifier: Apache-2.0
// How long does this campaign take under this policy? Answered by running it: a client that waits as long as it is told and tries
// again, the engine's own campaign, and a worker that sends what is due at once.
//
// 1. A message goes to each recipient. Nothing else happens in the account, and nothing has before but conversations that are said
//    to be open.
// 2. A limit that refuses holds the client, one that makes wait holds messages; either way it is named with the time it held the
//    first that could not go on.
#pragma once

#include <span>
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

// A running engine that is asked, as far as it has been copied: the scratch engine, and who is who in it.
struct LivePlan {
  uint64_t engine = 0;
  Instant now = 0;
  std::vector<std::string> lines;
  std::span<const Bytes> values;      // of the operation; the line's and the recipient's are not looked at
  std::span<const Bytes> recipients;  // empty: nobody that it has heard of
  uint64_t waiting = 0, in_flight = 0;
  uint64_t memory_left = 0;
};

// A limit of the account, before and after.
struct PlannedQuota {
  std::string limit;
  uint64_t amount = 0;  // 0: none
  uint64_t before = 0, after = 0;
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
  std::vector<PlannedQuota> quota;
  uint64_t waiting = 0, in_flight = 0;  // of a running engine: messages in front, and those that it had leased
  std::string answer;
  std::vector<std::string> notes;
};

Status plan_campaign(const CampaignPlanSpec& spec, CampaignPlan* out, std::string* error);
// live_plan.cpp: the same of a running engine, as it is now; it stays as it is. Of the spec the policy, its stance and the plans are
// not looked at; `lines` names those that it goes by, where the operation has no pool.
struct LivePlanSpec {
  uint64_t engine = 0;
  std::span<const Bytes> values;
  std::span<const Bytes> lines;
  std::span<const Bytes> recipients;
};
Status plan_campaign_on(const LivePlanSpec& live, const CampaignPlanSpec& spec, CampaignPlan* out, std::string* error);
std::string campaign_plan_json(const CampaignPlanSpec& spec, const CampaignPlan& plan);

// campaign_run.cpp. `live`: nullptr: a scratch engine from the question.
Status run_campaign(const CampaignPlanSpec& spec, const Planned& planned, const CampaignRate& rate, const LivePlan* live,
                    CampaignPlan* plan, std::string* error);
// campaign_plan.cpp: all but finding the policy.
Status plan_found(const CampaignPlanSpec& spec, const Planned& planned, const LivePlan* live, CampaignPlan* out,
                  std::string* error);
// What is wrong with a question, whichever engine it is about.
Status check_campaign(const CampaignPlanSpec& spec, const Planned& planned, std::string* error);
// campaign_words.cpp
void say_campaign_plan(const CampaignPlanSpec& spec, const Planned& planned, CampaignPlan* plan);

}  // namespace sluice::planner
