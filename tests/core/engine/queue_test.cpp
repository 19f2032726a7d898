// SPDX-License-Identifier: Apache-2.0
// The line queue: bounded, paced, in order.
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"

namespace sluice::testing {
namespace {

const std::string kOnePerSecond = R"("amount": "1/s")";

TEST_F(QueueTest, SixtyAtOnceLeaveOneEachSecondFromTheFirstInstantOn) {
  open(line_queue(kOnePerSecond));
  for (int i = 0; i < 60; ++i) {
    const Enqueued held = put("+1", "r" + std::to_string(i), std::to_string(i));
    ASSERT_EQ(held.decision.status, Status::ok) << error;
    EXPECT_EQ(held.depth, i + 1u);
  }
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) expected.push_back(seconds(i * kSecond) + ": " + std::to_string(i));
  EXPECT_EQ(drain_queue(kStart + kHour), expected);
  EXPECT_EQ(next_due(), kNever);
}

TEST_F(QueueTest, NothingLeavesANanosecondEarly) {
  open(line_queue(kOnePerSecond));
  put("+1");
  put("+1");
  EXPECT_EQ(lease(10).size(), 1u);
  EXPECT_EQ(next_due(), kStart + kSecond);
  at_ns(kSecond - 1);
  EXPECT_TRUE(lease(10).empty());
  at_ns(kSecond);
  EXPECT_EQ(lease(10).size(), 1u);
}

const std::string kDepth = R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 6000 },
                               { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100000 })";
const std::string kDepthCharges = R"({ "limit": "queued", "while": "queued" }, { "limit": "day" })";

TEST_F(QueueTest, TheBoundIsExactAndARefusalCostsNothing) {
  open(line_queue(kOnePerSecond, kDepth, kDepthCharges));
  for (int i = 0; i < 6000; ++i) ASSERT_EQ(put("+1").decision.status, Status::ok);
  const Enqueued refused = put("+1");
  EXPECT_EQ(refused.decision.status, Status::denied);
  EXPECT_EQ(refused.decision.denial, DenialKind::depth);
  EXPECT_EQ(refused.decision.wait_kind, WaitKind::bound);
  EXPECT_EQ(refused.message, 0u);
  EXPECT_EQ(used("day", "account=acme"), 6000u);
  EXPECT_EQ(put("+2").decision.status, Status::ok);  // another line has its own
  const Leased first = lease_one();
  EXPECT_EQ(put("+1").decision.status, Status::denied);  // a leased one counts
  EXPECT_EQ(ack(first), Status::ok);
  EXPECT_EQ(put("+1").decision.status, Status::ok);
  EXPECT_EQ(put("+1").decision.status, Status::denied);
}

TEST_F(QueueTest, TheLastLeavesWhenItIsItsTurn) {
  open(line_queue(kOnePerSecond));
  for (int i = 0; i < 600; ++i) put("+1", "ann", std::to_string(i));
  std::vector<std::string> left = drain_queue(kStart + 100 * kSecond + 1);
  EXPECT_EQ(left.size(), 101u);
  at_ns(100'500 * kMillisecond);
  ASSERT_EQ(set_amount("pace", "line=+1", "\"10/s\""), Status::ok) << error;
  EXPECT_EQ(next_due(), kStart + 100'550 * kMillisecond);
  left = drain_queue(kStart + kDay);
  ASSERT_EQ(left.size(), 499u);
  EXPECT_EQ(left.front(), "100.55s: 101");
  EXPECT_EQ(left.back(), "150.35s: 599");
}

TEST_F(QueueTest, EightyASecondByTicksOfAMillisecondIsWholeWithSlack) {
  open(line_queue(R"("amount": "80/s", "slack": "1ms")"));
  for (int i = 0; i < 6000; ++i) put("+1");
  int left = 0;
  for (int tick = 0; tick < 60'000; ++tick) {
    at_ns(tick * kMillisecond);
    for (const Leased& one : lease(100)) {
      ++left;
      ack(one);
    }
  }
  EXPECT_EQ(left, 4800);
}

TEST_F(QueueTest, AWorkerThatStalledGetsOne) {
  open(line_queue(kOnePerSecond));
  for (int i = 0; i < 100; ++i) put("+1");
  EXPECT_EQ(lease(100).size(), 1u);
  at(30);
  EXPECT_EQ(lease(100).size(), 1u);
}

TEST_F(QueueTest, LinesAreServedByDueInstantThenByAge) {
  open(line_queue(kOnePerSecond));
  put("+3", "ann", "third line");
  put("+1", "ann", "first line");
  at_ns(1);
  put("+2", "ann", "later");
  at(1);
  std::vector<std::string> order;
  for (const Leased& one : lease(10)) order.push_back(one.payload);
  EXPECT_EQ(order, (std::vector<std::string>{"third line", "first line", "later"}));
}

TEST_F(QueueTest, WhoAsksForAllAtOnceGoesBehindTheQueue) {
  open(line_queue(kOnePerSecond));
  EXPECT_EQ(send("acme", "+1", "ann"), "allowed");
  put("+1");
  const Answer behind = send("acme", "+1", "bob");
  EXPECT_EQ(behind.decision.status, Status::would_queue);
  EXPECT_EQ(behind.decision.wait_kind, WaitKind::bound);
  EXPECT_EQ(behind.decision.retry_after, kSecond);
  at(1);
  ack(lease_one());
  at(2);
  EXPECT_EQ(send("acme", "+1", "bob"), "allowed");
}

TEST_F(QueueTest, TenantsTakeTurns) {
  open(line_queue(kOnePerSecond));
  for (int i = 0; i < 1000; ++i) put_of("big", "+1", "big");
  put_of("small", "+1", "small");
  std::vector<std::string> left = drain_queue(kStart + 2 * kSecond);
  EXPECT_EQ(left, (std::vector<std::string>{"0s: big", "1s: small"}));
}

TEST_F(QueueTest, WeightsAreShares) {
  open(line_queue(R"("amount": "1000/s")", "", "",
                  R"("subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
                     "queue": { "weights": [ { "plan": "pro", "weight": 3 } ] }, )"));
  set_plan("account=heavy", "pro");
  for (int i = 0; i < 4000; ++i) {
    put_of("heavy", "+1", "h");
    put_of("light", "+1", "l");
  }
  int heavy = 0;
  for (const std::string& one : drain_queue(kStart + 4 * kSecond)) heavy += one.back() == 'h';
  EXPECT_NEAR(heavy, 3000, 4);
}

TEST_F(QueueTest, ClassesGoInRankWithAFloorForTheNext) {
  open(line_queue(R"("amount": "1000/s")"));
  for (int i = 0; i < 100; ++i) put({.values = {"acme", "+1", "ann"}, .payload = "bulk", .message_class = 3});
  for (int i = 0; i < 100; ++i) put({.values = {"acme", "+1", "bob"}, .payload = "urgent", .message_class = 0});
  std::vector<int> bulk_at;
  int n = 0;
  for (const std::string& one : drain_queue(kStart + kSecond)) {
    ++n;
    if (one.ends_with("bulk") && n <= 100) bulk_at.push_back(n);
  }
  EXPECT_EQ(bulk_at, (std::vector<int>{20, 40, 60, 80, 100}));
}

}  // namespace
}  // namespace sluice::testing
