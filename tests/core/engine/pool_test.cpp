// SPDX-License-Identifier: Apache-2.0
// Pools: which line a message goes by, and what becomes of it when the line goes.
#include "tests/support/pool_fixture.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string number(int i) { return std::to_string(i); }

// The choice.

TEST_F(PoolTest, ARecipientKeepsItsLine) {
  open(pooled());
  lines(4);
  std::map<std::string, std::string> first;
  for (int i = 0; i < 40; ++i) {
    const Enqueued held = text("acme", "r" + number(i));
    ASSERT_EQ(held.decision.status, Status::ok) << error;
    EXPECT_EQ(held.sticky, Sticky::fresh);
    first["r" + number(i)] = held.line;
  }
  sent(kStart + kDay);
  for (const auto& [recipient, line] : first) {
    const Enqueued again = text("acme", recipient);
    EXPECT_EQ(again.line, line);
    EXPECT_EQ(again.sticky, Sticky::existing);
  }
}

TEST_F(PoolTest, EqualLinesShareNewRecipientsEvenly) {
  open(pooled("", 1000));
  lines(4);
  std::map<std::string, int> share;
  for (int i = 0; i < 1000; ++i) ++share[text("tenant" + number(i), "r" + number(i)).line];
  ASSERT_EQ(share.size(), 4u);
  for (const auto& [line, count] : share) EXPECT_NEAR(count, 250, 2) << line;
}

TEST_F(PoolTest, IdleLinesShareNewRecipientsByTheTie) {
  open(pooled("", 1000));
  lines(4);
  std::map<std::string, int> share;
  for (int i = 0; i < 1000; ++i) {
    ++share[text("acme", "r" + number(i)).line];
    sent(now() + kMinute);
    pass(kMinute);
  }
  for (const auto& [line, count] : share) EXPECT_NEAR(count, 250, 50) << line;
}

TEST_F(PoolTest, ChoicesAreTheSameWhateverTheSeedAndTheShardCount) {
  std::vector<std::string> first;
  for (const uint32_t shards : {1u, 16u, 1024u, 1024u}) {
    options.shards = shards;
    open(pooled());
    lines(7);
    std::vector<std::string> chosen;
    for (int i = 0; i < 100; ++i) chosen.push_back(text("acme", "r" + number(i)).line);
    if (first.empty()) first = chosen;
    EXPECT_EQ(chosen, first);
  }
}

TEST_F(PoolTest, ALineThatIsGivenWins) {
  open(pooled());
  lines(3);
  text("acme", "ann", "", "+2");
  const Enqueued other = text("acme", "ann", "", "+3");
  EXPECT_EQ(other.decision.status, Status::ok);
  EXPECT_EQ(other.line, "+3");
  EXPECT_EQ(line_of("ann"), "+2");                      // the first one given is the recipient's
  EXPECT_EQ(text("acme", "ann", "", "+9").line, "+9");  // one of no pool
}

TEST_F(PoolTest, ALineOfARecipientBelongsToOneAccount) {
  open(pooled());
  lines(2);
  const std::string acmes = text("acme", "ann").line;
  const Enqueued named = text("other", "ann", "", acmes);
  EXPECT_EQ(named.decision.status, Status::denied);
  EXPECT_EQ(named.decision.denial, DenialKind::pool);
  const Enqueued chosen = text("other", "ann");
  EXPECT_EQ(chosen.decision.status, Status::ok);
  EXPECT_NE(chosen.line, acmes);
  // None is left for a third.
  EXPECT_EQ(text("third", "ann").decision.denial, DenialKind::pool);
  EXPECT_EQ(text("third", "bob").decision.status, Status::ok);
  EXPECT_EQ(line_of("ann"), acmes);
}

TEST_F(PoolTest, AnAttemptAtALineOfAnothersIsCharged) {
  open(pooled("", 100, R"({ "name": "tries", "scope": ["account", "line"], "kind": "window", "period": "day", "amount": 9 })",
              R"({ "limit": "tries", "charge": "attempt" })"));
  lines(1);
  text("acme", "ann");
  EXPECT_EQ(text("other", "ann", "", "+1").decision.denial, DenialKind::pool);
  EXPECT_EQ(used("tries", "account=other,line=+1"), 1u);
}

TEST_F(PoolTest, ManyAccountsHaveOneRecipientEachByItsOwnLine) {
  open(pooled());
  lines(9);
  std::set<std::string> taken;
  for (int i = 0; i < 9; ++i) taken.insert(text("tenant" + number(i), "ann").line);
  EXPECT_EQ(taken.size(), 9u);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(text("tenant" + number(i), "ann").sticky, Sticky::existing);
}

TEST_F(PoolTest, WithoutStickinessEveryMessageGoesByTheShortestWait) {
  open(pooled(R"("sticky": false)"));
  lines(3);
  std::map<std::string, int> share;
  for (int i = 0; i < 30; ++i) {
    const Enqueued held = text("acme", "ann");
    EXPECT_EQ(held.sticky, Sticky::none);
    ++share[held.line];
  }
  for (const auto& [line, count] : share) EXPECT_EQ(count, 10) << line;
}

TEST_F(PoolTest, WaitsAreEqualisedAndNotCounts) {
  open(R"({ "name": "tiers", "tenant": "account", "line": "line", "pools": [ { "name": "p" } ],
    "subjects": [ { "scope": ["line"], "plans": ["low", "middle", "high"], "default": "low" } ],
    "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue",
      "amounts": [ { "plan": "low", "amount": "80/s" }, { "plan": "middle", "amount": "200/s" }, { "plan": "high", "amount": "1000/s" } ] } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "pool": "p", "charges": [ { "limit": "pace" } ] } ] })");
  lines(3);
  set_plan("line=+2", "middle");
  set_plan("line=+3", "high");
  std::map<std::string, int> share;
  for (int i = 0; i < 1280; ++i) ++share[text("acme", "r" + number(i)).line];
  EXPECT_NEAR(share["+1"], 80, 2);
  EXPECT_NEAR(share["+2"], 200, 2);
  EXPECT_NEAR(share["+3"], 1000, 4);
}

TEST_F(PoolTest, AWeightIsAShare) {
  open(pooled("", 1000));
  ASSERT_EQ(set({.line = "+1", .weight = 3}), Status::ok);
  ASSERT_EQ(set({.line = "+2"}), Status::ok);
  std::map<std::string, int> share;
  for (int i = 0; i < 400; ++i) ++share[text("acme", "r" + number(i)).line];
  EXPECT_NEAR(share["+1"], 300, 3);
}

TEST_F(PoolTest, ALineWhoseDepthOrLimitRefusesIsNotChosen) {
  open(pooled("", 3, R"({ "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 2 })",
              R"({ "limit": "line_day" })"));
  lines(2);
  std::map<std::string, int> share;
  for (int i = 0; i < 4; ++i) ++share[text("acme", "r" + number(i)).line];
  EXPECT_EQ(share["+1"], 2);
  EXPECT_EQ(share["+2"], 2);
  const Enqueued refused = text("acme", "new");
  EXPECT_EQ(refused.decision.denial, DenialKind::quota);  // the answer of the first to open
  EXPECT_EQ(refused.decision.retry_after, kDay);
}

TEST_F(PoolTest, IfAllRefuseTheAnswerIsOfTheFirstToOpen) {
  open(pooled("", 100, R"({ "name": "rate", "scope": ["line"], "kind": "window", "period": "60s from first", "amount": 1 })",
              R"({ "limit": "rate" })"));
  lines(3);
  for (int i = 0; i < 3; ++i) {
    at(10 * i);
    ASSERT_EQ(text("acme", "r" + number(i)).decision.status, Status::ok);
  }
  const Enqueued refused = text("acme", "new");
  EXPECT_EQ(refused.decision.denial, DenialKind::rate);
  EXPECT_EQ(refused.decision.retry_after, 40 * kSecond);
  at(60);
  EXPECT_EQ(text("acme", "new").decision.status, Status::ok);
}

TEST_F(PoolTest, WithNoLineAtAllThePoolRefuses) {
  open(pooled());
  const Enqueued none = text("acme", "ann");
  EXPECT_EQ(none.decision.status, Status::denied);
  EXPECT_EQ(none.decision.denial, DenialKind::pool);
  EXPECT_EQ(none.decision.wait_kind, WaitKind::unknown);
  EXPECT_EQ(none.line, "");
  line("+1", LineState::suspended);
  set({.line = "+2", .weight = 0});
  line("+3", LineState::draining);
  EXPECT_EQ(text("acme", "ann").decision.denial, DenialKind::pool);
  set({.line = "+4", .state = LineState::paused, .paused_until = kStart + kMinute});
  const Enqueued paused = text("acme", "ann");
  EXPECT_EQ(paused.decision.denial, DenialKind::pool);
  EXPECT_EQ(paused.decision.wait_kind, WaitKind::bound);
  EXPECT_EQ(paused.decision.retry_after, kMinute);
  EXPECT_THAT(list(), HasSubstr(R"("state":"suspended")"));
}

TEST_F(PoolTest, APoolOfManyLinesLooksAtSomeAndAtAllIfItMust) {
  open(pooled("", 1));
  lines(100);
  std::set<std::string> used;
  for (int i = 0; i < 100; ++i) {
    const Enqueued held = text("acme", "r" + number(i));
    ASSERT_EQ(held.decision.status, Status::ok) << i;
    used.insert(held.line);
  }
  EXPECT_EQ(used.size(), 100u);
  EXPECT_EQ(text("acme", "more").decision.denial, DenialKind::depth);
}

TEST_F(PoolTest, ARefusalAssignsNoLine) {
  open(pooled("", 100, R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 })",
              R"({ "limit": "day" })"));
  lines(2);
  ASSERT_EQ(text("acme", "ann").decision.status, Status::ok);
  EXPECT_EQ(text("acme", "bob").decision.denial, DenialKind::quota);
  EXPECT_THAT(list(), HasSubstr(R"("recipients":1)"));
  EXPECT_THAT(list(), HasSubstr(R"("recipients":0)"));
}

TEST_F(PoolTest, APeekAssignsNothingAndTellsTheLine) {
  open(pooled());
  lines(4);
  const std::string told = line_of("ann");
  EXPECT_EQ(counters().messages, 0u);
  const Enqueued held = text("acme", "ann");
  EXPECT_EQ(held.sticky, Sticky::fresh);
  EXPECT_EQ(held.line, told);
}

TEST_F(PoolTest, ADecisionChoosesTheSameWay) {
  open(pooled());
  lines(3);
  const auto decide = [&](const std::string& recipient, std::string* line) {
    const AskBytes bytes({.values = {"acme", "", recipient}}, operation("send"));
    Decision decision;
    decision.line = line;
    Engine::decide(handle, bytes.request(), &decision, &error);
    return decision.status;
  };
  std::string first, again;
  ASSERT_EQ(decide("ann", &first), Status::ok) << error;
  EXPECT_EQ(decide("ann", &again), Status::would_queue);  // its line has sent just now
  EXPECT_EQ(first, again);
  EXPECT_EQ(line_of("ann"), first);
  std::set<std::string> used = {first};
  for (const char* recipient : {"bob", "cid"}) {
    std::string other;
    EXPECT_EQ(decide(recipient, &other), Status::ok);
    used.insert(other);
  }
  EXPECT_EQ(used.size(), 3u);  // who comes next goes by the line that is free
}

TEST_F(PoolTest, BatchesChooseInOrder) {
  open(pooled());
  lines(2);
  const AskBytes a({.values = {"acme", "", "ann"}}, operation("send")), b({.values = {"acme", "", "bob"}}, operation("send"));
  const Request requests[] = {a.request(), b.request()};
  std::string lines_told[2];
  Decision decisions[2];
  for (int i = 0; i < 2; ++i) decisions[i].line = &lines_told[i];
  ASSERT_EQ(Engine::decide_many(handle, requests, decisions), Status::ok);
  EXPECT_EQ(decisions[0].status, Status::ok);
  EXPECT_EQ(decisions[1].status, Status::ok);
  EXPECT_NE(lines_told[0], lines_told[1]);
}

TEST_F(PoolTest, AKeyStandsForTheRequestAsItWasGiven) {
  open(pooled(R"("sticky": false)"));
  lines(2);
  const Ask ask = {.values = {"acme", "", "ann"}, .key = "k"};
  EXPECT_EQ(this->ask(ask), "allowed");
  EXPECT_EQ(this->ask(ask), "replayed");
  lines(3);
  EXPECT_EQ(this->ask(ask), "replayed");
  EXPECT_EQ(this->ask({.values = {"acme", "+1", "ann"}, .key = "k"}), "error: conflict");
  for (const char* one : {"+1", "+2", "+3"}) line(one, LineState::suspended);
  EXPECT_EQ(this->ask(ask), "replayed");
}

TEST_F(PoolTest, WithoutALineAnOperationWithoutAPoolIsWrong) {
  open(pooled());
  EXPECT_EQ(put({.operation = "own", .values = {"acme", "", "ann"}}).decision.status, Status::invalid);
  EXPECT_THAT(error, HasSubstr("values[1]: empty"));
  EXPECT_EQ(put({.values = {"acme", "", ""}}).decision.status, Status::invalid);
  EXPECT_EQ(put({.values = {"acme", ""}}).decision.status, Status::invalid);
}

TEST_F(PoolTest, ByEveryValueHasASetOfLinesOfItsOwn) {
  open(pooled(R"("by": ["account"])"));
  ASSERT_EQ(set({.by = {"acme"}, .line = "+1"}), Status::ok) << error;
  ASSERT_EQ(set({.by = {"other"}, .line = "+2"}), Status::ok) << error;
  EXPECT_EQ(text("acme", "ann").line, "+1");
  EXPECT_EQ(text("other", "ann").line, "+2");
  EXPECT_EQ(text("third", "ann").decision.denial, DenialKind::pool);
  EXPECT_EQ(set({.line = "+1"}), Status::invalid);
  EXPECT_EQ(set({.pool = "q", .line = "+1"}), Status::not_found);
  EXPECT_THAT(error, HasSubstr("it has p"));
}

// States.

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

// What a line does not have room for.

TEST_F(PoolTest, AFullLineRefusesItsRecipient) {
  open(pooled("", 2));
  lines(2);
  const std::string anns = text("acme", "ann").line;
  text("acme", "ann");
  EXPECT_EQ(text("acme", "ann").decision.denial, DenialKind::depth);
  EXPECT_NE(text("acme", "bob").line, anns);  // others have the other
}

TEST_F(PoolTest, AFullLineSpillsThisOnce) {
  open(pooled(R"("on_full": "spill")", 2));
  lines(2);
  const std::string anns = text("acme", "ann").line;
  text("acme", "ann");
  const Enqueued spilled = text("acme", "ann");
  EXPECT_EQ(spilled.decision.status, Status::ok);
  EXPECT_EQ(spilled.sticky, Sticky::spilled);
  EXPECT_NE(spilled.line, anns);
  EXPECT_TRUE(events().empty());
  ack(lease(10).front());
  ack(lease(10).empty() ? Leased() : Leased());
  sent(kStart + kDay);
  EXPECT_EQ(line_of("ann"), anns);
}

TEST_F(PoolTest, AFullLineLetsItsRecipientMove) {
  open(pooled(R"("on_full": "rehome")", 3));
  lines(2);
  const std::string anns = text("acme", "ann", "1").line, others = anns == "+1" ? "+2" : "+1";
  text("acme", "x", "x", anns);
  text("acme", "y", "y", anns);
  const Enqueued moved = text("acme", "ann", "2");
  EXPECT_EQ(moved.decision.status, Status::ok) << error;
  EXPECT_EQ(moved.sticky, Sticky::moved);
  EXPECT_EQ(moved.line, others);
  EXPECT_THAT(events(), ElementsAre("sender changed of recipient=ann: " + anns + " -> " + others + ", full"));
  EXPECT_EQ(used("queued", "line=" + anns), 2u);
  EXPECT_EQ(used("queued", "line=" + others), 2u);
  std::string order;
  for (const std::string& one : sent(kStart + kDay)) order += one.starts_with(others) ? one.substr(4) : "";
  EXPECT_EQ(order, "12");
}

TEST_F(PoolTest, NobodyMovesForAMessageThatIsRefusedAnyway) {
  open(pooled(R"("on_full": "rehome")", 1,
              R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 })",
              R"({ "limit": "day" })"));
  lines(2);
  const std::string anns = text("acme", "ann").line;
  EXPECT_EQ(text("acme", "ann").decision.denial, DenialKind::quota);
  EXPECT_EQ(line_of("ann"), anns);
  EXPECT_TRUE(events().empty());
}

TEST_F(PoolTest, AHeavyRecipientKeepsToItsLine) {
  open(pooled("", 1000));
  lines(4);
  const std::string heavy = text("acme", "heavy").line;
  for (int i = 0; i < 100; ++i) text("acme", "heavy");
  for (int i = 0; i < 60; ++i) EXPECT_NE(text("acme", "r" + number(i)).line, heavy);
}

// What is forgotten.

TEST_F(PoolTest, ARouteThatIsNotUsedIsForgotten) {
  open(pooled(R"("forget_after": "8 days")"));
  lines(1);
  text("acme", "ann");
  sent(kStart + kDay);
  line("+1", LineState::draining);
  line("+2");
  set_clock(kStart + 8 * kDay - 1);
  EXPECT_EQ(line_of("ann"), "+1");
  set_clock(kStart + 8 * kDay);
  EXPECT_EQ(line_of("ann"), "+2");
  EXPECT_EQ(text("other", "ann", "", "+1").decision.status, Status::ok);  // it is nobody's any more
}

TEST_F(PoolTest, InboundAndOutboundKeepARoute) {
  open(pooled(R"("forget_after": "8 days")"));
  lines(1);
  text("acme", "ann");
  sent(kStart + kHour);
  line("+1", LineState::draining);
  line("+2");
  set_clock(kStart + 7 * kDay);
  EXPECT_EQ(call("got", "acme", "+1", "ann"), "allowed");
  set_clock(kStart + 14 * kDay);
  EXPECT_EQ(line_of("ann"), "+1");
  EXPECT_EQ(text("acme", "ann").line, "+1");
  set_clock(kStart + 21 * kDay);
  EXPECT_EQ(line_of("ann"), "+1");
}

TEST_F(PoolTest, WhatComesInIsNeverRefusedByThePool) {
  open(pooled());
  lines(1);
  text("acme", "ann");
  EXPECT_EQ(call("got", "other", "+1", "ann"), "allowed") << error;
  line("+1", LineState::suspended);
  EXPECT_EQ(call("got", "acme", "+1", "ann"), "allowed");
}

TEST_F(PoolTest, ForgottenRoutesGiveTheirMemoryBack) {
  open(pooled(R"("forget_after": "1 day")"));
  lines(2);
  for (int i = 0; i < 100; ++i) text("acme", "r" + number(i));
  sent(kStart + kHour);
  const uint64_t records = counters().records;
  set_clock(kStart + 2 * kDay);
  sweep();
  EXPECT_LE(counters().records + 100, records);
  EXPECT_EQ(text("acme", "r0").sticky, Sticky::fresh);
}

TEST_F(PoolTest, ARouteThatIsKeptIsNotSwept) {
  open(pooled());
  lines(3);
  const std::string anns = text("acme", "ann").line;
  sent(kStart + kHour);
  set_clock(kStart + 300 * kDay);
  sweep();
  EXPECT_EQ(line_of("ann"), anns);
  EXPECT_EQ(text("acme", "ann").sticky, Sticky::existing);
}

TEST_F(PoolTest, ErasingARecipientAnAccountOrALineForgetsItsRoutes) {
  open(pooled());
  lines(2);
  text("acme", "ann", "", "+1");
  text("other", "ann", "", "+2");
  text("acme", "bob", "", "+1");
  sent(kStart + kHour);
  ASSERT_EQ(erase("account=acme"), Status::ok);
  EXPECT_EQ(text("third", "ann", "", "+1").decision.status, Status::ok);
  EXPECT_EQ(text("acme", "ann", "", "+2").decision.denial, DenialKind::pool);  // still the other's
  ASSERT_EQ(erase("recipient=ann"), Status::ok);
  EXPECT_EQ(text("acme", "ann", "", "+2").decision.status, Status::ok);
  sent(now() + kHour);
  ASSERT_EQ(erase("line=+2"), Status::ok);
  EXPECT_EQ(line_of("ann"), "+1");
  EXPECT_EQ(text("third", "ann", "", "+2").decision.status, Status::ok);  // a line of no pool
}

TEST_F(PoolTest, PoolsAndRoutesOutliveAReload) {
  open(pooled());
  lines(3);
  std::vector<std::string> before;
  for (int i = 0; i < 20; ++i) before.push_back(text("acme", "r" + number(i)).line);
  ASSERT_EQ(reload(pooled("", 200)), Status::ok) << error;
  sweep();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(line_of("r" + number(i)), before[static_cast<size_t>(i)]);
  // Without stickiness they are kept, and count again with it.
  ASSERT_EQ(reload(pooled(R"("sticky": false)")), Status::ok) << error;
  EXPECT_EQ(text("acme", "r0").sticky, Sticky::none);
  ASSERT_EQ(reload(pooled()), Status::ok) << error;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(line_of("r" + number(i)), before[static_cast<size_t>(i)]);
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

// The provider's.

class SharedPool : public PoolTest {
 protected:
  void open_shared(const std::string& stance) {
    open(policy_file("sendblue"), stance);
    for (int i = 1; i <= 4; ++i) ASSERT_EQ(set({.pool = "shared", .line = "+" + number(i)}), Status::ok) << error;
  }
  Enqueued pooled_text(const std::string& account, const std::string& recipient) {
    return put({.operation = "messages.send.pooled", .values = {account, "", recipient}});
  }
};

TEST_F(SharedPool, InBothStancesARecipientAlwaysGetsTheSameLine) {
  for (const char* stance : {"enforce", "comply"}) {
    open_shared(stance);
    std::map<std::string, std::string> first;
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 50; ++i) {
        const Enqueued held = pooled_text("acme", "r" + number(i));
        ASSERT_EQ(held.decision.status, Status::ok) << error;
        if (round == 0) first["r" + number(i)] = held.line;
        EXPECT_EQ(held.line, first["r" + number(i)]);
      }
      sent(now() + kHour);
    }
  }
}

TEST_F(SharedPool, InBothStancesFourLinesShareNewRecipientsEvenly) {
  for (const char* stance : {"enforce", "comply"}) {
    open_shared(stance);
    std::map<std::string, int> share;
    for (int i = 0; i < 1000; ++i) ++share[pooled_text("tenant" + number(i), "r" + number(i)).line];
    ASSERT_EQ(share.size(), 4u);
    for (const auto& [line, count] : share) EXPECT_NEAR(count, 250, 2) << line;
  }
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
