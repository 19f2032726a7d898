// SPDX-License-Identifier: Apache-2.0
// Pools: messages that go with their recipient to another line.
#include <map>
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

std::string number(int i) { return std::to_string(i); }

TEST_F(PoolTest, MoveAllTakesEveryRecipientAlongInOrder) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(1);
  std::vector<uint64_t> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(text("acme", i % 2 == 0 ? "ann" : "bob", number(i)).message);
  lines(3);
  EXPECT_EQ(used("queued", "line=+1"), 6u);
  line("+1", LineState::suspended);
  EXPECT_EQ(report.moved, 6u);
  EXPECT_EQ(report.held, 0u);
  EXPECT_EQ(used("queued", "line=+1"), 0u);
  EXPECT_EQ(used("queued", "line=+2") + used("queued", "line=+3"), 6u);
  const std::string anns = line_of("ann"), bobs = line_of("bob");
  EXPECT_NE(anns, "+1");
  EXPECT_NE(anns, bobs);  // each to the shorter wait
  EXPECT_THAT(events(), ElementsAre("sender changed of recipient=ann: +1 -> " + anns + ", suspended",
                                    "sender changed of recipient=bob: +1 -> " + bobs + ", suspended"));
  for (const uint64_t id : ids) EXPECT_EQ(state(id), MessageState::waiting);  // they keep their numbers
  EXPECT_EQ(text("acme", "ann", "6").line, anns);
  std::map<std::string, std::string> order;
  for (const std::string& one : sent(kStart + kDay)) order[one.substr(0, 2)] += one.substr(4);
  EXPECT_EQ(order[anns], "0246");
  EXPECT_EQ(order[bobs], "135");
  EXPECT_EQ(used("queued", "line=+2") + used("queued", "line=+3"), 0u);
  for (const uint64_t id : ids) EXPECT_EQ(state(id), MessageState::none);
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(PoolTest, MoveNewTakesOnlyThoseWhoHaveHadNothingFromTheLine) {
  open(pooled());
  lines(1);
  text("acme", "ann", "1");
  ack(lease_one());
  text("acme", "ann", "2");
  text("acme", "bob", "3");
  line("+2");
  line("+1", LineState::suspended);
  EXPECT_EQ(report.held, 1u);
  EXPECT_EQ(report.moved, 1u);
  EXPECT_EQ(line_of("ann"), "+1");
  EXPECT_EQ(line_of("bob"), "+2");
  EXPECT_THAT(events(), ElementsAre("sender changed of recipient=bob: +1 -> +2, suspended"));
  EXPECT_THAT(sent(kStart + kDay), ElementsAre("+2: 3"));
  line("+1");
  EXPECT_THAT(sent(kStart + 2 * kDay), ElementsAre("+1: 2"));
}

TEST_F(PoolTest, WhatComesBackToALineThatIsOutFollowsItsRecipient) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(1);
  text("acme", "ann", "1");
  const Leased first = lease_one();
  text("acme", "ann", "2");
  line("+2");
  line("+1", LineState::suspended);
  EXPECT_EQ(line_of("ann"), "+2");
  EXPECT_EQ(settle(first, Outcome::not_attempted), Status::ok);
  EXPECT_EQ(state(first.message), MessageState::waiting);
  EXPECT_EQ(sent(kStart + kDay).size(), 2u);
}

TEST_F(PoolTest, AMessageWhoseLeaseEndsInSilenceFollowsItsRecipient) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(1);
  text("acme", "ann", "1");
  const Leased first = lease_one();
  line("+2");
  line("+1", LineState::suspended);
  set_clock(first.until);
  lease(10);
  EXPECT_THAT(sent(kStart + kDay), ElementsAre("+2: 1"));
  EXPECT_THAT(events(), ElementsAre("sender changed of recipient=ann: +1 -> +2, suspended"));
}

TEST_F(PoolTest, ALineThatReturnsByWayOfAPauseBringsItsRecipientsHome) {
  open(pooled(R"("on_suspend": "move_all", "return_home": true)"));
  lines(1);
  text("acme", "ann", "1");
  line("+2");
  line("+1", LineState::suspended);
  line("+1", LineState::paused);
  EXPECT_EQ(line_of("ann"), "+2");
  line("+1");
  EXPECT_EQ(line_of("ann"), "+1");
}

TEST_F(PoolTest, ALinesOwnPolicyGoesBeforeThePools) {
  open(pooled(R"("on_suspend": "hold")"));
  lines(1);
  text("acme", "ann");
  line("+2");
  set({.line = "+1", .state = LineState::suspended, .on_suspend = static_cast<int32_t>(OnSuspend::move_all)});
  EXPECT_EQ(report.moved, 1u);
}

TEST_F(PoolTest, ALineThatReturnsSendsNoBurst) {
  open(pooled(R"("on_suspend": "hold")"));
  lines(1);
  for (int i = 0; i < 10; ++i) text("acme", "ann");
  line("+1", LineState::suspended);
  at(100);
  line("+1");
  EXPECT_EQ(lease(10).size(), 1u);
  EXPECT_EQ(next_due(), kStart + 101 * kSecond);
}

TEST_F(PoolTest, ThoseWhoWereMovedStayUnlessThePoolBringsThemHome) {
  for (const bool home : {false, true}) {
    open(pooled(std::string(R"("on_suspend": "move_all", "return_home": )") + (home ? "true" : "false")));
    lines(1);
    text("acme", "ann", "1");
    text("acme", "ann", "2");
    line("+2");
    line("+1", LineState::suspended);
    EXPECT_EQ(line_of("ann"), "+2");
    line("+1");
    EXPECT_EQ(line_of("ann"), home ? "+1" : "+2");
    std::vector<std::string> told = {"sender changed of recipient=ann: +1 -> +2, suspended"};
    if (home) told.push_back("sender changed of recipient=ann: +2 -> +1, home");
    EXPECT_EQ(events(), told);
    text("acme", "ann", "3");
    const std::string to = home ? "+1: " : "+2: ";
    EXPECT_THAT(sent(now() + kDay), ElementsAre(to + "1", to + "2", to + "3"));
    EXPECT_EQ(used("queued", "line=+1") + used("queued", "line=+2"), 0u);
  }
}

TEST_F(PoolTest, AMoveDoesNotExceedTheDepthOfAnotherLine) {
  open(pooled(R"("on_suspend": "move_all")", 3));
  lines(1);
  for (int i = 0; i < 3; ++i) text("acme", "ann");
  line("+2");
  text("acme", "bob", "", "+2");
  line("+1", LineState::suspended);
  EXPECT_EQ(report.held, 3u);
  EXPECT_EQ(report.moved, 0u);
  EXPECT_EQ(used("queued", "line=+2"), 1u);
  EXPECT_EQ(line_of("ann"), "+1");
}

TEST_F(PoolTest, MovedMessagesKeepTheirScheduleTheirExpiryAndTheirKind) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(1);
  const uint64_t later = put({.values = {"acme", "", "ann"}, .payload = "later", .send_at = kStart + kHour}).message;
  const uint64_t soon = put({.values = {"acme", "", "ann"}, .payload = "soon", .expires_at = kStart + kMinute}).message;
  line("+2");
  line("+1", LineState::suspended);
  EXPECT_EQ(report.moved, 2u);
  EXPECT_EQ(state(later), MessageState::scheduled);
  EXPECT_EQ(state(soon), MessageState::waiting);
  set({.line = "+2", .state = LineState::paused});
  at(60);
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(state(soon), MessageState::none);  // expired
  line("+2");
  at(3600);
  EXPECT_EQ(lease_one().payload, "later");
  EXPECT_EQ(cancel(later), Status::stale);
}

TEST_F(PoolTest, AMovedMessageIsCancelledByItsNumber) {
  open(pooled(R"("on_suspend": "move_all")"));
  lines(1);
  std::vector<uint64_t> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(text("acme", "r" + number(i)).message);
  lines(5);
  line("+1", LineState::suspended);
  EXPECT_EQ(report.moved, 20u);
  for (const uint64_t id : ids) EXPECT_EQ(cancel(id), Status::ok) << error;
  for (const uint64_t id : ids) EXPECT_EQ(cancel(id), Status::not_found);
  EXPECT_EQ(counters().messages, 0u);
  for (int i = 2; i <= 5; ++i) EXPECT_EQ(used("queued", "line=+" + number(i)), 0u);
}

TEST_F(PoolTest, MovedAgainAndAgainAMessageIsFoundAndInOrder) {
  options.shards = 64;
  open(pooled(R"("on_suspend": "move_all", "return_home": true)"));
  lines(6);
  std::string expected;
  std::vector<uint64_t> ids;
  for (int round = 0; round < 40; ++round) {
    ids.push_back(text("acme", "ann", std::string(1, static_cast<char>('0' + round))).message);
    expected += static_cast<char>('0' + round);
    const std::string at = line_of("ann");
    line(at, LineState::suspended);
    EXPECT_NE(line_of("ann"), at);
    for (const uint64_t id : ids) ASSERT_NE(state(id), MessageState::none) << round;
    if (round % 3 == 0) line(at);
    for (int i = 1; i <= 6 && round % 3 != 0; ++i) line("+" + number(i));
  }
  std::string order;
  for (const std::string& one : sent(now() + kDay)) order += one.substr(4);
  EXPECT_EQ(order, expected);
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(PoolTest, AReplayTellsHowTheMessageStandsWhereverItIsNow) {
  open(pooled(R"("on_suspend": "move_all")"));
  line("+1");
  const Put ask = {.values = {"acme", "", "ann"}, .key = "k"};
  const Enqueued first = put(ask);
  ASSERT_EQ(first.line, "+1");
  line("+2");
  line("+1", LineState::suspended);
  const Enqueued moved = put(ask);
  EXPECT_EQ(moved.message, first.message);
  EXPECT_EQ(moved.state, MessageState::waiting);
  EXPECT_EQ(moved.line, "+2");
  EXPECT_EQ(moved.depth, 1u);
  EXPECT_EQ(sent(kStart + 1), (std::vector<std::string>{"+2: "}));
  EXPECT_EQ(put(ask).state, MessageState::sent);
}

}  // namespace
}  // namespace sluice::testing
