// SPDX-License-Identifier: Apache-2.0
// A campaign asked of a running engine: what is said beforehand is what then happens on the same engine, to the nanosecond.
#include <map>
#include <string>
#include <vector>

#include "core/planner/campaign_plan.h"
#include "tests/support/pool_fixture.h"
#include "tests/support/random.h"

namespace sluice::planner {
namespace {

using testing::kStart;
using testing::Leased;
using testing::line_queue;

struct Real {
  Instant finishes_at = 0;
  uint64_t sent = 0;
  std::map<std::string, std::pair<uint64_t, Instant>> lines;  // messages, and when the last left
};

class Collected : public LeaseSink {
 public:
  struct One {
    uint64_t message;
    uint32_t fence;
    uint64_t campaign;
    std::string line;
  };
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override {
    leases.push_back({view.message, view.fence, view.campaign, std::string(view.values[1])});
  }
  std::vector<One> leases;
};

class LivePlanTest : public testing::PoolTest {
 protected:
  const CampaignPlan& plan(const std::vector<std::string>& to, const std::vector<std::string>& by) {
    recipients_ = to;
    lines_ = by;
    const std::vector<Bytes> values = {"acme", "", ""};
    const std::vector<Bytes> names(recipients_.begin(), recipients_.end()), lines(lines_.begin(), lines_.end());
    spec.recipients = static_cast<uint32_t>(to.size());
    spec.question.operation = "send";
    out = {};
    const Counters before = counters();
    EXPECT_EQ(plan_campaign_on({handle, values, lines, names}, spec, &out, &error), Status::ok) << error;
    EXPECT_EQ(counters().messages, before.messages);
    EXPECT_EQ(counters().accepted, before.accepted);
    return out;
  }
  // The same in earnest: all is taken in at once, what is due is sent at once. REQUIRES: plan().
  Real run() {
    CampaignRules rules;
    rules.share = spec.share;
    rules.duration = spec.duration;
    if (!spec.rate.empty()) rules.rate = {2, kSecond};
    Real real;
    uint64_t id = 0;
    EXPECT_EQ(Engine::create_campaign(handle, {"real", "acme", rules}, kEngineClock, &id, &error), Status::ok) << error;
    for (size_t i = 0; i < recipients_.size(); ++i) {
      const std::string line = lines_.empty() ? "" : lines_[i % lines_.size()];
      const Enqueued held = put({.values = {"acme", line, recipients_[i]}, .campaign = id});
      EXPECT_EQ(held.decision.status, Status::ok) << error;
    }
    Engine::change_campaign(handle, id, CampaignChange::seal, kEngineClock, nullptr, nullptr);
    for (Instant due = next_due(); due < kStart + 400 * kDay && real.sent < recipients_.size(); due = next_due()) {
      set_clock(std::max(due, now()));
      Collected sink;
      EXPECT_EQ(Engine::lease(handle, {.most = 64}, sink, nullptr, &error), Status::ok) << error;
      for (const Collected::One& one : sink.leases) {
        Engine::settle(handle, {one.message, one.fence, Outcome::sent, 0}, kEngineClock, nullptr, nullptr);
        if (one.campaign != id) continue;
        ++real.sent;
        real.finishes_at = now();
        ++real.lines[one.line].first;
        real.lines[one.line].second = now();
      }
    }
    return real;
  }
  void expect_so() {
    const CampaignPlan planned = out;
    const Real real = run();
    EXPECT_EQ(planned.sent, real.sent);
    EXPECT_EQ(planned.finishes_at, real.finishes_at);
    for (const PlannedLine& line : planned.lines) {
      const auto at = real.lines.find(line.name);
      EXPECT_EQ(line.messages, at == real.lines.end() ? 0 : at->second.first) << line.name;
      EXPECT_EQ(line.last_at, at == real.lines.end() ? 0 : at->second.second) << line.name;
    }
  }
  static std::vector<std::string> people(int count, const std::string& prefix = "r") {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
    return names;
  }

  CampaignPlanSpec spec;
  CampaignPlan out;

 private:
  std::vector<std::string> recipients_, lines_;
};

const std::string kLimits =
    R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100, "mode": "queue" },
  { "name": "pair", "scope": ["line", "recipient"], "kind": "sliding", "period": "1h", "amount": 1, "mode": "queue" },
  { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 40, "mode": "queue" },
  { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 500 },
  { "name": "month", "scope": ["account"], "kind": "window", "period": "month", "amount": 1000 })";
const std::string kCharges = R"({ "limit": "day" }, { "limit": "pair" }, { "limit": "people", "of": "recipient" },
  { "limit": "queued", "while": "queued" }, { "limit": "month" })";

TEST_F(LivePlanTest, OnAnIdleEngineItIsWhatThePolicySays) {
  open(line_queue(R"("amount": "1/s")"));
  plan(people(30), {"+1", "+2", "+3"});
  EXPECT_EQ(out.finishes_at, kStart + 18 * kSecond);  // half a line's pace
  EXPECT_EQ(out.waiting, 0u);
  expect_so();
}

TEST_F(LivePlanTest, WhatWaitsInFrontIsCounted) {
  open(line_queue(R"("amount": "1/s")"));
  spec.share = kWholeShare;
  for (int i = 0; i < 50; ++i)
    put({.values = {i % 3 == 0 ? "acme" : "other", i % 2 == 0 ? "+1" : "+2", "x" + std::to_string(i)}});
  for (int i = 0; i < 5; ++i) put({.values = {"third", "+1", "y" + std::to_string(i)}, .message_class = 3});
  put({.values = {"third", "+2", "z"}, .send_at = kStart + 20 * kSecond, .expires_at = kStart + kHour});
  put({.values = {"third", "+2", "gone"}, .expires_at = kStart + 10 * kSecond});
  at(3);
  for (const Leased& one : lease(10)) ASSERT_EQ(ack(one), Status::ok);
  plan(people(40), {"+1", "+2", "+3"});
  EXPECT_EQ(out.waiting, 55u);
  expect_so();
}

TEST_F(LivePlanTest, WhatWasUsedIsUsed) {
  open(line_queue(R"("amount": "2/s")", kLimits, kCharges));
  spec.share = kWholeShare;
  for (int i = 0; i < 45; ++i) put({.values = {"acme", "+1", "r" + std::to_string(i % 40)}});
  EXPECT_GT(drain_queue(kStart + 10 * kMinute).size(), 30u);
  at(600);
  plan(people(60), {"+1", "+2"});
  EXPECT_GT(out.finishes_at, kStart + kHour);
  ASSERT_FALSE(out.quota.empty());
  const auto month = std::find_if(out.quota.begin(), out.quota.end(), [](const PlannedQuota& q) { return q.limit == "month"; });
  ASSERT_NE(month, out.quota.end());
  EXPECT_EQ(month->before, 45u);
  EXPECT_EQ(month->after, 105u);
  EXPECT_EQ(month->amount, 1000u);
  expect_so();
}

TEST_F(LivePlanTest, WhatIsSetForASubjectHolds) {
  open(line_queue(R"("amount": "1/s")", kLimits, kCharges));
  spec.share = kWholeShare;
  set_amount("pace", "line=+1", R"("10/s")");
  set_amount("day", "account=acme", "5");
  plan(people(12), {"+1", "+2"});
  EXPECT_GT(out.finishes_at, kStart + 2 * kDay - 1);
  expect_so();
}

TEST_F(LivePlanTest, AThrottledLineWaits) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann");
  ASSERT_EQ(settle(lease_one(), Outcome::throttled, kMinute), Status::ok);
  plan(people(10), {"+1", "+2"});
  EXPECT_EQ(out.lines[0].first_at, kStart + 61 * kSecond);
  expect_so();
}

TEST_F(LivePlanTest, ItsOwnRateHoldsBesideAll) {
  open(line_queue(R"("amount": "1/s")"));
  spec.share = kWholeShare;
  spec.rate = "2/s";
  for (int i = 0; i < 20; ++i) put({.values = {"other", "+" + std::to_string(1 + i % 5), "x" + std::to_string(i)}});
  plan(people(50), {"+1", "+2", "+3", "+4", "+5"});
  expect_so();
}

TEST_F(LivePlanTest, AnotherCampaignGoesOn) {
  open(line_queue(R"("amount": "10/s")"));
  CampaignRules rules;
  rules.duration = kMinute;
  uint64_t id = 0;
  ASSERT_EQ(Engine::create_campaign(handle, {"first", "acme", rules}, kEngineClock, &id, &error), Status::ok);
  for (int i = 0; i < 60; ++i) put({.values = {"acme", i % 2 == 0 ? "+1" : "+2", "f" + std::to_string(i)}, .campaign = id});
  drain_queue(kStart + 10 * kSecond);
  at(10);
  spec.duration = 30 * kSecond;
  plan(people(40), {"+1", "+2"});
  EXPECT_EQ(out.waiting, 50u);
  expect_so();
}

TEST_F(LivePlanTest, APoolAndItsRoutesAreThoseThatItHas) {
  open(testing::pooled(R"("sticky": true)"));
  for (const char* name : {"+1", "+2", "+3", "+4"}) line(name);
  for (int i = 0; i < 30; ++i) put({.values = {"acme", "", "r" + std::to_string(i % 12)}});
  line("+4", LineState::draining);
  at(2);
  for (const Leased& one : lease(10)) ASSERT_EQ(ack(one), Status::ok);
  spec.share = kWholeShare;
  plan(people(40), {});
  EXPECT_EQ(out.lines.size(), 4u);
  expect_so();
}

// Whatever went on before.
TEST_F(LivePlanTest, AfterAnyTrafficItIsWhatHappens) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    testing::Random random(seed);
    open(line_queue(R"("amount": "2/s")", kLimits, kCharges,
                    R"("queue": { "retry": { "attempts": 3, "first": "7s", "longest": "1min" } }, )"));
    const Instant begin = now();
    const auto someone = [&] { return "r" + std::to_string(random.below(25)); };
    const auto some_line = [&] { return "+" + std::to_string(1 + random.below(3)); };
    const char* const accounts[] = {"acme", "other", "third"};
    for (int step = 0; step < 60; ++step) {
      const uint64_t what = random.below(10);
      if (what < 7) {
        put({.values = {accounts[random.below(3)], some_line(), someone()},
             .message_class = static_cast<int>(random.below(4)),
             .send_at = random.below(6) == 0 ? now() + static_cast<Span>(random.below(60)) * kSecond : 0,
             .expires_at = random.below(5) == 0 ? now() + static_cast<Span>(61 + random.below(60)) * kSecond : 0});
      } else if (what < 9) {
        for (const Leased& one : lease(3)) {
          const Outcome outcomes[] = {Outcome::sent, Outcome::sent, Outcome::retry, Outcome::not_attempted, Outcome::throttled};
          settle(one, outcomes[random.below(5)], static_cast<Span>(random.below(300)) * kSecond);
        }
      } else {
        set_clock(now() + static_cast<Span>(random.below(3000)) * kMillisecond);
      }
    }
    spec.share = random.below(2) == 0 ? kWholeShare : 3'000;
    spec.duration = random.below(2) == 0 ? 0 : kMinute;
    plan(people(static_cast<int>(1 + random.below(30))), {"+1", "+2", "+3"});
    expect_so();
    if (HasFailure()) FAIL() << "seed " << seed << " from " << begin;
  }
}

TEST_F(LivePlanTest, WhatIsWrongIsNamed) {
  open(line_queue(R"("amount": "1/s")"));
  const std::vector<Bytes> values = {"acme", "", ""}, lines = {"+1"}, names = {"ann"};
  const auto refused = [&](const LivePlanSpec& live, Status status, const std::string& words) {
    error.clear();
    EXPECT_EQ(plan_campaign_on(live, spec, &out, &error), status);
    EXPECT_EQ(error.substr(0, words.size()), words);
  };
  spec.recipients = 2;
  refused({12345, values, lines, {}}, Status::handle, "engine: ");
  refused({handle, {}, lines, {}}, Status::invalid, "values: 0 given; \"send\" takes 3");
  const std::vector<Bytes> full = {"acme", "+1", ""}, nobody = {"", "", ""};
  refused({handle, full, lines, {}}, Status::invalid, "values: line is left out");
  refused({handle, nobody, lines, {}}, Status::invalid, "values: account is missing");
  refused({handle, values, {}, {}}, Status::invalid, "lines: name those that it goes by");
  refused({handle, values, lines, names}, Status::invalid, "recipients: 2 messages and 1 names");
  spec.in_conversation = 1;
  refused({handle, values, lines, {}}, Status::invalid, "in_conversation: ");
  spec.in_conversation = 0;
  spec.rate = "fast";
  refused({handle, values, lines, {}}, Status::invalid, "rate: ");
}

}  // namespace
}  // namespace sluice::planner
