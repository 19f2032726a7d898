// SPDX-License-Identifier: Apache-2.0
// set_plan acts at once, and what was spent carries over in units.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

// One limit on [account] with an amount for each of the plans free, pro, all (unlimited) and none (blocked).
std::string planned(const std::string& kind, const std::string& free, const std::string& pro) {
  return R"({ "name": "test", "tenant": "account",
    "subjects": [ { "scope": ["account"], "plans": ["free", "pro", "all", "none"], "default": "free" } ],
    "limits": [ { "name": "l", "scope": ["account"], )" +
         kind + R"(, "amounts": [ { "plan": "free", )" + free + R"( },
      { "plan": "pro", )" +
         pro + R"( }, { "plan": "all", "unlimited": true }, { "plan": "none", "blocked": true } ] } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "quantities": ["n"], "charges": [ { "limit": "l")" +
         (kind.find("distinct") != std::string::npos ? R"(, "of": "to")" : R"(, "cost": "n")") + " } ] } ] }";
}

class PlanChange : public EngineTest {
 protected:
  Answer n(uint64_t n, const std::string& to = "x") { return ask({.values = {"acme", to}, .quantities = {n}}); }
  void plan(const char* name) { ASSERT_EQ(set_plan("account=acme", name), Status::ok) << error; }
  uint64_t used() { return TestEngine::used("l", "account=acme"); }
};

const std::string kDayWindow = R"("kind": "window", "period": "day")";

TEST_F(PlanChange, AnUpgradeHelpsAtOnceAndKeepsWhatWasUsed) {  // T20, 5,420 of 10,000 becomes 5,420 of 100,000
  open(planned(kDayWindow, R"("amount": 10000)", R"("amount": 100000)"));
  n(5'420);
  n(4'580);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(n(1).passed());
  plan("pro");
  const UsageRow row = usage("account=acme")["l"];
  EXPECT_EQ(row.used, 10'000u);
  EXPECT_EQ(row.limit, 100'000u);
  EXPECT_EQ(row.remaining, 90'000u);
  EXPECT_EQ(n(90'000), "allowed");
}

TEST_F(PlanChange, ADowngradeDeniesUntilThePeriodTurns) {
  open(planned(kDayWindow, R"("amount": 10)", R"("amount": 100)"));
  plan("pro");
  n(60);
  plan("free");
  EXPECT_EQ(n(1), "denied: quota by l, in 86400s");
  EXPECT_EQ(usage("account=acme")["l"].overage, 50u);
  at(86'400);
  EXPECT_EQ(n(10), "allowed");
}

TEST_F(PlanChange, UnderUnlimitedWindowsKeepCounting) {
  open(planned(kDayWindow, R"("amount": 10)", R"("amount": 100)"));
  n(8);
  plan("all");
  n(50);
  EXPECT_EQ(used(), 58u);
  plan("pro");
  EXPECT_EQ(n(42), "allowed");
  EXPECT_EQ(n(1), "denied: quota by l, in 86400s");
}

TEST_F(PlanChange, BlockedIsNeverAndBackItIsAsBefore) {
  open(planned(kDayWindow, R"("amount": 10)", R"("amount": 100)"));
  n(8);
  plan("none");
  EXPECT_EQ(n(1), "denied: blocked by l, at most 0");
  plan("free");
  EXPECT_EQ(n(2), "allowed");
  EXPECT_EQ(n(1), "denied: quota by l, in 86400s");
}

TEST_F(PlanChange, APaceCarriesItsDebtInUnits) {
  // 600 sent ahead at 1/s stand as debt of 600 units; at 10/s they have drained after 60 s, not 600.
  open(planned(R"("kind": "pace")", R"("amount": "1/s", "depth": 600)", R"("amount": "10/s", "depth": 600)"));
  n(600);
  EXPECT_EQ(n(1), "denied: rate by l, in 1s");
  plan("pro");
  EXPECT_EQ(used(), 600u);
  EXPECT_EQ(n(1), "denied: rate by l, in 0.1s");
  EXPECT_EQ(n(600), "denied: rate by l, in 60s");
  at(59);
  EXPECT_EQ(n(600), "denied: rate by l, in 1s");
  at(60);
  EXPECT_EQ(n(600), "allowed");
}

TEST_F(PlanChange, DebtAboveTheNewDepthDeniesUntilItHasDrained) {
  open(planned(R"("kind": "pace")", R"("amount": "1/s", "depth": 10)", R"("amount": "1/s", "depth": 100)"));
  plan("pro");
  n(100);
  plan("free");
  EXPECT_EQ(n(1), "denied: rate by l, in 91s");
  at(91);
  EXPECT_EQ(n(1), "allowed");
}

TEST_F(PlanChange, NoDebtStaysNoDebt) {
  open(planned(R"("kind": "pace")", R"("amount": "1/h", "depth": 3)", R"("amount": "1/s", "depth": 5)"));
  n(1);
  at(3'600);
  plan("pro");
  EXPECT_EQ(n(5), "allowed");
}

TEST_F(PlanChange, UnlimitedDropsAPacesDebt) {
  open(planned(R"("kind": "pace")", R"("amount": "1/s", "depth": 10)", R"("amount": "2/s", "depth": 10)"));
  n(10);
  plan("all");
  EXPECT_EQ(n(100), "allowed");
  plan("free");
  EXPECT_EQ(n(10), "allowed");
}

TEST_F(PlanChange, ADistinctSetKeepsItsSlotsAndGrowsNotUnderUnlimited) {
  open(planned(R"("kind": "distinct", "period": "24h")", R"("amount": 2)", R"("amount": 3)"));
  n(1, "ann");
  n(1, "bob");
  plan("all");
  n(1, "eve");
  n(1, "fay");
  EXPECT_EQ(used(), 2u);
  plan("pro");
  EXPECT_EQ(n(1, "eve"), "allowed");
  EXPECT_EQ(n(1, "fay"), "denied: distinct by l, in 86400s");
}

TEST_F(PlanChange, AGaugeRevokesNothing) {
  open(planned(R"("kind": "gauge")", R"("amount": 2)", R"("amount": 5)"));
  plan("pro");
  n(4);
  plan("free");
  EXPECT_EQ(used(), 4u);
  EXPECT_EQ(n(1), "denied: gauge by l, on release");
}

TEST_F(PlanChange, GoingUpAndDownAHundredTimesNeverBeatsTheBestSinglePlan) {  // T84
  for (const auto& [kind, free, pro] : std::vector<std::array<std::string, 3>>{
           {R"("kind": "window", "period": "60s")", R"("amount": 10)", R"("amount": 30)"},
           {R"("kind": "pace")", R"("amount": "10/min", "depth": 10)", R"("amount": "30/min", "depth": 30)"},
           {R"("kind": "sliding", "period": "60s")", R"("amount": 10)", R"("amount": 30)"},
           {R"("kind": "window", "period": "1s")", R"("amount": 1, "burst": "2x for 10s")",
            R"("amount": 3, "burst": "2x for 10s")"}}) {
    TestEngine best;
    at(0);
    open(planned(kind, free, pro));
    best.open(planned(kind, free, pro));
    best.set_plan("account=acme", "pro");
    Random random(3);
    int changing = 0, single = 0;
    for (int i = 0; i < 2'000; ++i) {
      if (i % 20 == 0) plan(i / 20 % 2 == 0 ? "pro" : "free");
      changing += n(1).passed() ? 1 : 0;
      single += best.ask({.values = {"acme", "x"}, .quantities = {1}}).passed() ? 1 : 0;
      ASSERT_LE(changing, single) << kind << " at " << i;
      const Span step = random.between(0, 200'000'000);
      pass(step);
      best.pass(step);
    }
  }
}

TEST_F(PlanChange, TheSamePlanAgainChangesNothingAndMakesNoRecord) {
  open(planned(kDayWindow, R"("amount": 10)", R"("amount": 100)"));
  plan("free");
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(PlanChange, APlanIsKeptThoughItsSubjectIsIdle) {
  open(planned(kDayWindow, R"("amount": 10)", R"("amount": 100)"));
  plan("pro");
  at(10 * 86'400);
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(n(100), "allowed");
  plan("free");
  at(20 * 86'400);
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(PlanChange, AnUnknownPlanIsAnErrorThatListsThem) {
  open(planned(kDayWindow, R"("amount": 10)", R"("amount": 100)"));
  EXPECT_EQ(set_plan("account=acme", "gold"), Status::not_found);
  EXPECT_THAT(error, ::testing::HasSubstr("free, pro, all, none"));
  EXPECT_EQ(counters().records, 0u);
}

// The plan of a dimension chooses the amounts of scopes that hold it.

class PlanElsewhere : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["pro", "free"], "default": "free" } ],
      "limits": [ { "name": "pair", "scope": ["account", "to"], "by": "account", "kind": "window", "period": "60s", "amounts": [
        { "plan": "free", "amount": 4, "thresholds": [50, 100] }, { "plan": "pro", "amount": 40, "thresholds": [50] } ] } ],
      "operations": [ { "name": "send", "values": ["to", "account"], "charges": [ { "limit": "pair" } ] } ] })");
  }
};

TEST_F(PlanElsewhere, TheAccountsPlanChoosesThePairsAmount) {
  EXPECT_EQ(admitted(9, "x", "acme"), 4);
  EXPECT_EQ(set_plan("account=acme", "pro"), Status::ok);
  EXPECT_EQ(admitted(50, "x", "acme"), 36);
  EXPECT_EQ(admitted(9, "x", "other"), 4);
  set_plan("account=acme", "free");
  EXPECT_EQ(send("x", "acme"), "denied: rate by pair, in 60s");
}

TEST_F(PlanElsewhere, UsageShowsTheAmountOfThatPlan) {
  send("x", "acme");
  EXPECT_EQ(usage("account=acme,to=x")["pair"].limit, 4u);
  EXPECT_EQ(usage("account=acme,to=unknown")["pair"].limit, 4u);
  set_plan("account=acme", "pro");
  EXPECT_EQ(usage("account=acme,to=x")["pair"].limit, 40u);
  EXPECT_EQ(usage("account=acme,to=unknown")["pair"].remaining, 40u);
}

TEST_F(PlanElsewhere, ThresholdsAreThoseOfThatPlan) {
  EXPECT_EQ(admitted(2, "x", "acme"), 2);
  EXPECT_THAT(events(), ::testing::ElementsAre("50% of pair for account=acme,to=x at 2 of 4"));
  set_plan("account=other", "pro");
  EXPECT_EQ(admitted(20, "x", "other"), 20);
  EXPECT_THAT(events(), ::testing::ElementsAre("50% of pair for account=other,to=x at 20 of 40"));
}

TEST_F(PlanElsewhere, ThePlansRecordIsNotMadeByADecision) {
  send("x", "acme");
  EXPECT_EQ(counters().records, 1u);
}

TEST_F(PlanElsewhere, APairsOwnAmountOutranksThePlan) {
  EXPECT_EQ(set_amount("pair", "account=acme,to=x", "7"), Status::ok) << error;
  EXPECT_EQ(admitted(9, "x", "acme"), 7);
  EXPECT_EQ(admitted(9, "y", "acme"), 4);
}

TEST_F(PlanElsewhere, SetUsageOnAPairCountsWithThatPlansThresholds) {
  EXPECT_EQ(set_usage("pair", "account=acme,to=x", 3), Status::ok);
  EXPECT_EQ(send("x", "acme"), "allowed");  // reaches 100%; 50% was passed by the setting, silently
  EXPECT_THAT(events(), ::testing::ElementsAre("100% of pair for account=acme,to=x at 4 of 4"));
}

}  // namespace
}  // namespace sluice::testing
