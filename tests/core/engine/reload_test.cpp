// SPDX-License-Identifier: Apache-2.0
// Reload replaces the policy at once and keeps the state of every limit that is still the same.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const LimitText kMinute3{"minute", R"("kind": "window", "period": "60s", "amount": 3)"};
const LimitText kDay10{"day", R"("kind": "window", "period": "day", "amount": 10)"};

class Reload : public EngineTest {};

TEST_F(Reload, WithTheSamePolicyNobodyNotices) {
  TestEngine twin;
  const std::string policy = policy_file("gosendapi");
  open(policy);
  twin.open(policy);
  Random random(4);
  for (int i = 0; i < 400; ++i) {
    const Ask ask{.operation = i % 3 == 0 ? "messages.send.session" : "messages.send.template",
                  .values = {"acme", "key" + std::to_string(i % 2), "waba", "+" + std::to_string(i % 3),
                             "p" + std::to_string(random.below(30))},
                  .detailed = true};
    ASSERT_EQ(this->ask(ask), twin.ask(ask)) << i;
    if (i % 20 == 0) {
      ASSERT_EQ(reload(policy), Status::ok) << error;
    }
    const Span step = random.between(0, 40 * kMillisecond);
    pass(step);
    twin.pass(step);
  }
  EXPECT_EQ(events(), twin.events());
}

TEST_F(Reload, AnAmountChangesAndWhatWasSpentCarries) {  // T83
  open(account_limits({kMinute3, {"pace", R"("kind": "pace", "amount": "1/s", "depth": 100)"}}));
  EXPECT_EQ(admitted(9, "acme"), 3);
  EXPECT_EQ(reload(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 5)"},
                                   {"pace", R"("kind": "pace", "amount": "10/s", "depth": 100)"}})),
            Status::ok)
      << error;
  EXPECT_EQ(used("pace", "account=acme"), 3u);
  EXPECT_EQ(admitted(9, "acme"), 2);
}

TEST_F(Reload, TheCarryCountsFromTheReloadsInstantHoweverLateARecordIsTouched) {
  open(account_limits({{"pace", R"("kind": "pace", "amount": "1/s", "depth": 100)"}}));
  for (int i = 0; i < 100; ++i) send("acme");
  at(20);  // 80 are left
  EXPECT_EQ(reload(account_limits({{"pace", R"("kind": "pace", "amount": "10/s", "depth": 100)"}})), Status::ok);
  at(25);  // 50 drained at the new rate
  EXPECT_EQ(used("pace", "account=acme"), 30u);
}

TEST_F(Reload, AddedLimitsBeginAtNeverSeenAndOperationsAct) {
  open(account_limits({kMinute3}));
  send("acme");
  EXPECT_EQ(reload(account_limits({kMinute3, kDay10})), Status::ok) << error;
  const Answer answer = send_detailed("acme");
  ASSERT_EQ(answer.details.size(), 2u);
  EXPECT_EQ(answer.details[0].used, 2u);
  EXPECT_EQ(answer.details[1].used, 1u);
}

TEST_F(Reload, IdsStayWhatTheyWere) {
  open(account_limits({kMinute3, kDay10}));
  const int32_t minute = limit("minute"), day = limit("day"), send_id = operation("send");
  EXPECT_EQ(reload(account_limits({{"hour", R"("kind": "window", "period": "1h", "amount": 10)"}, kDay10, kMinute3})),
            Status::ok);
  EXPECT_EQ(limit("minute"), minute);
  EXPECT_EQ(limit("day"), day);
  EXPECT_EQ(operation("send"), send_id);
  EXPECT_EQ(reload(account_limits({kDay10}), true), Status::ok);
  EXPECT_EQ(limit("minute"), static_cast<int32_t>(Status::not_found));
  EXPECT_EQ(limit_name(minute), "minute");
  EXPECT_EQ(set_usage("minute", "account=acme", 1), Status::not_found);
}

TEST_F(Reload, WhatWouldBeDroppedIsListedAndRefused) {
  open(account_limits({kMinute3, kDay10, {"log", R"("kind": "sliding", "period": "60s", "amount": 5)"}},
                      R"({ "scope": ["account"], "plans": ["free", "pro"], "default": "free" })"));
  send("acme");
  const std::string fewer = account_limits({kMinute3, {"day", R"("kind": "window", "period": "week", "amount": 10)"}},
                                           R"({ "scope": ["account"], "plans": ["free"], "default": "free" })");
  EXPECT_EQ(reload(fewer), Status::would_reset);
  EXPECT_THAT(error, HasSubstr("limit \"day\" now has another period"));
  EXPECT_THAT(error, HasSubstr("limit \"log\" is gone"));
  EXPECT_THAT(error, HasSubstr("plan \"pro\" of account is gone"));
  EXPECT_EQ(used("log", "account=acme"), 1u);  // nothing happened
  EXPECT_EQ(reload(fewer, true), Status::ok) << error;
  EXPECT_EQ(used("minute", "account=acme"), 1u);
  EXPECT_EQ(used("day", "account=acme"), 0u);
}

TEST_F(Reload, ALimitKeepsItsStateIffNameScopeKindAndPeriodAreTheSame) {
  const std::string base = R"("kind": "window", "period": "60s", "amount": 9)";
  const std::vector<std::pair<std::string, bool>> kChanges = {
      {R"("kind": "window", "period": "60s", "amount": 5, "unit": "message")", true},
      {R"("kind": "window", "period": "60s", "amount": 9, "mode": "advise")", true},
      {R"("kind": "window", "period": "60s", "amount": 9, "ceiling": "120%", "thresholds": [50])", true},
      {R"("kind": "window", "period": "60s", "unlimited": true)", true},
      {R"("kind": "window", "period": "61s", "amount": 9)", false},
      {R"("kind": "window", "period": "60s from first", "amount": 9)", false},
      {R"("kind": "window", "period": "day", "amount": 9)", false},
      {R"("kind": "sliding", "period": "60s", "amount": 9)", false},
      {R"("kind": "gauge", "amount": 9)", false}};
  for (const auto& [body, kept] : kChanges) {
    open(account_limits({{"l", base}}));
    admitted(2, "acme");
    EXPECT_EQ(reload(account_limits({{"l", body}})), kept ? Status::ok : Status::would_reset) << body;
    EXPECT_EQ(reload(account_limits({{"l", body}}), true), Status::ok) << body;
    EXPECT_EQ(used("l", "account=acme"), kept ? 2u : 0u) << body;
  }
}

TEST_F(Reload, RemovedAndAddedAgainItIsANewLimit) {
  open(account_limits({kMinute3, kDay10}));
  admitted(2, "acme");
  EXPECT_EQ(reload(account_limits({kMinute3}), true), Status::ok);
  EXPECT_EQ(reload(account_limits({kMinute3, kDay10})), Status::ok);
  EXPECT_EQ(used("day", "account=acme"), 0u);
  EXPECT_EQ(used("minute", "account=acme"), 2u);
}

TEST_F(Reload, AReceiptOfALimitThatBeganAnewGivesNothingBackToIt) {
  for (const char* other : {R"("kind": "gauge", "amount": 10)", R"("kind": "window", "period": "60s", "amount": 10)"}) {
    const std::string policy = account_limits({kMinute3, {"l", R"("kind": "window", "period": "60s", "amount": 10)"}});
    open(policy);
    const uint64_t receipt = receipt_for({.values = {"acme"}});
    EXPECT_EQ(reload(account_limits({kMinute3}), true), Status::ok);
    EXPECT_EQ(reload(account_limits({kMinute3, {"l", other}})), Status::ok) << error;
    admitted(2, "acme");
    EXPECT_EQ(refund(receipt), Status::ok);
    EXPECT_EQ(used("minute", "account=acme"), 2u);
    EXPECT_EQ(used("l", "account=acme"), 2u) << other;
  }
}

TEST_F(Reload, AScopeThatGoesTakesItsRecordsAlong) {
  const std::string both = R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "a", "scope": ["account"], "kind": "window", "period": "day", "amount": 10 },
      { "name": "log", "scope": ["account", "to"], "kind": "sliding", "period": "24h", "amount": 10 } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "charges": [ { "limit": "a" }, { "limit": "log" } ] } ] })";
  const std::string one = R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "a", "scope": ["account"], "kind": "window", "period": "day", "amount": 10 } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "charges": [ { "limit": "a" } ] } ] })";
  options.shards = 1;
  open(both);
  for (int i = 0; i < 100; ++i) send("a" + std::to_string(i), "x");
  EXPECT_EQ(reload(one, true), Status::ok) << error;
  sweep();
  EXPECT_EQ(counters().records, 100u);
  EXPECT_EQ(reload(both), Status::ok) << error;
  EXPECT_EQ(used("log", "account=a1,to=x"), 0u);
  EXPECT_EQ(used("a", "account=a1"), 1u);
}

TEST_F(Reload, APlanThatGoesPutsItsSubjectsOnTheDefault) {
  const auto plans = [](const std::string& names, const std::string& amounts) {
    return account_limits({{"day", R"("kind": "window", "period": "day", "thresholds": [100], "amounts": [)" + amounts + "]"}},
                          R"({ "scope": ["account"], "plans": [)" + names + R"(], "default": "free" })");
  };
  open(plans(R"("free", "pro")", R"({ "plan": "free", "amount": 5 }, { "plan": "pro", "amount": 50 })"));
  set_plan("account=acme", "pro");
  admitted(20, "acme");
  EXPECT_EQ(reload(plans(R"("gold", "free")", R"({ "plan": "gold", "amount": 500 }, { "plan": "free", "amount": 5 })"), true),
            Status::ok)
      << error;
  EXPECT_EQ(usage("account=acme")["day"].limit, 5u);
  EXPECT_EQ(used("day", "account=acme"), 20u);
  EXPECT_EQ(send("acme"), "denied: quota by day, in 86400s");
  EXPECT_THAT(events(), ElementsAre("100% of day for account=acme at 20 of 5, by plan change"));
}

TEST_F(Reload, APlanThatMovesInTheListStaysItself) {
  const auto plans = [](const std::string& names) {
    return account_limits(
        {{"day",
          R"("kind": "window", "period": "day", "amounts": [ { "plan": "free", "amount": 5 }, { "plan": "pro", "amount": 50 } ])"}},
        R"({ "scope": ["account"], "plans": [)" + names + R"(], "default": "free" })");
  };
  open(plans(R"("free", "pro")"));
  set_plan("account=acme", "pro");
  send("other");
  EXPECT_EQ(reload(plans(R"("pro", "free")")), Status::ok) << error;
  EXPECT_EQ(usage("account=acme")["day"].limit, 50u);
  EXPECT_EQ(usage("account=other")["day"].limit, 5u);
}

TEST_F(Reload, OwnAmountsAndBillingStayAndFollowersFollowTheNewTerms) {
  const auto with = [](const std::string& times) {
    return account_limits({{"requests", R"("kind": "window", "period": "60s", "amount": 100)"},
                           {"batch", R"("kind": "window", "period": "60s", "of": "requests", "times": ")" + times + "\""},
                           {"month", R"("kind": "window", "period": "billing", "amount": 1000)"}});
  };
  open(with("1/10"));
  set_amount("requests", "account=acme", "50");
  set_billing("account=acme", 20, 0, "UTC");
  EXPECT_EQ(usage("account=acme")["batch"].limit, 5u);
  EXPECT_EQ(reload(with("1/5")), Status::ok) << error;
  EXPECT_EQ(usage("account=acme")["requests"].limit, 50u);
  EXPECT_EQ(usage("account=acme")["batch"].limit, 10u);
  EXPECT_EQ(usage("account=acme")["month"].resets_at, kStart + 7 * kDay);
  EXPECT_EQ(set_amount("requests", "account=acme", "null"), Status::ok);
  EXPECT_EQ(usage("account=acme")["batch"].limit, 20u);
}

TEST_F(Reload, AThresholdNewlyCrossedFiresOnceMarked) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 100, "thresholds": [50])"}}));
  admitted(30, "acme");
  EXPECT_EQ(reload(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 50, "thresholds": [50])"}})),
            Status::ok);
  send("acme");
  send("acme");
  EXPECT_THAT(events(), ElementsAre("50% of day for account=acme at 30 of 50, by plan change"));
}

TEST_F(Reload, AZoneThatChangesEndsTheDayAtItsNextNewEdge) {
  const auto in = [](const std::string& zone) {
    return account_limits({{"day", R"("kind": "window", "period": "day", "amount": 10, "zone": ")" + zone + "\""}});
  };
  open(in("UTC"));
  at(3'600);
  send("acme");
  EXPECT_EQ(usage("account=acme")["day"].resets_at, kStart + kDay);
  const Status status = reload(in("America/New_York"));
  EXPECT_EQ(status, Status::ok) << error;
  EXPECT_EQ(used("day", "account=acme"), 1u);
  EXPECT_EQ(usage("account=acme")["day"].resets_at, kStart + 5 * kHour);
}

TEST_F(Reload, SwitchingTheStanceIsAReload) {
  open(policy_file("linq"));
  const auto text = [&] { return call("messages.send", "acme", "+1", "+2"); };
  EXPECT_EQ(text(), "allowed");
  EXPECT_EQ(reload(policy_file("linq"), false, "comply"), Status::would_reset);
  EXPECT_EQ(reload(policy_file("linq"), true, "comply"), Status::ok) << error;
  EXPECT_EQ(used("line_day", "line=+1"), 1u);
  EXPECT_EQ(used("pair", "line=+1,recipient=+2"), 0u);
  EXPECT_EQ(reload(policy_file("linq")), Status::ok);  // as before: comply
  EXPECT_EQ(text(), "allowed");
}

TEST_F(Reload, AFailedOneLeavesThePolicyAsItWas) {
  open(account_limits({kMinute3}));
  admitted(2, "acme");
  EXPECT_EQ(reload("{"), Status::policy);
  EXPECT_EQ(reload(account_limits({{"minute", R"("kind": "windoow")"}})), Status::policy);
  EXPECT_THAT(error, HasSubstr("limits[0].kind"));
  EXPECT_EQ(reload(options.policy, false, "brave"), Status::policy);
  EXPECT_EQ(admitted(9, "acme"), 1);
}

TEST_F(Reload, RecordsGrowAndShrinkAndAreNotLost) {
  options.shards = 2;
  std::vector<LimitText> limits = {kMinute3};
  open(account_limits(limits));
  for (int i = 0; i < 500; ++i) send("a" + std::to_string(i));
  for (int round = 0; round < 30; ++round) {
    if (round % 10 < 5) {
      limits.push_back({"extra" + std::to_string(round), R"("kind": "window", "period": "60s", "amount": 1000000)"});
    } else {
      limits.pop_back();
    }
    ASSERT_EQ(reload(account_limits(limits), true), Status::ok) << error;
    if (round % 3 == 0) {
      for (int i = 0; i < 500; i += 7) peek("a" + std::to_string(i));
    }
    EXPECT_EQ(counters().records, 500u);
  }
  for (int i = 0; i < 500; ++i) ASSERT_EQ(used("minute", "account=a" + std::to_string(i)), 1u);
}

TEST_F(Reload, GrowthThatTheCapCannotHoldIsRefusedBeforeAnythingChanges) {
  options.memory_cap = 1 << 20;
  options.shards = 1;
  open(account_limits({kDay10}));
  for (int i = 0; send("a" + std::to_string(1'000'000 + i)).passed(); ++i) {
  }
  const std::string larger = account_limits({kDay10, kMinute3});
  EXPECT_EQ(reload(larger), Status::no_memory);
  EXPECT_THAT(error, HasSubstr("memory_cap"));
  EXPECT_EQ(used("day", "account=a1000000"), 1u);
  at(2 * 86'400);
  sweep();
  EXPECT_EQ(reload(larger), Status::ok) << error;
}

TEST_F(Reload, ManyTimesWithGrowthNeitherLosesRecordsNorMemory) {
  options.memory_cap = 1 << 20;
  options.shards = 1;
  std::vector<LimitText> limits = {kDay10};
  open(account_limits(limits));
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(send("a" + std::to_string(i)), "allowed");
  for (int round = 0; round < 12; ++round) {
    limits.push_back({"x" + std::to_string(round), R"("kind": "window", "period": "60s", "amount": 1000000)"});
    const Status status = reload(account_limits(limits));
    if (status != Status::ok) {
      EXPECT_EQ(status, Status::no_memory) << error;
      break;
    }
    sweep();
    ASSERT_EQ(counters().records, 3'000u) << round;
    EXPECT_LE(counters().memory_used, 2 * options.memory_cap);
  }
  for (int i = 0; i < 3'000; i += 11) ASSERT_EQ(used("day", "account=a" + std::to_string(i)), 1u);
}

TEST_F(Reload, WhatItReservedGoesBackOnceEveryRecordHasCome) {
  options.shards = 4;
  open(account_limits({kDay10}));
  for (int i = 0; i < 1'000; ++i) send("a" + std::to_string(i));
  const uint64_t before = counters().memory_used;
  EXPECT_EQ(reload(account_limits({kDay10, kMinute3})), Status::ok);
  const uint64_t reserved = counters().memory_used;
  EXPECT_GE(reserved, before + 1'000 * 16);
  for (int i = 0; i < 1'000; ++i) send("a" + std::to_string(i));
  const uint64_t after = counters().memory_used;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reload(account_limits({kDay10, kMinute3})), Status::ok);
  sweep();
  EXPECT_LE(counters().memory_used, after + after / 4) << "reloads that change nothing reserve nothing for good";
  EXPECT_EQ(erase("account=a0"), Status::ok);
}

TEST_F(Reload, OperationsAreNumberedForTheEnginesLifeAndTheirNumbersMayRunOut) {
  const auto with = [](int i) {
    return R"({ "name": "test", "tenant": "account", "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 10 } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" } ] },
        { "name": "op)" +
           std::to_string(i) + R"(", "values": ["account"], "charges": [ { "limit": "day" } ] } ] })";
  };
  open(with(0));
  Status status = Status::ok;
  int reloads = 0;
  while (status == Status::ok && reloads < 400) status = reload(with(++reloads));
  EXPECT_EQ(status, Status::too_many);
  EXPECT_EQ(reloads, 255);
  EXPECT_EQ(send("acme"), "allowed");
  EXPECT_EQ(call("op254", "acme"), "allowed");
  EXPECT_EQ(reload(with(17)), Status::ok) << error;  // known numbers
}

TEST_F(Reload, ThreeHundredTimesInARow) {
  open(account_limits({kMinute3, kDay10}));
  admitted(2, "acme");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(reload(options.policy), Status::ok) << i << error;
  EXPECT_EQ(used("day", "account=acme"), 2u);
  EXPECT_EQ(admitted(2, "acme"), 1);
}

TEST_F(Reload, AnOperationThatGoesIsNotFoundAndComesBackUnderItsNumber) {
  const std::string two = R"({ "name": "test", "tenant": "account",
    "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 10 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" } ] },
                    { "name": "get", "values": ["account"], "charges": [ { "limit": "day" } ] } ] })";
  open(two);
  const int32_t get = operation("get");
  EXPECT_EQ(reload(account_limits({kDay10})), Status::ok) << error;
  const AskBytes bytes({.values = {"acme"}}, get);
  Decision decision;
  EXPECT_EQ(Engine::decide(handle, bytes.request(), &decision), Status::not_found);
  EXPECT_EQ(reload(two), Status::ok);
  EXPECT_EQ(operation("get"), get);
  EXPECT_EQ(Engine::decide(handle, bytes.request(), &decision), Status::ok);
}

TEST_F(Reload, NamesWhatChanged) {
  const auto policy = [](const std::string& scope, const std::string& body, const std::string& of = "") {
    return R"({ "name": "test", "tenant": "account", "limits": [ { "name": "l", "scope": [")" + scope + R"("], )" + body +
           R"( } ], "operations": [ { "name": "send", "values": ["account", "line", "id"], "charges": [ { "limit": "l")" + of +
           " } ] } ] }";
  };
  const std::string by_id = R"(, "of": "id")";
  const std::string minute = R"("kind": "window", "period": "60s", "amount": 3)";
  const struct {
    std::string before, after, words;
  } changes[] = {
      {policy("account", minute), policy("line", minute), "another scope"},
      {policy("account", minute), policy("account", R"("kind": "sliding", "period": "60s", "slots": 6, "amount": 3)"),
       "another kind"},
      {policy("account", minute), policy("account", R"("kind": "window", "period": "60s from first", "amount": 3)"),
       "another period"},
      {policy("account", minute), policy("line", R"("kind": "window", "period": "day", "amount": 3)"),
       "another scope, another period"},
      {policy("account", minute), policy("account", minute + R"(, "burst": "2x for 60s")"), "a burst"},
      {policy("account", minute + R"(, "burst": "2x for 60s")"), policy("account", minute), "no burst"},
      {policy("account", R"("kind": "sliding", "period": "60s", "amount": 3)"),
       policy("account", R"("kind": "sliding", "period": "60s", "slots": 6, "amount": 3)"), "other slots"},
      {policy("account", R"("kind": "gauge", "amount": 3)"), policy("account", R"("kind": "gauge", "amount": 3)", by_id),
       "names to be held by"},
      {policy("account", R"("kind": "gauge", "amount": 3)", by_id),
       policy("account", R"("kind": "gauge", "amount": 3, "lease": "60s")", by_id), "a lease"},
      {policy("account", R"("kind": "gauge", "amount": 3, "lease": "60s")", by_id),
       policy("account", R"("kind": "gauge", "amount": 3)"), "no names to be held by, no lease"},
  };
  for (const auto& change : changes) {
    open(change.before);
    EXPECT_EQ(reload(change.after), Status::would_reset) << change.words;
    EXPECT_THAT(error, ::testing::EndsWith("\n  limit \"l\" now has " + change.words));
    EXPECT_EQ(reload(change.after, true), Status::ok) << error;
  }
}

}  // namespace
}  // namespace sluice::testing
