// SPDX-License-Identifier: Apache-2.0
// The planner: questions in, an answer as a struct and as JSON out.
#include <algorithm>
#include <utility>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "core/planner/campaign_plan.h"
#include "core/planner/line_plan.h"

namespace sluice::capi {
namespace {

using planner::Arrivals;
using planner::LineWarning;

constexpr size_t kMostPlans = kMaxDimensions;

static_assert(static_cast<int32_t>(Arrivals::poisson) == SLUICE_ARRIVALS_POISSON);
static_assert(static_cast<int32_t>(Arrivals::even) == SLUICE_ARRIVALS_EVEN);
static_assert(static_cast<int>(LineWarning::unstable_rule) == SLUICE_PLAN_UNSTABLE_RULE);
static_assert(static_cast<int>(LineWarning::hot_recipient) == SLUICE_PLAN_HOT_RECIPIENT);
static_assert(static_cast<int>(LineWarning::hot_line) == SLUICE_PLAN_HOT_LINE);
static_assert(static_cast<int>(LineWarning::many_lines) == SLUICE_PLAN_MANY_LINES);
static_assert(static_cast<int>(LineWarning::other_limit) == SLUICE_PLAN_OTHER_LIMIT);
static_assert(static_cast<int>(LineWarning::deep_queue) == SLUICE_PLAN_DEEP_QUEUE);
static_assert(static_cast<int>(LineWarning::short_run) == SLUICE_PLAN_SHORT_RUN);

// Room for a text, or none wanted.
struct TextRoom {
  char* buffer;
  size_t* length;

  bool wanted() const { return buffer != nullptr || length != nullptr; }
  Status check(std::string* words) const { return wanted() ? check_buffer(buffer, length, words) : Status::ok; }
  Status write(const std::string& text, std::string* words) const {
    return wanted() ? write_text(text, buffer, length, words) : Status::ok;
  }
};

template <class Struct>
Status check_plan(const Struct* plan, std::string* words) {
  return plan == nullptr ? Status::ok : check_struct(plan, "plan", words);
}

Status read_plans(const sluice_on_plan* plans, size_t count, planner::Question* out, std::string* words) {
  if (plans == nullptr && count != 0) return fail(words, Status::invalid, "plans: NULL with plan_count ", count);
  if (count > kMostPlans) return fail(words, Status::invalid, "plan_count: ", count, "; at most ", kMostPlans);
  for (size_t i = 0; i < count; ++i) {
    planner::OnPlan on;
    Status status = read_text("plans.dimension", plans[i].dimension, plans[i].dimension_len, &on.dimension, words);
    if (status == Status::ok) status = read_text("plans.plan", plans[i].plan, plans[i].plan_len, &on.plan, words);
    if (status != Status::ok) return status;
    out->plans.push_back(on);
  }
  return Status::ok;
}

// What both questions begin with.
template <class Struct>
Status read_question(const Struct& given, planner::Question* out, std::string_view* rate, std::string* words, bool live = false) {
  Status status = live ? Status::ok : read_policy_text(given.policy, given.policy_len, &out->policy, words);
  const auto text = [&](const char* name, const char* at, size_t length, std::string_view* to) {
    if (status == Status::ok) status = read_optional_text(name, at, length, to, words);
  };
  text("stance", given.stance, given.stance_len, &out->stance);
  text("zoneinfo_dir", given.zoneinfo_dir, given.zoneinfo_dir_len, &out->zoneinfo_dir);
  text("operation", given.operation, given.operation_len, &out->operation);
  text("rate", given.rate, given.rate_len, rate);
  return status == Status::ok ? read_plans(given.plans, given.plan_count, out, words) : status;
}

Status read_line_question(const sluice_line_question& given, planner::LinePlanSpec* spec, std::string* words) {
  if (const Status status = read_question(given, &spec->question, &spec->rate, words); status != Status::ok) return status;
  if (spec->rate.empty()) return fail(words, Status::invalid, "rate: NULL; how many messages come, as \"4/s\"");
  if (given.sticky > 1) return fail(words, Status::invalid, "sticky: ", given.sticky, "; it is 0 or 1");
  if (given.arrivals != SLUICE_ARRIVALS_POISSON && given.arrivals != SLUICE_ARRIVALS_EVEN) {
    return fail(words, Status::invalid, "arrivals: ", given.arrivals, "; 0 (poisson) or 1 (even)");
  }
  spec->arrivals = given.arrivals == SLUICE_ARRIVALS_EVEN ? Arrivals::even : Arrivals::poisson;
  spec->wait = given.wait;
  spec->seed = given.seed;
  spec->sticky = given.sticky == 1;
  spec->skew = given.skew;
  spec->most_lines = given.most_lines;
  if (given.percentile != 0) spec->percentile = given.percentile;
  if (given.recipients != 0) spec->recipients = given.recipients;
  if (given.messages != 0) spec->messages = given.messages;
  return Status::ok;
}

uint32_t to_share(uint64_t hundredths) { return static_cast<uint32_t>(std::min<uint64_t>(hundredths, UINT32_MAX)); }

sluice_line_plan to_c(const planner::LinePlan& plan) {
  sluice_line_plan out = SLUICE_LINE_PLAN_INIT;
  out.lines = plan.lines;
  out.rule_of_thumb = plan.rule_of_thumb;
  out.hottest_share = plan.hottest_share;
  out.simulated = plan.simulated;
  for (const planner::Warning& warning : plan.warnings) out.warnings |= static_cast<uint32_t>(warning.kind);
  if (const planner::LineRow* row = plan.row(plan.rule_of_thumb); row != nullptr && row->met) out.rule_met = 1;
  if (const planner::LineRow* row = plan.row(plan.lines); row != nullptr) {
    out.used = to_share(row->used);
    out.busiest_drew = to_share(row->busiest_drew);
    out.at_percentile = row->at_percentile;
    out.p50 = row->p50;
    out.p95 = row->p95;
    out.p99 = row->p99;
    out.longest = row->longest;
  }
  return out;
}

Status read_campaign(const sluice_campaign_question& given, planner::CampaignPlanSpec* spec, std::string* words, bool live) {
  if (const Status status = read_question(given, &spec->question, &spec->rate, words, live); status != Status::ok) return status;
  if (given.reserved0 != 0) return fail(words, Status::unsupported, "reserved0: ", given.reserved0, "; it must be 0");
  spec->recipients = given.recipients;
  spec->in_conversation = given.in_conversation;
  spec->starts_at = given.starts_at;
  spec->duration = given.duration;
  if (given.lines != 0) spec->lines = given.lines;
  if (given.share != 0) spec->share = given.share;
  return Status::ok;
}

Status read_campaign_question(const sluice_campaign_question& given, planner::CampaignPlanSpec* spec, std::string* words) {
  return read_campaign(given, spec, words, false);
}

// What a running engine knows itself is not asked for.
Status read_live_question(const sluice_campaign_question& given, planner::CampaignPlanSpec* spec, std::string* words) {
  const bool of_policy =
      given.policy != nullptr || given.stance != nullptr || given.zoneinfo_dir != nullptr || given.plan_count != 0;
  if (of_policy)
    return fail(words, Status::invalid, "question.policy: the engine has one; leave policy, stance, zones and plans NULL");
  if (given.lines != 0)
    return fail(words, Status::invalid, "question.lines: ", given.lines, "; name them in live.lines, or leave them to the pool");
  return read_campaign(given, spec, words, true);
}

Status read_keys(const char* name, const sluice_bytes* given, size_t count, size_t most, std::vector<Bytes>* out,
                 std::string* words) {
  if (given == nullptr && count != 0) return fail(words, Status::invalid, "live.", name, ": NULL with a count of ", count);
  if (count > most) return fail(words, Status::invalid, "live.", name, ": ", count, "; at most ", most);
  for (size_t i = 0; i < count; ++i) {
    if (!is_absent(given[i]) && !is_key(given[i])) return wrong_key(name, i, given[i], words);
    out->push_back(as_bytes(given[i]));
  }
  return Status::ok;
}

// The names of a live campaign; what views them is made by spec().
struct LiveNames {
  std::vector<Bytes> values, lines, recipients;

  Status read(const sluice_live_campaign* given, std::string* words) {
    Status status = check_struct(given, "live", words);
    if (status != Status::ok) return status;
    sluice_live_campaign room;
    const sluice_live_campaign& live = read_struct(given, &room);
    if (live.reserved0 != 0) return fail(words, Status::unsupported, "live.reserved0: ", live.reserved0, "; it must be 0");
    status = read_keys("values", live.values, live.value_count, kMaxDimensions, &values, words);
    if (status == Status::ok) status = read_keys("lines", live.lines, live.line_count, kMostPoolLines, &lines, words);
    if (status != Status::ok) return status;
    return read_keys("recipients", live.recipients, live.recipient_count, planner::kMostCampaign, &recipients, words);
  }
  planner::LivePlanSpec spec(sluice_engine engine) const { return {engine, values, lines, recipients}; }
};

sluice_campaign_plan to_c(const planner::CampaignPlan& plan) {
  sluice_campaign_plan out = SLUICE_CAMPAIGN_PLAN_INIT;
  out.blocker_count = static_cast<uint32_t>(plan.blockers.size());
  out.starts_at = plan.starts_at;
  out.finishes_at = plan.finishes_at;
  out.unhindered = plan.unhindered;
  out.spread = plan.spread;
  out.sent = plan.sent;
  for (const planner::PlannedLine& line : plan.lines) out.peak_share = std::max(out.peak_share, line.peak_share);
  return out;
}

// Reads, asks, and writes all of the answer or nothing.
template <class Spec, class Plan, class Given, class Out, class Read, class Ask, class Json>
Status answer(const Given* given, Out* plan, const TextRoom& text, std::string* words, Read read, Ask ask, Json json) {
  Status status = check_struct(given, "question", words);
  if (status == Status::ok) status = check_plan(plan, words);
  if (status == Status::ok) status = text.check(words);
  if (status != Status::ok) return status;
  Given room;
  Spec spec;
  Plan answered;
  status = read(read_struct(given, &room), &spec, words);
  if (status == Status::ok) status = ask(spec, &answered, words);
  if (status == Status::ok) status = text.write(json(spec, answered), words);
  if (status == Status::ok && plan != nullptr) write_struct(plan, to_c(answered));
  return status;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_plan_lines(const sluice_line_question* question, sluice_line_plan* plan, char* buffer, size_t* length,
                                sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    return answer<planner::LinePlanSpec, planner::LinePlan>(question, plan, {buffer, length}, words, read_line_question,
                                                            planner::plan_lines, planner::line_plan_json);
  });
}

sluice_status sluice_plan_campaign(const sluice_campaign_question* question, sluice_campaign_plan* plan, char* buffer,
                                   size_t* length, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    return answer<planner::CampaignPlanSpec, planner::CampaignPlan>(
        question, plan, {buffer, length}, words, read_campaign_question, planner::plan_campaign, planner::campaign_plan_json);
  });
}

sluice_status sluice_plan_campaign_on(sluice_engine engine, const sluice_live_campaign* live,
                                      const sluice_campaign_question* question, sluice_campaign_plan* plan, char* buffer,
                                      size_t* length, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    LiveNames names;
    if (const Status status = names.read(live, words); status != Status::ok) return status;
    const auto ask = [&](const planner::CampaignPlanSpec& spec, planner::CampaignPlan* out, std::string* why) {
      return planner::plan_campaign_on(names.spec(engine), spec, out, why);
    };
    return answer<planner::CampaignPlanSpec, planner::CampaignPlan>(question, plan, {buffer, length}, words, read_live_question,
                                                                    ask, planner::campaign_plan_json);
  });
}

void sluice_line_question_init(sluice_line_question* question, uint32_t size) {
  init_struct(question, size, sluice_line_question SLUICE_LINE_QUESTION_INIT);
}

void sluice_line_plan_init(sluice_line_plan* plan, uint32_t size) {
  init_struct(plan, size, sluice_line_plan SLUICE_LINE_PLAN_INIT);
}

void sluice_campaign_question_init(sluice_campaign_question* question, uint32_t size) {
  init_struct(question, size, sluice_campaign_question SLUICE_CAMPAIGN_QUESTION_INIT);
}

void sluice_live_campaign_init(sluice_live_campaign* live, uint32_t size) {
  init_struct(live, size, sluice_live_campaign SLUICE_LIVE_CAMPAIGN_INIT);
}

void sluice_campaign_plan_init(sluice_campaign_plan* plan, uint32_t size) {
  init_struct(plan, size, sluice_campaign_plan SLUICE_CAMPAIGN_PLAN_INIT);
}
