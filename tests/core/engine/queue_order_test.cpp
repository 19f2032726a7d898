// SPDX-License-Identifier: Apache-2.0
// What holds a message of its own, and what comes past it: parking, order, leases that come back, expiry, keys.
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"

namespace sluice::testing {
namespace {

const std::string kPair = R"({ "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first",
                               "amount": 30, "mode": "queue" })";
const std::string kPairCharge = R"({ "limit": "pair" })";

TEST_F(QueueTest, TenThousandParkedByTheirPairDelayAFreeOneByNothing) {
  open(line_queue(R"("amount": "1000/s")", kPair, kPairCharge));
  for (int i = 0; i < 10'030; ++i) put("+1", "ann", "ann");
  put("+1", "bob", "bob");
  std::vector<std::string> left = drain_queue(kStart + kSecond);
  ASSERT_EQ(left.size(), 31u);
  EXPECT_EQ(left[29], "0.029s: ann");
  EXPECT_EQ(left[30], "0.03s: bob");
  at(1);
  put("+1", "eve", "eve");
  EXPECT_EQ(drain_queue(kStart + 2 * kSecond), (std::vector<std::string>{"1s: eve"}));
  left = drain_queue(kStart + 61 * kSecond);
  ASSERT_EQ(left.size(), 30u);
  EXPECT_EQ(left[0], "60s: ann");
}

TEST_F(QueueTest, MessagesOfOneRecipientKeepTheirOrderThroughParksAndRetries) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", "1");
  put("+1", "ann", "2");
  put("+1", "bob", "3");
  const Leased first = lease_one();
  ASSERT_EQ(first.payload, "1");
  ASSERT_EQ(settle(first, Outcome::retry, 10 * kSecond), Status::ok);
  at(1);
  EXPECT_EQ(lease_one().payload, "3");  // not the second to ann, whose first is still to come
  at(9);
  EXPECT_TRUE(lease(10).empty());
  at(10);
  const Leased again = lease_one();
  EXPECT_EQ(again.payload, "1");
  EXPECT_EQ(again.attempt, 2u);
  at(11);
  EXPECT_EQ(lease_one().payload, "2");
}

TEST_F(QueueTest, WhatWasThrottledGoesFirstAgainAndItsLineWaits) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", "1");
  put("+1", "bob", "2");
  const Leased first = lease_one();
  ASSERT_EQ(settle(first, Outcome::throttled, 5 * kSecond), Status::ok);
  EXPECT_EQ(next_due(), kStart + 5 * kSecond);
  at(5);
  const Leased again = lease_one();
  EXPECT_EQ(again.payload, "1");
  EXPECT_EQ(again.attempt, 1u);  // it was no attempt
  EXPECT_FALSE(again.redelivered);
}

TEST_F(QueueTest, WhatWasNotAttemptedReturnsItsTurn) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", "1");
  ASSERT_EQ(settle(lease_one(), Outcome::not_attempted), Status::ok);
  EXPECT_EQ(lease_one().payload, "1");  // at the same instant
}

TEST_F(QueueTest, ALeaseThatEndsWithoutAWordIsDeliveredAgainAndMarked) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", "1");
  const Leased first = lease_one();
  EXPECT_EQ(next_due(), kStart + 30 * kSecond);
  at(30);
  const Leased again = lease_one();
  EXPECT_TRUE(again.redelivered);
  EXPECT_EQ(again.attempt, 2u);
  EXPECT_EQ(again.fence, first.fence + 1);
  EXPECT_EQ(ack(first), Status::stale);
  EXPECT_EQ(ack(again), Status::ok);
  EXPECT_EQ(ack(again), Status::not_found);
  EXPECT_THAT(error, ::testing::HasSubstr("it has ended"));
}

TEST_F(QueueTest, AnAckAfterItsLeaseEndedCountsUntilTheNextLease) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", "1");
  const Leased first = lease_one();
  at(30);
  EXPECT_EQ(ack(first), Status::ok);
  EXPECT_TRUE(lease(1).empty());
  EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::sent)], 1u);
}

TEST_F(QueueTest, AtMostOnceWaitsToBeToldWhatHappened) {
  open(line_queue(R"("amount": "1/s")", "", "",
                  R"("queue": { "classes": [ { "class": "urgent", "delivery": "at most once" } ] }, )"));
  const uint64_t message = put({.values = {"acme", "+1", "ann"}, .message_class = 0}).message;
  const Leased first = lease_one();
  at(31);
  EXPECT_TRUE(lease(1).empty());
  EXPECT_EQ(state(message), MessageState::unknown);
  EXPECT_EQ(settle(first, Outcome::failed), Status::ok);
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(QueueTest, WhatExpiresLeavesWhateverItWaitsForAndGivesBackWhatItTook) {
  const std::string day = R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 10 })";
  open(line_queue(R"("amount": "1/s")", day, R"({ "limit": "day" })"));
  put("+1", "ann", "1");
  const uint64_t soon =
      put({.values = {"acme", "+1", "bob"}, .payload = "2", .expires_at = kStart + 1500 * kMillisecond}).message;
  const uint64_t scheduled =
      put({.values = {"acme", "+1", "bob"}, .send_at = kStart + 5 * kSecond, .expires_at = kStart + 6 * kSecond}).message;
  ack(lease_one());
  EXPECT_EQ(used("day", "account=acme"), 3u);
  at(2);  // nobody came at its turn
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(state(soon), MessageState::none);
  EXPECT_EQ(used("day", "account=acme"), 2u);
  at(10);
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(state(scheduled), MessageState::none);
  EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::expired)], 2u);
  EXPECT_EQ(put({.values = {"acme", "+1", "bob"}, .expires_at = now()}).decision.status, Status::invalid);
  EXPECT_THAT(error, ::testing::HasSubstr("expires_at"));
}

TEST_F(QueueTest, WhatIsScheduledComesWhenItIsTimeThoughTheLineIsIdle) {
  open(line_queue(R"("amount": "1/s")"));
  const Enqueued later_one = put({.values = {"acme", "+1", "ann"}, .payload = "later", .send_at = kStart + 90 * kSecond});
  EXPECT_EQ(later_one.state, MessageState::scheduled);
  put("+1", "bob", "now");
  EXPECT_EQ(drain_queue(kStart + kDay), (std::vector<std::string>{"0s: now", "90s: later"}));
}

TEST_F(QueueTest, OverTheDailyThrottleItWaitsUntilTheDayTurns) {
  const std::string day =
      R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 3, "mode": "queue" })";
  open(line_queue(R"("amount": "1/s")", day, R"({ "limit": "day" })"));
  for (int i = 0; i < 5; ++i) put("+1", "r" + std::to_string(i), std::to_string(i));
  put_of("other", "+1", "other");
  EXPECT_EQ(drain_queue(kStart + 2 * kDay),
            (std::vector<std::string>{"0s: 0", "1s: other", "2s: 1", "3s: 2", "86400s: 3", "86401s: 4"}));
}

TEST_F(QueueTest, AThrottledAccountParksItsFlowAndAClearedOneWakesAtOnce) {
  const std::string stop = R"({ "name": "stop", "scope": ["account"], "kind": "upstream", "longest": "1h", "mode": "queue" })";
  open(line_queue(R"("amount": "1/s")", stop, R"({ "limit": "stop" })"));
  ASSERT_EQ(throttled("stop", "account=acme", 600 * kSecond), Status::ok) << error;
  put("+1", "ann", "held");
  put_of("other", "+1", "other");
  EXPECT_EQ(drain_queue(kStart + 10 * kSecond), (std::vector<std::string>{"0s: other"}));
  at(20);
  EXPECT_TRUE(lease(1).empty());
  ASSERT_EQ(cleared("stop", "account=acme"), Status::ok);
  EXPECT_EQ(lease_one().payload, "held");
}

TEST_F(QueueTest, AKeyHoldsOneMessageHoweverOftenItIsBrought) {
  open(line_queue(R"("amount": "1/s")"));
  const Put what = {.values = {"acme", "+1", "ann"}, .payload = "x", .key = "k"};
  const Enqueued first = put(what);
  const Enqueued again = put(what);
  EXPECT_EQ(again.decision.status, Status::ok);
  EXPECT_EQ(again.message, first.message);
  EXPECT_EQ(again.state, MessageState::waiting);
  EXPECT_EQ(again.depth, 1u);
  EXPECT_NE(again.decision.flags & flag::replayed, 0u);
  EXPECT_EQ(put({.values = {"acme", "+1", "bob"}, .key = "k"}).decision.status, Status::conflict);
  EXPECT_EQ(ask({.values = {"acme", "+1", "ann"}, .key = "k"}), "error: conflict");
  at(100'000);  // longer than a key of a decision would count
  EXPECT_EQ(put(what).message, first.message);
  ack(lease_one());
  at(150'000);
  EXPECT_EQ(put(what).message, first.message);
  EXPECT_EQ(put(what).state, MessageState::sent);
  EXPECT_EQ(counters().messages, 0u);
  at(100'000 + 86'400);
  EXPECT_NE(put(what).message, first.message);  // a day after its end it is forgotten
}

TEST_F(QueueTest, ARefusalDoesNotBurnTheKey) {
  const std::string depth = R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 1 })";
  open(line_queue(R"("amount": "1/s")", depth, R"({ "limit": "queued", "while": "queued" })"));
  put("+1");
  EXPECT_EQ(put({.values = {"acme", "+1", "bob"}, .key = "k"}).decision.status, Status::denied);
  ack(lease_one());
  EXPECT_EQ(put({.values = {"acme", "+1", "bob"}, .key = "k"}).decision.status, Status::ok);
}

TEST_F(QueueTest, AReloadKeepsWhatWaitsAndRefusesToLoseTheWayToSendIt) {
  open(line_queue(R"("amount": "1/s")"));
  for (int i = 0; i < 3; ++i) put("+1", "ann", std::to_string(i));
  ack(lease_one());
  ASSERT_EQ(reload(line_queue(R"("amount": "10/s")")), Status::ok) << error;
  EXPECT_EQ(next_due(), kStart + 100 * kMillisecond);
  std::string other = line_queue(R"("amount": "10/s")");
  other.replace(other.find("\"send\""), 6, "\"sent\"");
  EXPECT_EQ(reload(other, true), Status::would_reset);
  EXPECT_THAT(error, ::testing::HasSubstr("operation \"send\""));
  EXPECT_EQ(drain_queue(kStart + kDay), (std::vector<std::string>{"0.1s: 1", "0.2s: 2"}));
  EXPECT_EQ(reload(other, true), Status::ok) << error;
}

TEST_F(QueueTest, ErasingARecipientEndsWhatIsHeldForIt) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", "1");
  const uint64_t message = put("+1", "bob", "2").message;
  const Leased leased = lease_one();
  ASSERT_EQ(erase("recipient=ann"), Status::ok) << error;
  EXPECT_EQ(ack(leased), Status::not_found);
  EXPECT_EQ(state(message), MessageState::waiting);
  ASSERT_EQ(erase("line=+1"), Status::ok) << error;
  EXPECT_EQ(counters().messages, 0u);
  EXPECT_EQ(next_due(), kNever);
}

TEST_F(QueueTest, ADepthChargedOnTheLineItselfMakesItDueNoSooner) {
  open(line_queue(R"("amount": "1/s")", R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 9 })",
                  R"({ "limit": "queued", "while": "queued" })"));
  const auto send = [&](const char* line) {
    EXPECT_EQ(put({.values = {"acme", line, "ann"}, .expires_at = kStart + kDay}).decision.status, Status::ok) << error;
  };
  send("a");
  send("a");
  ack(lease_one());
  at_ns(500 * kMillisecond);
  send("b");
  at(1);
  send("a");
  EXPECT_EQ(next_due(), kStart + 500 * kMillisecond);
  const std::vector<Leased> leased = lease(2);
  ASSERT_EQ(leased.size(), 2u);
  EXPECT_EQ(leased[0].values[1], "b");
  EXPECT_EQ(leased[0].due, kStart + 500 * kMillisecond);
  EXPECT_EQ(leased[1].values[1], "a");
  EXPECT_EQ(leased[1].due, kStart + kSecond);
}

TEST_F(QueueTest, WhatHasExpiredCountsForNoDepthThoughNobodyHasLeasedSince) {
  open(line_queue(R"("amount": "1/10s")", R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 3 })",
                  R"({ "limit": "queued", "while": "queued" })"));
  put("+1");
  put("+1");
  put({.values = {"acme", "+1", "ann"}, .expires_at = kStart + 25 * kSecond});
  ack(lease_one());
  at(25);
  EXPECT_EQ(put("+1").depth, 2u);
  EXPECT_EQ(put("+1").depth, 3u);
  EXPECT_EQ(put("+1").decision.denial, DenialKind::depth) << "the control";
  EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::expired)], 1u);
}

TEST_F(QueueTest, BadInputIsNamedAndChangesNothing) {
  open(line_queue(R"("amount": "1/s")"));
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .payload = std::string(65'537, 'x')}).decision.status, Status::invalid);
  EXPECT_THAT(error, ::testing::HasSubstr("payload: 65537 bytes"));
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .message_class = 4}).decision.status, Status::invalid);
  EXPECT_THAT(error, ::testing::HasSubstr("message_class"));
  EXPECT_EQ(put({.values = {"acme", "", "ann"}}).decision.status, Status::invalid);
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .send_at = -1}).decision.status, Status::invalid);
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .flags = flag::force}).decision.status, Status::invalid);
  EXPECT_EQ(cancel(12345), Status::not_found);
  EXPECT_EQ(cancel(uint64_t{1} << 60), Status::not_found);
  Leased unknown;
  unknown.message = unknown.fence = 1;
  EXPECT_EQ(ack(unknown), Status::not_found);
  EXPECT_EQ(counters().messages, 0u);
  EXPECT_EQ(next_due(), kNever);
}

TEST_F(QueueTest, ASweepEndsWhatHasExpiredThoughNobodyLeases) {
  open(R"({ "name": "queue", "tenant": "account", "line": "line",
    "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
                { "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 4 } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
                      "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] } ] })");
  for (int i = 0; i < 4; ++i) {
    ASSERT_NE(put({.values = {"acme", "+" + std::to_string(i % 2), "ann"}, .expires_at = kStart + 5 * kSecond}).message, 0u);
  }
  at(5);
  EXPECT_EQ(put({.values = {"acme", "+9", "ann"}}).decision.denial, DenialKind::depth);
  Engine::sweep(handle, kEngineClock, 1'000'000, nullptr);
  Counters counters;
  Engine::counters(handle, &counters);
  EXPECT_EQ(counters.messages, 0u);
  EXPECT_EQ(counters.ended[static_cast<size_t>(MessageState::expired)], 4u);
  EXPECT_EQ(next_due(), kNever);
  EXPECT_NE(put({.values = {"acme", "+9", "ann"}}).message, 0u);
}

}  // namespace
}  // namespace sluice::testing
