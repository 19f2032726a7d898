// SPDX-License-Identifier: Apache-2.0
// What happens to messages when the ground moves: their policy is reloaded, their line or account reset or erased.
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"

namespace sluice::testing {
namespace {

class Upheaval : public QueueTest {
 protected:
  // What leaves of three messages that were put at once; the engine must have none left.
  void expect_that_all_leave(const std::vector<std::string>& expected) {
    EXPECT_EQ(drain_queue(now() + kDay), expected);
    EXPECT_EQ(counters().messages, 0u);
    EXPECT_EQ(next_due(), kNever);
  }
  void put_three() {
    for (const char* payload : {"a", "b", "c"}) ASSERT_EQ(put("+1", "ann", payload).decision.status, Status::ok) << error;
  }
};

const std::string kBound = R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 100 })";
const std::string kBoundCharge = R"({ "limit": "queued", "while": "queued" })";
// The line's states lie elsewhere: this limit comes before its pace.
const std::string kMinuteFirst = R"({ "name": "queue", "tenant": "account", "line": "line", "limits": [
    { "name": "first", "scope": ["line"], "kind": "window", "period": "60s", "amount": 50, "thresholds": [50, 80] },
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue", "amount": "1/s" },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 100 } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
    { "limit": "pace" }, { "limit": "queued", "while": "queued" }, { "limit": "first" } ] } ] })";

const std::string kManyStamps = R"({ "name": "queue", "tenant": "account", "line": "line", "limits": [
    { "name": "first", "scope": ["line"], "kind": "window", "period": "60s", "amount": 50 },
    { "name": "second", "scope": ["line"], "kind": "window", "period": "1h", "amount": 50 },
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue", "amount": "1/s" } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
    { "limit": "first" }, { "limit": "second" }, { "limit": "pace" } ] } ] })";

TEST_F(Upheaval, AReloadThatMovesTheLinesStatesLeavesItsPaceAndItsMessages) {
  open(line_queue(R"("amount": "1/s")", kBound, kBoundCharge));
  put_three();
  EXPECT_EQ(ack(lease_one()), Status::ok);
  ASSERT_EQ(reload(kMinuteFirst), Status::ok) << error;
  EXPECT_EQ(next_due(), kStart + kSecond);
  expect_that_all_leave({"1s: b", "2s: c"});
  EXPECT_EQ(used("queued", "line=+1"), 0u);
  EXPECT_EQ(used("first", "line=+1"), 0u);
}

TEST_F(Upheaval, AReloadWhileALeaseRunsGivesBackWhatItTook) {
  open(line_queue(R"("amount": "1/s")", kBound, kBoundCharge));
  put_three();
  const Leased one = lease_one();
  ASSERT_EQ(reload(kMinuteFirst), Status::ok) << error;
  EXPECT_EQ(settle(one, Outcome::not_attempted), Status::ok) << error;
  expect_that_all_leave({"0s: a", "1s: b", "2s: c"});
  EXPECT_EQ(used("queued", "line=+1"), 0u);
}

// Among more stamps the new policy's come elsewhere than those of a message that was accepted before it.
TEST_F(Upheaval, WhatAMessageRemembersIsKeptAsItWasLaidOut) {
  open(line_queue(R"("amount": "1/s")"));
  put_three();
  ASSERT_EQ(reload(kManyStamps), Status::ok) << error;
  const Leased one = lease_one();
  EXPECT_EQ(one.payload, "a");
  EXPECT_EQ(one.values, (std::vector<std::string>{"acme", "+1", "ann"}));
  EXPECT_EQ(settle(one, Outcome::not_attempted), Status::ok) << error;
  expect_that_all_leave({"0s: a", "1s: b", "2s: c"});
}

TEST_F(Upheaval, AReloadToAnotherPaceCarriesTheDebtOnce) {
  open(line_queue(R"("amount": "1/s")"));
  put_three();
  EXPECT_EQ(ack(lease_one()), Status::ok);
  ASSERT_EQ(reload(line_queue(R"("amount": "10/s")")), Status::ok) << error;
  EXPECT_EQ(next_due(), kStart + 100 * kMillisecond);
  at_ns(100 * kMillisecond);
  EXPECT_EQ(ack(lease_one()), Status::ok);
  EXPECT_EQ(next_due(), kStart + 200 * kMillisecond);
  put("+1", "ann", "d");  // whatever touches the record besides
  EXPECT_EQ(next_due(), kStart + 200 * kMillisecond);
  expect_that_all_leave({"0.2s: c", "0.3s: d"});
}

TEST_F(Upheaval, ManyReloadsAreFollowedOneByOne) {
  open(line_queue(R"("amount": "1/s")", kBound, kBoundCharge));
  put_three();
  EXPECT_EQ(ack(lease_one()), Status::ok);
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(reload(i % 2 == 0 ? kMinuteFirst : line_queue(R"("amount": "1/s")", kBound, kBoundCharge), true), Status::ok)
        << error;
  }
  expect_that_all_leave({"1s: b", "2s: c"});
  EXPECT_EQ(used("queued", "line=+1"), 0u);
}

TEST_F(Upheaval, ALineThatIsResetKeepsItsMessages) {
  open(line_queue(R"("amount": "1/s")", kBound, kBoundCharge));
  put_three();
  EXPECT_EQ(ack(lease_one()), Status::ok);
  EXPECT_EQ(reset("line=+1"), Status::ok) << error;
  put("+1", "ann", "d");
  expect_that_all_leave({"0s: b", "1s: c", "2s: d"});
  EXPECT_EQ(used("queued", "line=+1"), 0u);
}

TEST_F(Upheaval, ALineThatIsErasedEndsItsMessagesAndBeginsAnew) {
  options.shards = 1;
  open(line_queue(R"("amount": "1/s")", kBound, kBoundCharge,
                  R"("subjects": [ { "scope": ["line"], "plans": ["a", "b"], "default": "a" } ], )"));
  put_three();
  set_plan("line=+1", "b");
  set_amount("pace", "line=+1", "\"1/m\"");
  EXPECT_EQ(ack(lease_one()), Status::ok);
  uint64_t erased = 0;
  EXPECT_EQ(erase("line=+1", &erased), Status::ok) << error;
  EXPECT_EQ(erased, 1u);
  put("+1", "ann", "d");
  expect_that_all_leave({"0s: d"});
  EXPECT_EQ(used("queued", "line=+1"), 0u);
  pass(2 * kDay);
  sweep();
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Upheaval, ErasingAnAccountEndsWhatItHas) {
  open(line_queue(R"("amount": "1000/s")",
                  R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1, "mode": "queue" })",
                  R"({ "limit": "day" })"));
  put_three();
  EXPECT_EQ(ack(lease_one()), Status::ok);
  at(1);
  EXPECT_TRUE(lease(5).empty());
  EXPECT_EQ(erase("account=acme"), Status::ok);
  EXPECT_EQ(counters().messages, 0u);
  EXPECT_TRUE(lease(5).empty());
}

TEST_F(Upheaval, ALineThatIsClosedAndEmptyGoesWithItsScope) {
  options.shards = 1;
  open(line_queue(R"("amount": "1/s")"));
  put("+1");
  const Leased one = lease_one();
  EXPECT_EQ(settle(one, Outcome::line_bad), Status::ok);
  EXPECT_EQ(cancel(one.message), Status::ok) << error;
  const std::string without = R"({ "name": "other", "tenant": "account", "limits": [
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 5 },
      { "name": "lines", "scope": ["line"], "kind": "window", "period": "day", "amount": 5 } ],
    "operations": [ { "name": "other", "values": ["account", "line"], "charges": [ { "limit": "day" }, { "limit": "lines" } ] } ] })";
  ASSERT_EQ(reload(without, true), Status::ok) << error;
  EXPECT_EQ(call("other", "acme", "+1"), "allowed");
  EXPECT_EQ(used("lines", "line=+1"), 1u);
  pass(3 * kDay);
  sweep();
  EXPECT_EQ(counters().records, 0u);
  ASSERT_EQ(reload(line_queue(R"("amount": "1/s")"), true), Status::ok) << error;
  put("+1");
  EXPECT_EQ(ack(lease_one()), Status::ok);
}

TEST_F(Upheaval, AnAccountThatIsErasedOrResetLeavesItsMessagesAndNoNegativeGauge) {
  open(line_queue(R"("amount": "1/s")", R"({ "name": "mine", "scope": ["account"], "kind": "gauge", "amount": 100 })",
                  R"({ "limit": "mine", "while": "queued" })"));
  for (const bool erased : {true, false}) {
    put_three();
    EXPECT_EQ(erased ? erase("account=acme") : reset("account=acme"), Status::ok) << error;
    put("+1", "ann", "d");
    drain_queue(now() + kDay);
    EXPECT_EQ(counters().messages, 0u);
    EXPECT_EQ(used("mine", "account=acme"), 0u);
  }
}

// Policies under which a message that is held could not be leased.
class Stranding : public Upheaval, public ::testing::WithParamInterface<std::string> {};

TEST_P(Stranding, ReloadsAreRefusedUntilTheMessagesHaveGone) {
  open(line_queue(R"("amount": "1/s")"));
  put_three();
  const Leased one = lease_one();
  EXPECT_EQ(reload(GetParam(), true), Status::would_reset);
  EXPECT_THAT(error, ::testing::HasSubstr("messages are held"));
  EXPECT_EQ(ack(one), Status::ok);
  expect_that_all_leave({"1s: b", "2s: c"});
  EXPECT_EQ(reload(GetParam(), true), Status::ok) << error;
  pass(kDay);
  sweep();
  EXPECT_EQ(reload(line_queue(R"("amount": "1/s")"), true), Status::ok) << error;
  put("+1");
  EXPECT_EQ(ack(lease_one()), Status::ok);
}

std::string changed(const std::string& what, const std::string& by) {
  std::string text = line_queue(R"("amount": "1/s")");
  return text.replace(text.find(what), what.size(), by);
}

INSTANTIATE_TEST_SUITE_P(All, Stranding,
                         ::testing::Values(changed(R"("name": "send")", R"("name": "sent")"),  // it is gone
                                           changed(R"("mode": "queue",)", ""),                 // it cannot be queued
                                           changed(R"(["account", "line", "recipient"])",
                                                   R"(["line", "account", "recipient"])"),  // other values
                                           changed(R"(["account", "line", "recipient"])", R"(["account", "line"])"),
                                           changed(R"("line": "line")", R"("line": "recipient")")));

TEST_F(Upheaval, ALineThatWasThrottledAndIsEmptyGoes) {
  options.shards = 1;
  open(line_queue(R"("amount": "1/s")"));
  uint64_t before = 0;
  for (int round = 0; round < 100; ++round) {
    put("+1");
    EXPECT_EQ(settle(lease_one(), Outcome::throttled, kMinute), Status::ok);
    pass(kMinute);
    EXPECT_EQ(ack(lease_one()), Status::ok);
    EXPECT_EQ(next_due(), kNever);
    pass(2 * kDay);
    sweep();
    EXPECT_EQ(counters().records, 0u);
    if (round == 50) before = counters().memory_used;
  }
  EXPECT_LE(counters().memory_used, before);
}

TEST_F(Upheaval, ALateWordAboutALeaseIsOneTry) {
  open(
      line_queue(R"("amount": "1/s")", "", "", R"("queue": { "lease": "500ms", "retry": { "attempts": 3, "first": "1ms" } }, )"));
  put("+1");
  const Leased one = lease_one();
  at_ns(500 * kMillisecond);  // its lease ends, and the line has not its turn yet
  EXPECT_TRUE(lease(1).empty());
  EXPECT_EQ(settle(one, Outcome::retry, kSecond), Status::ok) << error;
  at(3);
  EXPECT_EQ(lease_one().attempt, 2u);
}

}  // namespace
}  // namespace sluice::testing
