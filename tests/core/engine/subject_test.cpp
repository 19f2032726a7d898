// SPDX-License-Identifier: Apache-2.0
// What is set and forgotten about a subject: set_usage, reset, erase.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

class SetUsage : public EngineTest {};

TEST_F(SetUsage, PutsAFigureInPlaceOfWhatIsUsed) {
  for (const char* body :
       {R"("kind": "window", "period": "60s", "amount": 10)", R"("kind": "window", "period": "60s from first", "amount": 10)",
        R"("kind": "sliding", "period": "60s", "amount": 10)", R"("kind": "gauge", "amount": 10)",
        R"("kind": "pace", "amount": "1/s", "depth": 10)"}) {
    open(account_limits({{"l", body}}));
    send("acme");
    EXPECT_EQ(set_usage("l", "account=acme", 8), Status::ok);
    EXPECT_EQ(used("l", "account=acme"), 8u) << body;
    EXPECT_EQ(admitted(5, "acme"), 2) << body;
    EXPECT_EQ(set_usage("l", "account=acme", 0), Status::ok);
    EXPECT_EQ(used("l", "account=acme"), 0u) << body;
    EXPECT_EQ(admitted(20, "acme"), 10) << body;
    EXPECT_EQ(set_usage("l", "account=acme", 25), Status::ok);
    EXPECT_EQ(used("l", "account=acme"), 25u) << body;
    EXPECT_FALSE(send("acme").passed());
  }
}

TEST_F(SetUsage, OfAnUnknownSubjectMakesIt) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 10000)"}}));
  EXPECT_EQ(set_usage("day", "account=acme", 5'420), Status::ok);
  EXPECT_EQ(usage("account=acme")["day"].remaining, 4'580u);
}

TEST_F(SetUsage, ThresholdsThatItPassesAreNotReported) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 10, "thresholds": [50, 80, 100])"}}));
  set_usage("day", "account=acme", 7);
  EXPECT_TRUE(events().empty());
  send("acme");
  EXPECT_THAT(events(), ElementsAre("80% of day for account=acme at 8 of 10"));
}

TEST_F(SetUsage, WhereThereIsNoFigureItIsRefusedAndNothingIsMade) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 2 },
      { "name": "names", "scope": ["account"], "kind": "gauge", "amount": 2 },
      { "name": "up", "scope": ["account"], "kind": "upstream", "longest": "1h" },
      { "name": "shut", "scope": ["account"], "kind": "pace", "blocked": true } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "charges": [
      { "limit": "people", "of": "to" }, { "limit": "names", "of": "to" }, { "limit": "up" }, { "limit": "shut" } ] } ] })");
  for (const char* limit : {"people", "names", "up", "shut"}) {
    EXPECT_EQ(set_usage(limit, "account=acme", 1), Status::invalid) << limit;
    EXPECT_THAT(error, ::testing::HasSubstr(limit));
  }
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(SetUsage, EndsWithItsPeriod) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 10)"}}));
  at(30);
  set_usage("minute", "account=acme", 10);
  EXPECT_EQ(send("acme"), "denied: rate by minute, in 30s");
  at(60);
  EXPECT_EQ(admitted(20, "acme"), 10);
}

class Reset : public EngineTest {};

TEST_F(Reset, MakesEveryLimitOfTheSubjectNeverSeen) {  // T63
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1/s" },
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 },
      { "name": "burst", "scope": ["account"], "kind": "window", "period": "1s", "amount": 1, "burst": "2x for 3s" },
      { "name": "log", "scope": ["account"], "kind": "sliding", "period": "60s", "amount": 1 },
      { "name": "slots", "scope": ["account"], "kind": "sliding", "period": "60s", "amount": 1, "slots": 5 },
      { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 1 },
      { "name": "names", "scope": ["account"], "kind": "gauge", "amount": 1 },
      { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 1 },
      { "name": "up", "scope": ["account"], "kind": "upstream", "longest": "1h" } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "charges": [
      { "limit": "pace" }, { "limit": "minute" }, { "limit": "burst" }, { "limit": "log" }, { "limit": "slots" },
      { "limit": "people", "of": "to" }, { "limit": "names", "of": "to" }, { "limit": "seats" }, { "limit": "up" } ] } ] })");
  const std::string before = ledger({"account=acme"});
  EXPECT_EQ(send("acme", "x"), "allowed");
  throttled("up", "account=acme", kMinute);
  EXPECT_FALSE(send("acme", "y").passed());
  EXPECT_EQ(reset("account=acme"), Status::ok);
  EXPECT_EQ(ledger({"account=acme"}), before);
  EXPECT_EQ(send("acme", "y"), "allowed");
  reset("account=acme");
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(Reset, LeavesPlanAmountsAndBilling) {
  open(account_limits(
      {{"day",
        R"("kind": "window", "period": "day", "amounts": [ { "plan": "free", "amount": 5 }, { "plan": "pro", "amount": 50 } ])"},
       {"month", R"("kind": "window", "period": "billing", "amount": 100)"}},
      R"({ "scope": ["account"], "plans": ["free", "pro"], "default": "free" })"));
  set_plan("account=acme", "pro");
  set_amount("month", "account=acme", "77");
  set_billing("account=acme", 20, 0, "UTC");
  send("acme");
  const Instant edge = usage("account=acme")["month"].resets_at;
  reset("account=acme");
  EXPECT_EQ(usage("account=acme")["day"].limit, 50u);
  EXPECT_EQ(usage("account=acme")["month"].limit, 77u);
  EXPECT_EQ(usage("account=acme")["month"].resets_at, edge);
}

TEST_F(Reset, OfAnUnknownSubjectIsNothing) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 5)"}}));
  EXPECT_EQ(reset("account=acme"), Status::ok);
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Reset, ArmsThresholdsAgain) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 2, "thresholds": [100])"}}));
  admitted(2, "acme");
  EXPECT_EQ(events().size(), 1u);
  reset("account=acme");
  admitted(2, "acme");
  EXPECT_EQ(events().size(), 1u);
}

class Erase : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
      "limits": [
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amounts": [
          { "plan": "free", "amount": 100 }, { "plan": "pro", "amount": 1000 } ] },
        { "name": "pair", "scope": ["line", "recipient"], "kind": "sliding", "period": "60s", "amount": 30 },
        { "name": "triple", "scope": ["account", "line", "recipient"], "kind": "window", "period": "60s", "amount": 30 },
        { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 100 } ],
      "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
        { "limit": "day" }, { "limit": "pair" }, { "limit": "triple" }, { "limit": "line_day" } ] } ] })");
  }
  uint64_t erased(const std::string& subject) {
    uint64_t count = 0;
    EXPECT_EQ(erase(subject, &count), Status::ok) << error;
    return count;
  }
};

TEST_F(Erase, ForgetsAValueInEveryScopeThatHoldsIt) {
  send("acme", "+1", "ann");
  send("acme", "+2", "ann");
  send("acme", "+1", "bob");
  EXPECT_EQ(counters().records, 1u + 2u + 3u + 3u);
  EXPECT_EQ(erased("recipient=ann"), 4u);
  EXPECT_EQ(counters().records, 5u);
  EXPECT_EQ(used("pair", "line=+1,recipient=ann"), 0u);
  EXPECT_EQ(used("pair", "line=+1,recipient=bob"), 1u);
  EXPECT_EQ(used("day", "account=acme"), 3u);
  EXPECT_EQ(erased("recipient=ann"), 0u);
}

TEST_F(Erase, AValueIsErasedInItsOwnDimensionOnly) {
  send("x", "x", "x");
  EXPECT_EQ(erased("line=x"), 3u);
  EXPECT_EQ(used("day", "account=x"), 1u);
}

TEST_F(Erase, ForgetsPlanAmountsAndQuality) {
  set_plan("account=acme", "pro");
  set_amount("day", "account=acme", "7");
  EXPECT_EQ(erased("account=acme"), 1u);
  EXPECT_EQ(usage("account=acme")["day"].limit, 100u);
}

TEST_F(Erase, EndsReceiptsThatHoldTheValue) {
  const uint64_t ann = receipt_for({.values = {"acme", "+1", "ann"}});
  const uint64_t bob = receipt_for({.values = {"acme", "+1", "bob"}});
  erased("recipient=ann");
  EXPECT_EQ(refund(ann), Status::not_found);
  EXPECT_EQ(refund(bob), Status::ok);
  EXPECT_EQ(counters().receipts, 0u);
}

TEST_F(Erase, ForgetsTheTenantsKeys) {
  ask({.values = {"acme", "+1", "ann"}, .key = "k"});
  ask({.values = {"other", "+1", "ann"}, .key = "k"});
  EXPECT_EQ(erased("account=acme"), 3u);  // its record, the triple, its key
  EXPECT_EQ(ask({.values = {"acme", "+1", "ann"}, .key = "k"}), "allowed");
  EXPECT_EQ(ask({.values = {"other", "+1", "ann"}, .key = "k"}), "replayed");
}

TEST_F(Erase, GivesBackTheMemory) {
  options.shards = 1;
  open(options.policy);
  for (int i = 0; i < 200; ++i) send("acme", "+1", "p" + std::to_string(i));
  const uint64_t before = counters().memory_used;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) erased("recipient=p" + std::to_string(i));
    for (int i = 0; i < 200; ++i) send("acme", "+1", "p" + std::to_string(i));
    reset("account=acme");
    reset("line=+1");
  }
  EXPECT_EQ(counters().memory_used, before);
}

TEST_F(Erase, OfManyAtOnceMissesNone) {
  options.shards = 1;  // one long index: what is taken out moves others
  open(options.policy);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 300; ++i) {
      send("a" + std::to_string(i % 7), "+" + std::to_string(i % 11), "p" + std::to_string(i % 5));
    }
    const uint64_t before = counters().records;
    uint64_t gone = 0;
    for (int i = 0; i < 5; ++i) gone += erased("recipient=p" + std::to_string(i));
    for (int i = 0; i < 11; ++i) gone += erased("line=+" + std::to_string(i));
    for (int i = 0; i < 7; ++i) gone += erased("account=a" + std::to_string(i));
    EXPECT_EQ(gone, before);
    EXPECT_EQ(counters().records, 0u);
  }
}

TEST_F(Erase, TakesOneDimensionAndItsValue) {
  EXPECT_EQ(erase("line=+1,recipient=ann"), Status::not_found);
  EXPECT_EQ(erase("nothing=x"), Status::not_found);
  EXPECT_EQ(erase("account="), Status::invalid);
  EXPECT_EQ(erase("account=" + std::string(1'025, 'x')), Status::invalid);
}

}  // namespace
}  // namespace sluice::testing
