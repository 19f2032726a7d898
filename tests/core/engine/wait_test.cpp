// SPDX-License-Identifier: Apache-2.0
// Waits are tight: sleep exactly retry_after and the same request passes; 1 ns less and it does not.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

// Random policies of one operation over three dimensions, charging 1 to 6 limits of any kind and mode.
class PolicyMaker {
 public:
  explicit PolicyMaker(Random& random) : random_(random) {}

  std::string make() {
    std::string limits, charges;
    const int count = static_cast<int>(random_.between(1, 6));
    for (int i = 0; i < count; ++i) {
      std::string charge = "{ \"limit\": \"l" + std::to_string(i) + "\"";
      limits += "{ \"name\": \"l" + std::to_string(i) + "\", " + limit(&charge) + " },\n";
      charges += charge + " }, ";
    }
    return R"({ "name": "random", "tenant": "account", "line": "line", "limits": [)" + limits + R"(], "operations": [
      { "name": "send", "values": ["account", "line", "recipient"], "quantities": ["n"], "charges": [)" +
           charges + "] } ] }";
  }

 private:
  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + static_cast<std::ptrdiff_t>(random_.below(words.size())));
  }
  std::string number(int64_t low, int64_t high) { return std::to_string(random_.between(low, high)); }

  std::string limit(std::string* charge) {
    const std::string kind = pick({"pace", "pace", "window", "window", "window", "sliding", "distinct", "named", "leased"});
    std::string scope = pick({"[\"account\"]", "[\"line\"]", "[\"account\", \"line\"]"});
    std::string text = "\"scope\": " + scope + ", ";
    if (random_.chance(30)) text += "\"mode\": " + pick({"\"queue\"", "\"shadow\"", "\"advise\""}) + ", ";
    if (kind == "pace") {
      text += "\"kind\": \"pace\", \"amount\": \"" + number(1, 7) + "/" + pick({"s", "3s", "min"}) + "\"";
      if (random_.chance(50)) text += ", \"depth\": " + number(1, 6);
      if (random_.chance(30)) text += ", \"slack\": \"" + number(1, 900) + "ms\"";
    } else if (kind == "window") {
      const bool bursts = random_.chance(25);
      text += "\"kind\": \"window\", \"period\": \"" + (bursts ? "1s" : pick({"1s", "7s", "60s", "10s from first", "day"})) +
              "\", \"amount\": " + number(2, 9);
      if (bursts) text += ", \"burst\": \"" + pick({"2x", "1.5x", "3x"}) + " for " + pick({"2s", "5s"}) + "\"";
      if (!bursts && random_.chance(20)) text += ", \"ceiling\": \"150%\"";
    } else if (kind == "sliding") {
      text += "\"kind\": \"sliding\", \"period\": \"" + pick({"2s", "10s", "61s"}) + "\", \"amount\": " + number(2, 8);
      if (random_.chance(40)) text += ", \"slots\": " + pick({"1", "4", "7"});
    } else if (kind == "distinct") {
      text += "\"kind\": \"distinct\", \"period\": \"" + pick({"5s", "30s"}) + "\", \"amount\": " + number(1, 3);
    } else {
      text += "\"kind\": \"gauge\", \"amount\": " + number(1, 3);
      if (kind == "leased") text += ", \"lease\": \"" + pick({"4s", "20s"}) + "\"";
    }
    const bool of = kind == "distinct" || kind == "named" || kind == "leased";
    if (of) *charge += ", \"of\": \"recipient\"";
    if (!of && random_.chance(35)) *charge += ", \"cost\": \"n\"";
    if (random_.chance(15)) *charge += ", \"charge\": \"attempt\"";
    return text;
  }

  Random& random_;
};

TEST(Waits, AreTightForEveryKindModeAndMixture) {  // T50, T51
  Random random(20'250'113);
  int exact = 0, never = 0, unknown = 0, queued = 0, policies = 0;
  for (int round = 0; round < 250; ++round) {
    TestEngine engine;
    const std::string policy = PolicyMaker(random).make();
    SCOPED_TRACE(policy);
    if (engine.try_open(policy) != Status::ok) continue;  // the language refused the mixture
    ++policies;
    Instant now = kStart + random.between(0, 1'000'000'000'000);
    for (int i = 0; i < 60; ++i) {
      now += random.chance(50) ? 0 : random.between(0, random.chance(20) ? 20 * kSecond : kSecond);
      engine.set_clock(now);
      Ask ask{.values = {"a" + std::to_string(random.below(2)), "+" + std::to_string(random.below(2)),
                         std::to_string(random.below(5))},
              .quantities = {static_cast<uint64_t>(random.between(1, 4))}};
      const Answer answer = engine.ask(ask);
      ASSERT_GE(static_cast<int>(answer.decision.status), 0) << answer.error;
      if (answer.passed()) continue;
      queued += answer.decision.status == Status::would_queue ? 1 : 0;
      if (answer.decision.wait_kind == WaitKind::never) ++never;
      if (answer.decision.wait_kind == WaitKind::unknown) ++unknown;
      if (answer.decision.wait_kind != WaitKind::exact) continue;
      ++exact;
      ASSERT_GT(answer.decision.retry_after, 0);
      ask.flags = flag::peek;
      engine.set_clock(now + answer.decision.retry_after - 1);
      ASSERT_FALSE(engine.ask(ask).passed()) << ::testing::PrintToString(answer);
      engine.set_clock(now + answer.decision.retry_after);
      ASSERT_TRUE(engine.ask(ask).passed()) << ::testing::PrintToString(answer);
    }
  }
  // The property is worth something only if it was met often.
  EXPECT_GT(policies, 150);
  EXPECT_GT(exact, 1'500);
  EXPECT_GT(queued, 200);
  EXPECT_GT(unknown, 100);
  EXPECT_GT(never, 20);
}

class WaitStory : public EngineTest {};

TEST_F(WaitStory, ACostAboveCapacitySaysNeverAndTheLargestThatCouldPass) {  // T01
  const std::vector<std::pair<const char*, const char*>> kLimits = {
      {R"("kind": "window", "period": "60s", "amount": 10)", "denied: never by l, at most 10"},
      {R"("kind": "window", "period": "60s", "amount": 10, "ceiling": "125%")", "denied: never by l, at most 12"},
      {R"("kind": "window", "period": "1s", "amount": 10, "burst": "2x for 10s")", "denied: never by l, at most 20"},
      {R"("kind": "pace", "amount": "5/s", "depth": 10)", "denied: never by l, at most 10"},
      {R"("kind": "sliding", "period": "60s", "amount": 10)", "denied: never by l, at most 10"},
      {R"("kind": "gauge", "amount": 10)", "denied: never by l, at most 10"}};
  for (const auto& [body, story] : kLimits) {
    open(std::string(R"({ "name": "test", "tenant": "account", "limits": [ { "name": "l", "scope": ["account"], )") + body +
         R"( } ], "operations": [ { "name": "send", "values": ["account"], "quantities": ["n"],
           "charges": [ { "limit": "l", "cost": "n" } ] } ] })");
    const Answer answer = ask({.values = {"acme"}, .quantities = {100}});
    EXPECT_EQ(answer, story) << body;
    EXPECT_EQ(answer.decision.retry_after, 0);
    EXPECT_EQ(ask({.values = {"acme"}, .quantities = {answer.decision.largest_cost}}), "allowed") << body;
  }
}

TEST_F(WaitStory, AnyNeverMakesTheWholeNeverThoughAnotherWouldOpen) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 1)"},
                       {"shut", R"("kind": "window", "period": "60s", "blocked": true)"}}));
  const Answer answer = send("acme");
  EXPECT_EQ(answer.decision.wait_kind, WaitKind::never);
  EXPECT_EQ(answer.decision.retry_after, 0);
}

TEST_F(WaitStory, AGaugeBesideAWindowLeavesTheWaitUnknown) {
  open(account_limits(
      {{"day", R"("kind": "window", "period": "day", "amount": 1)"}, {"seats", R"("kind": "gauge", "amount": 1)"}}));
  send("acme");
  const Answer answer = send("acme");
  EXPECT_EQ(answer, "denied: quota by day, on release");
  EXPECT_EQ(answer.decision.retry_after, 0);
}

TEST_F(WaitStory, NeverBeatsOnRelease) {
  open(account_limits({{"seats", R"("kind": "gauge", "amount": 1)"},
                       {"shut", R"("kind": "window", "period": "60s", "blocked": true, "mode": "deny")"}}));
  ask({.values = {"acme"}, .flags = flag::force});
  EXPECT_EQ(send("acme").decision.wait_kind, WaitKind::never);
}

TEST_F(WaitStory, AdviseAndShadowLimitsDoNotLengthenIt) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 },
      { "name": "advised", "scope": ["account"], "kind": "window", "period": "day", "amount": 1, "mode": "advise" },
      { "name": "shadowed", "scope": ["account"], "kind": "window", "period": "day", "amount": 1, "mode": "shadow" } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [
      { "limit": "minute" }, { "limit": "advised" }, { "limit": "shadowed" } ] } ] })");
  send("acme");
  EXPECT_EQ(send("acme"), "denied: rate by minute, in 60s");
}

TEST_F(WaitStory, OnALogWithALoweredAmountItGoesToTheEntryThatMatters) {  // T53
  open(account_limits({{"log", R"("kind": "sliding", "period": "60s", "amount": 5)"}}));
  for (int i = 0; i < 5; ++i) {
    at(i);
    EXPECT_EQ(send("acme"), "allowed");
  }
  EXPECT_EQ(set_amount("log", "account=acme", "2"), Status::ok);
  EXPECT_EQ(send("acme"), "denied: rate by log, in 59s");  // the fourth of five, at second 3, must leave
}

TEST_F(WaitStory, AWindowFarAwayIsAWaitLikeAnyOther) {  // T40
  open(account_limits({{"year", R"("kind": "window", "period": "year", "amount": 1)"}}));
  send("acme");
  EXPECT_EQ(send("acme"), "denied: quota by year, in 30499200s");  // 2026-01-01
}

}  // namespace
}  // namespace sluice::testing
