// SPDX-License-Identifier: Apache-2.0
// Ladders: tiers that promote when use reached a share of the tier within a time, at a quality.
#include <string>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

class Ladder : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "waba",
      "subjects": [ { "scope": ["waba"], "plans": [
        { "name": "tier_1", "promotes": { "to": "tier_2", "limit": "people", "at": "50%", "within": "7 days", "quality": "green" } },
        { "name": "tier_2", "promotes": { "to": "tier_3", "limit": "people", "at": "50%", "within": "7 days" } },
        "tier_3" ], "default": "tier_1" } ],
      "limits": [
        { "name": "people", "scope": ["waba"], "kind": "distinct", "period": "24h", "amounts": [
          { "plan": "tier_1", "amount": 4 }, { "plan": "tier_2", "amount": 20 }, { "plan": "tier_3", "unlimited": true } ] },
        { "name": "pace", "scope": ["waba"], "kind": "pace", "amounts": [
          { "plan": "tier_1", "amount": "1/s", "depth": 10 }, { "plan": ["tier_2", "tier_3"], "amount": "10/s", "depth": 10 } ] } ],
      "operations": [ { "name": "send", "values": ["waba", "to"], "charges": [ { "limit": "people", "of": "to" }, { "limit": "pace" } ] } ] })");
  }
  uint64_t tier_amount() { return usage("waba=w")["people"].limit; }
};

TEST_F(Ladder, ReachingTheShareAtTheQualityPromotesFromTheNextDecisionOn) {
  EXPECT_EQ(quality("waba=w", "green"), Status::ok);
  EXPECT_EQ(send("w", "a"), "allowed");
  EXPECT_TRUE(events().empty());
  const Answer second = send_detailed("w", "b");
  EXPECT_EQ(second, "allowed");
  EXPECT_EQ(second.decision.limit, 4u);  // this one was still the old tier's
  EXPECT_EQ(second.decision.used, 2u);
  EXPECT_EQ(second.details[1].used, 2u);
  EXPECT_THAT(events(), ElementsAre("promotion to 1 by people for waba=w at 2 of 4"));
  EXPECT_EQ(tier_amount(), 20u);
  EXPECT_EQ(send("w", "c").decision.limit, 20u);
}

TEST_F(Ladder, WithoutAQualityReportThereIsNone) {
  for (const char* to : {"a", "b", "c"}) send("w", to);
  EXPECT_EQ(tier_amount(), 4u);
  EXPECT_EQ(quality("waba=w", "yellow"), Status::ok);
  EXPECT_EQ(tier_amount(), 4u);
}

TEST_F(Ladder, TheQualityMayComeAfterTheShareWithinTheTime) {
  send("w", "a");
  send("w", "b");
  at_ns(7 * kDay - 1);
  EXPECT_EQ(quality("waba=w", "green"), Status::ok);
  EXPECT_THAT(events(), ElementsAre("promotion to 1 by people for waba=w at 0 of 4"));
  EXPECT_EQ(tier_amount(), 20u);
}

TEST_F(Ladder, AfterTheTimeTheShareMustBeReachedAgain) {
  send("w", "a");
  send("w", "b");
  at_ns(7 * kDay);
  quality("waba=w", "green");
  EXPECT_EQ(tier_amount(), 4u);
  send("w", "a");
  EXPECT_EQ(tier_amount(), 4u);
  send("w", "b");
  EXPECT_EQ(tier_amount(), 20u);
}

TEST_F(Ladder, TheShareIsRememberedFromWhenUseLastStoodThere) {
  send("w", "a");
  send("w", "b");
  at(80'000);
  send("w", "a");  // use still stands at two
  at_ns(80'000 * kSecond + 7 * kDay - 1);
  quality("waba=w", "green");
  EXPECT_EQ(tier_amount(), 20u);
}

TEST_F(Ladder, OneStepADecision) {
  quality("waba=w", "green");
  for (int i = 0; i < 2; ++i) send("w", "p" + std::to_string(i));
  EXPECT_EQ(tier_amount(), 20u);
  for (int i = 0; i < 9; ++i) {
    at(i * 10);
    send("w", "p" + std::to_string(i));
  }
  EXPECT_EQ(tier_amount(), 20u);
  send("w", "p9");
  EXPECT_EQ(usage("waba=w")["people"].flags, flag::unlimited);
  EXPECT_EQ(events().size(), 2u);
}

TEST_F(Ladder, ADeniedDecisionPromotesNobody) {
  quality("waba=w", "green");
  for (int i = 0; i < 10; ++i) send("w", "a");  // uses up the pace
  EXPECT_FALSE(send("w", "b").passed());
  EXPECT_EQ(tier_amount(), 4u);
}

TEST_F(Ladder, APeekPromotesNobody) {
  quality("waba=w", "green");
  send("w", "a");
  EXPECT_EQ(peek("w", "b"), "allowed");
  EXPECT_EQ(tier_amount(), 4u);
  EXPECT_TRUE(events().empty());
}

TEST_F(Ladder, WhatWasSpentCarriesIntoTheNewTier) {
  quality("waba=w", "green");
  send("w", "a");
  send("w", "b");
  EXPECT_EQ(used("people", "waba=w"), 2u);
  EXPECT_EQ(used("pace", "waba=w"), 2u);
}

TEST_F(Ladder, SetPlanBeginsTheLadderAnew) {
  send("w", "a");
  send("w", "b");
  EXPECT_EQ(set_plan("waba=w", "tier_2"), Status::ok);
  EXPECT_EQ(set_plan("waba=w", "tier_1"), Status::ok);
  at(90'000);  // the slots have closed
  quality("waba=w", "green");
  EXPECT_EQ(tier_amount(), 4u);
}

TEST_F(Ladder, ASubjectBackOnTheDefaultPlanCanBeForgotten) {
  send("w", "a");
  send("w", "b");  // reached the share: something is remembered beside the record
  EXPECT_EQ(set_plan("waba=w", "tier_3"), Status::ok);
  EXPECT_EQ(set_plan("waba=w", "tier_1"), Status::ok);
  at(10 * 86'400);
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(Ladder, AQualityKeepsItsSubjectUntilItIsTakenBack) {
  quality("waba=w", "green");
  at(10 * 86'400);
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(quality("waba=w", ""), Status::ok);
  EXPECT_EQ(sweep(), 1u);
}

}  // namespace
}  // namespace sluice::testing
