// SPDX-License-Identifier: Apache-2.0
// Pools: how their lines stand, and what becomes of the messages on one that goes.
#include <map>
#include <string>

#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string number(int i) { return std::to_string(i); }

TEST_F(PoolTest, AddingLinesDrawsNewRecipientsAndLeavesTheOthers) {
  open(pooled());
  lines(1);
  for (int i = 0; i < 10; ++i) text("acme", "r" + number(i));
  EXPECT_EQ(put({.values = {"acme", "", "new"}, .flags = flag::peek}).promise.eta, kStart + 10 * kSecond);
  line("+2");
  const Enqueued peeked = put({.values = {"acme", "", "new"}, .flags = flag::peek});
  EXPECT_EQ(peeked.line, "+2");
  EXPECT_EQ(peeked.promise.eta, kStart);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(line_of("r" + number(i)), "+1");
}

TEST_F(PoolTest, AWarmingLineTakesOnlySoManyNewRecipientsADay) {
  open(pooled(R"("new_recipients": 2)"));
  line("+1", LineState::warming);
  line("+2", LineState::warming);
  std::map<std::string, int> share;
  for (int i = 0; i < 4; ++i) ++share[text("acme", "r" + number(i)).line];
  EXPECT_EQ(share["+1"], 2);
  EXPECT_EQ(share["+2"], 2);
  const Enqueued fifth = text("acme", "r4");
  EXPECT_EQ(fifth.decision.denial, DenialKind::pool);
  EXPECT_EQ(fifth.decision.retry_after, kDay);
  EXPECT_EQ(text("acme", "r0").decision.status, Status::ok);  // one it knows
  line("+3");
  EXPECT_EQ(text("acme", "r4").line, "+3");  // only new ones go elsewhere
  set_clock(kStart + kDay);
  EXPECT_EQ(text("acme", "r5").decision.status, Status::ok);
}

TEST_F(PoolTest, APausedLineHoldsWhatItHas) {
  open(pooled());
  lines(1);
  text("acme", "ann", "1");
  text("acme", "ann", "2");
  ASSERT_EQ(set({.line = "+1", .state = LineState::paused, .paused_until = kStart + kMinute}), Status::ok) << error;
  EXPECT_EQ(next_due(), kStart + kMinute);
  EXPECT_EQ(text("acme", "ann", "3").sticky, Sticky::existing);
  EXPECT_EQ(text("acme", "bob").decision.denial, DenialKind::pool);
  EXPECT_THAT(sent(kStart + kHour), ElementsAre("+1: 1", "+1: 2", "+1: 3"));
  EXPECT_EQ(now(), kStart + kMinute + 2 * kSecond);
  EXPECT_EQ(text("acme", "bob").decision.status, Status::ok);  // the pause is over
  set({.line = "+1", .state = LineState::paused});
  EXPECT_EQ(next_due(), kNever);
  line("+1");
  EXPECT_NE(next_due(), kNever);
}

TEST_F(PoolTest, ADrainingLineServesThoseItHasAndNobodyNew) {
  open(pooled());
  lines(2);
  const std::string anns = text("acme", "ann").line;
  line(anns, LineState::draining);
  for (int i = 0; i < 10; ++i) EXPECT_NE(text("acme", "r" + number(i)).line, anns);
  EXPECT_EQ(text("acme", "ann").line, anns);
  EXPECT_EQ(sent(kStart + kDay).size(), 12u);
}

TEST_F(PoolTest, SuspendedHoldWaitsForTheLine) {
  open(pooled(R"("on_suspend": "hold")"));
  lines(2);
  text("acme", "ann", "1", "+1");
  text("acme", "ann", "2");
  line("+1", LineState::suspended);
  EXPECT_EQ(report.held, 2u);
  EXPECT_EQ(report.moved + report.failed, 0u);
  EXPECT_EQ(text("acme", "ann", "3").line, "+1");
  EXPECT_EQ(call("send", "acme", "", "ann"), "denied: pool by -, on release");
  EXPECT_TRUE(sent(kStart + kDay).empty());
  line("+1");
  EXPECT_THAT(sent(kStart + 2 * kDay), ElementsAre("+1: 1", "+1: 2", "+1: 3"));
  EXPECT_TRUE(events().empty());
}

TEST_F(PoolTest, HeldMessagesExpire) {
  open(pooled(R"("on_suspend": "hold")"));
  lines(1);
  const uint64_t message = put({.values = {"acme", "", "ann"}, .expires_at = kStart + kMinute}).message;
  line("+1", LineState::suspended);
  EXPECT_EQ(next_due(), kStart + kMinute);
  at(60);
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(state(message), MessageState::none);
  EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::expired)], 1u);
  EXPECT_EQ(used("queued", "line=+1"), 0u);
}

TEST_F(PoolTest, SuspendedFailEndsThemAndGivesBackWhatTheyTook) {
  open(pooled(R"("on_suspend": "fail")", 100,
              R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 })",
              R"({ "limit": "day" })"));
  lines(2);
  for (int i = 0; i < 5; ++i) text("acme", "ann", "", "+1");
  EXPECT_EQ(used("day", "account=acme"), 5u);
  const Leased on_its_way = lease_one();
  line("+1", LineState::suspended);
  EXPECT_EQ(report.failed, 4u);
  EXPECT_EQ(report.held, 0u);
  EXPECT_EQ(used("day", "account=acme"), 1u);
  EXPECT_EQ(used("queued", "line=+1"), 1u);
  EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::failed)], 4u);
  EXPECT_EQ(ack(on_its_way), Status::ok);
  EXPECT_EQ(text("acme", "ann").decision.denial, DenialKind::pool);
}

TEST_F(PoolTest, RemovingALineLosesNothingAndLeavesNoRouteToNowhere) {
  open(pooled());
  lines(1);
  text("acme", "ann", "1");
  ack(lease_one());
  text("acme", "ann", "2");
  line("+2");
  line("+1", LineState::removed);
  EXPECT_EQ(report.held, 1u);  // ann has had something from it
  EXPECT_EQ(line_of("ann"), "+2");
  const Enqueued next = text("acme", "ann", "3");
  EXPECT_EQ(next.line, "+2");
  EXPECT_EQ(next.sticky, Sticky::moved);
  EXPECT_THAT(events(), ElementsAre("sender changed of recipient=ann: +1 -> +2, removed"));
  EXPECT_THAT(sent(kStart + kDay), ElementsAre("+2: 2", "+2: 3"));  // what waited went along, in order
}

TEST_F(PoolTest, ALineThatIsRemovedAndNotNeededAnyMoreIsGone) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(2);
  text("acme", "ann", "", "+1");
  line("+1", LineState::removed);
  EXPECT_EQ(report.moved, 1u);
  EXPECT_THAT(list(), ::testing::Not(HasSubstr("removed")));
  EXPECT_EQ(put({.operation = "own", .values = {"acme", "+1", "ann"}}).decision.status, Status::ok);
  EXPECT_EQ(sent(kStart + kDay).size(), 2u);  // elsewhere it is a line like any other
  line("+1");
  EXPECT_EQ(line_of("ann"), "+2");
}

TEST_F(PoolTest, WhatComesBackToALineThatIsRemovedIsNotSentByIt) {
  open(pooled(R"("on_suspend": "hold")"));
  lines(1);
  text("acme", "ann");
  const Leased on_its_way = lease_one();
  line("+2");
  line("+1", LineState::removed);
  EXPECT_EQ(settle(on_its_way, Outcome::not_attempted), Status::ok);
  EXPECT_TRUE(sent(kStart + kDay).empty());
  text("acme", "ann");
  EXPECT_EQ(sent(kStart + 2 * kDay).size(), 2u);  // by the other
}

TEST_F(PoolTest, AnExplanationOfARecipientWhoWouldMoveChangesNothing) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(2);
  text("acme", "ann", "", "+1");
  sent(kStart + kMinute);
  line("+1", LineState::suspended);
  explain({.values = {"acme", "", "ann"}});
  EXPECT_EQ(line_of("ann"), "+2");
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(text("acme", "ann").sticky, Sticky::moved);
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(PoolTest, ALineThatIsReportedBadIsSuspended) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(1);
  text("acme", "ann", "1");
  text("acme", "ann", "2");
  line("+2");
  EXPECT_EQ(settle(lease_one(), Outcome::line_bad), Status::ok);
  EXPECT_THAT(list(), HasSubstr(R"("line":"+1","state":"suspended","reason":"reported bad")"));
  EXPECT_THAT(events(), ElementsAre("sender changed of recipient=ann: +1 -> +2, suspended"));
  EXPECT_THAT(sent(kStart + kDay), ElementsAre("+2: 1", "+2: 2"));
}

TEST_F(PoolTest, ADecisionDoesNotGoByALineThatIsPaused) {
  open(pooled());
  lines(1);
  text("acme", "ann");
  sent(kStart + kMinute);
  at(60);
  set({.line = "+1", .state = LineState::paused, .paused_until = kStart + 2 * kMinute});
  EXPECT_EQ(call("send", "acme", "", "ann"), "denied: pool by -, not before 60s");
  EXPECT_EQ(call("send", "acme", "+1", "ann"), "denied: pool by -, not before 60s");
  at(120);
  EXPECT_EQ(call("send", "acme", "", "ann"), "allowed");
}

TEST_F(PoolTest, AnExplanationTellsOfThePool) {
  open(pooled());
  lines(1);
  EXPECT_THAT(explain({.values = {"acme", "", "ann"}}), HasSubstr("pace"));
  line("+1", LineState::removed);
  EXPECT_THAT(explain({.values = {"acme", "", "ann"}}), HasSubstr("pool"));
}

TEST_F(PoolTest, AtTheMemoryCapNobodyIsGivenALineHalfway) {
  options.memory_cap = uint64_t{2} << 20;
  options.shards = 1;
  open(pooled("", 1'000'000));
  lines(2);
  int held = 0;
  for (int i = 0; i < 40'000; ++i) {
    const Enqueued out = text("acme", "r" + number(i));
    if (out.decision.status != Status::ok) {
      EXPECT_EQ(out.decision.denial, DenialKind::memory) << word(out.decision.status);
      break;
    }
    ++held;
  }
  EXPECT_LT(held, 40'000);
  EXPECT_EQ(used("queued", "line=+1") + used("queued", "line=+2"), static_cast<uint64_t>(held));
  EXPECT_EQ(counters().messages, static_cast<uint64_t>(held));
  const std::string json = list();
  uint64_t recipients = 0;
  for (size_t at = json.find("recipients"); at != std::string::npos; at = json.find("recipients", at + 1)) {
    recipients += std::stoull(json.substr(at + 12));
  }
  EXPECT_EQ(recipients, static_cast<uint64_t>(held));
}

TEST_F(PoolTest, AMemberOutOfRangeIsRefusedWithItsReason) {
  open(pooled());
  EXPECT_EQ(set({.line = ""}), Status::invalid);
  EXPECT_EQ(set({.line = "+1", .weight = 2'000'000}), Status::invalid);
  EXPECT_EQ(set({.line = "+1", .paused_until = kStart}), Status::invalid);
  EXPECT_EQ(set({.line = "+1", .on_suspend = 4}), Status::invalid);
  EXPECT_EQ(set({.line = "+1", .reason = std::string(201, 'x')}), Status::invalid);
  EXPECT_EQ(list(), "[]");
}

TEST_F(PoolTest, AListTellsHowItsLinesStand) {
  open(pooled());
  set({.line = "+1", .weight = 2});
  for (int i = 0; i < 3; ++i) text("acme", "ann");
  set({.line = "+2", .state = LineState::suspended, .reason = "carrier says no"});
  EXPECT_EQ(list(),
            R"([{"line":"+1","state":"active","reason":null,"paused_until":null,"weight":2,"depth":3,"expected_wait":3000000000,)"
            R"("recipients":1},{"line":"+2","state":"suspended","reason":"carrier says no","paused_until":null,"weight":1,)"
            R"("depth":0,"expected_wait":null,"recipients":0}])");
}

TEST_F(PoolTest, ALineOfNoPoolWorksAsBefore) {
  open(pooled());
  lines(1);
  EXPECT_EQ(put({.operation = "own", .values = {"acme", "+9", "ann"}}).decision.status, Status::ok);
  EXPECT_EQ(settle(lease_one(), Outcome::line_bad), Status::ok);
  EXPECT_EQ(next_due(), kNever);
  EXPECT_EQ(text("acme", "ann").line, "+1");
}

}  // namespace
}  // namespace sluice::testing
