// SPDX-License-Identifier: Apache-2.0
// The idle sweep drops only what equals never seen, in bounded slices, and nobody can tell.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

class Sweep : public EngineTest {
 protected:
  // What one limit of a kind needs to be idle again after one send.
  void expect_idle_after(const std::string& body, Span span, const std::string& charge = "") {
    open(R"({ "name": "test", "tenant": "account", "limits": [ { "name": "l", "scope": ["account"], )" + body +
         R"( } ], "operations": [ { "name": "send", "values": ["account", "to"], "charges": [ { "limit": "l")" + charge +
         " } ] } ] }");
    at(0);
    EXPECT_EQ(send("acme", "x"), "allowed");
    at_ns(span - 1);
    EXPECT_EQ(sweep(), 0u) << body;
    at_ns(span);
    EXPECT_EQ(sweep(), 1u) << body;
    at(0);
  }
};

TEST_F(Sweep, DropsASubjectTheInstantItEqualsNeverSeen) {
  expect_idle_after(R"("kind": "pace", "amount": "1/s")", kSecond);
  expect_idle_after(R"("kind": "pace", "amount": "1/s", "slack": "500ms")", 1'500 * kMillisecond + 1);
  expect_idle_after(R"("kind": "window", "period": "60s", "amount": 5)", kMinute);
  expect_idle_after(R"("kind": "window", "period": "60s from first", "amount": 5)", kMinute);
  expect_idle_after(R"("kind": "window", "period": "day", "amount": 5)", kDay);
  expect_idle_after(R"("kind": "window", "period": "1s", "amount": 1, "burst": "2x for 3s")", kSecond);
  expect_idle_after(R"("kind": "sliding", "period": "60s", "amount": 5)", kMinute);
  expect_idle_after(R"("kind": "sliding", "period": "60s", "amount": 5, "slots": 6)", 70 * kSecond);
  expect_idle_after(R"("kind": "distinct", "period": "24h", "amount": 5)", kDay, R"(, "of": "to")");
  expect_idle_after(R"("kind": "gauge", "amount": 5, "lease": "30s")", 30 * kSecond, R"(, "of": "to")");
}

TEST_F(Sweep, KeepsWhatIsHeldWithoutEnd) {
  open(
      R"({ "name": "test", "tenant": "account", "limits": [ { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 5 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "seats" } ] },
      { "name": "free", "values": ["account"], "charges": [ { "limit": "seats", "charge": "release" } ] } ] })");
  send("acme");
  at(400 * 86'400);
  EXPECT_EQ(sweep(), 0u);
  call("free", "acme");
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(Sweep, KeepsALiveExemption) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "people", "scope": ["account"], "kind": "distinct", "period": "60s", "amount": 1, "exemption": "24h" } ],
    "operations": [ { "name": "wrote", "values": ["account", "to"], "charges": [ { "limit": "people", "of": "to", "charge": "exempt" } ] } ] })");
  call("wrote", "acme", "x");
  at(86'399);
  EXPECT_EQ(sweep(), 0u);
  at(86'400);
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(Sweep, LooksAtNoMoreThanAsked) {
  options.shards = 4;
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 5)"}}));
  for (int i = 0; i < 1'000; ++i) send("a" + std::to_string(i));
  at(60);
  EXPECT_EQ(sweep(0), 0u);
  uint64_t dropped = 0;
  int slices = 0;
  while (dropped < 1'000) {
    const uint64_t here = sweep(50);
    ASSERT_LE(here, 50u);
    dropped += here;
    ASSERT_LT(++slices, 400) << "slices must go on where the last one stopped";
  }
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Sweep, OfAFullTableAgainAndAgainForgetsNobodyWhoIsNotIdle) {
  Random random(11);
  options.shards = 1;
  TestEngine twin;
  const std::string policy = account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 5)"},
                                             {"log", R"("kind": "sliding", "period": "30s", "amount": 4)"},
                                             {"pace", R"("kind": "pace", "amount": "1/10s", "depth": 3)"}});
  open(policy);
  twin.open(policy);
  uint64_t swept = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string who = "a" + std::to_string(random.below(400));
    ASSERT_EQ(send(who), twin.send(who)) << i;
    const Span step = random.between(0, 200 * kMillisecond);
    pass(step);
    twin.pass(step);
    if (i % 50 == 0) swept += sweep(100);
  }
  EXPECT_GT(swept, 500u);
  EXPECT_LT(counters().records, twin.counters().records);
}

TEST_F(Sweep, GivesMemoryBackToNewSubjects) {
  options.shards = 1;
  open(account_limits({{"log", R"("kind": "sliding", "period": "60s", "amount": 50)"}}));
  uint64_t high = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 300; ++i) send("round" + std::to_string(round) + "-" + std::to_string(i));
    if (round == 0) high = counters().memory_used;
    pass(kMinute);
    EXPECT_EQ(sweep(), 300u);
  }
  EXPECT_LE(counters().memory_used, high + high / 10);
}

TEST_F(Sweep, OneShotKeysLeaveNoMemoryBehind) {  // T59
  options.shards = 4;
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 5)"},
                       {"log", R"("kind": "sliding", "period": "60s", "amount": 5)"}}));
  send("stays");
  set_amount("minute", "account=stays", "7");
  for (int i = 0; i < 20'000; ++i) send("once" + std::to_string(i));
  const uint64_t high = counters().memory_used;
  at(60);
  EXPECT_EQ(sweep(), 20'000u);
  EXPECT_LT(counters().memory_used, high / 20);
  EXPECT_EQ(usage("account=stays")["minute"].limit, 7u);
}

TEST_F(Sweep, ASubjectWithAnAmountOfItsOwnStays) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 5)"}}));
  set_amount("minute", "account=acme", "7");
  at(86'400);
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(admitted(9, "acme"), 7);
}

}  // namespace
}  // namespace sluice::testing
