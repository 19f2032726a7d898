// SPDX-License-Identifier: Apache-2.0
// What attempt, forced, exempt and release charges do, and what each mode does with a limit that has no room.
#include <string>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

class Charges : public EngineTest {
 protected:
  // Requests a minute (attempt), messages a minute, messages a day.
  void open_requests(int requests, int messages, int day) {
    open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "requests", "scope": ["account"], "kind": "window", "period": "60s", "amount": )" +
         std::to_string(requests) + R"( },
      { "name": "messages", "scope": ["account"], "kind": "window", "period": "60s", "amount": )" +
         std::to_string(messages) + R"( },
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": )" +
         std::to_string(day) + R"( } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [
      { "limit": "requests", "charge": "attempt" }, { "limit": "messages" }, { "limit": "day" } ] } ] })");
  }
};

// Attempts.

TEST_F(Charges, ADenialTakesItsAttemptChargesAndNothingElse) {
  open_requests(60, 2, 100);
  EXPECT_EQ(admitted(2, "acme"), 2);
  EXPECT_EQ(send("acme"), "denied: rate by messages, in 60s");
  EXPECT_EQ(used("requests", "account=acme"), 3u);
  EXPECT_EQ(used("messages", "account=acme"), 2u);
  EXPECT_EQ(used("day", "account=acme"), 2u);
}

TEST_F(Charges, AnAttemptWhoseOwnLimitIsFullIsNotTaken) {
  open_requests(3, 2, 100);
  admitted(4, "acme");
  EXPECT_EQ(used("requests", "account=acme"), 3u);
  EXPECT_EQ(send("acme"), "denied: rate by requests, in 60s");
  EXPECT_EQ(used("requests", "account=acme"), 3u);
}

TEST_F(Charges, TheWaitIsComputedAfterTheAttemptsWereTaken) {
  // The third attempt fills the day's requests while the minute denies: waiting a minute would not help any more.
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "requests", "scope": ["account"], "kind": "window", "period": "day", "amount": 3 },
      { "name": "messages", "scope": ["account"], "kind": "window", "period": "60s", "amount": 2 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [
      { "limit": "requests", "charge": "attempt" }, { "limit": "messages" } ] } ] })");
  EXPECT_EQ(admitted(2, "acme"), 2);
  EXPECT_EQ(send("acme"), "denied: rate by messages, in 86400s");
}

TEST_F(Charges, AnAttemptOfAnUnknownSubjectIsTakenThoughTheDecisionIsDenied) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "requests", "scope": ["account"], "kind": "window", "period": "60s", "amount": 3 },
      { "name": "shut", "scope": ["line"], "kind": "window", "period": "60s", "blocked": true } ],
    "operations": [ { "name": "send", "values": ["account", "line"], "charges": [
      { "limit": "shut" }, { "limit": "requests", "charge": "attempt" } ] } ] })");
  EXPECT_EQ(send("acme", "+1"), "denied: blocked by shut, at most 0");
  EXPECT_EQ(used("requests", "account=acme"), 1u);
  EXPECT_EQ(counters().records, 1u);
}

TEST_F(Charges, APeekTakesNotEvenAttempts) {
  open_requests(60, 1, 100);
  send("acme");
  EXPECT_EQ(peek("acme"), "denied: rate by messages, in 60s");
  EXPECT_EQ(used("requests", "account=acme"), 1u);
  EXPECT_EQ(counters().peeked, 1u);
  EXPECT_EQ(counters().denied, 0u);
}

TEST_F(Charges, APeekSaysWhatTheDecisionThenSays) {
  open_requests(60, 2, 100);
  for (int i = 0; i < 4; ++i) {
    const std::string peeked = peek("acme").story();
    EXPECT_EQ(send("acme").story(), peeked) << i;
  }
}

// Forced.

TEST_F(Charges, AForcedChargeNeverDeniesAndItsExcessEndsWithThePeriod) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 2 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" } ] },
                    { "name": "received", "values": ["account"], "charges": [ { "limit": "day", "charge": "forced" } ] } ] })");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(call("received", "acme"), "allowed");
  EXPECT_EQ(used("day", "account=acme"), 5u);
  EXPECT_EQ(usage("account=acme")["day"].overage, 3u);
  EXPECT_EQ(usage("account=acme")["day"].remaining, 0u);
  EXPECT_EQ(send("acme"), "denied: quota by day, in 86400s");
  at(86'400);
  EXPECT_EQ(admitted(3, "acme"), 2);
}

TEST_F(Charges, AForcedChargeIsTakenOnlyIfTheDecisionIsAllowed) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "forced", "scope": ["account"], "kind": "window", "period": "day", "amount": 10 },
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [
      { "limit": "forced", "charge": "forced" }, { "limit": "minute" } ] } ] })");
  EXPECT_EQ(admitted(5, "acme"), 1);
  EXPECT_EQ(used("forced", "account=acme"), 1u);
}

TEST_F(Charges, ForcedDebtOfAPaceSaturatesAtADayWithAnEvent) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1/h" } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "pace" } ] },
                    { "name": "received", "values": ["account"], "charges": [ { "limit": "pace", "charge": "forced" } ] } ] })");
  for (int i = 0; i < 24; ++i) call("received", "acme");
  EXPECT_TRUE(events().empty());
  call("received", "acme");
  EXPECT_THAT(events(), ::testing::ElementsAre("saturated pace for account=acme"));
  EXPECT_EQ(send("acme"), "denied: rate by pace, in 86400s");
}

TEST_F(Charges, TheForceFlagTakesEverythingAndDeniesNothing) {
  open_requests(1, 1, 1);
  send("acme");
  const Answer forced = ask({.values = {"acme"}, .flags = flag::force});
  EXPECT_EQ(forced, "allowed");
  EXPECT_EQ(used("requests", "account=acme"), 2u);
  EXPECT_EQ(used("messages", "account=acme"), 2u);
  EXPECT_EQ(used("day", "account=acme"), 2u);
}

TEST_F(Charges, TheForceFlagGoesThroughBlockedLimits) {
  open(account_limits({{"shut", R"("kind": "window", "period": "60s", "blocked": true)"}}));
  EXPECT_EQ(send("acme"), "denied: blocked by shut, at most 0");
  EXPECT_EQ(ask({.values = {"acme"}, .flags = flag::force}), "allowed");
  EXPECT_EQ(used("shut", "account=acme"), 1u);
}

// Exempt.

class Conversations : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account", "limits": [
        { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 2, "exemption": "24h" } ],
      "operations": [
        { "name": "send", "values": ["account", "recipient"], "charges": [ { "limit": "people", "of": "recipient" } ] },
        { "name": "wrote", "values": ["account", "recipient"],
          "charges": [ { "limit": "people", "of": "recipient", "charge": "exempt" } ] } ] })");
  }
};

TEST_F(Conversations, AKnownPersonPassesAndANewOneWaitsForTheOldestSlot) {
  EXPECT_EQ(send("acme", "ann"), "allowed");
  at(60);
  EXPECT_EQ(send("acme", "bob"), "allowed");
  EXPECT_EQ(send("acme", "ann"), "allowed");  // does not refresh her slot
  EXPECT_EQ(send("acme", "eve"), "denied: distinct by people, in 86340s");
  at(86'400);
  EXPECT_EQ(send("acme", "eve"), "allowed");
  EXPECT_EQ(used("people", "account=acme"), 2u);
}

TEST_F(Conversations, WhoeverWroteInPassesFreeAndTakesNoSlot) {
  send("acme", "ann");
  send("acme", "bob");
  EXPECT_EQ(call("wrote", "acme", "eve"), "allowed");
  EXPECT_EQ(send("acme", "eve"), "allowed");
  EXPECT_EQ(used("people", "account=acme"), 2u);
  at(86'399);
  EXPECT_EQ(send("acme", "eve"), "allowed");
  at(86'400);  // ann's and bob's slots have closed, eve's exemption too
  EXPECT_EQ(send("acme", "eve"), "allowed");
  EXPECT_EQ(used("people", "account=acme"), 1u);
}

TEST_F(Conversations, WritingAgainRefreshesTheExemption) {
  send("acme", "ann");
  send("acme", "bob");
  call("wrote", "acme", "eve");
  at(80'000);
  call("wrote", "acme", "eve");
  at(86'399);
  send("acme", "fay");  // no slot is free yet
  at(86'400);
  send("acme", "gil");
  send("acme", "hal");
  EXPECT_EQ(send("acme", "ida"), "denied: distinct by people, in 86400s");
  EXPECT_EQ(send("acme", "eve"), "allowed");
}

TEST_F(Conversations, TheWaitLooksAcrossTheEndOfAnExemption) {
  // Eve passes free until her exemption ends; then she needs a slot like everybody, and there is none before ann's closes.
  call("wrote", "acme", "eve");
  at(1'000);
  send("acme", "ann");
  send("acme", "bob");
  at(86'399);
  EXPECT_EQ(send("acme", "eve"), "allowed");
  at(86'400);
  EXPECT_EQ(send("acme", "eve"), "denied: distinct by people, in 1000s");
}

// Release.

class Seats : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account", "limits": [
        { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 2 },
        { "name": "numbers", "scope": ["account"], "kind": "gauge", "amount": 2 },
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 } ],
      "operations": [
        { "name": "sit", "values": ["account"], "charges": [ { "limit": "seats" } ] },
        { "name": "stand", "values": ["account"], "charges": [ { "limit": "seats", "charge": "release" } ] },
        { "name": "buy", "values": ["account", "number"], "charges": [ { "limit": "numbers", "of": "number" }, { "limit": "day" } ] },
        { "name": "sell", "values": ["account", "number"],
          "charges": [ { "limit": "numbers", "of": "number", "charge": "release" }, { "limit": "day" } ] } ] })");
  }
};

TEST_F(Seats, AFullGaugeDeniesUntilAReleaseAndNamesNoWait) {
  call("sit", "acme");
  call("sit", "acme");
  EXPECT_EQ(call("sit", "acme"), "denied: gauge by seats, on release");
  EXPECT_EQ(call("stand", "acme"), "allowed");
  EXPECT_EQ(used("seats", "account=acme"), 1u);
  EXPECT_EQ(call("sit", "acme"), "allowed");
}

TEST_F(Seats, ReleasingMoreThanIsHeldLeavesNothingHeld) {
  call("sit", "acme");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call("stand", "acme"), "allowed");
  EXPECT_EQ(used("seats", "account=acme"), 0u);
  EXPECT_EQ(call("sit", "acme"), "allowed");
  EXPECT_EQ(call("sit", "acme"), "allowed");
  EXPECT_EQ(call("sit", "acme"), "denied: gauge by seats, on release");
}

TEST_F(Seats, HoldingAHeldNameAgainIsFree) {
  call("buy", "acme", "+1");
  call("buy", "acme", "+1");
  EXPECT_EQ(used("numbers", "account=acme"), 1u);
  call("buy", "acme", "+2");
  EXPECT_EQ(call("buy", "acme", "+3"), "denied: gauge by numbers, on release");
  EXPECT_EQ(call("buy", "acme", "+2"), "allowed");
  EXPECT_EQ(call("sell", "acme", "+1"), "allowed");
  EXPECT_EQ(call("buy", "acme", "+3"), "allowed");
}

TEST_F(Seats, AReleaseIsTakenWithItsDecisionOrNotAtAll) {
  call("buy", "acme", "+1");
  set_usage("day", "account=acme", 100);
  EXPECT_EQ(call("sell", "acme", "+1"), "denied: quota by day, in 86400s");
  EXPECT_EQ(used("numbers", "account=acme"), 1u);
}

// Modes.

class Modes : public EngineTest {
 protected:
  // `limit` is in the mode given, `wall` denies after two.
  void open_mode(const std::string& mode) {
    open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
        { "name": "limit", "scope": ["account"], "kind": "window", "period": "60s", "amount": 2, "mode": ")" +
         mode + R"(" },
        { "name": "wall", "scope": ["account"], "kind": "window", "period": "60s", "amount": 5 } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "limit" }, { "limit": "wall" } ] } ] })");
  }
};

TEST_F(Modes, AdviseCountsEveryAllowedDecisionAndRefusesNone) {
  open_mode("advise");
  EXPECT_EQ(admitted(9, "acme"), 5);
  EXPECT_EQ(used("limit", "account=acme"), 5u);
  EXPECT_EQ(usage("account=acme")["limit"].overage, 3u);
}

TEST_F(Modes, ShadowCountsAllowedDecisionsInWhichItPassesAndRefusesNone) {
  open_mode("shadow");
  EXPECT_EQ(admitted(9, "acme"), 5);
  EXPECT_EQ(used("limit", "account=acme"), 2u);
}

TEST_F(Modes, AShadowLimitSaysInItsDetailThatItWouldNotHavePassed) {
  open_mode("shadow");
  admitted(2, "acme");
  const Answer third = send_detailed("acme");
  EXPECT_EQ(third, "allowed");
  ASSERT_EQ(third.details.size(), 2u);
  EXPECT_EQ(third.details[0].flags & flag::passed, 0u);
  EXPECT_EQ(third.details[0].denial, DenialKind::none);
  EXPECT_EQ(third.details[1].flags & flag::passed, flag::passed);
}

TEST_F(Modes, ADeniedDecisionCountsNeitherAdvisedNorShadowed) {
  for (const char* mode : {"advise", "shadow"}) {
    open_mode(mode);
    set_usage("wall", "account=acme", 5);
    EXPECT_EQ(send("acme"), "denied: rate by wall, in 60s");
    EXPECT_EQ(used("limit", "account=acme"), 0u) << mode;
  }
}

TEST_F(Modes, AQueueLimitWithoutRoomWouldQueueAndTakesNothing) {
  open_mode("queue");
  EXPECT_EQ(admitted(2, "acme"), 2);
  const std::string before = ledger({"account=acme"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send("acme"), "would queue: by limit, in 60s");
  EXPECT_EQ(ledger({"account=acme"}), before);
  EXPECT_EQ(counters().would_queue, 3u);
  EXPECT_EQ(counters().denied, 0u);
  at(60);
  EXPECT_EQ(admitted(3, "acme"), 2);
}

TEST_F(Modes, WouldQueueTakesNotEvenAttempts) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1/s", "mode": "queue" },
      { "name": "requests", "scope": ["account"], "kind": "window", "period": "60s", "amount": 50 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [
      { "limit": "requests", "charge": "attempt" }, { "limit": "pace" } ] } ] })");
  EXPECT_EQ(send("acme"), "allowed");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send("acme"), "would queue: by pace, in 1s");
  EXPECT_EQ(used("requests", "account=acme"), 1u);
}

TEST_F(Modes, AnAllowedDecisionTakesItsQueueChargesToo) {
  open_mode("queue");
  send("acme");
  EXPECT_EQ(used("limit", "account=acme"), 1u);
}

TEST_F(Modes, ADenialOutranksAQueueAndItsWaitCoversBoth) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1, "mode": "queue" },
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" }, { "limit": "minute" } ] } ] })");
  send("acme");
  EXPECT_EQ(send("acme"), "denied: rate by minute, in 86400s");
  at(60);
  EXPECT_EQ(send("acme"), "would queue: by day, in 86340s");
}

TEST_F(Modes, AQueueLimitThatIsBlockedHoldsUntilThatChanges) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "hold", "scope": ["account"], "kind": "window", "period": "60s", "blocked": true, "mode": "queue" } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "hold" } ] } ] })");
  EXPECT_EQ(send("acme"), "would queue: by hold, on release");
}

TEST_F(Modes, ACostAboveAQueueLimitGoesWhenNothingIsUsedAndLeavesItsExcess) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 10, "mode": "queue" } ],
    "operations": [ { "name": "send", "values": ["account"], "quantities": ["n"], "charges": [ { "limit": "minute", "cost": "n" } ] } ] })");
  const Ask large{.values = {"acme"}, .quantities = {25}};
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {1}}), "allowed");
  EXPECT_EQ(ask(large), "would queue: by minute, in 60s");
  at(60);
  EXPECT_EQ(ask(large), "allowed");
  EXPECT_EQ(usage("account=acme")["minute"].overage, 15u);
}

TEST_F(Modes, AQueueGaugeCannotTakeACostAboveItsAmountEver) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 3, "mode": "queue" } ],
    "operations": [ { "name": "send", "values": ["account"], "quantities": ["n"], "charges": [ { "limit": "seats", "cost": "n" } ] } ] })");
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {4}}), "denied: never by seats, at most 3");
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {3}}), "allowed");
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {1}}), "would queue: by seats, on release");
}

TEST_F(Modes, AChargeOverridesItsLimitsMode) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] },
                    { "name": "deliver", "values": ["account"], "charges": [ { "limit": "minute", "mode": "queue" } ] },
                    { "name": "note", "values": ["account"], "charges": [ { "limit": "minute", "mode": "advise" } ] } ] })");
  EXPECT_EQ(send("acme"), "allowed");
  EXPECT_EQ(send("acme"), "denied: rate by minute, in 60s");
  EXPECT_EQ(call("deliver", "acme"), "would queue: by minute, in 60s");
  EXPECT_EQ(call("note", "acme"), "allowed");
}

TEST_F(Modes, QueueDepthIsEnqueuesBusinessAndNotDecides) {
  open(policy_file("sendblue"));
  const Answer answer = ask({.operation = "messages.send", .values = {"acme", "+1", "+2"}, .detailed = true});
  EXPECT_EQ(answer, "allowed");
  EXPECT_EQ(answer.details.size(), 4u);
  for (const Detail& row : answer.details) EXPECT_NE(limit_name(row.limit_id), "queued");
  EXPECT_EQ(used("queued", "account=acme"), 0u);
}

}  // namespace
}  // namespace sluice::testing
