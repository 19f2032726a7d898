// SPDX-License-Identifier: Apache-2.0
// Amounts of a subject's own, and limits that follow others.
#include <string>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

class OwnAmount : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["free", "pro", "house"], "default": "free" } ],
      "limits": [
        { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "thresholds": [50, 100], "amounts": [
          { "plan": "free", "amount": 20 }, { "plan": "pro", "amount": 100 }, { "plan": "house", "custom": true } ] },
        { "name": "requests", "scope": ["account"], "kind": "window", "period": "60s", "amounts": [
          { "plan": ["free", "house"], "amount": 20 }, { "plan": "pro", "amount": 100 } ] },
        { "name": "tenth", "scope": ["account"], "kind": "window", "period": "60s", "amounts": [
          { "plan": ["free", "house"], "of": "requests", "times": "1/10" }, { "plan": "pro", "of": "requests", "times": "1/5" } ] },
        { "name": "half_tenth", "scope": ["account"], "kind": "window", "period": "60s", "of": "tenth", "times": "1/2" },
        { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "10/s", "depth": 20 },
        { "name": "seventh", "scope": ["account"], "kind": "pace", "of": "pace", "times": "1/7" } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] },
                      { "name": "batch", "values": ["account"], "charges": [ { "limit": "tenth" } ] },
                      { "name": "flow", "values": ["account"], "charges": [ { "limit": "pace" } ] },
                      { "name": "trickle", "values": ["account"], "charges": [ { "limit": "seventh" } ] } ] })");
  }
  Status set(const std::string& limit, const std::string& amount) { return set_amount(limit, "account=acme", amount); }
  uint64_t amount_of(const std::string& limit) { return usage("account=acme")[limit].limit; }
};

TEST_F(OwnAmount, ActsAtOnceAndForThatSubjectOnly) {
  EXPECT_EQ(set("minute", "3"), Status::ok) << error;
  EXPECT_EQ(admitted(9, "acme"), 3);
  EXPECT_EQ(admitted(30, "other"), 20);
  EXPECT_EQ(set("minute", "5"), Status::ok);
  EXPECT_EQ(admitted(9, "acme"), 2);
}

TEST_F(OwnAmount, NullGivesThePlansAgain) {
  set("minute", "3");
  EXPECT_EQ(set("minute", "null"), Status::ok) << error;
  EXPECT_EQ(amount_of("minute"), 20u);
  EXPECT_EQ(set("minute", " null "), Status::ok);
  at(60);
  EXPECT_EQ(sweep(), 1u);  // nothing of its own is left to keep the record
}

TEST_F(OwnAmount, NullForASubjectWithoutOneDoesNothing) {
  EXPECT_EQ(set("minute", "null"), Status::ok);
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(OwnAmount, WordsAreAmountsToo) {
  set("minute", "\"blocked\"");
  EXPECT_EQ(send("acme"), "denied: blocked by minute, at most 0");
  set("minute", "\"unlimited\"");
  EXPECT_EQ(admitted(500, "acme"), 500);
  EXPECT_EQ(usage("account=acme")["minute"].flags, flag::unlimited);
  EXPECT_EQ(used("minute", "account=acme"), 500u);
}

TEST_F(OwnAmount, ACustomPlanNeedsOne) {
  set_plan("account=acme", "house");
  EXPECT_EQ(send("acme"), "error: unset");
  EXPECT_THAT(error, HasSubstr("set_amount"));
  EXPECT_EQ(set("minute", "7"), Status::ok);
  EXPECT_EQ(admitted(20, "acme"), 7);
}

TEST_F(OwnAmount, ItOutlivesAPlanChangeAndNullThenGivesTheNewPlans) {
  set("minute", "7");
  set_plan("account=acme", "pro");
  EXPECT_EQ(amount_of("minute"), 7u);
  set("minute", "null");
  EXPECT_EQ(amount_of("minute"), 100u);
}

TEST_F(OwnAmount, WhatStandsBesideItIsKeptUnlessSaid) {
  set("minute", "4");
  EXPECT_EQ(admitted(2, "acme"), 2);
  EXPECT_THAT(events(), ::testing::ElementsAre("50% of minute for account=acme at 2 of 4"));
  EXPECT_EQ(set("minute", R"({ "amount": 8, "thresholds": [75] })"), Status::ok) << error;
  EXPECT_EQ(admitted(4, "acme"), 4);
  EXPECT_THAT(events(), ::testing::ElementsAre("75% of minute for account=acme at 6 of 8"));
}

TEST_F(OwnAmount, APacesDepthIsKeptUnlessSaid) {
  set("pace", "\"1/s\"");
  int passed = 0;
  for (int i = 0; i < 30; ++i) passed += call("flow", "acme").passed() ? 1 : 0;
  EXPECT_EQ(passed, 20);
}

TEST_F(OwnAmount, WhatWasSpentCarriesInUnits) {
  for (int i = 0; i < 20; ++i) call("flow", "acme");
  EXPECT_EQ(call("flow", "acme"), "denied: rate by pace, in 0.1s");
  set("pace", "\"1/s\"");
  EXPECT_EQ(used("pace", "account=acme"), 20u);
  EXPECT_EQ(call("flow", "acme"), "denied: rate by pace, in 1s");
  set("pace", "null");
  EXPECT_EQ(call("flow", "acme"), "denied: rate by pace, in 0.1s");
}

TEST_F(OwnAmount, BadOnesAreRefusedAndChangeNothing) {
  set("minute", "3");
  for (const char* bad :
       {"", "0", "-1", "1.5", "281474976710656", "\"10/s\"", "\"custom\"", "{\"amount\": 5, \"amount\": 6}", "{", "[5]", "true",
        "{\"amount\": \"5\"}", "{\"thresholds\": [120]  ", "{\"depth\": 5}", "NaN", "unlimitd"}) {
    EXPECT_EQ(set("minute", bad), Status::invalid) << bad;
    EXPECT_FALSE(error.empty());
  }
  EXPECT_EQ(set("pace", "5"), Status::invalid);
  EXPECT_EQ(amount_of("minute"), 3u);
  EXPECT_EQ(set_amount("minute", "account=fresh", "0"), Status::invalid);
  EXPECT_EQ(counters().records, 1u);
}

// Followers.

TEST_F(OwnAmount, AFollowerFollowsTheSubjectsOwn) {
  EXPECT_EQ(amount_of("tenth"), 2u);
  set("requests", "80");
  EXPECT_EQ(amount_of("tenth"), 8u);
  EXPECT_EQ(amount_of("half_tenth"), 4u);
  int passed = 0;
  for (int i = 0; i < 20; ++i) passed += call("batch", "acme").passed() ? 1 : 0;
  EXPECT_EQ(passed, 8);
  set("requests", "null");
  EXPECT_EQ(amount_of("tenth"), 2u);
}

TEST_F(OwnAmount, AFollowerFollowsWords) {
  set("requests", "\"unlimited\"");
  EXPECT_EQ(usage("account=acme")["tenth"].flags, flag::unlimited);
  set("requests", "\"blocked\"");
  EXPECT_EQ(call("batch", "acme"), "denied: blocked by tenth, at most 0");
}

TEST_F(OwnAmount, AFollowerOfAPlanFollowsItsTermsOnAPlanChange) {
  set("requests", "50");
  EXPECT_EQ(amount_of("tenth"), 5u);
  set_plan("account=acme", "pro");  // there a fifth
  EXPECT_EQ(amount_of("tenth"), 10u);
  EXPECT_EQ(amount_of("half_tenth"), 5u);
}

TEST_F(OwnAmount, AFollowersOwnOutranksWhatItFollows) {
  for (const bool follower_first : {true, false}) {
    TestEngine engine;
    engine.open(options.policy);
    if (follower_first) engine.set_amount("tenth", "account=acme", "6");
    engine.set_amount("requests", "account=acme", "80");
    if (!follower_first) engine.set_amount("tenth", "account=acme", "6");
    EXPECT_EQ(engine.usage("account=acme")["tenth"].limit, 6u);
    EXPECT_EQ(engine.usage("account=acme")["half_tenth"].limit, 3u) << follower_first;
    engine.set_amount("tenth", "account=acme", "null");
    EXPECT_EQ(engine.usage("account=acme")["tenth"].limit, 8u);
    EXPECT_EQ(engine.usage("account=acme")["half_tenth"].limit, 4u);
  }
}

TEST_F(OwnAmount, AFollowingPaceIsExact) {
  // A seventh of 10/s is one in 0.7 s, and of an own 3/s one in 7/3 s.
  EXPECT_EQ(call("trickle", "acme"), "allowed");
  EXPECT_EQ(call("trickle", "acme"), "denied: rate by seventh, in 0.7s");
  at(10);
  set("pace", "\"3/s\"");
  EXPECT_EQ(call("trickle", "acme"), "allowed");
  EXPECT_EQ(call("trickle", "acme"), "denied: rate by seventh, in 2.333333334s");
}

TEST_F(OwnAmount, AnAmountTooSmallForItsFollowersIsRefused) {
  // A tenth of 5 is 0, which no amount can be: the follower must not go by the plan's terms as if nothing had been said.
  EXPECT_EQ(set("requests", "5"), Status::invalid);
  EXPECT_THAT(error, HasSubstr("tenth"));
  EXPECT_EQ(amount_of("requests"), 20u);
  EXPECT_EQ(counters().records, 0u);
  EXPECT_EQ(set("half_tenth", "1"), Status::ok);
  EXPECT_EQ(set("tenth", "1"), Status::ok);
  EXPECT_EQ(set("requests", "5"), Status::ok) << error;
}

}  // namespace
}  // namespace sluice::testing
