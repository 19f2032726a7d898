// SPDX-License-Identifier: Apache-2.0
// Pools: which line a message goes by.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string number(int i) { return std::to_string(i); }

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

}  // namespace
}  // namespace sluice::testing
