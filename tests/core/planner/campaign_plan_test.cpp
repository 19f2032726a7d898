// SPDX-License-Identifier: Apache-2.0
// How long a campaign takes: under a policy in the manner of a WhatsApp provider, and one of numbers that send once a second.
#include "core/planner/campaign_plan.h"

#include <gtest/gtest.h>

namespace sluice::planner {
namespace {

constexpr Instant kStart = 19'723 * kDay;

constexpr const char* kTiers = R"({ "name": "tiers", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["tier_1", "tier_2"], "default": "tier_1" },
                { "scope": ["line"], "plans": ["standard", "high"], "default": "standard" } ],
  "limits": [
    { "name": "throughput", "scope": ["line"], "kind": "pace", "mode": "queue",
      "amounts": [ { "plan": "standard", "amount": "80/s" }, { "plan": "high", "amount": "1000/s" } ] },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 10000 },
    { "name": "conversations", "scope": ["account"], "kind": "distinct", "period": "24h", "exemption": "24h",
      "amounts": [ { "plan": "tier_1", "amount": 1000 }, { "plan": "tier_2", "amount": 10000 } ] } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "conversations", "of": "recipient" }, { "limit": "queued", "while": "queued" },
                   { "limit": "throughput" } ] },
    { "name": "waiting", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "conversations", "of": "recipient", "mode": "queue" }, { "limit": "throughput" } ] },
    { "name": "received", "values": ["account", "recipient"],
      "charges": [ { "limit": "conversations", "of": "recipient", "charge": "exempt" } ] } ] })";

constexpr const char* kNumbers = R"({ "name": "numbers", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 2000, "mode": "queue" },
    { "name": "month", "scope": ["account"], "kind": "window", "period": "month", "amount": 5000 },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 60 },
    { "name": "shut", "scope": ["account"], "kind": "window", "period": "day", "blocked": true } ],
  "pools": [ { "name": "all", "recipient": "recipient" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] },
    { "name": "pooled", "values": ["account", "line", "recipient"], "pool": "all", "charges": [ { "limit": "pace" } ] },
    { "name": "daily", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" }, { "limit": "day" } ] },
    { "name": "monthly", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" }, { "limit": "month" } ] },
    { "name": "bounded", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] },
    { "name": "closed", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" }, { "limit": "shut" } ] },
    { "name": "nobodys", "values": ["line", "recipient"], "charges": [ { "limit": "pace" } ] } ] })";

class CampaignPlanTest : public ::testing::Test {
 public:
  CampaignPlanTest() { ask(kTiers, "send"); }

  void ask(const char* policy, const char* operation) {
    spec.question.policy = policy;
    spec.question.operation = operation;
    spec.starts_at = kStart;
    spec.share = kWholeShare;
  }
  const CampaignPlan& plan() {
    out = {};
    EXPECT_EQ(plan_campaign(spec, &out, &error), Status::ok) << error;
    return out;
  }
  Span took() const { return out.finishes_at - kStart; }
  const Blocker* blocker(const std::string& limit) const {
    for (const Blocker& each : out.blockers) {
      if (each.limit == limit) return &each;
    }
    return nullptr;
  }
  void expect_refused(Status expected, const std::string& words) {
    error.clear();
    EXPECT_EQ(plan_campaign(spec, &out, &error), expected);
    EXPECT_EQ(error.substr(0, words.size()), words);
  }

  CampaignPlanSpec spec;
  CampaignPlan out;
  std::string error;
};

TEST_F(CampaignPlanTest, ten_thousand_over_ten_minutes_finish_at_the_exact_instant) {
  const OnPlan tier[] = {{"account", "tier_2"}};
  spec.question.plans.assign(std::begin(tier), std::end(tier));
  spec.recipients = 10'000;
  spec.duration = 10 * kMinute;
  plan();
  EXPECT_EQ(took(), 10 * kMinute / 10'000 * 9'999);
  EXPECT_EQ(out.unhindered, took());
  EXPECT_TRUE(out.blockers.empty());
  EXPECT_EQ(out.answer, "10,000 messages finish in 9 min 59 s");
  ASSERT_EQ(out.lines.size(), 1u);
  EXPECT_EQ(out.lines[0].messages, 10'000u);
  EXPECT_EQ(out.lines[0].first_at, kStart);
  EXPECT_NEAR(out.lines[0].peak_share, 2'083, 50);  // 16.7 of 80 a second
}

TEST_F(CampaignPlanTest, without_a_duration_the_line_is_as_fast_as_its_share) {
  const OnPlan tier[] = {{"account", "tier_2"}};
  spec.question.plans.assign(std::begin(tier), std::end(tier));
  spec.recipients = 8'000;
  plan();
  EXPECT_EQ(took(), kSecond / 80 * 7'999);
  EXPECT_EQ(out.lines[0].peak_share, 10'000u);
  spec.share = 5'000;
  plan();
  EXPECT_EQ(took(), kSecond / 40 * 7'999);
  EXPECT_EQ(out.lines[0].peak_share, 5'000u);
  spec.share = kWholeShare;
  spec.rate = "20/s";
  plan();
  EXPECT_EQ(took(), kSecond / 20 * 7'999);
}

TEST_F(CampaignPlanTest, a_rate_of_its_own_holds_over_all_lines_beside_its_duration) {
  ask(kNumbers, "send");
  spec.recipients = 300;
  spec.lines = 10;
  spec.rate = "3/s";
  plan();
  EXPECT_EQ(took(), Span{299} * 333'333'334);  // ten lines at 1/s would take 29 s
  EXPECT_EQ(out.unhindered, took());
  EXPECT_EQ(out.answer, "300 messages finish in 99 s");
  for (const PlannedLine& line : out.lines) EXPECT_EQ(line.messages, 30u);
  spec.duration = 10 * kMinute;
  plan();
  EXPECT_EQ(took(), 580 * kSecond + Span{9} * 333'333'334);  // the last slot of ten lines, one after the other
  spec.rate = "1/400 days";
  spec.duration = 0;
  plan();
  EXPECT_EQ(out.finishes_at, 0);
  EXPECT_EQ(out.sent, 1u);
}

TEST_F(CampaignPlanTest, two_and_a_half_thousand_new_people_on_a_tier_of_one_thousand_take_48_hours) {
  spec.recipients = 2'500;
  plan();
  EXPECT_GE(took(), 48 * kHour);
  EXPECT_LT(took(), 48 * kHour + kMinute);
  ASSERT_FALSE(out.blockers.empty());
  EXPECT_EQ(out.blockers[0].limit, "conversations");
  EXPECT_TRUE(out.blockers[0].refuses);
  EXPECT_EQ(out.blockers[0].held, 48 * kHour);
  EXPECT_EQ(
      out.answer,
      "2,500 messages finish in 48 h, not in 31 s: \"conversations\" (1,000 different in 24h of one account) refused 2 times, "
      "which held the rest back for 48 h");
}

TEST_F(CampaignPlanTest, the_same_limit_in_the_queue_holds_as_long) {
  spec.question.operation = "waiting";
  spec.recipients = 2'500;
  plan();
  EXPECT_GE(took(), 48 * kHour);
  EXPECT_LT(took(), 48 * kHour + kMinute);
  const Blocker* held = blocker("conversations");
  ASSERT_NE(held, nullptr);
  EXPECT_FALSE(held->refuses);
  EXPECT_GT(held->held, 47 * kHour);
}

TEST_F(CampaignPlanTest, who_is_in_conversation_takes_no_slot) {
  spec.recipients = 2'500;
  spec.in_conversation = 1'500;
  plan();
  EXPECT_EQ(took(), kSecond / 80 * 2'499);
  EXPECT_EQ(blocker("conversations"), nullptr);
}

TEST_F(CampaignPlanTest, the_plans_of_lines_and_accounts_are_those_given) {
  const OnPlan on[] = {{"account", "tier_2"}, {"line", "high"}};
  spec.question.plans.assign(std::begin(on), std::end(on));
  spec.recipients = 2'500;
  plan();
  EXPECT_EQ(took(), kSecond / 1'000 * 2'499);
}

TEST_F(CampaignPlanTest, a_day_throttle_holds_until_the_day_turns) {
  ask(kNumbers, "daily");
  spec.recipients = 4'500;
  plan();
  EXPECT_EQ(took(), 2 * kDay + 499 * kSecond);
  const Blocker* day = blocker("day");
  ASSERT_NE(day, nullptr);
  EXPECT_FALSE(day->refuses);
  EXPECT_EQ(day->times, 2u);
  EXPECT_NEAR(static_cast<double>(day->held), static_cast<double>(2 * kDay - 4'000 * kSecond), 5e9);
}

TEST_F(CampaignPlanTest, a_queue_that_is_full_refuses_and_goes_on_as_messages_leave) {
  ask(kNumbers, "bounded");
  spec.recipients = 600;
  spec.lines = 2;
  plan();
  EXPECT_EQ(took(), 299 * kSecond);
  const Blocker* depth = blocker("queued");
  ASSERT_NE(depth, nullptr);
  EXPECT_TRUE(depth->refuses);
  EXPECT_GT(depth->held, 200 * kSecond);
  EXPECT_EQ(out.lines[0].messages, 300u);
  EXPECT_EQ(out.lines[1].messages, 300u);
}

TEST_F(CampaignPlanTest, the_pace_of_the_line_is_named_where_it_holds) {
  ask(kNumbers, "send");
  spec.recipients = 100;
  plan();
  EXPECT_EQ(took(), 99 * kSecond);
  EXPECT_EQ(out.answer, "100 messages finish in 99 s");
  const Blocker* pace = blocker("pace");
  ASSERT_NE(pace, nullptr);
  EXPECT_EQ(pace->held, 99 * kSecond);
}

TEST_F(CampaignPlanTest, a_pool_spreads_over_its_lines) {
  ask(kNumbers, "pooled");
  spec.recipients = 300;
  spec.lines = 3;
  plan();
  EXPECT_EQ(out.sent, 300u);
  for (const PlannedLine& line : out.lines) EXPECT_NEAR(static_cast<double>(line.messages), 100, 25);
}

TEST_F(CampaignPlanTest, a_quota_that_is_used_up_waits_for_the_next_month) {
  ask(kNumbers, "monthly");
  spec.recipients = 6'000;
  plan();
  EXPECT_EQ(out.blockers[0].limit, "month");
  EXPECT_GE(took(), 31 * kDay);  // it starts on the first of January
  EXPECT_LT(took(), 32 * kDay);
}

TEST_F(CampaignPlanTest, what_never_opens_leaves_the_campaign_unfinished) {
  ask(kNumbers, "closed");
  spec.recipients = 10;
  plan();
  EXPECT_EQ(out.finishes_at, 0);
  EXPECT_EQ(out.sent, 0u);
  ASSERT_FALSE(out.blockers.empty());
  EXPECT_TRUE(out.blockers[0].forever);
  EXPECT_EQ(out.answer,
            "10 messages do not finish within 400 days: 10 are left: \"shut\" (blocked of one account) refuses what is left, and "
            "waiting does not help");
}

TEST_F(CampaignPlanTest, one_question_has_one_answer) {
  spec.recipients = 2'500;
  const std::string once = campaign_plan_json(spec, plan());
  EXPECT_EQ(campaign_plan_json(spec, plan()), once);
}

TEST_F(CampaignPlanTest, what_is_wrong_is_named) {
  expect_refused(Status::invalid, "recipients: 0; from 1 to 200000");
  spec.recipients = 200'001;
  expect_refused(Status::invalid, "recipients: 200001; from 1 to 200000");
  spec.recipients = 10;
  spec.in_conversation = 11;
  expect_refused(Status::invalid, "in_conversation: 11; from 0 to 10");
  spec.in_conversation = 0;
  spec.lines = 0;
  expect_refused(Status::invalid, "lines: 0; from 1 to 4096");
  spec.lines = 1;
  spec.starts_at = -1;
  expect_refused(Status::time, "starts_at: outside [0, 2^62)");
  spec.starts_at = kStart;
  spec.duration = -1;
  expect_refused(Status::invalid, "duration: ");
  spec.duration = kHour;
  spec.rate = "fast";
  expect_refused(Status::invalid, "rate: ");
  spec.rate = "1/401 days";
  expect_refused(Status::invalid, "rate: ");
  spec.duration = 0;
  spec.rate = "";
  spec.share = 10'001;
  expect_refused(Status::invalid, "share: 10001; from 1 to 10000");
  ask(kNumbers, "nobodys");
  expect_refused(Status::invalid, "operation: a campaign is of one account");
}

}  // namespace
}  // namespace sluice::planner
