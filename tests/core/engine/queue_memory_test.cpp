// SPDX-License-Identifier: Apache-2.0
// Messages where memory is short: a refusal leaves everything as it was, what is held goes its way, and what has gone leaves nothing.
#include <functional>
#include <string>
#include <vector>

#include "tests/support/failing_memory.h"
#include "tests/support/queue_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

// Every kind of charge at accept: of counts, of a log, of values, of places; at lease a turn, a pair's pace and a log.
const char kPolicy[] = R"({ "name": "test", "tenant": "account", "line": "line", "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "mode": "queue" },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "pace", "amount": "100/s", "mode": "queue" },
    { "name": "log", "scope": ["line"], "kind": "sliding", "period": "60s", "amount": 500 },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000000 },
    { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 500 },
    { "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 100000 },
    { "name": "line_queued", "scope": ["line"], "kind": "gauge", "amount": 100000 } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
    { "limit": "log" }, { "limit": "day" }, { "limit": "people", "of": "recipient" }, { "limit": "queued", "while": "queued" },
    { "limit": "line_queued", "while": "queued" }, { "limit": "pace" }, { "limit": "pair" } ] } ] })";
const std::vector<std::string> kSubjects = {"account=acme", "account=other",         "line=+1",
                                            "line=+2",      "line=+1,recipient=ann", "line=+1,recipient=bob"};

// The host refuses.

class QueueAllocationFailure : public QueueTest {
 protected:
  class Twin : public QueueTest {
    void TestBody() override {}
  };
  // Lets 0, 1, 2, ... allocations of `what` pass until it is held. What a refusal leaves is what a twin has that never asked.
  void fail_every_one(const std::function<void(QueueTest&)>& before, const Put& what, int at_least);
};

void QueueAllocationFailure::fail_every_one(const std::function<void(QueueTest&)>& before, const Put& what, int at_least) {
  int failed = 0;
  for (uint64_t n = 0; n < 100; ++n) {
    SCOPED_TRACE(n);
    FailingMemory host;
    Twin engine, twin;
    engine.options.memory = host.source();
    engine.options.shards = twin.options.shards = 1;
    for (QueueTest* one : {static_cast<QueueTest*>(&engine), static_cast<QueueTest*>(&twin)}) {
      one->open(kPolicy);
      before(*one);
    }
    const std::string ledger = engine.ledger(kSubjects);
    const Counters counted = engine.counters();
    host.fail_after(n);
    const Enqueued held = engine.put(what);
    host.never_fail();
    if (held.decision.status == Status::ok) {
      EXPECT_GE(failed, at_least) << "the control: it must have failed before";
      return engine.close();
    }
    ++failed;
    ASSERT_EQ(held.decision.denial, DenialKind::memory);
    ASSERT_EQ(held.message, 0u);
    EXPECT_EQ(engine.ledger(kSubjects), ledger);
    const Counters after = engine.counters();
    EXPECT_EQ(after.records, counted.records);
    EXPECT_EQ(after.messages, counted.messages);
    EXPECT_EQ(after.accepted, counted.accepted);
    EXPECT_EQ(engine.next_due(), twin.next_due());
    for (QueueTest* one : {static_cast<QueueTest*>(&engine), static_cast<QueueTest*>(&twin)}) {
      for (int i = 0; i < 8; ++i) one->put({.values = {"acme", "+1", i % 2 == 0 ? "ann" : "bob"}, .payload = std::to_string(i)});
    }
    EXPECT_EQ(engine.drain_queue(kStart + kHour), twin.drain_queue(kStart + kHour));
    EXPECT_EQ(engine.ledger(kSubjects), twin.ledger(kSubjects));
    engine.close();
  }
  FAIL() << "it is never held";
}

TEST_F(QueueAllocationFailure, OfTheFirstMessageOfALine) {
  fail_every_one([](QueueTest&) {}, {.values = {"acme", "+1", "ann"}, .payload = "hello", .expires_at = kStart + kHour}, 3);
}

TEST_F(QueueAllocationFailure, OfANewTenantsOnAKnownLine) {
  fail_every_one(
      [](QueueTest& e) {
        for (int i = 0; i < 7; ++i) e.put("+1", "r" + std::to_string(i));
      },
      {.values = {"other", "+1", "ann"}, .payload = std::string(5'000, 'x'), .send_at = kStart + kSecond}, 1);
}

TEST_F(QueueAllocationFailure, OfALineBesideOthers) {
  fail_every_one(
      [](QueueTest& e) {
        for (int i = 0; i < 600; ++i) e.put({.values = {"other", "l" + std::to_string(i), "ann"}});
      },
      {.values = {"acme", "+1", "ann"}, .expires_at = kStart + kHour}, 1);
}

// Whatever else fails: all that was held ends, and all memory comes back (the host checks that).
TEST(QueueAllocationFailures, NothingIsLeakedWhateverFails) {
  class One : public QueueTest {
    void TestBody() override {}
  };
  for (uint64_t n = 0; n < 60; ++n) {
    SCOPED_TRACE(n);
    FailingMemory host;
    One e;
    e.options.memory = host.source();
    e.options.shards = 2;
    e.open(kPolicy);
    for (int i = 0; i < 60; ++i) {
      if (i == 20) host.fail_after(n);
      e.put({.values = {"a" + std::to_string(i % 3), "+" + std::to_string(i % 7), "r" + std::to_string(i)},
             .payload = std::string(static_cast<size_t>(i), 'x'),
             .expires_at = i % 4 == 0 ? kStart + kHour : 0});
      if (i % 3 != 0) continue;
      for (const Leased& one : e.lease(2)) EXPECT_EQ(e.settle(one, static_cast<Outcome>(i / 3 % 5)), Status::ok) << e.error;
      e.pass(kMillisecond);
    }
    e.drain_queue(kStart + kHour / 2);
    host.never_fail();
    e.drain_queue(kStart + kDay);
    EXPECT_EQ(e.counters().messages, 0u);
    e.close();
  }
}

// The cap is reached.

class QueueCap : public QueueTest {
 protected:
  void SetUp() override {
    options.memory_cap = kMiB;
    options.shards = 1;
  }
  // Messages of ten lines, of many recipients or one, until `refusals` of them were refused for memory; those that are held.
  std::vector<uint64_t> fill(int refusals, uint64_t recipients, uint64_t longest = 300) {
    std::vector<uint64_t> held;
    Random random(7);
    for (int refused = 0; refused < refusals;) {
      const std::string recipient = "r" + std::to_string(random.below(recipients));
      const Enqueued one = put({.values = {"acme", "+" + std::to_string(random.below(10)), recipient},
                                .payload = std::string(random.below(longest), 'x'),
                                .message_class = static_cast<int>(random.below(4)),
                                .send_at = random.chance(10) ? now() + kSecond : 0,
                                .expires_at = random.chance(30) ? now() + 12 * kHour : 0});
      if (one.decision.status == Status::ok) {
        held.push_back(one.message);
        continue;
      }
      EXPECT_EQ(one.decision.denial, DenialKind::memory) << word(one.decision.denial) << ": " << error;
      ++refused;
    }
    EXPECT_EQ(counters().messages, held.size());
    EXPECT_LE(counters().memory_used, kMiB + 2'048);
    return held;
  }
  void expect_empty() {
    EXPECT_EQ(counters().messages, 0u);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(used("line_queued", "line=+" + std::to_string(i)), 0u) << i;
    EXPECT_EQ(used("queued", "account=acme"), 0u);
    EXPECT_EQ(next_due(), kNever);
  }
  // The same as kPolicy without what fills up by itself.
  void open_wide() {
    open(R"({ "name": "test", "tenant": "account", "line": "line", "limits": [
      { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "depth": 100, "mode": "queue" },
      { "name": "pair", "scope": ["line", "recipient"], "kind": "pace", "amount": "100/s", "mode": "queue" },
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000000 },
      { "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 100000 },
      { "name": "line_queued", "scope": ["line"], "kind": "gauge", "amount": 100000 } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
      { "limit": "day" }, { "limit": "queued", "while": "queued" }, { "limit": "line_queued", "while": "queued" },
      { "limit": "pace" }, { "limit": "pair" } ] } ] })");
  }
};

TEST_F(QueueCap, ARefusalForMemoryLeavesEverythingAsItWas) {
  open_wide();
  const uint64_t held = fill(1, 5).size();
  const std::string ledger = this->ledger({"account=acme", "line=+0", "line=+1", "line=+9"});
  const Counters full = counters();
  for (int i = 0; i < 300; ++i) {
    // On a known line and on a new one, of a known tenant and of a new one.
    const Enqueued one =
        put({.values = {i % 2 == 0 ? "acme" : "new" + std::to_string(i), i % 3 == 0 ? "+1" : "+new" + std::to_string(i), "ann"},
             .payload = std::string(4'000, 'x'),
             .expires_at = kStart + kHour});
    ASSERT_EQ(one.decision.status, Status::denied);
    ASSERT_EQ(one.decision.denial, DenialKind::memory);
  }
  EXPECT_EQ(this->ledger({"account=acme", "line=+0", "line=+1", "line=+9"}), ledger);
  EXPECT_EQ(counters().records, full.records);
  EXPECT_LE(counters().memory_used, full.memory_used + 1024);  // a shard that has refused for the first time counts that
  EXPECT_EQ(counters().messages, held);
}

TEST_F(QueueCap, WhatIsHeldIsLeasedAndSettledThoughNothingElseFindsRoom) {
  open_wide();
  for (const uint64_t recipients : {uint64_t{5}, uint64_t{100'000}}) {
    const uint64_t held = fill(200, recipients).size();
    EXPECT_GT(held, 1'000u);
    uint64_t left = 0;
    for (int rounds = 0; rounds < 100'000 && counters().messages != 0; ++rounds) {
      const Instant due = next_due();
      ASSERT_NE(due, kNever) << left << " of " << held << " have left";
      if (due > now()) set_clock(due);
      for (const Leased& one : lease(50)) left += ack(one) == Status::ok ? 1 : 0;
      ASSERT_LT(now(), kStart + 11 * kHour) << left << " of " << held << " have left";
    }
    EXPECT_EQ(left, held);
    expect_empty();
    pass(kHour);
    sweep();
  }
}

// What a lease charges may be somebody new. Nothing goes that was there: all others are of the day.
TEST_F(QueueCap, ALeaseFindsRoomForWhomItChargesBeyondTheCap) {
  for (const char* pair : {R"("window", "period": "day")", R"("sliding", "period": "60s")"}) {
    open(R"({ "name": "test", "tenant": "account", "line": "line", "limits": [
        { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "depth": 1000, "mode": "queue" },
        { "name": "pair", "scope": ["line", "recipient"], "mode": "queue", "amount": 10, "kind": )" +
         std::string(pair) + R"( },
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 3 } ],
      "operations": [
        { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" }, { "limit": "pair" } ] },
        { "name": "other", "values": ["account"], "charges": [ { "limit": "day" } ] } ] })");
    for (int i = 0; i < 500; ++i) ASSERT_EQ(put("+1", "r" + std::to_string(i)).decision.status, Status::ok);
    // Names of every length, so that no piece is left.
    for (int i = 0, refused = 0; refused < 1'000; ++i) {
      const std::string who = std::to_string(i) + std::string(static_cast<size_t>(300 - std::min(i, 300)), 'x');
      refused += call("other", who).passed() ? 0 : 1;
    }
    for (int i = 0, refused = 0; refused < 100; ++i) refused += call("other", std::to_string(i)).passed() ? 0 : 1;
    const std::vector<Leased> leases = lease(500);
    EXPECT_EQ(leases.size(), 500u) << pair;
    for (const Leased& one : leases) ack(one);
    EXPECT_LE(counters().memory_used, kMiB + 500 * 200) << pair;
  }
}

TEST_F(QueueCap, WhatIsHeldIsCancelledThoughNothingElseFindsRoom) {
  open_wide();
  uint64_t first = 0;
  for (int round = 0; round < 4; ++round) {
    const std::vector<uint64_t> held = fill(200, 100'000);
    if (round == 0) first = held.size();
    EXPECT_GE(held.size() * 100, first * 98) << "cells were lost in round " << round;
    for (const uint64_t message : held) ASSERT_EQ(cancel(message), Status::ok) << error;
    expect_empty();
    EXPECT_EQ(used("day", "account=acme"), 0u);
  }
}

TEST_F(QueueCap, WhatIsHeldExpiresThoughNothingElseFindsRoom) {
  open_wide();
  const std::vector<uint64_t> held = fill(200, 100'000);
  EXPECT_GT(lease(30, kDay).size(), 0u);  // in flight when their time comes
  pass(13 * kHour);
  std::vector<Leased> leases = lease(10);  // ten lines, each looked at once
  const uint64_t expired = counters().ended[static_cast<size_t>(MessageState::expired)];
  EXPECT_GT(expired, held.size() / 5);
  EXPECT_EQ(counters().messages, held.size() - expired);
}

// What has gone leaves nothing.

TEST_F(QueueCap, FillingAndEmptyingGoesOnForEver) {
  open_wide();
  uint64_t first = 0;
  for (int round = 0; round < 60; ++round) {
    // Some rounds of small messages, some of those that take several pages.
    const std::vector<uint64_t> held = fill(1, 100'000, round % 3 == 1 ? 15'000 : 300);
    if (round % 3 == 1) {
      EXPECT_GT(held.size(), 80u) << "in round " << round;
    }
    if (round == 0) first = held.size();
    if (round % 3 != 1) {
      EXPECT_GE(held.size() * 100, first * 95) << "in round " << round;
    }
    for (const uint64_t message : held) ASSERT_EQ(cancel(message), Status::ok) << error;
    expect_empty();
    pass(2 * kDay);
    sweep();
  }
}

TEST_F(QueueTest, AHundredThousandEnqueuedAndCancelledBringTheMemoryBack) {
  for (const uint32_t shards : {1u, 16u}) {
    options.shards = shards;
    open(kPolicy);
    uint64_t before = 0;
    for (int round = 0; round < 2; ++round) {
      std::vector<uint64_t> held;
      for (int i = 0; i < (round == 0 ? 1 : shards == 1 ? 100'000 : 20'000); ++i) {
        const Enqueued one =
            put({.values = {"a" + std::to_string(i % 300), "+" + std::to_string(i % 997), "r" + std::to_string(i)},
                 .payload = std::string(static_cast<size_t>(i) % 500, 'x'),
                 .message_class = i % 4,
                 .send_at = i % 5 == 0 ? now() + kHour : 0,
                 .expires_at = i % 3 == 0 ? now() + 2 * kHour : 0});
        ASSERT_EQ(one.decision.status, Status::ok) << error << i;
        held.push_back(one.message);
      }
      for (size_t i = 0; i < held.size(); ++i) {
        ASSERT_EQ(cancel(held[i * 7'919 % held.size()]), Status::ok) << error;  // a prime: each once, in no order
      }
      EXPECT_EQ(counters().messages, 0u);
      EXPECT_EQ(next_due(), kNever);
      pass(3 * kDay);
      sweep();
      EXPECT_EQ(counters().records, 0u);
      if (round == 0) before = counters().memory_used;
      EXPECT_LE(counters().memory_used, before + shards * 3 * 4'096) << shards << " shards, which keep a few pages each";
    }
  }
}

// Whoever is told that a line is full has brought nothing that stays, whatever its size.
TEST_F(QueueTest, WhatIsRefusedForDepthTakesNoMemory) {
  const std::string one = R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 1 })";
  open(line_queue(R"("amount": "1/s")", one, R"({ "limit": "queued", "while": "queued" })"));
  ASSERT_EQ(put("+1", "ann", "taken in").decision.status, Status::ok) << error;
  ASSERT_EQ(put("+1", "ann", "refused").decision.denial, DenialKind::depth);
  const uint64_t before = counters().memory_used;
  for (size_t size = 0; size < 60'000; size += 1'000) {
    ASSERT_EQ(put("+1", "ann", std::string(size, 'x')).decision.denial, DenialKind::depth);
    ASSERT_EQ(counters().memory_used, before) << size;
  }
}

}  // namespace
}  // namespace sluice::testing
