// SPDX-License-Identifier: Apache-2.0
// What a denial says: its kind by rank, the limit named, how that limit stands, and each limit's own detail.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

class Denials : public EngineTest {
 protected:
  // "send" charges these limits in order; "fill" charges nothing of them but is there for what can be filled up.
  void open_limits(const std::vector<LimitText>& limits) { open(account_limits(limits)); }
};

// Every kind of denial, each from a limit that denies at once: by rank, lowest first.
const std::vector<LimitText> kByRank = {
    {"rate", R"("kind": "window", "period": "60s", "amount": 1)"},
    {"depth", R"("kind": "gauge", "amount": 1, "denies_as": "depth")"},
    {"upstream", R"("kind": "upstream", "longest": "1h")"},
    {"distinct", R"("kind": "window", "period": "60s", "amount": 1, "denies_as": "distinct")"},
    {"gauge", R"("kind": "gauge", "amount": 1)"},
    {"quota", R"("kind": "window", "period": "day", "amount": 1)"},
};

TEST_F(Denials, TheHighestKindIsNamedWhateverTheOrderOfThePolicy) {
  for (size_t low = 0; low < kByRank.size(); ++low) {
    for (size_t high = low + 1; high < kByRank.size(); ++high) {
      for (const bool swapped : {false, true}) {
        open_limits(swapped ? std::vector<LimitText>{kByRank[high], kByRank[low]}
                            : std::vector<LimitText>{kByRank[low], kByRank[high]});
        EXPECT_EQ(send("acme"), "allowed");
        for (const LimitText& limit : {kByRank[low], kByRank[high]}) {
          if (limit.name == "upstream") {
            EXPECT_EQ(throttled("upstream", "account=acme", kMinute), Status::ok);
          }
        }
        const Answer answer = send("acme");
        EXPECT_EQ(word(answer.decision.denial), kByRank[high].name) << kByRank[low].name;
        EXPECT_EQ(answer.limit, kByRank[high].name);
      }
    }
  }
}

TEST_F(Denials, BlockedOutranksQuotaAndNeverOutranksBlocked) {
  const std::string op = R"(], "operations": [ { "name": "send", "values": ["account"], "quantities": ["n"], "charges": [
      { "limit": "day", "cost": "n" }, { "limit": "shut" } ] } ] })";
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 3 },
      { "name": "shut", "scope": ["account"], "kind": "window", "period": "60s", "blocked": true } )" +
       op);
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {1}}), "denied: blocked by shut, at most 0");
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {4}}), "denied: never by day, at most 3");
}

TEST_F(Denials, AmongEqualsTheLatestOpeningIsNamedThenPolicyOrder) {
  open_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 1)"},
               {"hour", R"("kind": "window", "period": "1h", "amount": 1)"},
               {"log", R"("kind": "sliding", "period": "60s", "amount": 1)"}});
  send("acme");
  EXPECT_EQ(send("acme"), "denied: rate by hour, in 3600s");
  open_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 1)"},
               {"again", R"("kind": "window", "period": "60s", "amount": 1)"}});
  send("acme");
  EXPECT_EQ(send("acme"), "denied: rate by minute, in 60s");
}

TEST_F(Denials, PolicyOrderIsThatOfTheLimitsNotOfTheCharges) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "first", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 },
      { "name": "second", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "second" }, { "limit": "first" } ] } ] })");
  send("acme");
  EXPECT_EQ(send("acme"), "denied: rate by first, in 60s");
}

TEST_F(Denials, TheWaitIsTheWholeRequestsNotTheNamedLimits) {  // T21
  open_limits({{"quota", R"("kind": "window", "period": "60s", "amount": 1, "denies_as": "quota")"},
               {"hour", R"("kind": "window", "period": "1h", "amount": 1)"}});
  send("acme");
  const Answer answer = send_detailed("acme");
  EXPECT_EQ(answer, "denied: quota by quota, in 3600s");
  EXPECT_EQ(answer.decision.opens_at, kStart + kMinute);
  EXPECT_EQ(answer.details[1].opens_at, kStart + kHour);
}

TEST_F(Denials, ADayOrLongerDeniesAsQuotaAndLessAsRate) {
  const std::vector<std::pair<const char*, DenialKind>> kPeriods = {
      {"1s", DenialKind::rate},     {"60s from first", DenialKind::rate}, {"23h", DenialKind::rate},
      {"day", DenialKind::quota},   {"24h", DenialKind::quota},           {"24h from first", DenialKind::quota},
      {"month", DenialKind::quota}, {"billing", DenialKind::quota}};
  for (const auto& [period, kind] : kPeriods) {
    open_limits({{"w", std::string(R"("kind": "window", "amount": 1, "period": ")") + period + "\""}});
    send("acme");
    EXPECT_EQ(send("acme").decision.denial, kind) << period;
  }
}

TEST_F(Denials, ALimitMayDenyAsItSays) {
  open_limits({{"pace", R"("kind": "pace", "amount": "1/s", "denies_as": "quota")"}});
  send("acme");
  EXPECT_EQ(send("acme"), "denied: quota by pace, in 1s");
}

TEST_F(Denials, TheNamedLimitsFiguresAreThoseAfterTheDecision) {
  open_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
               {"day", R"("kind": "window", "period": "day", "amount": 100)"}});
  at(10);
  Answer answer = send("acme");
  EXPECT_EQ(answer.limit, "minute");  // allowed: the operation's first
  EXPECT_EQ(answer.decision.limit, 3u);
  EXPECT_EQ(answer.decision.used, 1u);
  EXPECT_EQ(answer.decision.remaining, 2u);
  EXPECT_EQ(answer.decision.resets_at, kStart + kMinute);
  EXPECT_EQ(answer.decision.opens_at, kStart + 10 * kSecond);
  EXPECT_EQ(answer.decision.wait_kind, WaitKind::none);
  EXPECT_EQ(answer.decision.retry_after, 0);
  send("acme");
  answer = send("acme");
  EXPECT_EQ(answer.decision.remaining, 0u);
  EXPECT_EQ(answer.decision.opens_at, kStart + kMinute);  // the same again would have to wait
  answer = send("acme");
  EXPECT_EQ(answer, "denied: rate by minute, in 50s");
  EXPECT_EQ(answer.decision.used, 3u);
  EXPECT_EQ(answer.decision.now, kStart + 10 * kSecond);
}

TEST_F(Denials, EveryLimitCheckedHasItsDetail) {
  open_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 1)"},
               {"all", R"("kind": "window", "period": "day", "unlimited": true)"},
               {"seats", R"("kind": "gauge", "amount": 5)"}});
  send("acme");
  const Answer answer = send_detailed("acme");
  ASSERT_EQ(answer.details.size(), 3u);
  EXPECT_EQ(answer.details[0].denial, DenialKind::rate);
  EXPECT_EQ(answer.details[0].flags, 0u);
  EXPECT_EQ(answer.details[1].denial, DenialKind::none);
  EXPECT_EQ(answer.details[1].flags, flag::unlimited | flag::passed);
  EXPECT_EQ(answer.details[1].limit, 0u);
  EXPECT_EQ(answer.details[1].used, 1u);
  EXPECT_EQ(answer.details[2].used, 1u);
  EXPECT_EQ(answer.details[2].remaining, 4u);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(answer.details[i].charge, i);
}

TEST_F(Denials, DetailsThatDoNotFitAreCountedAndNotWritten) {
  open_limits({{"a", R"("kind": "window", "period": "60s", "amount": 9)"},
               {"b", R"("kind": "window", "period": "60s", "amount": 9)"},
               {"c", R"("kind": "window", "period": "60s", "amount": 9)"}});
  const AskBytes bytes({.values = {"acme"}}, operation("send"));
  Detail rows[3];
  rows[2].used = 77;
  Decision decision;
  decision.details = std::span(rows, 2);
  EXPECT_EQ(Engine::decide(handle, bytes.request(), &decision), Status::ok);
  EXPECT_EQ(decision.detail_count, 3u);
  EXPECT_EQ(rows[1].used, 1u);
  EXPECT_EQ(rows[2].used, 77u);
}

TEST_F(Denials, CountersCountEachKindOnce) {
  open_limits(kByRank);
  send("acme");
  throttled("upstream", "account=acme", kMinute);
  for (int i = 0; i < 3; ++i) send("acme");
  const Counters counted = counters();
  EXPECT_EQ(counted.allowed, 1u);
  EXPECT_EQ(counted.denied, 3u);
  for (size_t kind = 0; kind < std::size(counted.denied_by); ++kind) {
    EXPECT_EQ(counted.denied_by[kind], kind == static_cast<size_t>(DenialKind::quota) ? 3u : 0u) << kind;
  }
}

TEST_F(Denials, AnswersDoNotDependOnTheShardCountOrTheSeed) {
  const std::string policy = account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
                                             {"log", R"("kind": "sliding", "period": "60s", "amount": 4)"}});
  TestEngine one, many;
  one.options.shards = 1;
  many.options.shards = 1024;
  one.open(policy);
  many.open(policy);
  for (int i = 0; i < 500; ++i) {
    const std::string who = "account-" + std::to_string(i * 7 % 50);
    ASSERT_EQ(one.send_detailed(who), many.send_detailed(who)) << i;
    one.pass(500 * kMillisecond);
    many.pass(500 * kMillisecond);
  }
}

}  // namespace
}  // namespace sluice::testing
