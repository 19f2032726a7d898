// SPDX-License-Identifier: Apache-2.0
// How many lines: against the simulation that the queue's research did, against theory, and against itself.
#include "core/planner/line_plan.h"

#include <gtest/gtest.h>

#include "core/planner/line_policy.h"

namespace sluice::planner {
namespace {

constexpr const char* kPolicy = R"({ "name": "texts", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["line"], "plans": ["slow", "fast"], "default": "slow" } ],
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue",
      "amounts": [ { "plan": "slow", "amount": "1/s" }, { "plan": "fast", "amount": "5/s" } ] },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 2000, "mode": "queue" },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 25 } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] },
    { "name": "throttled", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" }, { "limit": "day" } ] },
    { "name": "ask", "values": ["account"], "charges": [ { "limit": "day", "mode": "deny" } ] } ] })";

class LinePlanTest : public ::testing::Test {
 public:
  LinePlanTest() {
    spec.question.policy = kPolicy;
    spec.question.operation = "send";
    spec.rate = "4/s";
    spec.wait = 3 * kSecond;
    spec.messages = 10'000;
  }

  const LinePlan& plan() {
    plan_ = {};
    status = plan_lines(spec, &plan_, &error);
    EXPECT_EQ(status, Status::ok) << error;
    return plan_;
  }
  // One number of lines by itself.
  LineRow row(uint32_t lines) {
    Planned planned;
    EXPECT_EQ(find_planned(spec.question, &planned, &error), Status::ok) << error;
    Load load{4, kSecond, {1, kSecond, "pace"}};
    LineRow row;
    Span simulated;
    EXPECT_EQ(run_lines(spec, load, line_policy(planned, spec.sticky), Recipients(spec.recipients, spec.skew), lines, &row,
                        &simulated, &error),
              Status::ok)
        << error;
    return row;
  }
  void expect_refused(Status expected, const std::string& words) {
    LinePlan unused;
    error.clear();
    EXPECT_EQ(plan_lines(spec, &unused, &error), expected);
    EXPECT_EQ(error.substr(0, words.size()), words);
  }
  bool warns(LineWarning kind) const {
    for (const Warning& warning : plan_.warnings) {
      if (warning.kind == kind) return true;
    }
    return false;
  }

  LinePlanSpec spec;
  LinePlan plan_;
  Status status = Status::ok;
  std::string error;
};

double seconds(Span span) { return static_cast<double>(span) / 1e9; }

TEST_F(LinePlanTest, four_messages_a_second_take_five_lines_of_one_a_second_and_not_four) {
  spec.messages = 60'000;
  plan();
  EXPECT_EQ(plan_.lines, 5u);
  EXPECT_EQ(plan_.rule_of_thumb, 4u);
  const LineRow& four = *plan_.row(4);
  EXPECT_FALSE(four.stable);
  EXPECT_EQ(four.used, 10'000u);
  EXPECT_GT(four.p99, 10 * kSecond);
  EXPECT_TRUE(warns(LineWarning::unstable_rule));
  const LineRow& five = *plan_.row(5);
  EXPECT_EQ(five.used, 8'000u);
  EXPECT_NEAR(seconds(five.p50), 0.05, 0.05);
  EXPECT_NEAR(seconds(five.p95), 1.2, 0.15);
  EXPECT_NEAR(seconds(five.p99), 1.9, 0.25);
  const LineRow& six = *plan_.row(6);
  EXPECT_NEAR(seconds(six.p95), 0.5, 0.1);
  EXPECT_NEAR(seconds(six.p99), 0.8, 0.1);
}

TEST_F(LinePlanTest, eight_lines_make_one_in_a_hundred_wait_a_third_of_a_second) {
  spec.messages = 50'000;
  EXPECT_NEAR(seconds(row(8).p99), 0.3, 0.06);
}

TEST_F(LinePlanTest, recipients_that_keep_their_line_wait_longer) {
  const LineRow pooled = row(5);
  spec.messages = 50'000;
  spec.sticky = true;
  spec.recipients = 2'000;
  const LineRow sticky = row(5);
  EXPECT_GT(sticky.p50, 10 * pooled.p50);
  EXPECT_GT(sticky.p99, 3 * pooled.p99);
  EXPECT_NEAR(seconds(sticky.p99), 10.7, 4.0);  // by the line's own share of the recipients
}

TEST_F(LinePlanTest, the_verdict_on_an_unstable_rule_says_why) {
  plan();
  EXPECT_EQ(plan_.rule, "4 lines, by dividing 4/s by 1/s: UNSTABLE");
  const std::string& words = plan_.warnings[0].words;
  EXPECT_NE(
      words.find("4 lines at 1/s send 4/s on average; 4/s arrive; every burst that queues up is never worked off, so the wait "
                 "grows without bound: after a day about 117"),
      std::string::npos)
      << words;
}

TEST_F(LinePlanTest, one_seed_is_one_answer) {
  spec.messages = 5'000;
  const std::string once = line_plan_json(spec, plan());
  EXPECT_EQ(line_plan_json(spec, plan()), once);
  spec.seed = 2;
  EXPECT_NE(line_plan_json(spec, plan()), once);
}

TEST_F(LinePlanTest, more_lines_or_less_traffic_never_wait_longer) {
  spec.wait = 300 * kMillisecond;
  spec.messages = 10'000;
  plan();
  for (size_t i = 1; i < plan_.rows.size(); ++i) {
    EXPECT_LE(plan_.rows[i].p99, plan_.rows[i - 1].p99);
    EXPECT_LE(plan_.rows[i].mean, plan_.rows[i - 1].mean);
  }
  const uint32_t for_four = plan_.lines;
  spec.rate = "2/s";
  EXPECT_LT(plan().lines, for_four);
}

// Pollaczek and Khinchine, for service that always takes the same: rho / (2 (1 - rho)) service times.
TEST_F(LinePlanTest, one_line_used_four_fifths_waits_as_theory_says) {
  spec.rate = "4/5s";
  spec.wait = 100 * kSecond;
  spec.messages = 100'000;
  spec.seed = 2;
  plan();
  ASSERT_EQ(plan_.lines, 1u);
  EXPECT_EQ(plan_.rows[0].used, 8'000u);
  EXPECT_NEAR(seconds(plan_.rows[0].mean), 2.0, 0.1);
}

TEST_F(LinePlanTest, even_spacing_needs_no_more_than_is_not_wholly_used) {
  spec.arrivals = Arrivals::even;
  spec.messages = 5'000;
  plan();
  EXPECT_EQ(plan_.lines, 5u);
  EXPECT_EQ(plan_.row(4)->longest, 0);
  EXPECT_FALSE(plan_.row(4)->stable);
  EXPECT_EQ(plan_.row(5)->longest, 0);
  spec.rate = "7/2s";
  EXPECT_EQ(plan().lines, 4u);
}

TEST_F(LinePlanTest, a_recipient_that_alone_is_too_much_is_named_and_no_number_answered) {
  spec.sticky = true;
  spec.recipients = 50;
  spec.skew = 150;
  spec.messages = 5'000;
  plan();
  EXPECT_EQ(plan_.lines, 0u);
  ASSERT_TRUE(warns(LineWarning::hot_recipient));
  EXPECT_GT(plan_.hottest_share, 2'500u);
  EXPECT_NE(plan_.answer.find("no number up to 32 lines does"), std::string::npos) << plan_.answer;
}

TEST_F(LinePlanTest, a_line_that_draws_more_than_it_sends_is_no_answer_and_is_told) {
  spec.sticky = true;
  spec.recipients = 5'000;
  spec.skew = 90;
  spec.wait = 20 * kSecond;
  plan();
  EXPECT_TRUE(warns(LineWarning::hot_line));
  EXPECT_GT(plan_.lines, 5u);
  EXPECT_LT(plan_.row(plan_.lines)->busiest_used, 10'000u);
}

TEST_F(LinePlanTest, a_target_that_nothing_up_to_the_bound_meets_has_no_answer) {
  spec.wait = 0;
  spec.most_lines = 6;
  plan();
  EXPECT_EQ(plan_.lines, 0u);
  EXPECT_NE(plan_.answer.find("no number up to 6 lines does: with that many 99% of the messages wait up to"), std::string::npos)
      << plan_.answer;
  spec.most_lines = 3;
  plan();
  EXPECT_NE(plan_.answer.find("no number up to 3 lines does: with that many more comes than can leave"), std::string::npos)
      << plan_.answer;
  spec.rate = "2/s";
  spec.wait = 3 * kSecond;
  plan();
  EXPECT_EQ(plan_.lines, 3u);
}

TEST_F(LinePlanTest, many_lines_are_called_snowshoeing) {
  plan();
  EXPECT_FALSE(warns(LineWarning::many_lines));
  spec.rate = "20/s";
  spec.messages = 10'000;
  plan();
  EXPECT_GT(plan_.lines, 20u);
  EXPECT_TRUE(warns(LineWarning::many_lines));
}

TEST_F(LinePlanTest, a_run_too_short_for_its_queue_to_settle_is_no_answer) {
  EXPECT_EQ(messages_to_settle(8'000), 160u);
  EXPECT_EQ(messages_to_settle(5'000), 10u);
  EXPECT_EQ(messages_to_settle(10'000), UINT64_MAX);
  spec.rate = "300/s";
  spec.wait = kSecond;
  plan();
  const LineRow& least = *plan_.row(301);
  EXPECT_TRUE(least.stable && !least.settled && !least.met);
  EXPECT_LE(least.at_percentile, spec.wait);
  EXPECT_GT(plan_.lines, 305u);
  EXPECT_TRUE(warns(LineWarning::short_run));
}

TEST_F(LinePlanTest, the_plan_of_a_line_tells_its_pace) {
  const OnPlan fast[] = {{"line", "fast"}};
  spec.question.plans.assign(std::begin(fast), std::end(fast));
  plan();
  EXPECT_EQ(plan_.lines, 1u);
  EXPECT_EQ(plan_.line_rate.amount, 5u);
}

TEST_F(LinePlanTest, limits_that_are_not_the_lines_are_told_and_not_modelled) {
  plan();
  EXPECT_FALSE(warns(LineWarning::other_limit));
  EXPECT_FALSE(warns(LineWarning::deep_queue));
  spec.question.operation = "throttled";
  plan();
  EXPECT_EQ(plan_.lines, 5u);
  EXPECT_TRUE(warns(LineWarning::other_limit));
  spec.question.operation = "send";
  spec.rate = "19/20s";
  spec.wait = kHour;
  plan();
  EXPECT_TRUE(warns(LineWarning::deep_queue));
}

TEST_F(LinePlanTest, what_is_wrong_is_named) {
  spec.rate = "four";
  expect_refused(Status::invalid, "rate: ");
  spec.rate = "1000000/s";
  expect_refused(Status::too_many, "rate: it takes 1000000 lines at least");
  spec.rate = "4/s";
  spec.arrivals = static_cast<Arrivals>(2);
  expect_refused(Status::invalid, "arrivals: ");
  spec.arrivals = Arrivals::poisson;
  spec.wait = -1;
  expect_refused(Status::invalid, "wait: ");
  spec.wait = kSecond;
  spec.percentile = 10'001;
  expect_refused(Status::invalid, "percentile: 10001; from 1 to 10000");
  spec.percentile = 9'900;
  spec.recipients = 0;
  expect_refused(Status::invalid, "recipients: 0; from 1 to 200000");
  spec.recipients = 10;
  spec.skew = 501;
  expect_refused(Status::invalid, "skew: 501; from 0 to 500");
  spec.skew = 0;
  spec.messages = 400'001;
  expect_refused(Status::invalid, "messages: 400001; from 1000 to 400000");
  spec.messages = 1'000;
  spec.most_lines = 5'000;
  expect_refused(Status::invalid, "most_lines: 5000; from 0 to 4096");
}

TEST_F(LinePlanTest, what_is_wrong_with_the_question_is_named) {
  spec.question.operation = "no";
  expect_refused(Status::not_found, "operation: the policy has no \"no\"; these can: send, throttled");
  spec.question.operation = "ask";
  expect_refused(Status::invalid, "operation: one was expected whose messages can be queued; these can: send, throttled");
  spec.question.operation = "";
  expect_refused(Status::invalid, "operation: say which one of send, throttled");
  spec.question.operation = "send";
  spec.question.plans.push_back({"account", "gold"});
  expect_refused(Status::not_found, "plans: the policy has no plans of \"account\"");
  spec.question.plans[0] = {"line", "gold"};
  expect_refused(Status::not_found, "plans: line has no plan \"gold\"; it has slow, fast");
  spec.question.policy = "{";
  expect_refused(Status::policy, "");
}

}  // namespace
}  // namespace sluice::planner
