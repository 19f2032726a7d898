// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AmountText : public testing::Test {
 protected:
  void SetUp() override {
    PolicyText text;
    text.limits = R"(
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day",
        "amounts": [{ "plan": "free", "amount": 100, "thresholds": [50], "ceiling": "120%" }, { "plan": "pro", "custom": true }] },
      { "name": "second", "scope": ["account"], "kind": "window", "period": "1s", "amount": 10, "burst": "2x for 10s" },
      { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "80/s", "depth": "1s" },
      { "name": "log", "scope": ["account"], "kind": "sliding", "period": "60s", "amount": 30 },
      { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 30 },
      { "name": "tenth", "scope": ["account"], "kind": "window", "period": "60s", "of": "day", "times": "1/10" },
      { "name": "upstream", "scope": ["account"], "kind": "upstream", "longest": "1h" })";
    text.operations = R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "day" }, { "limit": "second" },
      { "limit": "pace" }, { "limit": "log" }, { "limit": "seats" }, { "limit": "tenth" }, { "limit": "upstream" }] })";
    const auto result = load(text.text());
    ASSERT_TRUE(result.policy) << all_said(result);
    policy_ = result.policy;
  }

  const AmountTerms& base(std::string_view limit, size_t plan = 0) const {
    return policy_->limits[static_cast<size_t>(policy_->find_limit(limit))].amounts[plan];
  }

  AmountTerms read(std::string_view limit, std::string_view text, size_t plan = 0) const {
    AmountTerms terms;
    std::string error;
    EXPECT_TRUE(parse_amount(*policy_, policy_->find_limit(limit), base(limit, plan), text, &terms, &error)) << error;
    return terms;
  }

  std::string why_not(std::string_view limit, std::string_view text) const {
    AmountTerms terms;
    std::string error;
    return parse_amount(*policy_, policy_->find_limit(limit), base(limit), text, &terms, &error) ? "accepted" : error;
  }

  std::shared_ptr<const CompiledPolicy> policy_;
};

TEST_F(AmountText, ANumberKeepsWhatStandsBesideThePlansAmount) {
  const AmountTerms terms = read("day", "200");
  EXPECT_EQ(terms.amount.amount, 200U);
  EXPECT_EQ(terms.amount.cap, 240U);
  EXPECT_EQ(terms.amount.threshold_at[0], 100U);
  EXPECT_EQ(read("day", " 200\n").amount.amount, 200U);
}

TEST_F(AmountText, AnObjectMayChangeWhatStandsBesideAndKeepTheNumber) {
  const AmountTerms both = read("day", R"({"amount": 200, "thresholds": [80, 100], "ceiling": "150%"})");
  EXPECT_EQ(both.amount.cap, 300U);
  EXPECT_THAT(both.thresholds, ElementsAre(8000U, 10000U));
  const AmountTerms kept = read("day", R"({"thresholds": []})");
  EXPECT_EQ(kept.amount.amount, 100U);
  EXPECT_EQ(kept.amount.threshold_count, 0);
  EXPECT_EQ(kept.amount.cap, 120U);
}

TEST_F(AmountText, WordsMayComeWithOrWithoutQuotes) {
  EXPECT_EQ(read("day", R"("unlimited")").amount.word, Word::unlimited);
  EXPECT_EQ(read("day", "unlimited").amount.word, Word::unlimited);
  EXPECT_EQ(read("pace", R"("blocked")").amount.word, Word::blocked);
  EXPECT_EQ(read("seats", R"({"unlimited": true})").amount.word, Word::unlimited);
}

TEST_F(AmountText, ANumberAfterAWordHasThePlansThresholdsAgain) {
  AmountTerms terms;
  std::string error;
  const AmountTerms unlimited = read("day", "unlimited");
  ASSERT_TRUE(parse_amount(*policy_, policy_->find_limit("day"), unlimited, "10", &terms, &error)) << error;
  EXPECT_EQ(terms.amount.threshold_at[0], 5U);
}

TEST_F(AmountText, APaceTakesARateAndKeepsItsDepth) {
  const AmountTerms terms = read("pace", R"("200/s")");
  EXPECT_EQ(terms.amount.unit, 5'000'000);
  EXPECT_EQ(terms.amount.depth, kSecond);
  EXPECT_EQ(read("pace", "200/s").amount.amount, 200U);
  EXPECT_EQ(read("pace", R"({"depth": 1})").amount.depth, read("pace", R"({"depth": 1})").amount.unit);
  EXPECT_EQ(read("pace", R"({"depth": 1})").amount.amount, 80U);
}

TEST_F(AmountText, ACustomPlanGetsItsNumber) {
  EXPECT_EQ(read("day", "5000", 1).amount.word, Word::number);
  EXPECT_EQ(read("day", "5000", 1).amount.amount, 5000U);
}

TEST_F(AmountText, ABurstCanBeSetWhereAPlanHasOne) {
  EXPECT_EQ(read("second", R"({"amount": 20, "burst": "3x for 5s"})").amount.bank, 200U);
  EXPECT_EQ(why_not("tenth", R"({"amount": 20, "burst": "3x for 60s"})"),
            R"(no plan of limit "tenth" has a burst, so no subject can have one)");
}

TEST_F(AmountText, ANumberOfItsOwnStandsBeforeWhatIsFollowed) {
  EXPECT_TRUE(base("tenth").derived);
  EXPECT_FALSE(read("tenth", "7").derived);
  EXPECT_EQ(read("tenth", "7").amount.amount, 7U);
}

TEST_F(AmountText, FollowersAreComputedFromTheNewBase) {
  const Limit& tenth = policy_->limits[static_cast<size_t>(policy_->find_limit("tenth"))];
  AmountTerms terms;
  ASSERT_TRUE(derive_amount(tenth, base("tenth"), read("day", "250"), &terms));
  EXPECT_EQ(terms.amount.amount, 25U);
  ASSERT_TRUE(derive_amount(tenth, base("tenth"), read("day", "unlimited"), &terms));
  EXPECT_EQ(terms.amount.word, Word::unlimited);
  EXPECT_FALSE(derive_amount(tenth, base("tenth"), read("day", "9"), &terms));
}

TEST_F(AmountText, WhatIsWrongIsSaidWithItsField) {
  const std::string form =
      R"(expected an amount such as 200, "80/s", "unlimited", "blocked" or {"amount": 200, "thresholds": [80, 100]})";
  EXPECT_EQ(why_not("day", ""), form);
  EXPECT_EQ(why_not("day", "\"\""), form);
  EXPECT_EQ(why_not("day", R"("1", "depth": "1s")"), form);
  EXPECT_THAT(why_not("day", "{"), HasSubstr(form));
  EXPECT_EQ(why_not("day", R"("200")"), R"(amount: expected a whole number such as 1000, got "200"; write 200 without quotes)");
  EXPECT_THAT(why_not("day", "0"), HasSubstr("amount: expected at least 1"));
  EXPECT_THAT(why_not("day", "-5"), HasSubstr("amount: expected a whole number from 1"));
  EXPECT_THAT(why_not("day", "1e3"), HasSubstr("amount: expected a whole number from 1"));
  EXPECT_THAT(why_not("day", "80/s"), HasSubstr("only a pace has a rate"));
  EXPECT_THAT(why_not("day", "custom"), HasSubstr("amount: expected a whole number such as 1000"));
  EXPECT_THAT(why_not("day", R"({"of": "second"})"), HasSubstr(R"(of: unknown field "of")"));
  EXPECT_THAT(why_not("day", R"({"amount": 1, "threshold": [5]})"),
              HasSubstr(R"(unknown field "threshold"; did you mean "thresholds"?)"));
  EXPECT_THAT(why_not("day", R"({"amount": 1, "amount": 2})"), HasSubstr("stands twice"));
  EXPECT_THAT(why_not("day", R"({"amount": 1, "burst": "2x for 10s"})"), HasSubstr("`burst`"));
  EXPECT_THAT(why_not("day", R"({"amount": 1, "depth": 5})"), HasSubstr("`depth` is for pace, not for window"));
  EXPECT_THAT(why_not("day", R"([5])"), HasSubstr("amount: expected"));
  EXPECT_THAT(why_not("pace", "200"), HasSubstr(R"(the amount of a pace is a rate such as "200/s", got 200)"));
  EXPECT_THAT(why_not("log", "2000"), HasSubstr("an exact log holds at most 1024 entries"));
  EXPECT_EQ(why_not("upstream", "5"), R"(limit "upstream" has no amount that could be set)");
  EXPECT_EQ(why_not("day", std::string(2'000'000, '5')), form);
  EXPECT_THAT(why_not("day", std::string("5\0", 2)), HasSubstr("NUL"));
}

}  // namespace
}  // namespace sluice
