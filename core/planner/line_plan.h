// SPDX-License-Identifier: Apache-2.0
// How many lines does this traffic need? Answered by sending it through the engine on virtual time, once for each number tried.
//
// 1. The traffic is the same for every number of lines: same seed, same instants, same recipients.
// 2. Only what holds a line's messages is modelled (line_policy.h); what else the operation charges is compared with the traffic's
//    rate, and told.
// 3. An answer has met its target in a run, and its lines are used less than wholly: what is used wholly never works off a burst.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/planner/scratch.h"
#include "core/planner/traffic.h"

namespace sluice::planner {

inline constexpr uint32_t kMostSimulated = 400'000;  // messages, of each number of lines
inline constexpr uint32_t kMostRecipients = 200'000;
inline constexpr uint32_t kMostSkew = 500;  // hundredths
inline constexpr uint32_t kManyLines = 10;  // from which on carriers ask what they are for

struct LinePlanSpec {
  Question question;
  std::string_view rate;  // "4/s": how many messages come
  Arrivals arrivals = Arrivals::poisson;
  Span wait = 0;                // the longest that is accepted...
  uint32_t percentile = 9'900;  // ...by so many messages, in hundredths of a percent
  bool sticky = false;          // a recipient keeps its line
  uint32_t recipients = 1'000;
  uint32_t skew = 0;  // Zipf's exponent, in hundredths; 0: all are written to alike
  uint64_t seed = 1;
  uint32_t messages = 50'000;  // simulated, of each number of lines
  uint32_t most_lines = 0;     // to try; 0: four times the rule of thumb, and 16
};

// What a run showed. Shares are in hundredths of a percent.
struct LineRow {
  uint32_t lines = 0;
  bool stable = false;   // what comes is less than what can leave, of every line
  bool settled = false;  // the run was long enough for its waits to be those of the long run
  bool met = false;      // both, and the wait asked for
  uint64_t used = 0;     // of what the lines can send
  Span p50 = 0, p95 = 0, p99 = 0, at_percentile = 0, longest = 0, mean = 0;
  uint64_t busiest_drew = 0;  // of all messages, by the line that drew most
  uint64_t busiest_used = 0;  // of what that line can send
  uint64_t most_waiting = 0;  // at a time, of all lines
};

// Numbers are those of the C ABI.
enum class LineWarning : uint32_t {
  unstable_rule = 1,  // the rule of thumb's lines are used wholly
  hot_recipient = 2,  // one recipient alone is written to as often as a line sends, or more: lines do not help
  hot_line = 4,       // some number of lines would do, but for what one of them draws
  many_lines = 8,     // snowshoeing
  other_limit = 16,   // something else lets less through
  deep_queue = 32,    // more wait at a time than the policy's queue takes
  short_run = 64,     // fewer lines kept the wait in a run too short to tell
};

struct Warning {
  LineWarning kind;
  std::string words;
};

struct LinePlan {
  uint32_t lines = 0;          // 0: no number that was tried
  uint32_t most_lines = 0;     // that were to be tried
  uint32_t rule_of_thumb = 0;  // which was tried in any case
  uint32_t hottest_share = 0;  // of all messages, in hundredths of a percent
  Span simulated = 0;          // how long the traffic lasts
  LineRate line_rate;
  std::vector<LineRow> rows;  // by lines
  std::vector<Warning> warnings;
  std::string answer, rule;  // in words

  const LineRow* row(uint32_t lines) const;
};

Status plan_lines(const LinePlanSpec& spec, LinePlan* out, std::string* error);
std::string line_plan_json(const LinePlanSpec& spec, const LinePlan& plan);

// How the traffic stands to a number of lines, exactly.
struct Load {
  uint64_t amount = 0;  // messages each `period`
  Span period = 0;
  LineRate line;

  // In hundredths of a percent, rounded up; 0 when a line sends as often as it likes.
  uint64_t used(uint64_t lines) const;
  bool fits(uint64_t lines) const;  // less than wholly used
  uint64_t least_lines() const;     // that are not used more than wholly: the rule of thumb
};

// Over how many messages a queue that is used so much forgets how it began, ten times that. It wanders like a Brownian motion with
// drift 1 - u and variance u a message, whose time scale is variance by drift squared. UINT64_MAX: never.
uint64_t messages_to_settle(uint64_t used);

// line_run.cpp: one number of lines.
Status run_lines(const LinePlanSpec& spec, const Load& load, const std::string& policy, const Recipients& recipients,
                 uint32_t lines, LineRow* row, Span* simulated, std::string* error);
// line_words.cpp: what is to be said.
void say_line_plan(const LinePlanSpec& spec, const Planned& planned, const Load& load, LinePlan* plan);

}  // namespace sluice::planner
