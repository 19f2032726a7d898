// SPDX-License-Identifier: Apache-2.0
// Campaigns: spread over a time with a share of the line, paused, resumed, aborted as one.
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"

namespace sluice::testing {
namespace {

const std::string kBound = R"({ "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 2000000 },
  { "name": "line_queued", "scope": ["line"], "kind": "gauge", "amount": 2000000 },
  { "name": "month", "scope": ["account"], "kind": "window", "period": "month", "amount": 3000000 })";
const std::string kBoundCharges =
    R"({ "limit": "queued", "while": "queued" }, { "limit": "line_queued", "while": "queued" }, { "limit": "month" })";

class CampaignTest : public QueueTest {
 protected:
  uint64_t make(const CampaignRules& rules, const std::string& tenant = "acme") {
    uint64_t id = 0;
    EXPECT_EQ(Engine::create_campaign(handle, {"spring", tenant, rules}, kEngineClock, &id, &error), Status::ok) << error;
    return id;
  }
  CampaignReport change(uint64_t id, CampaignChange what) {
    CampaignReport report;
    EXPECT_EQ(Engine::change_campaign(handle, id, what, kEngineClock, &report, &error), Status::ok) << error;
    return report;
  }
  CampaignReport report(uint64_t id) {
    CampaignReport report;
    EXPECT_EQ(Engine::campaign_status(handle, id, &report, &error), Status::ok) << error;
    return report;
  }
  Enqueued add(uint64_t campaign, const std::string& line, const std::string& recipient, const std::string& payload = "") {
    return put({.values = {"acme", line, recipient}, .payload = payload, .campaign = campaign});
  }
};

TEST_F(CampaignTest, TenThousandOverTenMinutesLeaveEvenlyFromTheStart) {
  open(line_queue(R"("amount": "80/s")"));
  CampaignRules rules;
  rules.duration = 600 * kSecond;
  const uint64_t id = make(rules);
  for (int i = 0; i < 10'000; ++i)
    ASSERT_EQ(add(id, "+1", "r" + std::to_string(i), std::to_string(i)).decision.status, Status::ok);
  change(id, CampaignChange::seal);
  const std::vector<std::string> left = drain_queue(kStart + kDay);
  ASSERT_EQ(left.size(), 10'000u);
  EXPECT_EQ(left[0], "0s: 0");
  EXPECT_EQ(left[1], "0.06s: 1");
  EXPECT_EQ(left[9'999], "599.94s: 9999");
  EXPECT_EQ(report(id).state, CampaignState::finished);
}

TEST_F(CampaignTest, TakesNoMoreThanItsShareAndDelaysNobodyElse) {
  open(line_queue(R"("amount": "10/s")"));
  const uint64_t id = make({});
  for (int i = 0; i < 100; ++i) add(id, "+1", "r" + std::to_string(i), "c");
  EXPECT_EQ(drain_queue(kStart + 2 * kSecond).size(), 10u);
  at(2);
  put({.values = {"acme", "+1", "bob"}, .payload = "organic"});
  const std::vector<std::string> left = drain_queue(kStart + 10 * kSecond);
  EXPECT_EQ(left[0], "2s: organic");
  EXPECT_EQ(left[1], "2.1s: c");
  EXPECT_EQ(left.size(), 41u);
}

TEST_F(CampaignTest, APauseMovesTheEndAndLosesNothing) {
  open(line_queue(R"("amount": "10/s")"));
  CampaignRules rules;
  rules.duration = 100 * kSecond;
  const uint64_t id = make(rules);
  for (int i = 0; i < 100; ++i) add(id, "+1", "r" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(drain_queue(kStart + 10 * kSecond).size(), 10u);
  at(10);
  EXPECT_EQ(change(id, CampaignChange::pause).state, CampaignState::paused);
  EXPECT_TRUE(drain_queue(kStart + 310 * kSecond).empty());
  at(310);
  change(id, CampaignChange::resume);
  const std::vector<std::string> left = drain_queue(kStart + kDay);
  ASSERT_EQ(left.size(), 90u);
  EXPECT_EQ(left.front(), "310s: 10");
  EXPECT_EQ(left.back(), "399s: 99");
}

TEST_F(CampaignTest, AnAbortIsFinalAtOnceAndGivesBackWhatWaited) {
  open(line_queue(R"("amount": "10/s")", kBound, kBoundCharges));
  CampaignRules rules;
  rules.duration = 100 * kSecond;
  const uint64_t id = make(rules);
  std::vector<uint64_t> messages;
  for (int i = 0; i < 100; ++i) messages.push_back(add(id, i % 2 == 0 ? "+1" : "+2", "r" + std::to_string(i)).message);
  const std::vector<Leased> leased = lease(10);
  put("+1", "organic", "organic");
  ASSERT_EQ(leased.size(), 2u);
  EXPECT_EQ(used("queued", "account=acme"), 101u);
  const CampaignReport aborted = change(id, CampaignChange::abort);
  EXPECT_EQ(aborted.state, CampaignState::aborted);
  EXPECT_EQ(aborted.removed, 98u);
  EXPECT_EQ(aborted.in_flight, (std::vector<uint64_t>{std::min(leased[0].message, leased[1].message),
                                                      std::max(leased[0].message, leased[1].message)}));
  EXPECT_EQ(used("queued", "account=acme"), 3u);
  EXPECT_EQ(used("month", "account=acme"), 3u);
  EXPECT_EQ(state(messages[50]), MessageState::none);
  EXPECT_EQ(cancel(messages[50]), Status::not_found);
  EXPECT_THAT(error, ::testing::HasSubstr("campaign was aborted"));
  EXPECT_EQ(add(id, "+1", "x").decision.status, Status::conflict);
  EXPECT_EQ(ack(leased[0]), Status::ok);
  EXPECT_EQ(settle(leased[1], Outcome::retry, kSecond), Status::ok);
  EXPECT_EQ(settled, MessageState::aborted);
  EXPECT_EQ(drain_queue(kStart + kDay), (std::vector<std::string>{"0.1s: organic"}));
  for (int i = 0; i < 10; ++i) lease(1);
  EXPECT_EQ(counters().messages, 0u);
  EXPECT_EQ(used("queued", "account=acme"), 0u);
  EXPECT_EQ(used("line_queued", "line=+1"), 0u);
  EXPECT_EQ(used("line_queued", "line=+2"), 0u);
  EXPECT_EQ(used("month", "account=acme"), 2u);  // the organic one, and the one that was sent
  EXPECT_EQ(report(id).ended[static_cast<size_t>(MessageState::aborted)], 99u);
  EXPECT_EQ(report(id).ended[static_cast<size_t>(MessageState::sent)], 1u);
}

TEST_F(CampaignTest, AnAbortOfAMillionTakesNoTimeAndTheMemoryComesBack) {
  options.memory_cap = uint64_t{1} << 30;
  open(line_queue(R"("amount": "10/s")", kBound, kBoundCharges));
  const uint64_t before = counters().memory_used;
  const uint64_t id = make({});
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_EQ(add(id, "+" + std::to_string(i % 500), "r" + std::to_string(i)).decision.status, Status::ok) << error;
  }
  EXPECT_GT(counters().memory_used, 60'000'000u);
  timespec begin{}, end{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  CampaignReport report;
  Engine::change_campaign(handle, id, CampaignChange::abort, kEngineClock, &report, nullptr);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  RecordProperty("abort_ns", std::to_string((end.tv_sec - begin.tv_sec) * 1'000'000'000 + end.tv_nsec - begin.tv_nsec));
  EXPECT_EQ(report.removed, 1'000'000u);
  EXPECT_EQ(used("queued", "account=acme"), 0u);
  EXPECT_TRUE(lease(1).empty());
  while (sweep() != 0 || counters().messages != 0) {
  }
  sweep();
  EXPECT_LT(counters().memory_used, before + 4'000'000);
}

TEST_F(CampaignTest, TooManyFailuresPauseItOnceWithTheEvidence) {
  open(line_queue(R"("amount": "1000/s")"));
  CampaignRules rules;
  rules.share = 10'000;
  rules.pause_share = 500;
  rules.pause_window = 200;
  const uint64_t id = make(rules);
  for (int i = 0; i < 300; ++i) add(id, "+1", "r" + std::to_string(i));
  int sent = 0;
  for (Instant due = next_due(); due != kNever && sent < 300; due = next_due()) {
    if (due > now()) set_clock(due);
    for (const Leased& one : lease(1)) settle(one, ++sent % 10 == 0 ? Outcome::failed : Outcome::sent);
  }
  EXPECT_EQ(sent, 100);  // ten failures
  EXPECT_EQ(report(id).state, CampaignState::paused);
  int told = 0;
  for (const Event& event : drain()) told += event.kind == EventKind::campaign_paused;
  EXPECT_EQ(told, 1);
}

TEST_F(CampaignTest, ALineThatIsDueAgainGoesAfterThoseThatWereDueBefore) {
  open(line_queue(R"("unlimited": true)"));
  CampaignRules rules;
  rules.duration = 10 * kSecond;
  const uint64_t id = make(rules);
  for (int i = 0; i < 10; ++i) add(id, "+1", "r" + std::to_string(i), "slot " + std::to_string(i));
  // A line that is due and gives nothing, and two that are due before the campaign's next slot.
  put({.values = {"acme", "+2", "ann"}, .send_at = kStart + 100 * kMillisecond, .expires_at = kStart + 200 * kMillisecond});
  put({.values = {"acme", "+3", "ann"}, .payload = "first", .send_at = kStart + 500 * kMillisecond});
  put({.values = {"acme", "+4", "ann"}, .payload = "second", .send_at = kStart + 700 * kMillisecond});
  at(9);
  std::vector<std::string> order;
  for (const Leased& one : lease(3)) order.push_back(one.payload);
  EXPECT_EQ(order, (std::vector<std::string>{"slot 0", "first", "second"}));
}

TEST_F(CampaignTest, BadInputIsNamed) {
  open(line_queue(R"("amount": "1/s")"));
  uint64_t id = 0;
  EXPECT_EQ(Engine::create_campaign(handle, {"x", "", {}}, kEngineClock, &id, &error), Status::invalid);
  CampaignRules rules;
  rules.share = 0;
  EXPECT_EQ(Engine::create_campaign(handle, {"x", "acme", rules}, kEngineClock, &id, &error), Status::invalid);
  EXPECT_THAT(error, ::testing::HasSubstr("share"));
  EXPECT_EQ(add(77, "+1", "ann").decision.status, Status::not_found);
  EXPECT_EQ(add(uint64_t{1} << 60, "+1", "ann").decision.status, Status::not_found);
  const uint64_t other = make({}, "other");
  EXPECT_EQ(add(other, "+1", "ann").decision.status, Status::invalid);
  EXPECT_THAT(error, ::testing::HasSubstr("another account"));
  EXPECT_EQ(Engine::change_campaign(handle, 5, CampaignChange::abort, kEngineClock, nullptr, &error), Status::not_found);
  EXPECT_EQ(counters().messages, 0u);
}

}  // namespace
}  // namespace sluice::testing
