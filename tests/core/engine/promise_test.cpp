// SPDX-License-Identifier: Apache-2.0
// A promised instant of kind exact is the instant of release, without exception; and where nothing but the line's own limits holds a
// message, the promise is exact.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

class PromiseTest : public QueueTest {
 protected:
  Promise promise_of(uint64_t message) {
    MessageStatus status;
    EXPECT_EQ(Engine::status(handle, message, kEngineClock, &status, &error), Status::ok) << error;
    return status.promise;
  }
};

TEST_F(PromiseTest, TheSixtiethOfSixtyLeavesInAMinuteLessOneSecond) {
  open(line_queue(R"("amount": "1/s")"));
  std::vector<uint64_t> held;
  for (int i = 0; i < 60; ++i) held.push_back(put("+1").message);
  for (int i = 0; i < 60; ++i) {
    const Promise promise = promise_of(held[static_cast<size_t>(i)]);
    EXPECT_EQ(promise.kind, WaitKind::exact);
    EXPECT_EQ(promise.position, i + 1u);
    EXPECT_EQ(promise.eta, kStart + i * kSecond);
  }
}

TEST_F(PromiseTest, APeekPromisesWhatAnEnqueueThenKeeps) {
  open(line_queue(R"("amount": "1/s")"));
  const Enqueued idle = put({.values = {"acme", "+1", "ann"}, .flags = flag::peek});
  EXPECT_EQ(idle.message, 0u);
  EXPECT_EQ(idle.promise.position, 1u);
  EXPECT_EQ(idle.promise.eta, kStart);
  EXPECT_EQ(idle.promise.kind, WaitKind::exact);
  EXPECT_EQ(counters().messages, 0u);
  for (int i = 0; i < 10; ++i) put("+1");
  const Enqueued eleventh = put({.values = {"acme", "+1", "ann"}, .flags = flag::peek});
  EXPECT_EQ(eleventh.promise.position, 11u);
  EXPECT_EQ(eleventh.promise.eta, kStart + 10 * kSecond);
  const Enqueued other = put({.values = {"other", "+1", "ann"}, .flags = flag::peek});
  EXPECT_EQ(other.promise.position, 2u);  // another tenant's turn is the next
}

TEST_F(PromiseTest, MovesAtOnceWhenTheRateDoes) {
  open(line_queue(R"("amount": "1/s")"));
  uint64_t last = 0;
  for (int i = 0; i < 600; ++i) last = put("+1").message;
  drain_queue(kStart + 100 * kSecond + 1);
  at_ns(100'500 * kMillisecond);
  EXPECT_EQ(promise_of(last).eta, kStart + 599 * kSecond);
  set_amount("pace", "line=+1", "\"10/s\"");
  EXPECT_EQ(promise_of(last).eta, kStart + 150'350 * kMillisecond);
  EXPECT_EQ(promise_of(last).kind, WaitKind::exact);
}

TEST_F(PromiseTest, IsABoundWhereAnotherLimitMayHoldIt) {
  open(line_queue(R"("amount": "1/s")",
                  R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 5, "mode": "queue" })",
                  R"({ "limit": "day" })"));
  const uint64_t one = put("+1").message;
  EXPECT_EQ(promise_of(one).kind, WaitKind::bound);
  EXPECT_EQ(promise_of(one).eta, kStart);
}

TEST_F(PromiseTest, AMessageThatWouldWaitLongerThanTheQueueAllowsIsNotTakenIn) {
  open(line_queue(R"("amount": "1/s")", "", "", R"("queue": { "wait": "2s" }, )"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(put("+1").decision.status, Status::ok);
  const Enqueued refused = put("+1");
  EXPECT_EQ(refused.decision.status, Status::denied);
  EXPECT_EQ(refused.decision.denial, DenialKind::depth);
  EXPECT_EQ(refused.decision.wait_kind, WaitKind::bound);
  EXPECT_EQ(refused.decision.retry_after, kSecond);
  ack(lease_one());
  at(1);
  EXPECT_EQ(put("+1").decision.status, Status::ok);
}

TEST_F(PromiseTest, AMessageThatWouldExpireBeforeItsTurnIsRefusedWithItsTurn) {
  open(line_queue(R"("amount": "1/s")"));
  for (int i = 0; i < 95; ++i) put("+1");
  const Enqueued refused = put({.values = {"acme", "+1", "ann"}, .expires_at = kStart + 30 * kSecond});
  EXPECT_EQ(refused.decision.denial, DenialKind::depth);
  EXPECT_EQ(refused.promise.eta, kStart + 95 * kSecond);
  EXPECT_EQ(refused.message, 0u);
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .expires_at = kStart + 95 * kSecond}).decision.denial, DenialKind::depth);
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .expires_at = kStart + 95 * kSecond + 1}).decision.status, Status::ok);
}

// Random queues of one line each: classes, tenants, weights, costs, pauses, limits of the line side by side.
class Honesty : public PromiseTest {
 protected:
  void run(uint64_t seed, int queues);

 private:
  struct Held {
    uint64_t message = 0;
    Promise promise;
    bool costly = false;
  };

  void open_random();
  void fill(const std::string& line);
  void put_one(const std::string& line);
  void compare(const std::string& line, uint64_t seed);

  Random random_{1};
  bool costs_ = false, windows_ = false, all_costs_one_ = true;
  size_t tenants_ = 1, classes_ = 1;
  std::vector<uint64_t> held_;
  uint64_t checked_ = 0, exact_ = 0;

 public:
  uint64_t checked() const { return checked_; }
  uint64_t exact() const { return exact_; }
};

void Honesty::open_random() {
  costs_ = random_.chance(30);
  windows_ = random_.chance(30);
  tenants_ = random_.chance(30) ? 1 : 1 + random_.below(random_.chance(10) ? 40 : 5);
  classes_ = random_.chance(40) ? 1 : 1 + random_.below(4);
  const std::string rates[] = {"1/s", "3/s", "10/s", "80/s", "7/min", "1000/s"};
  const std::string depths[] = {"", ", \"depth\": 3", ", \"depth\": \"2s\"", ", \"slack\": \"5ms\""};
  const std::string cost = costs_ ? R"(, "cost": "n")" : "";
  std::string limits = R"({ "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue", "amount": ")" +
                       rates[random_.below(6)] + "\"" + depths[random_.below(4)] + " }";
  std::string charges = R"({ "limit": "pace")" + cost + " }";
  if (windows_) {
    limits += R"(, { "name": "window", "scope": ["line"], "kind": "window", "mode": "queue", "period": "10s", "amount": 25 })";
    charges += R"(, { "limit": "window" })";
  }
  std::string floor = std::to_string(random_.chance(20) ? 0 : 2 + random_.below(20));
  open(R"({ "name": "honest", "tenant": "account", "line": "line",
    "subjects": [ { "scope": ["account"], "plans": ["one", "two", "five"], "default": "one" } ],
    "queue": { "floor": )" +
       floor + R"(, "weights": [ { "plan": "two", "weight": 2 }, { "plan": "five", "weight": 5 } ] },
    "limits": [ )" +
       limits + R"( ], "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "quantities": ["n"],
      "charges": [ )" +
       charges + R"( ] } ] })");
  for (size_t t = 0; t < tenants_; ++t) {
    const uint64_t plan = random_.below(3);
    if (plan != 0) set_plan("account=t" + std::to_string(t), plan == 1 ? "two" : "five");
  }
}

void Honesty::put_one(const std::string& line) {
  const uint64_t cost = costs_ && random_.chance(40) ? 1 + random_.below(random_.chance(10) ? 1000 : 6) : 1;
  all_costs_one_ = all_costs_one_ && cost == 1;
  const Put what = {.values = {"t" + std::to_string(random_.below(tenants_)), line, "r" + std::to_string(random_.below(9))},
                    .quantities = {cost},
                    .message_class = static_cast<int>(random_.below(classes_))};
  const Enqueued held = put(what);
  ASSERT_EQ(held.decision.status, Status::ok) << error;
  held_.push_back(held.message);
}

// Some come, some leave, now and then somebody is told to wait.
void Honesty::fill(const std::string& line) {
  held_.clear();
  all_costs_one_ = true;
  const int rounds = static_cast<int>(random_.between(1, 4));
  for (int round = 0; round < rounds; ++round) {
    const int64_t count = random_.between(0, random_.chance(15) ? 120 : 14);
    for (int64_t i = 0; i < count; ++i) put_one(line);
    if (random_.chance(50)) pass(random_.between(0, 3000) * kMillisecond);
    for (const Leased& one : lease(static_cast<uint32_t>(random_.below(6)))) {
      const bool again = random_.chance(20);
      settle(one, again ? (random_.chance(50) ? Outcome::throttled : Outcome::not_attempted) : Outcome::sent,
             again ? random_.between(0, 4) * kSecond : 0);
      if (!again) std::erase(held_, one.message);
    }
  }
}

void Honesty::compare(const std::string& line, uint64_t seed) {
  std::map<uint64_t, Promise> promised;
  for (const uint64_t message : held_) {
    if (held_.size() < 40 || random_.chance(30)) promised[message] = promise_of(message);
  }
  const Enqueued peeked = put({.values = {"t0", line, "r"}, .quantities = {1}, .message_class = 0, .flags = flag::peek});
  const Enqueued last = put({.values = {"t0", line, "r"}, .quantities = {1}, .message_class = 0});
  if (peeked.promise.kind == WaitKind::exact) {
    const Promise kept = promise_of(last.message);
    ASSERT_EQ(peeked.promise.eta, kept.eta) << "seed " << seed;
    ASSERT_EQ(peeked.promise.position, kept.position) << "seed " << seed;
  }
  // It came after the promises were given: only what it could pass is wrong now.
  ASSERT_EQ(cancel(last.message), Status::ok);
  uint64_t place = 0;
  for (Instant due = next_due(); due != kNever; due = next_due()) {
    if (due > now()) set_clock(due);
    for (const Leased& one : lease(1)) {
      ++place;
      ASSERT_EQ(settle(one, Outcome::sent), Status::ok);
      const auto it = promised.find(one.message);
      if (it == promised.end()) continue;
      const Promise& promise = it->second;
      ++checked_;
      if (promise.kind == WaitKind::exact) {
        ++exact_;
        ASSERT_EQ(promise.eta, now()) << "seed " << seed << ", place " << place << ", promised place " << promise.position;
        ASSERT_EQ(promise.position, place) << "seed " << seed;
      } else {
        ASSERT_LE(promise.eta, now()) << "seed " << seed;
        ASSERT_TRUE(!all_costs_one_ && place > 256) << "seed " << seed << ": exact is owed, place " << place;
      }
    }
  }
}

void Honesty::run(uint64_t seed, int queues) {
  random_ = Random(seed);
  open_random();
  for (int i = 0; i < queues; ++i) {
    const std::string line = "+" + std::to_string(i);
    fill(line);
    if (::testing::Test::HasFatalFailure()) return;
    compare(line, seed);
    if (::testing::Test::HasFatalFailure()) return;
  }
  close();
}

TEST_F(Honesty, OfTwentyThousandQueuesEveryExactPromiseIsKept) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    run(seed, 50);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
  RecordProperty("checked", std::to_string(checked()));
  RecordProperty("exact", std::to_string(exact()));
  EXPECT_GT(exact(), 200'000u);
  EXPECT_GT(exact() * 100, checked() * 97);
}

}  // namespace
}  // namespace sluice::testing
