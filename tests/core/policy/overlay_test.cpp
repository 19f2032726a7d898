// SPDX-License-Identifier: Apache-2.0
#include "core/policy/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string with_overlay(const std::string& overlay, PolicyText text = {}) {
  text.rest = "\"comply\": " + overlay;
  return text.text();
}

const Limit& limit_of(const PolicyResult& result, std::string_view name) {
  return result.policy->limits[static_cast<size_t>(result.policy->find_limit(name))];
}

TEST(Overlay, AGivenFieldReplacesAndTheRestStays) {
  const auto text = with_overlay(R"({ "limits": [{ "name": "day", "amount": 50, "mode": "advise" }] })");
  const auto comply = load(text, "comply");
  ASSERT_TRUE(comply.policy) << all_said(comply);
  EXPECT_EQ(limit_of(comply, "day").amounts[0].amount.amount, 50U);
  EXPECT_EQ(limit_of(comply, "day").rule.mode, Mode::advise);
  EXPECT_EQ(limit_of(comply, "day").rule.period_kind, PeriodKind::day);
  EXPECT_EQ(comply.policy->stance, "comply");
  const auto enforce = load(text);
  EXPECT_EQ(limit_of(enforce, "day").amounts[0].amount.amount, 100U);
  EXPECT_THAT(enforce.stances, ElementsAre("enforce", "comply"));
}

TEST(Overlay, WithoutOneThereIsOnlyTheEnforceStance) {
  const auto result = load(PolicyText().text(), "comply");
  EXPECT_FALSE(result.policy);
  EXPECT_THAT(said(result), ElementsAre(R"(: the policy has no stance "comply"; it has enforce)"));
  EXPECT_THAT(result.stances, ElementsAre("enforce"));
}

TEST(Overlay, ANewNameAddsLimitsOperationsChargesSubjectsAndPlans) {
  const auto result = load(with_overlay(R"({
    "subjects": [{ "scope": ["line"], "plans": ["a"], "default": "a" }, { "scope": ["account"], "plans": ["free", { "name": "max" }] }],
    "limits": [{ "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 5 }],
    "operations": [
      { "name": "send", "charges": [{ "limit": "line_day" }] },
      { "name": "other", "values": ["line"], "charges": [{ "limit": "line_day" }] }
    ] })"),
                           "comply");
  ASSERT_TRUE(result.policy) << all_said(result);
  EXPECT_EQ(result.policy->operations[0].charges.size(), 2U);
  EXPECT_EQ(result.policy->operations[1].name, "other");
  EXPECT_EQ(result.policy->plan_sets[0].plans.size(), 3U);
  EXPECT_EQ(result.policy->plan_sets[0].plans[2].name, "max");
  EXPECT_EQ(result.policy->plan_sets[1].plans[0].name, "a");
}

TEST(Overlay, NullRemovesAField) {
  PolicyText text;
  text.limits =
      R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100, "thresholds": [50] })";
  const auto result = load(with_overlay(R"({ "limits": [{ "name": "day", "thresholds": null }] })", text), "comply");
  ASSERT_TRUE(result.policy) << all_said(result);
  EXPECT_THAT(limit_of(result, "day").amounts[0].thresholds, IsEmpty());
}

TEST(Overlay, NullOfARequiredFieldLeavesItMissing) {
  EXPECT_THAT(errors(with_overlay(R"({ "limits": [{ "name": "day", "scope": null }] })"), "comply"),
              ElementsAre("limits[0]: field `scope` is required"));
}

TEST(Overlay, NullWithNothingToRemoveIsAWarning) {
  const auto known = load(with_overlay(R"({ "limits": [{ "name": "day", "zone": null }] })"), "comply");
  EXPECT_TRUE(known.policy);
  EXPECT_THAT(said(known, Severity::warning), ElementsAre("comply.limits[day].zone: there is no `zone` to remove"));
  const auto added = load(
      with_overlay(R"({ "subjects": [{ "scope": ["account"], "plans": [{ "name": "pro", "promotes": null }] }] })"), "comply");
  EXPECT_TRUE(added.policy) << all_said(added);
  EXPECT_THAT(said(added, Severity::warning),
              ElementsAre("comply.subjects[account].plans[pro].promotes: there is no `promotes` to remove"));
}

TEST(Overlay, NothingTheBaseNamesCanBeRemoved) {
  const std::string why = "an overlay cannot remove what the policy names: ";
  EXPECT_THAT(errors(with_overlay(R"({ "limits": null, "operations": [{ "name": "send", "charges": null }],
                                       "subjects": [{ "scope": ["account"], "plans": null }] })"),
                     "comply"),
              ElementsAre("comply.limits: " + why + "`limits` may only be added to and changed",
                          "comply.operations[send].charges: " + why + "`charges` may only be added to and changed",
                          "comply.subjects[account].plans: " + why + "`plans` may only be added to and changed"));
}

TEST(Overlay, NullOutsideAnOverlayIsAnError) {
  EXPECT_THAT(errors(with_limit(R"("scope": ["account"], "kind": "window", "period": "day", "amount": 1, "zone": null)")),
              ElementsAre("limits[0].zone: null removes a field, and only in an overlay; leave `zone` out"));
}

TEST(Overlay, AmountsMergeByPlanEvenWhereTheBaseListsPlansTogether) {
  PolicyText text;
  text.limits = R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day",
                     "amounts": [{ "plan": ["free", "pro"], "amount": 100, "thresholds": [50] }] })";
  const auto result =
      load(with_overlay(R"({ "limits": [{ "name": "day", "amounts": [{ "plan": "free", "amount": 7 }] }] })", text), "comply");
  ASSERT_TRUE(result.policy) << all_said(result);
  EXPECT_EQ(limit_of(result, "day").amounts[0].amount.amount, 7U);
  EXPECT_THAT(limit_of(result, "day").amounts[0].thresholds, ElementsAre(5000U));
  EXPECT_EQ(limit_of(result, "day").amounts[1].amount.amount, 100U);
}

TEST(Overlay, AGivenAmountTakesThePlaceOfAnotherForm) {
  PolicyText text;
  text.limits = R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day",
                     "amounts": [{ "plan": "free", "amount": 100 }, { "plan": "pro", "unlimited": true }] })";
  const auto entry =
      load(with_overlay(R"({ "limits": [{ "name": "day", "amounts": [{ "plan": "pro", "amount": 7 }] }] })", text), "comply");
  ASSERT_TRUE(entry.policy) << all_said(entry);
  EXPECT_EQ(limit_of(entry, "day").amounts[1].amount.word, Word::number);
  const auto all = load(with_overlay(R"({ "limits": [{ "name": "day", "amount": 9 }] })", text), "comply");
  ASSERT_TRUE(all.policy) << all_said(all);
  EXPECT_EQ(limit_of(all, "day").amounts.size(), 1U);
}

TEST(Overlay, WhenTheKindChangesFieldsOfTheOldOneFallAwayWithANote) {
  PolicyText text;
  text.limits = R"({ "name": "second", "scope": ["account"], "kind": "window", "period": "1s", "zone": "UTC",
                     "amounts": [{ "plan": "free", "amount": 1 }, { "plan": "pro", "amount": 10, "burst": "2x for 10s" }] })";
  text.operations = R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "second" }] })";
  const auto result =
      load(with_overlay(R"({ "limits": [{ "name": "second", "kind": "sliding", "period": "1s", "margin": "100ms" }] })", text),
           "comply");
  ASSERT_TRUE(result.policy) << all_said(result);
  EXPECT_THAT(said(result, Severity::note),
              ElementsAre("limits[0].zone: `zone` falls away: the overlay makes the kind sliding",
                          "limits[0].amounts[1].burst: `burst` falls away: the overlay makes the kind sliding"));
  EXPECT_EQ(limit_of(result, "second").rule.period, kSecond + 100 * kMillisecond);
}

TEST(Overlay, AFieldThatItGivesAgainstItsOwnKindIsAnError) {
  EXPECT_THAT(errors(with_overlay(R"({ "limits": [{ "name": "day", "kind": "sliding", "period": "24h", "ceiling": "120%" }] })"),
                     "comply"),
              ElementsAre("comply.limits[day].ceiling: `ceiling` is for window, not for sliding"));
}

TEST(Overlay, FindingsPointIntoTheOverlay) {
  const auto result = load(with_overlay("{\n\"limits\": [{ \"name\": \"day\", \"period\": \"dya\" }] }"), "comply");
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].path, "comply.limits[day].period");
  EXPECT_EQ(result.findings[0].line, 2);
  EXPECT_EQ(result.findings[0].column, 39);
}

TEST(Overlay, UnknownFieldsInItAreErrors) {
  EXPECT_THAT(errors(with_overlay(R"({ "tenant": "line", "limit": [] })"), "comply"),
              ElementsAre(HasSubstr(R"(comply.tenant: unknown field "tenant")"),
                          R"(comply.limit: unknown field "limit"; did you mean "limits"?)"));
}

TEST(Overlay, TheMergedPolicyIsValidatedAsAWhole) {
  EXPECT_THAT(
      errors(with_overlay(R"({ "operations": [{ "name": "send", "values": ["line"] }] })"), "comply"),
      ElementsAre(R"(operations[0].charges[0].limit: limit "day" is kept for account, which the operation's `values` lack)"));
}

TEST(Overlay, ScopesOfSeveralDimensionsMatchInOrder) {
  EXPECT_THAT(errors(with_overlay(R"({ "subjects": [{ "scope": ["account"], "default": "pro" }] })"), "comply"), IsEmpty());
}

}  // namespace
}  // namespace sluice
