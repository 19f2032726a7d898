// SPDX-License-Identifier: Apache-2.0
// A campaign's own rate: exact over all its lines together, whatever they are and whoever asks when; and nobody is left out.
#include <map>
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"

namespace sluice::testing {
namespace {

struct Left {
  Instant at = 0;  // since the start
  std::string line, payload;
};

class Collected : public LeaseSink {
 public:
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override {
    leases.push_back({});
    Leased& one = leases.back();
    one.message = view.message;
    one.fence = view.fence;
    one.payload = std::string(view.payload);
    one.values.emplace_back(view.values[1]);
  }
  std::vector<Leased> leases;
};

const std::string kFree = R"("unlimited": true)";

class CampaignRateTest : public QueueTest {
 protected:
  uint64_t make(CampaignRate rate, Span duration = 0) {
    CampaignRules rules;
    rules.share = kWholeShare;
    rules.rate = rate;
    rules.duration = duration;
    uint64_t id = 0;
    EXPECT_EQ(Engine::create_campaign(handle, {"spring", "acme", rules}, kEngineClock, &id, &error), Status::ok) << error;
    return id;
  }
  uint64_t add(uint64_t campaign, const std::string& line, const std::string& payload = "c") {
    const Enqueued held =
        put({.values = {"acme", line, "r" + std::to_string(++recipients_)}, .payload = payload, .campaign = campaign});
    EXPECT_EQ(held.decision.status, Status::ok) << error;
    return held.message;
  }
  void add_many(uint64_t campaign, int lines, int each) {
    for (int i = 0; i < each; ++i) {
      for (int l = 1; l <= lines; ++l) add(campaign, "+" + std::to_string(l));
    }
  }
  Status set_rate(uint64_t id, CampaignRate rate) {
    return Engine::set_campaign_rate(handle, id, rate, kEngineClock, nullptr, &error);
  }
  void change(uint64_t id, CampaignChange what) {
    EXPECT_EQ(Engine::change_campaign(handle, id, what, kEngineClock, nullptr, &error), Status::ok) << error;
  }
  CampaignReport report(uint64_t id) {
    CampaignReport report;
    EXPECT_EQ(Engine::campaign_status(handle, id, &report, &error), Status::ok) << error;
    return report;
  }
  std::vector<Leased> lease_of(const std::vector<std::string>& lines, uint32_t most = 100) {
    const std::vector<Bytes> names(lines.begin(), lines.end());
    LeaseOptions asked;
    asked.most = most;
    asked.some_lines = !names.empty();
    asked.lines = names;
    Collected sink;
    EXPECT_EQ(Engine::lease(handle, asked, sink, nullptr, &error), Status::ok) << error;
    return sink.leases;
  }
  // What leaves before an instant if it is leased when it is due, or at every `poll` alone; of all lines, or of some.
  std::vector<Left> leave(Instant until, Span poll = 0, const std::vector<std::string>& lines = {}) {
    std::vector<Left> left;
    for (;;) {
      const Instant next = poll != 0 ? now() + poll : std::max(due_of(lines), now());
      if (next >= until) return left;
      set_clock(next);
      ++looks;
      for (const Leased& one : lease_of(lines)) {
        left.push_back({now() - kStart, one.values[0], one.payload});
        EXPECT_EQ(ack(one), Status::ok);
      }
    }
  }
  Instant due_of(const std::vector<std::string>& lines) {
    if (lines.empty()) return next_due();
    LeaseOptions asked;
    const std::vector<Bytes> names(lines.begin(), lines.end());
    asked.most = 0;
    asked.some_lines = true;
    asked.lines = names;
    Collected sink;
    Instant due = 0;
    EXPECT_EQ(Engine::lease(handle, asked, sink, &due, &error), Status::ok) << error;
    return due;
  }
  static std::map<std::string, int> by_line(const std::vector<Left>& left) {
    std::map<std::string, int> count;
    for (const Left& one : left) ++count[one.line];
    return count;
  }
  static void expect_each(const std::vector<Left>& left, Span unit) {
    for (size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i].at, static_cast<Span>(i) * unit) << i;
  }
  uint64_t looks = 0;

 private:
  int recipients_ = 0;
};

TEST_F(CampaignRateTest, OfOneLineMessagesLeaveAtTheExactInstants) {
  open(line_queue(kFree));
  const uint64_t id = make({3, kSecond});
  add_many(id, 1, 1'000);
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 1'000u);
  expect_each(left, 333'333'334);  // never early, late by less than 1 ns a message
}

TEST_F(CampaignRateTest, ThreeLinesTogetherKeepToItAndTakeTurns) {
  open(line_queue(kFree));
  const uint64_t id = make({10, kSecond});
  add_many(id, 3, 20);
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 60u);
  expect_each(left, 100 * kMillisecond);
  for (size_t i = 4; i < 58; ++i) {  // then one line has no more
    EXPECT_NE(left[i].line, left[i - 1].line) << i;
    EXPECT_NE(left[i].line, left[i - 2].line) << i;
  }
  EXPECT_LE(looks, 60u * (1 + CampaignPace::kBackups) + 3);
}

TEST_F(CampaignRateTest, ManyLinesCostFewLooksAMessageAndNoneIsLeftOut) {
  open(line_queue(kFree));
  const uint64_t id = make({1'000, kSecond});
  add_many(id, 200, 5);
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 1'000u);
  expect_each(left, kMillisecond);
  const std::map<std::string, int> first(by_line({left.begin(), left.begin() + 205}));
  EXPECT_EQ(first.size(), 200u);
  EXPECT_LE(looks, 1'000u * (1 + CampaignPace::kBackups) + 200);
}

TEST_F(CampaignRateTest, SlowerLinesFillItTogether) {
  open(line_queue(R"("amount": "1/s")"));
  const uint64_t id = make({2, kSecond});
  add_many(id, 5, 20);
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 100u);
  expect_each(left, 500 * kMillisecond);
  EXPECT_EQ(by_line({left.begin(), left.begin() + 50}).size(), 5u);
}

TEST_F(CampaignRateTest, ItsSlotsAndItsShareHoldBesideIt) {
  open(line_queue(R"("amount": "10/s")"));
  const uint64_t id = make({1, kSecond}, 100 * kSecond);
  add_many(id, 2, 5);
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 10u);
  EXPECT_EQ(left[0].at, 0);
  EXPECT_EQ(left[1].at, kSecond);  // both lines have a slot at the start
  EXPECT_EQ(left[2].at, 20 * kSecond);
  EXPECT_EQ(left[3].at, 21 * kSecond);
  EXPECT_EQ(left[9].at, 81 * kSecond);
}

TEST_F(CampaignRateTest, NobodyElseWaitsForIt) {
  open(line_queue(kFree));
  const uint64_t id = make({1, kMinute});
  add_many(id, 2, 3);
  ASSERT_EQ(lease_of({}).size(), 1u);
  at(1);
  put("+1", "bob", "organic");
  put("+2", "bob", "organic");
  EXPECT_EQ(lease_of({}).size(), 2u);
  EXPECT_TRUE(lease_of({}).empty());
}

TEST_F(CampaignRateTest, WhoComesLateGetsOneMessage) {
  open(line_queue(kFree));
  const uint64_t id = make({10, kSecond});
  add_many(id, 3, 50);
  const std::vector<Left> left = leave(kStart + 60 * kSecond, kSecond);
  ASSERT_EQ(left.size(), 59u);
  for (const auto& [line, count] : by_line(left)) EXPECT_GE(count, 18) << line;
}

TEST_F(CampaignRateTest, ALineWithOthersInFrontIsNotLeftOutByWhoComesLate) {
  open(line_queue(R"("amount": "10/s")"));
  const uint64_t id = make({20, kSecond});
  add_many(id, 3, 100);
  for (int i = 0; i < 500; ++i) {
    put("+1", "o" + std::to_string(i), "organic");
    put("+2", "o" + std::to_string(i), "organic");
  }
  std::map<std::string, int> of_campaign;
  for (const Left& one : leave(kStart + 60 * kSecond, kSecond)) of_campaign[one.line] += one.payload == "c";
  EXPECT_GE(of_campaign["+3"], 15);
  EXPECT_LE(of_campaign["+1"] + of_campaign["+2"] + of_campaign["+3"], 60);
}

TEST_F(CampaignRateTest, ALineThatNobodyAsksHoldsTheOthersUpOnce) {
  open(line_queue(kFree));
  const uint64_t id = make({10, kSecond});
  add_many(id, 6, 50);
  ASSERT_EQ(lease_of({}).size(), 1u);
  set_clock(kStart + 1);
  const std::vector<Left> left = leave(kStart + 10 * kSecond, 0, {"+5", "+6"});
  EXPECT_GE(left.size(), 90u);
  for (size_t i = 1; i < left.size(); ++i) ASSERT_GE(left[i].at - left[i - 1].at, 100 * kMillisecond);
  EXPECT_NEAR(by_line(left)["+5"], by_line(left)["+6"], 3);
  const std::vector<Left> after = leave(kStart + 20 * kSecond);  // all again
  EXPECT_EQ(by_line(after).size(), 6u);
  for (size_t i = 1; i < after.size(); ++i) ASSERT_GE(after[i].at - after[i - 1].at, 100 * kMillisecond);
}

TEST_F(CampaignRateTest, PausedTimeGrantsNothing) {
  open(line_queue(kFree));
  const uint64_t id = make({1, kSecond});
  add_many(id, 2, 10);
  EXPECT_EQ(leave(kStart + 3 * kSecond).size(), 3u);
  at(2);
  set_clock(kStart + 2 * kSecond + 500 * kMillisecond);
  change(id, CampaignChange::pause);
  EXPECT_TRUE(leave(kStart + 100 * kSecond).empty());
  at(100);
  change(id, CampaignChange::resume);
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 17u);
  for (size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i].at, static_cast<Span>(100 + i) * kSecond);
}

TEST_F(CampaignRateTest, AChangeCarriesWhatIsOwedInMessages) {
  open(line_queue(kFree));
  const uint64_t id = make({1, kMinute});
  add_many(id, 2, 10);
  ASSERT_EQ(leave(kStart + kSecond).size(), 1u);
  at(30);
  ASSERT_EQ(set_rate(id, {1, kSecond}), Status::ok) << error;  // half a message is owed
  EXPECT_EQ(next_due(), kStart + 30'500 * kMillisecond);
  const std::vector<Left> faster = leave(kStart + 32 * kSecond);
  ASSERT_EQ(faster.size(), 2u);
  EXPECT_EQ(faster[0].at, 30'500 * kMillisecond);
  EXPECT_EQ(faster[1].at, 31'500 * kMillisecond);
  at(32);
  ASSERT_EQ(set_rate(id, {1, kMinute}), Status::ok) << error;
  const std::vector<Left> slower = leave(kStart + 200 * kSecond);
  ASSERT_GE(slower.size(), 2u);
  EXPECT_EQ(slower[0].at, 62 * kSecond);
  EXPECT_EQ(slower[1].at, 122 * kSecond);
  set_clock(kStart + 200 * kSecond);
  EXPECT_EQ(report(id).rate.amount, 1u);
  EXPECT_EQ(report(id).rate.period, kMinute);
  EXPECT_EQ(report(id).rate_opens_at, kStart + 242 * kSecond);
  ASSERT_EQ(set_rate(id, {}), Status::ok) << error;
  EXPECT_EQ(leave(kStart + 201 * kSecond).size(), 14u);
  EXPECT_EQ(report(id).rate.amount, 0u);
}

TEST_F(CampaignRateTest, ARateThatComesLaterHoldsFromThen) {
  open(line_queue(kFree));
  const uint64_t id = make({}, 100 * kSecond);
  add_many(id, 2, 10);
  EXPECT_EQ(leave(kStart + 10 * kSecond).size(), 2u);
  at(10);
  ASSERT_EQ(set_rate(id, {1, 20 * kSecond}), Status::ok) << error;
  const std::vector<Left> left = leave(kStart + kDay);
  ASSERT_EQ(left.size(), 18u);
  for (size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i].at, static_cast<Span>(10 + 20 * i) * kSecond);
}

TEST_F(CampaignRateTest, WhatWasNotAttemptedMakesRoomAtOnce) {
  for (const Outcome outcome : {Outcome::not_attempted, Outcome::throttled, Outcome::retry, Outcome::failed}) {
    open(line_queue(kFree));
    const Instant begin = now();
    const uint64_t id = make({1, kMinute});
    add_many(id, 3, 4);
    const std::vector<Leased> first = lease_of({});
    ASSERT_EQ(first.size(), 1u);
    set_clock(begin + 10 * kSecond);
    EXPECT_TRUE(lease_of({}).empty());
    ASSERT_EQ(settle(first[0], outcome, kHour), Status::ok);
    const bool back = outcome == Outcome::not_attempted || outcome == Outcome::throttled;
    const std::vector<Left> left = leave(begin + 3 * kMinute);
    ASSERT_GE(left.size(), 2u);
    // A line that is throttled has had its look: the next one goes a nanosecond later.
    const Span past = outcome == Outcome::throttled ? 1 : 0;
    EXPECT_EQ(left[0].at - (begin - kStart), (back ? 10 : 60) * kSecond + past) << static_cast<int>(outcome);
    EXPECT_EQ(left[1].at - (begin - kStart), (back ? 70 : 120) * kSecond + past) << static_cast<int>(outcome);
  }
}

TEST_F(CampaignRateTest, WhatAnEarlierMessageGivesBackIsNotThatOfALaterOne) {
  open(line_queue(kFree));
  const uint64_t id = make({1, kSecond});
  add_many(id, 2, 4);
  const std::vector<Leased> first = lease_of({});
  at(1);
  const std::vector<Leased> second = lease_of({});
  ASSERT_EQ(second.size(), 1u);
  ASSERT_EQ(ack(second[0]), Status::ok);
  set_clock(kStart + 1'200 * kMillisecond);
  ASSERT_EQ(set_rate(id, {1, kMinute}), Status::ok);
  ASSERT_EQ(settle(first[0], Outcome::not_attempted), Status::ok);
  const std::vector<Left> left = leave(kStart + kHour);
  ASSERT_EQ(left.size(), 7u);
  EXPECT_EQ(left[0].at, 1'200 * kMillisecond + 48 * kSecond);
}

TEST_F(CampaignRateTest, RetriesKeepToItAndToTheirOrder) {
  open(line_queue(kFree, "", "", R"("queue": { "retry": { "attempts": 3, "first": "1s", "longest": "1s" } }, )"));
  const uint64_t id = make({1, 10 * kSecond});
  for (int i = 0; i < 3; ++i) {
    put({.values = {"acme", "+1", "ann"}, .payload = std::to_string(i), .campaign = id});
    put({.values = {"acme", "+2", "bob"}, .payload = std::to_string(i), .campaign = id});
  }
  std::map<std::string, std::string> order;
  Instant last = -kDay;
  for (Instant due = next_due(); due < kStart + kDay; due = next_due()) {
    set_clock(std::max(due, now()));
    for (const Leased& one : lease_of({})) {
      EXPECT_GE(now() - last, 10 * kSecond);
      last = now();
      order[one.values[0]] += one.payload;
      settle(one, order[one.values[0]].size() % 2 == 1 ? Outcome::retry : Outcome::sent);
    }
  }
  EXPECT_EQ(order["+1"], "001122");
  EXPECT_EQ(order["+2"], "001122");
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(CampaignRateTest, LinesThatLoseTheirMessagesHoldNobodyUp) {
  open(line_queue(kFree));
  const uint64_t id = make({1, kSecond});
  std::vector<uint64_t> gone;
  for (const char* line : {"+1", "+2", "+3", "+4"}) {
    for (int i = 0; i < 3; ++i) {
      const uint64_t message = add(id, line);
      if (line[1] == '2' || line[1] == '3') gone.push_back(message);
    }
  }
  ASSERT_EQ(ack(lease_one()), Status::ok);
  for (const uint64_t message : gone) ASSERT_EQ(cancel(message), Status::ok);
  const std::vector<Left> left = leave(kStart + kHour);
  ASSERT_EQ(left.size(), 5u);
  for (size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i].at, static_cast<Span>(i + 1) * kSecond);
  add(id, "+2");
  add(id, "+3");
  change(id, CampaignChange::abort);
  while (sweep() != 0 || counters().messages > 1) lease_of({});
  EXPECT_EQ(set_rate(id, {1, kSecond}), Status::conflict);
  EXPECT_EQ(error, "campaign: aborted, which is final");
}

TEST_F(CampaignRateTest, BadInputIsNamed) {
  open(line_queue(kFree));
  uint64_t id = 0;
  const std::string words = "rate: from 1 to 2^48 - 1 messages each period of 1 ns to 400 days; 0 is no rate";
  for (const CampaignRate rate : {CampaignRate{uint64_t{1} << 48, kSecond}, {1, 0}, {1, -1}, {1, 400 * kDay + 1}}) {
    CampaignRules rules;
    rules.rate = rate;
    error.clear();
    EXPECT_EQ(Engine::create_campaign(handle, {"x", "acme", rules}, kEngineClock, &id, &error), Status::invalid);
    EXPECT_EQ(error, words);
    id = make({});
    error.clear();
    EXPECT_EQ(set_rate(id, rate), Status::invalid);
    EXPECT_EQ(error, words);
  }
  EXPECT_EQ(set_rate(12345, {1, kSecond}), Status::not_found);
  EXPECT_EQ(Engine::set_campaign_rate(handle, id, {1, kSecond}, -1, nullptr, &error), Status::time);
}

}  // namespace
}  // namespace sluice::testing
