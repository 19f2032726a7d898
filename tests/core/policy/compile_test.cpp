// SPDX-License-Identifier: Apache-2.0
// What a sound policy becomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/limits/limit.h"
#include "core/policy/dialect_rules.h"
#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::ElementsAre;

std::shared_ptr<const CompiledPolicy> compiled(const std::string& text, const std::string& stance = "enforce") {
  const auto result = load(text, stance);
  EXPECT_TRUE(result.policy) << all_said(result);
  return result.policy;
}

const Limit& limit_of(const CompiledPolicy& policy, std::string_view name) {
  return policy.limits.at(static_cast<size_t>(policy.find_limit(name)));
}

const Operation& operation_of(const CompiledPolicy& policy, std::string_view name) {
  return policy.operations.at(static_cast<size_t>(policy.find_operation(name)));
}

const Amount& amount_of(const CompiledPolicy& policy, std::string_view name, size_t plan = 0) {
  return limit_of(policy, name).amounts.at(plan).amount;
}

constexpr const char* kTaste = R"({
  "name": "taste", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["sandbox", "production"], "default": "production" } ],
  "limits": [
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first", "amount": 30 },
    { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 7000, "mode": "advise", "thresholds": [80, 100] },
    { "name": "sandbox_day", "scope": ["account"], "kind": "window", "period": "day",
      "amounts": [ { "plan": "sandbox", "amount": 100 }, { "plan": "production", "unlimited": true } ] },
    { "name": "capability", "scope": ["account"], "kind": "upstream", "longest": "1h" }
  ],
  "operations": [
    { "name": "messages.send", "values": ["account", "line", "recipient"], "repeats": "recipient",
      "charges": [ { "limit": "pair", "each": "recipient" }, { "limit": "line_day" }, { "limit": "sandbox_day" } ] },
    { "name": "messages.received", "values": ["recipient", "account", "line"], "charges": [ { "limit": "pair", "charge": "forced" } ] },
    { "name": "capability.check", "values": ["account"], "charges": [ { "limit": "capability" } ] }
  ],
  "dialect": { "headers": { "Retry-After": "{retry_after}", } /* words */ }
})";

TEST(Compile, NamesBecomePositionsInTheOrderOfTheText) {
  const auto policy = compiled(kTaste);
  EXPECT_EQ(policy->name, "taste");
  EXPECT_EQ(policy->stance, "enforce");
  EXPECT_THAT(policy->dimensions, ElementsAre("account", "line", "recipient"));
  EXPECT_EQ(policy->tenant, 0);
  EXPECT_EQ(policy->line, 1);
  EXPECT_EQ(policy->find_limit("pair"), 0);
  EXPECT_EQ(policy->find_limit("capability"), 3);
  EXPECT_EQ(policy->find_limit("none"), kNone);
  EXPECT_EQ(policy->find_operation("capability.check"), 2);
  EXPECT_EQ(policy->find_dimension("recipient"), 2);
  EXPECT_EQ(policy->find_plan(0, "production"), 1);
  EXPECT_EQ(policy->find_plan(0, "none"), kNone);
  EXPECT_EQ(policy->find_plan(kNone, "production"), kNone);
  EXPECT_EQ(policy->plan_sets[0].default_plan, 1);
  ASSERT_TRUE(policy->dialect);
  EXPECT_EQ(policy->dialect->headers.size(), 1U);
}

TEST(Compile, ScopesStandInTheOrderOfTheirFirstLimit) {
  const auto policy = compiled(kTaste);
  ASSERT_EQ(policy->scopes.size(), 3U);
  EXPECT_EQ(policy->scopes[0].name, "line,recipient");
  EXPECT_EQ(policy->scopes[1].name, "line");
  EXPECT_EQ(policy->scopes[2].name, "account");
  EXPECT_EQ(policy->scopes[2].plan_set, 0);
  EXPECT_EQ(policy->plan_sets[0].scope, 2);
  EXPECT_THAT(policy->scopes[2].limits, ElementsAre(2, 3));
  EXPECT_EQ(policy->find_scope({1, 2}), 0);
  EXPECT_EQ(policy->find_scope({2, 1}), kNone);
}

TEST(Compile, OneRecordHoldsAllLimitsOfAScopeSideBySide) {
  const auto policy = compiled(kTaste);
  for (const Scope& scope : policy->scopes) {
    uint16_t end = 0;
    for (const int16_t at : scope.limits) {
      const Limit& limit = policy->limits[static_cast<size_t>(at)];
      EXPECT_EQ(limit.state_offset, end);
      EXPECT_EQ(limit.state_offset % 8, 0);
      end = static_cast<uint16_t>(end + limit::state_size(limit.rule));
    }
    EXPECT_EQ(scope.state_size, end);
  }
}

TEST(Compile, TheSameDimensionsInAnotherOrderAreTheSameScope) {
  PolicyText text;
  text.limits = R"({ "name": "a", "scope": ["line", "recipient"], "kind": "window", "period": "60s", "amount": 1 },
                   { "name": "b", "scope": ["recipient", "line"], "kind": "window", "period": "1s", "amount": 1 })";
  text.operations =
      R"({ "name": "send", "values": ["account", "recipient", "line"], "charges": [{ "limit": "a" }, { "limit": "b" }] })";
  const auto policy = compiled(text.text());
  EXPECT_EQ(limit_of(*policy, "a").scope, limit_of(*policy, "b").scope);
  const Operation& send = operation_of(*policy, "send");
  ASSERT_EQ(send.slots.size(), 1U);
  EXPECT_EQ(send.slots[0].values[0], 2);
  EXPECT_EQ(send.slots[0].values[1], 1);
}

TEST(Compile, APlanSetWithoutLimitsHasAScopeAllTheSame) {
  PolicyText text;
  text.limits = R"({ "name": "day", "scope": ["line"], "kind": "window", "period": "day", "amount": 1 })";
  const auto policy = compiled(text.text());
  ASSERT_EQ(policy->scopes.size(), 2U);
  EXPECT_EQ(policy->scopes[1].name, "account");
  EXPECT_EQ(policy->scopes[1].state_size, 0);
  EXPECT_EQ(policy->plan_sets[0].scope, 1);
}

TEST(Compile, AnOperationTouchesEachSubjectOnce) {
  const auto policy = compiled(kTaste);
  const Operation& send = operation_of(*policy, "messages.send");
  EXPECT_EQ(send.repeats, 2);
  EXPECT_EQ(send.tenant, 0);
  EXPECT_EQ(send.line, 1);
  ASSERT_EQ(send.slots.size(), 3U);
  EXPECT_TRUE(send.slots[0].repeated);
  EXPECT_EQ(send.slots[0].count, 2);
  EXPECT_EQ(send.slots[0].values[0], 1);
  EXPECT_EQ(send.slots[0].values[1], 2);
  EXPECT_FALSE(send.slots[1].repeated);
  EXPECT_TRUE(send.charges[0].each);
  EXPECT_EQ(send.charges[1].mode, Mode::advise);
  EXPECT_EQ(send.charges[2].slot, 2);
  EXPECT_EQ(send.charges[2].plan_slot, kNone);
  const Operation& received = operation_of(*policy, "messages.received");
  EXPECT_EQ(received.slots[0].values[0], 2);
  EXPECT_EQ(received.slots[0].values[1], 0);
  EXPECT_EQ(received.charges[0].type, ChargeType::forced);
  EXPECT_EQ(operation_of(*policy, "capability.check").line, kNone);
}

TEST(Compile, PlanRecordsComeAfterTheSubjectsCharged) {
  PolicyText text;
  text.limits = R"({ "name": "pair", "scope": ["account", "recipient"], "by": "account", "kind": "window", "period": "60s",
                     "amounts": [{ "plan": "free", "amount": 1 }, { "plan": "pro", "amount": 2 }] },
                   { "name": "line", "scope": ["line"], "kind": "window", "period": "60s", "amount": 5 })";
  text.operations =
      R"({ "name": "send", "values": ["account", "line", "recipient"], "charges": [{ "limit": "pair" }, { "limit": "line" }] })";
  const auto policy = compiled(text.text());
  const Limit& pair = limit_of(*policy, "pair");
  EXPECT_TRUE(pair.plan_elsewhere);
  EXPECT_EQ(pair.plan_set, 0);
  const Operation& send = operation_of(*policy, "send");
  ASSERT_EQ(send.slots.size(), 3U);
  EXPECT_EQ(send.charges[0].slot, 0);
  EXPECT_EQ(send.charges[0].plan_slot, 2);
  EXPECT_EQ(send.charges[1].plan_slot, kNone);
  EXPECT_EQ(policy->scopes[static_cast<size_t>(send.slots[2].scope)].name, "account");
}

TEST(Compile, OneAmountWithByIsGivenToEveryPlan) {
  const auto policy = compiled(
      with_limit(R"("scope": ["account", "line"], "by": "account", "kind": "window", "period": "billing", "amount": 5)"));
  EXPECT_EQ(policy->limits[0].amounts.size(), 2U);
  EXPECT_TRUE(policy->limits[0].plan_elsewhere);
  EXPECT_NE(policy->operations[0].charges[0].plan_slot, kNone);
}

TEST(Compile, OnlyPacesAndShortWindowsMayOverflow) {
  const auto overflows = [](const std::string& fields, const std::string& charge = {}) {
    return compiled(with_limit("\"scope\": [\"account\"], " + fields, charge))->scopes[0].overflows;
  };
  EXPECT_TRUE(overflows(R"("kind": "pace", "amount": "1/s")"));
  EXPECT_TRUE(overflows(R"("kind": "window", "period": "1h", "amount": 1)"));
  EXPECT_FALSE(overflows(R"("kind": "window", "period": "2h", "amount": 1)"));
  EXPECT_FALSE(overflows(R"("kind": "window", "period": "day", "amount": 1)"));
  EXPECT_FALSE(overflows(R"("kind": "sliding", "period": "1s", "amount": 1)"));
  EXPECT_FALSE(overflows(R"("kind": "gauge", "amount": 1)"));
  const auto both = compiled(R"({ "name": "t", "tenant": "a", "limits": [
      { "name": "x", "scope": ["a"], "kind": "window", "period": "60s", "amount": 1 },
      { "name": "y", "scope": ["a"], "kind": "window", "period": "1h", "amount": 1 }],
      "operations": [{ "name": "o", "values": ["a"], "charges": [{ "limit": "x" }, { "limit": "y" }] }] })");
  EXPECT_EQ(both->scopes[0].longest_period, kHour);
}

TEST(Compile, ExtentsAreThoseOfSlidingDistinctAndNamedGauges) {
  const auto extents = [](const std::string& limit, const std::string& charge = "") {
    return compiled(with_limit(R"("scope": ["account"], )" + limit, charge))->scopes[0].extents;
  };
  EXPECT_EQ(extents(R"("kind": "sliding", "period": "1s", "amount": 1)"), 1);
  EXPECT_EQ(extents(R"("kind": "distinct", "period": "1s", "amount": 1)", R"(, "of": "line")"), 1);
  EXPECT_EQ(extents(R"("kind": "gauge", "amount": 1)"), 0);
  const auto named =
      compiled(with_limit(R"("scope": ["account"], "kind": "gauge", "amount": 1, "lease": "1h")", R"(, "of": "line")"));
  EXPECT_EQ(named->scopes[0].extents, 1);
  EXPECT_TRUE(named->limits[0].rule.named);
  EXPECT_EQ(named->limits[0].rule.lease, kHour);
  EXPECT_EQ(named->operations[0].charges[0].of, 1);
}

TEST(Compile, DenialKindsFollowTheKindUnlessSaid) {
  const auto denies_as = [](const std::string& fields, const std::string& charge = {}) {
    return compiled(with_limit("\"scope\": [\"account\"], " + fields, charge))->limits[0].rule.denies_as;
  };
  EXPECT_EQ(denies_as(R"("kind": "window", "period": "60s", "amount": 1)"), DenialKind::rate);
  EXPECT_EQ(denies_as(R"("kind": "window", "period": "23h from first", "amount": 1)"), DenialKind::rate);
  EXPECT_EQ(denies_as(R"("kind": "window", "period": "24h from first", "amount": 1)"), DenialKind::quota);
  EXPECT_EQ(denies_as(R"("kind": "window", "period": "day", "amount": 1)"), DenialKind::quota);
  EXPECT_EQ(denies_as(R"("kind": "window", "period": "billing", "amount": 1)"), DenialKind::quota);
  EXPECT_EQ(denies_as(R"("kind": "window", "period": "day", "amount": 1, "denies_as": "rate")"), DenialKind::rate);
  EXPECT_EQ(denies_as(R"("kind": "pace", "amount": "1/day")"), DenialKind::rate);
  EXPECT_EQ(denies_as(R"("kind": "sliding", "period": "24h", "amount": 1)"), DenialKind::rate);
  EXPECT_EQ(denies_as(R"("kind": "distinct", "period": "24h", "amount": 1)", R"(, "of": "line")"), DenialKind::distinct);
  EXPECT_EQ(denies_as(R"("kind": "gauge", "amount": 1)"), DenialKind::gauge);
  EXPECT_EQ(denies_as(R"("kind": "gauge", "amount": 1)", R"(, "while": "queued")"), DenialKind::depth);
  EXPECT_EQ(denies_as(R"("kind": "gauge", "amount": 1, "denies_as": "quota")", R"(, "while": "queued")"), DenialKind::quota);
  EXPECT_EQ(denies_as(R"("kind": "upstream", "longest": "1h")"), DenialKind::upstream);
}

TEST(Compile, AmountsAreResolvedWithWhatStandsBesideThem) {
  const auto pace =
      compiled(with_limit(R"("scope": ["account"], "kind": "pace", "amount": "80/s", "depth": "1s", "slack": "5ms")"));
  EXPECT_EQ(amount_of(*pace, "l").unit, 12'500'000);
  EXPECT_EQ(amount_of(*pace, "l").depth, kSecond);
  EXPECT_EQ(pace->limits[0].rule.slack, 5 * kMillisecond);
  EXPECT_EQ(pace->limits[0].amounts[0].depth_span, kSecond);
  const auto window = compiled(with_limit(
      R"("scope": ["account"], "kind": "window", "period": "month", "zone": "Europe/Paris", "amount": 2000, "ceiling": "120%", "thresholds": [75, 90, 100])"));
  EXPECT_EQ(amount_of(*window, "l").cap, 2400U);
  EXPECT_EQ(amount_of(*window, "l").threshold_count, 3);
  EXPECT_EQ(amount_of(*window, "l").threshold_at[1], 1800U);
  ASSERT_NE(window->limits[0].rule.zone, nullptr);
  EXPECT_EQ(window->limits[0].rule.zone->name(), "Europe/Paris");
  EXPECT_EQ(window->zones.size(), 1U);
  const auto burst =
      compiled(with_limit(R"("scope": ["account"], "kind": "window", "period": "1s", "amount": 50, "burst": "3x for 30s")"));
  EXPECT_TRUE(burst->limits[0].rule.burst);
  EXPECT_EQ(amount_of(*burst, "l").peak, 150U);
  EXPECT_EQ(amount_of(*burst, "l").bank, 3000U);
  EXPECT_EQ(burst->limits[0].amounts[0].burst_windows, 30U);
}

TEST(Compile, WhatStandsBesideAmountsHoldsForEachWithoutItsOwn) {
  const auto policy = compiled(with_limit(R"("scope": ["account"], "kind": "window", "period": "day", "thresholds": [50],
      "amounts": [{ "plan": "free", "amount": 10 }, { "plan": "pro", "unlimited": true }])"));
  EXPECT_EQ(amount_of(*policy, "l", 0).threshold_count, 1);
  EXPECT_EQ(amount_of(*policy, "l", 1).threshold_count, 0);
  EXPECT_EQ(amount_of(*policy, "l", 1).word, Word::unlimited);
}

TEST(Compile, AnAmountThatFollowsFollowsEveryPlanAndEveryWord) {
  PolicyText text;
  text.subjects = R"([{ "scope": ["account"], "plans": ["free", "pro", "own", "none"], "default": "free" }])";
  text.limits = R"({ "name": "third", "scope": ["account"], "kind": "window", "period": "60s", "of": "half", "times": "1/3" },
                   { "name": "half", "scope": ["account"], "kind": "window", "period": "60s", "of": "day", "times": "1/2", "thresholds": [50] },
                   { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amounts": [
                       { "plan": "free", "amount": 100 }, { "plan": "pro", "unlimited": true },
                       { "plan": "own", "custom": true }, { "plan": "none", "blocked": true }] })";
  text.operations =
      R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "third" }, { "limit": "half" }, { "limit": "day" }] })";
  const auto policy = compiled(text.text());
  EXPECT_EQ(amount_of(*policy, "half", 0).amount, 50U);
  EXPECT_EQ(amount_of(*policy, "half", 0).threshold_at[0], 25U);
  EXPECT_EQ(amount_of(*policy, "third", 0).amount, 16U);
  EXPECT_EQ(amount_of(*policy, "third", 1).word, Word::unlimited);
  EXPECT_EQ(amount_of(*policy, "third", 2).word, Word::custom);
  EXPECT_EQ(amount_of(*policy, "third", 3).word, Word::blocked);
  EXPECT_THAT(limit_of(*policy, "day").followers, ElementsAre(policy->find_limit("half")));
  EXPECT_THAT(limit_of(*policy, "half").followers, ElementsAre(policy->find_limit("third")));
  EXPECT_EQ(limit_of(*policy, "third").amounts[3].derived->base, policy->find_limit("half"));
}

TEST(Compile, APaceFollowsAPaceExactly) {
  PolicyText text;
  text.limits = R"({ "name": "base", "scope": ["account"], "kind": "pace", "amount": "1/s" },
                   { "name": "tenth", "scope": ["account"], "kind": "pace", "of": "base", "times": "1/10" })";
  text.operations =
      R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "base" }, { "limit": "tenth" }] })";
  const auto policy = compiled(text.text());
  EXPECT_EQ(amount_of(*policy, "tenth").amount, 1U);
  EXPECT_EQ(amount_of(*policy, "tenth").period, 10 * kSecond);
}

TEST(Compile, SlidingDistinctAndUpstreamKeepTheirRules) {
  const auto sliding = compiled(
      with_limit(R"("scope": ["account"], "kind": "sliding", "period": "24h", "amount": 7000, "slots": 100, "margin": "1s")"));
  EXPECT_EQ(sliding->limits[0].rule.period, kDay + kSecond);
  EXPECT_EQ(sliding->limits[0].rule.slots, 100);
  EXPECT_EQ(amount_of(*sliding, "l").cap, 7000U);
  const auto distinct =
      compiled(with_limit(R"("scope": ["account"], "kind": "distinct", "period": "24h", "exemption": "12h", "amount": 10)",
                          R"(, "of": "recipient", "charge": "exempt")"));
  EXPECT_EQ(distinct->limits[0].rule.exemption, 12 * kHour);
  EXPECT_EQ(distinct->operations[0].charges[0].type, ChargeType::exempt);
  EXPECT_EQ(distinct->operations[0].charges[0].of, 2);
  const auto upstream = compiled(with_limit(R"("scope": ["account"], "kind": "upstream", "longest": "1h")"));
  EXPECT_EQ(upstream->limits[0].rule.longest, kHour);
  EXPECT_EQ(upstream->limits[0].amounts.size(), 1U);
}

TEST(Compile, SubjectsKeepTheirPlansPromotionsAndBilling) {
  PolicyText text;
  text.subjects = R"([{ "scope": ["account"], "default": "pro", "billing": { "day": 31, "time": "09:30", "zone": "+05:30" },
      "plans": [{ "name": "free", "promotes": { "to": "pro", "limit": "day", "at": "50%", "within": "7 days", "quality": "green" } }, "pro"] }])";
  const auto policy = compiled(text.text());
  const PlanSet& set = policy->plan_sets[0];
  EXPECT_EQ(set.default_plan, 1);
  EXPECT_EQ(set.billing.day, 31);
  EXPECT_EQ(set.billing.time, 9 * kHour + 30 * kMinute);
  EXPECT_EQ(set.billing.zone->name(), "+05:30");
  ASSERT_TRUE(set.plans[0].promotion);
  EXPECT_EQ(set.plans[0].promotion->to, 1);
  EXPECT_EQ(set.plans[0].promotion->limit, 0);
  EXPECT_EQ(set.plans[0].promotion->at.num * 2, set.plans[0].promotion->at.den);
  EXPECT_EQ(set.plans[0].promotion->within, 7 * kDay);
  EXPECT_EQ(set.plans[0].promotion->quality, "green");
  EXPECT_FALSE(set.plans[1].promotion);
}

TEST(Compile, ChargesKeepCostModeAndRefund) {
  PolicyText text;
  text.operations = R"({ "name": "send", "values": ["account", "line"], "quantities": ["parts", "bytes"],
                         "charges": [{ "limit": "day", "cost": "bytes", "mode": "shadow", "refund": "failed" }] },
                       { "name": "batch", "values": ["account"], "charges": [{ "limit": "day", "cost": 10, "charge": "attempt" }] },
                       { "name": "count", "values": ["account"], "quantities": ["parts"], "charges": [{ "limit": "day", "cost": "parts" }] })";
  const auto policy = load(text.text()).policy;
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->operations[0].charges[0].quantity, 1);
  EXPECT_EQ(policy->operations[0].charges[0].mode, Mode::shadow);
  EXPECT_TRUE(policy->operations[0].charges[0].refund_failed);
  EXPECT_EQ(policy->operations[1].charges[0].cost, 10U);
  EXPECT_EQ(policy->operations[1].charges[0].quantity, kNone);
  EXPECT_EQ(policy->operations[1].charges[0].type, ChargeType::attempt);
}

TEST(Compile, ReportNamesAreSplitAtTheirDot) {
  const auto policy = compiled(with_limit(
      R"("scope": ["account"], "kind": "window", "period": "day", "unlimited": true, "unit": "email", "reports_as": "emails.sent")"));
  EXPECT_EQ(policy->limits[0].report_group, "emails");
  EXPECT_EQ(policy->limits[0].report_used, "sent");
  EXPECT_EQ(policy->limits[0].unit, "email");
  EXPECT_EQ(compiled(PolicyText().text())->limits[0].unit, "unit");
}

TEST(Compile, ZonesAreLoadedOncePerName) {
  PolicyText text;
  text.limits = R"({ "name": "a", "scope": ["account"], "kind": "window", "period": "day", "zone": "UTC", "amount": 1 },
                   { "name": "b", "scope": ["line"], "kind": "window", "period": "day", "zone": "UTC", "amount": 1 })";
  text.operations = R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "a" }, { "limit": "b" }] })";
  const auto policy = compiled(text.text());
  EXPECT_EQ(policy->zones.size(), 1U);
  EXPECT_EQ(policy->limits[0].rule.zone, policy->limits[1].rule.zone);
}

TEST(Compile, ThePublishedNumbersOfTheProvidersComeOut) {
  const auto senddev = compiled(provider_policy("senddev"));
  EXPECT_EQ(amount_of(*senddev, "emails_second", 1).bank + 10 * 10, 200U);
  EXPECT_EQ(amount_of(*senddev, "emails_second", 2).bank + 50 * 30, 4500U);
  const auto sendblue = compiled(provider_policy("sendblue"));
  EXPECT_EQ(amount_of(*sendblue, "month", 0).cap, 2400U);
  EXPECT_EQ(limit_of(*sendblue, "queued").rule.denies_as, DenialKind::depth);
  const auto comply = compiled(provider_policy("senddev"), "comply");
  EXPECT_EQ(amount_of(*comply, "batch_day", 0).amount, 10U);
}

}  // namespace
}  // namespace sluice
