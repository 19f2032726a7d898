// SPDX-License-Identifier: Apache-2.0
// Leases of some lines alone: nobody else's messages, in the order of all, and other lines' timers as they were.
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

using Names = std::vector<std::string>;

class Collect : public LeaseSink {
 public:
  bool fits(size_t, size_t bytes) override { return bytes <= room; }
  void take(const LeaseView& view) override {
    lines.emplace_back(view.values[1]);
    payloads.emplace_back(view.payload);
    leases.push_back({view.message, view.fence});
  }

  size_t room = SIZE_MAX;
  Names lines, payloads;
  std::vector<std::pair<uint64_t, uint32_t>> leases;
};

class LineLeasing : public PoolTest {
 protected:
  Status lease_of(const LeaseOptions& wanted, Collect* sink) {
    error.clear();
    return Engine::lease(handle, wanted, *sink, &next, &error);
  }
  // The payloads leased, acked at once.
  Names of(const Names& names, uint32_t most = 100) {
    const std::vector<Bytes> lines(names.begin(), names.end());
    return taken({.most = most, .some_lines = true, .lines = lines});
  }
  Names of_pool(const std::string& pool, const Names& by = {}) {
    const std::vector<Bytes> values(by.begin(), by.end());
    return taken({.most = 100, .pool = pool, .by = values});
  }
  Names taken(const LeaseOptions& wanted) {
    Collect sink;
    EXPECT_EQ(lease_of(wanted, &sink), Status::ok) << error;
    for (const auto& [message, fence] : sink.leases) {
      EXPECT_EQ(Engine::settle(handle, {message, fence, Outcome::sent, 0}, kEngineClock, nullptr, &error), Status::ok) << error;
    }
    return sink.payloads;
  }
  Instant next = 0;  // as the last lease said
};

TEST_F(LineLeasing, TwoWorkersWithLinesOfTheirOwnNeverGetEachOthersMessages) {
  open(line_queue(R"("amount": "1/s")"));
  for (int i = 0; i < 40; ++i) put("+" + std::to_string(i % 4), "r" + std::to_string(i), "line " + std::to_string(i % 4));
  for (int second = 0; second < 10; ++second) {
    at(second);
    EXPECT_EQ(of({"+0", "+2"}), (Names{"line 0", "line 2"})) << second;
    EXPECT_EQ(of({"+0", "+2"}), Names{}) << second;
    EXPECT_EQ(of({"+3", "+1"}), (Names{"line 1", "line 3"})) << second;
  }
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(LineLeasing, LinesAreServedByDueInstantThenByTheirCreation) {
  open(line_queue(R"("amount": "1/s")"));
  put("+c", "ann", "c");
  put("+a", "ann", "a");
  put("+b", "ann", "b");
  for (const char* line : {"+a", "+b", "+c"}) put(line, "bob", std::string(line) + " again");
  at_ns(1);
  EXPECT_EQ(of({"+c"}), Names{"c"});
  EXPECT_EQ(of({"+b"}), Names{"b"});
  at(5);
  // +a has been due since 0 s, the others since 1 s and 1 ns, of which +c was there first.
  EXPECT_EQ(of({"+a", "+b", "+c"}), (Names{"a", "+c again", "+b again"}));
  EXPECT_EQ(next, kStart + 6 * kSecond);
}

TEST_F(LineLeasing, AllLinesNamedLeaveInTheOrderOfALeaseOfAll) {
  const Names names = {"+4", "+2", "+0", "+0", "+3", "+1", "+2"};  // twice is once
  const auto leave = [&](bool named) {
    open(line_queue(R"("amount": "1/s", "depth": 3)"));
    Random random(7);
    Names left;
    for (int step = 0; step < 200; ++step) {
      at_ns(step * 700 * kMillisecond);
      for (uint64_t i = random.below(7); i > 0; --i) {
        put("+" + std::to_string(random.below(5)), "r" + std::to_string(i), std::to_string(step) + "/" + std::to_string(i));
      }
      if (random.below(3) != 0) continue;
      const auto most = static_cast<uint32_t>(random.between(1, 30));
      const Names now = named ? of(names, most) : taken({.most = most});
      left.insert(left.end(), now.begin(), now.end());
      left.push_back(seconds(next - kStart));
    }
    return left;
  };
  const Names all = leave(false);
  EXPECT_GT(all.size(), 400u);
  EXPECT_EQ(leave(true), all);
}

TEST_F(LineLeasing, SayWhenTheEarliestOfThemIsDueAndLeaveTheOthersAsTheyWere) {
  open(line_queue(R"("amount": "1/s")"));
  for (const char* line : {"+1", "+2", "+3"}) {
    put(line, "ann", line);
    put(line, "bob", line);
  }
  EXPECT_EQ(of({"+2"}), Names{"+2"});
  EXPECT_EQ(next, kStart + kSecond);
  EXPECT_EQ(next_due(), kStart);
  EXPECT_EQ(of({"+2", "nobody's"}), Names{});
  EXPECT_EQ(next, kStart + kSecond);
  EXPECT_EQ(of({}), Names{});
  EXPECT_EQ(next, kNever);
  EXPECT_EQ(of({"+1", "+2", "+3"}, 1), Names{"+1"});
  EXPECT_EQ(next, kStart);
  EXPECT_EQ(lease_one().payload, "+3");
  EXPECT_EQ(next_due(), kStart + kSecond);
}

TEST_F(LineLeasing, ALineThatHoldsNothingHasNothingDueAndIsNoError) {
  open(line_queue(R"("amount": "1/s")"));
  EXPECT_EQ(of({"+1"}), Names{});
  EXPECT_EQ(next, kNever);
  EXPECT_EQ(counters().records, 0u);
  put("+1", "ann", "first");
  EXPECT_EQ(of({"+1"}), Names{"first"});
  EXPECT_EQ(of({"+1"}), Names{});
}

TEST_F(LineLeasing, WhatWaitsForALimitElsewhereWakesForThemToo) {
  open(
      line_queue(R"("amount": "10/s")",
                 R"({ "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1, "mode": "queue" })",
                 R"({ "limit": "minute" })"));
  put("+1", "ann", "a");
  put("+2", "bob", "b");
  EXPECT_EQ(of({"+1"}), Names{"a"});
  EXPECT_EQ(of({"+2"}), Names{});
  EXPECT_EQ(next, kStart + 60 * kSecond);
  EXPECT_EQ(set_amount("minute", "account=acme", "5"), Status::ok) << error;
  EXPECT_EQ(of({"+2"}), Names{"b"});
}

TEST_F(LineLeasing, ABufferThatIsTooSmallLeasesNothingAndKeepsTheLineDue) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1", "ann", std::string(100, 'x'));
  const std::vector<Bytes> lines = {"+1"};
  Collect small;
  small.room = 10;
  EXPECT_EQ(lease_of({.some_lines = true, .lines = lines}, &small), Status::buffer);
  EXPECT_EQ(of({"+1"}), Names{std::string(100, 'x')});
}

TEST_F(LineLeasing, APoolStandsForAllItsLines) {
  open(pooled(R"("by": ["account"])"));
  for (const char* line : {"+1", "+2"}) ASSERT_EQ(set({.by = {"acme"}, .line = line}), Status::ok) << error;
  ASSERT_EQ(set({.by = {"other"}, .line = "+3"}), Status::ok) << error;
  for (int i = 0; i < 6; ++i) text("acme", "r" + std::to_string(i), "acme's");
  text("other", "ann", "other's");
  EXPECT_EQ(of_pool("p", {"acme"}), (Names{"acme's", "acme's"}));
  EXPECT_EQ(next, kStart + kSecond);
  EXPECT_EQ(next_due(), kStart);
  EXPECT_EQ(of_pool("p", {"other"}), Names{"other's"});
  EXPECT_EQ(of_pool("p", {"nobody"}), Names{});
  EXPECT_EQ(next, kNever);
}

TEST_F(LineLeasing, WhatIsWrongIsNamedAndNothingIsLeased) {
  open(pooled());
  lines(1);
  text("acme", "ann", "one");
  Collect sink;
  EXPECT_EQ(lease_of({.pool = "q"}, &sink), Status::not_found);
  EXPECT_EQ(error, "pool: no \"q\" in this policy; it has p");
  const std::vector<Bytes> one = {"+1"}, bad = {"+1", ""}, many(kMostLeaseLines + 1, Bytes("+1"));
  EXPECT_EQ(lease_of({.pool = "p", .by = one}, &sink), Status::invalid);
  EXPECT_EQ(error, "by: 1 values given, the pool has its lines by 0");
  EXPECT_EQ(lease_of({.by = one}, &sink), Status::invalid);
  EXPECT_EQ(error, "by: values of a pool, and no pool is given");
  EXPECT_EQ(lease_of({.some_lines = true, .lines = one, .pool = "p"}, &sink), Status::invalid);
  EXPECT_EQ(error, "pool: given beside lines; name the lines or their pool, not both");
  EXPECT_EQ(lease_of({.some_lines = true, .lines = bad}, &sink), Status::invalid);
  EXPECT_EQ(error, "lines[1]: a key has 1 to 1024 bytes");
  EXPECT_EQ(lease_of({.some_lines = true, .lines = many}, &sink), Status::too_many);
  EXPECT_EQ(error, "lines: 4097 given; a call names at most 4096, so lease in turns");
  EXPECT_TRUE(sink.leases.empty());
  const std::vector<Bytes> most(kMostLeaseLines, Bytes("+1"));
  EXPECT_EQ(lease_of({.most = 9, .some_lines = true, .lines = most}, &sink), Status::ok);
  EXPECT_EQ(sink.payloads, Names{"one"});
}

}  // namespace
}  // namespace sluice::testing
