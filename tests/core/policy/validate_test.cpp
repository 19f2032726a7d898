// SPDX-License-Identifier: Apache-2.0
// Every error and warning of the policy language, with its words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  std::string text;
  std::string said;  // the only error: "path: message", or the beginning of it
};

void expect_each(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    EXPECT_THAT(errors(one.text), ElementsAre(HasSubstr(one.said))) << one.text;
  }
}

// A window of a day on the account with these fields besides.
std::string day_with(const std::string& fields) {
  return with_limit(R"("scope": ["account"], "kind": "window", "period": "day", )" + fields);
}

std::string operation(const std::string& fields, const std::string& limits = kLimit) {
  PolicyText text;
  text.limits = limits;
  text.operations = R"({ "name": "send", )" + fields + " }";
  return text.text();
}

std::string subjects(const std::string& list) {
  PolicyText text;
  text.subjects = list;
  return text.text();
}

constexpr const char* kDistinct =
    R"({ "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 10 })";
constexpr const char* kSeats = R"({ "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 10 })";
constexpr const char* kPair =
    R"({ "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s", "amount": 10 })";

TEST(Validate, TheSmallPolicyOfTheseTestsIsSound) {
  const auto result = load(PolicyText().text());
  EXPECT_TRUE(result.policy);
  EXPECT_THAT(result.findings, IsEmpty()) << all_said(result);
}

TEST(Validate, ASyntaxErrorStandsAlone) {
  const auto result = load(R"({ "name": 5, "limits": )");
  EXPECT_FALSE(result.policy);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].line, 1);
  EXPECT_THAT(result.stances, IsEmpty());
  EXPECT_THAT(errors("[1]"), ElementsAre(": a policy is an object, {...}"));
}

TEST(Validate, AllErrorsAreSaidAtOnceInTextOrder) {
  const auto result = load(R"({
  "name": "1st",
  "tenant": "acount",
  "limits": [
    { "name": "a", "scope": ["account"], "kind": "windw", "amount": 5 },
    { "name": "b", "scope": ["account"], "kind": "window", "perod": "day", "amount": 0 }
  ],
  "operations": [
    { "name": "send", "values": ["account"], "charges": [{ "limit": "c" }] }
  ]
})");
  EXPECT_FALSE(result.policy);
  std::vector<std::string> places;
  for (const Finding& finding : result.findings) {
    places.push_back(std::to_string(finding.line) + ":" + std::to_string(finding.column) + " " + finding.path);
  }
  EXPECT_THAT(places, ElementsAre("2:11 name", "3:13 tenant", "5:50 limits[0].kind", "6:5 limits[1]", "6:60 limits[1].perod",
                                  "6:86 limits[1].amount", "9:69 operations[0].charges[0].limit"));
  EXPECT_EQ(format_findings({result.findings[1]}),
            "line 3, column 13: tenant: unknown dimension \"acount\"; did you mean \"account\"?\n"
            "  \"tenant\": \"acount\",\n"
            "            ^");
}

TEST(Validate, ExcerptsOfLongLinesAreCutAroundThePlace) {
  const auto result =
      load("{ \"name\": \"" + std::string(500, 'x') + "\", \"tenant\": 5, \"x\": \"" + std::string(500, '\xC3') + "\" }");
  ASSERT_FALSE(result.findings.empty());
  const auto wide = load("{ \"description\": \"" + std::string(5000, 'x') +
                         "\", \"tenant\": 5,                                             \"limits\": [], \"operations\": [] }");
  for (const Finding& finding : wide.findings) EXPECT_LT(finding.excerpt.size(), 300U);
  EXPECT_THAT(all_said(wide), HasSubstr("\"tenant\": 5,   "));
}

TEST(Validate, WrongTopLevelFieldsAreNamed) {
  PolicyText text;
  text.rest = R"("limts": [])";
  expect_each({{text.text(), R"(limts: unknown field "limts"; did you mean "limits"?)"}});
  text.rest = R"("zebra": 1)";
  expect_each({{text.text(), R"(zebra: unknown field "zebra"; here stand name, description, tenant, line, subjects)"}});
  text.rest = R"("tenant": "line")";
  expect_each({{text.text(), R"(tenant: field "tenant" stands twice; first in line 1, column 19)"}});
  text.rest = R"("dialect": [])";
  expect_each({{text.text(), "dialect: expected an object, {...}, got a list"}});
  EXPECT_THAT(errors("{}"), ElementsAre(": field `name` is required", ": field `tenant` is required",
                                        ": field `limits` is required", ": field `operations` is required"));
}

TEST(Validate, TheTenantAndTheLineAreDimensionsInUse) {
  const std::string body = R"("limits": [{ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 }],
                              "operations": [{ "name": "send", "values": ["account"], "charges": [{ "limit": "day" }] }] })";
  expect_each({{R"({ "name": "t", "tenant": "customer", )" + body, R"(tenant: unknown dimension "customer"; expected account)"},
               {R"({ "name": "t", "tenant": "account", "line": "acount", )" + body,
                R"(line: unknown dimension "acount"; did you mean "account"?)"}});
}

TEST(Validate, ValuesOfTheWrongFormAreRefusedNeverGuessed) {
  expect_each({
      {day_with(R"("amount": "100")"),
       R"(limits[0].amount: expected a whole number such as 1000, got "100"; write 100 without quotes)"},
      {day_with(R"("amount": "10/s")"),
       R"(limits[0].amount: expected a whole number such as 1000, got "10/s"; only a pace has a rate)"},
      {day_with(R"("amount": "")"), R"(limits[0].amount: expected a whole number such as 1000, got "")"},
      {day_with(R"("amount": -1)"), "limits[0].amount: expected a whole number from 1 without sign, fraction or exponent"},
      {day_with(R"("amount": 0)"), R"(limits[0].amount: expected at least 1; to let nothing pass, write "blocked": true)"},
      {day_with(R"("amount": 281474976710656)"), "limits[0].amount: 281474976710656 is too large; at most 281474976710655"},
      {day_with(R"("amount": [5])"), "limits[0].amount: expected a number or a text, got a list"},
      {day_with(R"("amount": true)"), "limits[0].amount: expected a number or a text, got true or false"},
      {day_with(R"("amount": 1, "thresholds": 75)"), "limits[0].thresholds: expected a list, [...], got the number 75"},
      {day_with(R"("unlimited": "yes")"), R"(limits[0].unlimited: expected `true`, got the text "yes")"},
      {day_with(R"("unlimited": false)"), "limits[0].unlimited: expected `true`, got true or false"},
      {day_with(R"("amount": 1, "unit": 5)"), "limits[0].unit: expected a name in quotes, got the number 5"},
  });
}

TEST(Validate, WrongLimitsAreNamed) {
  expect_each({
      {with_limit(R"("scope": ["account"], "kind": "windows", "amount": 1)"),
       R"(limits[0].kind: unknown kind "windows"; did you mean "window"?)"},
      {with_limit(R"("scope": ["account"], "kind": "bucket", "amount": 1)"),
       R"(limits[0].kind: unknown kind "bucket"; expected pace, window, sliding, distinct, gauge or upstream)"},
      {with_limit(R"("kind": "window", "period": "day", "amount": 1)"), "limits[0]: field `scope` is required"},
      {with_limit(R"("scope": "account", "kind": "window", "period": "day", "amount": 1)"),
       R"(limits[0].scope: expected a list, [...], got the text "account")"},
      {with_limit(R"("scope": [], "kind": "window", "period": "day", "amount": 1)"), "limits[0].scope: at least 1 in `scope`"},
      {with_limit(R"("scope": ["account", "account"], "kind": "window", "period": "day", "amount": 1)"),
       R"(limits[0].scope[1]: "account" is already named in this list)"},
      {with_limit(R"("scope": ["a", "b", "c", "d", "e"], "kind": "window", "period": "day", "amount": 1)"),
       "limits[0].scope: at most 4 scope"},
      {with_limit(R"("scope": [5], "kind": "window", "period": "day", "amount": 1)"),
       "limits[0].scope[0]: expected a name in quotes, got the number 5"},
      {with_limit(R"("scope": ["account"], "kind": "window", "amount": 1)"),
       "limits[0]: field `period` is required for kind window"},
      {with_limit(R"("scope": ["account"], "kind": "sliding", "amount": 1)"),
       "limits[0]: field `period` is required for kind sliding"},
      {with_limit(R"("scope": ["account"], "kind": "distinct", "amount": 1)", R"(, "of": "recipient")"),
       "limits[0]: field `period` is required for kind distinct"},
      {with_limit(R"("scope": ["account"], "kind": "upstream")"), "limits[0]: field `longest` is required for kind upstream"},
      {with_limit(R"("scope": ["account"], "kind": "upstream", "longest": "1h", "amount": 5)"),
       "limits[0].amount: `amount` is for pace, window, sliding, distinct and gauge, not for upstream"},
      {with_limit(R"("scope": ["account"], "kind": "pace", "amount": "1/s", "period": "1s")"),
       "limits[0].period: `period` is for window, sliding and distinct, not for pace"},
      {with_limit(R"("scope": ["account"], "kind": "sliding", "period": "day", "amount": 1)"),
       "limits[0].period: expected a duration"},
      {day_with(R"("amount": 1, "mode": "dney")"), R"(limits[0].mode: unknown mode "dney"; did you mean "deny"?)"},
      {day_with(R"("amount": 1, "denies_as": "never")"),
       R"(limits[0].denies_as: unknown denial kind "never"; expected quota, rate, gauge, distinct, depth or upstream)"},
      {day_with(R"("amount": 1, "reports_as": "emails")"),
       R"(limits[0].reports_as: expected two words with a dot, such as "emails.sent", got "emails")"},
      {day_with(R"("amount": 1, "reports_as": "a.b.c")"), R"(limits[0].reports_as: expected two words with a dot)"},
      {day_with(R"("amount": 1, "zone": "Mars/Phobos")"), R"(limits[0].zone: unknown time zone "Mars/Phobos")"},
      {with_limit(R"("scope": ["account"], "kind": "window", "period": "60s", "amount": 1, "zone": "UTC")"),
       R"(limits[0].zone: `zone` is for the calendar periods "day", "week", "month" and "year")"},
      {with_limit(R"("scope": ["account"], "kind": "window", "period": "billing", "amount": 1, "zone": "UTC")"),
       "limits[0].zone: a billing cycle has the zone of its subject"},
      {with_limit(R"("scope": ["account"], "kind": "sliding", "period": "1s", "amount": 1, "slots": 1025)"),
       "limits[0].slots: expected 1 to 1024 slots, got 1025"},
      {with_limit(R"("scope": ["account"], "kind": "sliding", "period": "5ns", "amount": 1, "slots": 6)"),
       "limits[0].slots: more slots than the period has nanoseconds"},
      {with_limit(R"("scope": ["account"], "kind": "sliding", "period": "1s", "amount": 1, "margin": "2s")"),
       "limits[0].margin: a margin is at most as long as the period"},
      {with_limit(R"("scope": ["account"], "kind": "pace", "amount": "1/s", "slack": "fast")"),
       "limits[0].slack: expected a duration"},
      {with_limit(R"("scope": ["account"], "kind": "gauge", "amount": 5, "lease": "1h")"),
       "limits[0].lease: `lease` is for named resources, and no charge on this gauge has `of`"},
  });
}

TEST(Validate, NamesAreUniqueInTheirList) {
  PolicyText text;
  text.limits = std::string(kLimit) + ", " + kLimit;
  expect_each({{text.text(), R"(limits[1].name: "day" is already named in this list)"}});
  text.limits = kLimit;
  text.operations = std::string(kSend) + ", " + kSend;
  expect_each({{text.text(), R"(operations[1].name: "send" is already named in this list)"}});
}

TEST(Validate, WrongAmountsAreNamed) {
  const auto pace = [](const std::string& fields) { return with_limit(R"("scope": ["account"], "kind": "pace", )" + fields); };
  const auto second = [](const std::string& fields) {
    return with_limit(R"("scope": ["account"], "kind": "window", "period": "1s", )" + fields);
  };
  expect_each({
      {day_with(R"("unit": "x")"),
       "limits[0]: no amount; expected one of `amount`, `unlimited`, `custom`, `blocked`, `of` and `amounts`"},
      {day_with(R"("amount": 1, "unlimited": true)"), "limits[0].unlimited: either `amount` or `unlimited`, not both"},
      {day_with(R"("amount": 1, "amounts": [{ "plan": ["free", "pro"], "amount": 1 }])"),
       "limits[0].amount: either `amount` or `amounts`, not both"},
      {day_with(R"("amount": 1, "times": "1/2")"), "limits[0].times: `times` goes with `of`"},
      {day_with(R"("unlimited": true, "thresholds": [50])"),
       "limits[0].thresholds: `thresholds` means nothing beside `unlimited`; leave it out"},
      {day_with(R"("blocked": true, "ceiling": "120%")"),
       "limits[0].ceiling: `ceiling` means nothing beside `blocked`; leave it out"},
      {pace(R"("amount": 10)"), R"(limits[0].amount: the amount of a pace is a rate such as "10/s", got 10)"},
      {pace(R"("amount": "fast")"), R"(limits[0].amount: expected a rate such as "10/s")"},
      {pace(R"("amount": "1/s", "depth": "80")"), "limits[0].depth: a depth in units is a number; write 80 without quotes"},
      {pace(R"("amount": "1/s", "depth": "deep")"),
       R"(limits[0].depth: expected a depth in units such as 80, or a duration such as "1s", got "deep")"},
      {pace(R"("amount": "1/s", "depth": 0)"), "limits[0].depth: expected at least 1"},
      {pace(R"("amount": "1/day", "depth": 281474976710655)"), "limits[0]: the depth is too large"},
      {second(R"("amount": 10, "burst": "2x for 1500ms")"),
       R"(limits[0].burst: a burst lasts a whole number of periods, got "2x for 1500ms")"},
      {second(R"("amount": 10, "burst": "double")"), R"(limits[0].burst: expected a burst such as "2x for 10s")"},
      {second(R"("amount": 281474976710655, "burst": "2x for 10s")"),
       "limits[0]: the burst is too large: factor x amount x periods must be below 2^48"},
      {second(R"("amount": 10, "burst": "2x for 10s", "ceiling": "120%")"),
       "limits[0].ceiling: either `ceiling` or `burst`, not both"},
      {day_with(R"("amount": 10, "burst": "2x for 10s")"),
       "limits[0].burst: `burst` is for periods that are aligned to the clock"},
      {day_with(R"("amount": 10, "ceiling": "90%")"), R"(limits[0].ceiling: a ceiling is 100% or more, got "90%")"},
      {day_with(R"("amount": 10, "ceiling": 120)"), "limits[0].ceiling: expected a text in quotes, got the number 120"},
      {day_with(R"("amount": 281474976710655, "ceiling": "120%")"), "limits[0]: the ceiling is too large"},
      {day_with(R"("amount": 10, "thresholds": [90, 75])"),
       "limits[0].thresholds[1]: thresholds ascend, such as [75, 90, 100]; 75 is not above the one before"},
      {day_with(R"("amount": 10, "thresholds": [75, 75])"), "limits[0].thresholds[1]: thresholds ascend"},
      {day_with(R"("amount": 10, "thresholds": ["75"])"), "limits[0].thresholds[0]: expected a percentage as a number"},
      {day_with(R"("amount": 10, "thresholds": [0])"),
       "limits[0].thresholds[0]: expected a percentage above 0, up to 1000, got 0"},
      {day_with(R"("amount": 10, "thresholds": [1,2,3,4,5,6,7,8,9])"), "limits[0].thresholds: at most 8 thresholds"},
      {with_limit(R"("scope": ["account"], "kind": "sliding", "period": "24h", "amount": 7000)"),
       R"(limits[0]: an exact log holds at most 1024 entries; 7000 would take up to 112000 bytes for every subject. Count in slots instead: "slots": 100 takes up to 1632 bytes, is never over and late by at most 864s)"},
  });
}

TEST(Validate, WrongAmountsByPlanAreNamed) {
  const auto amounts = [](const std::string& list) { return day_with("\"amounts\": [" + list + "]"); };
  expect_each({
      {amounts(R"({ "plan": "free", "amount": 1 })"), "limits[0].amounts: every plan needs an amount; none for pro"},
      {amounts(R"({ "plan": "fre", "amount": 1 }, { "plan": "pro", "amount": 1 })"),
       R"(limits[0].amounts[0].plan: unknown plan "fre"; did you mean "free"?)"},
      {amounts(R"({ "plan": "free", "amount": 1 }, { "plan": ["free", "pro"], "amount": 1 })"),
       R"(limits[0].amounts[1].plan[0]: plan "free" has an amount already)"},
      {amounts(R"({ "amount": 1 }, { "plan": "pro", "amount": 1 })"), "limits[0].amounts[0]: field `plan` is required"},
      {amounts(R"(5)"), "limits[0].amounts[0]: expected an object, {...}, got the number 5"},
      {amounts(R"({ "plan": "free" }, { "plan": "pro", "amount": 1 })"),
       "limits[0].amounts[0]: no amount; expected one of `amount`, `unlimited`, `custom`, `blocked`, `of`"},
      {amounts(R"({ "plan": "free", "amount": 1, "depth": 1 }, { "plan": "pro", "amount": 1 })"),
       "limits[0].amounts[0].depth: `depth` is for pace, not for window"},
      {amounts(""), "limits[0].amounts: at least 1 in `amounts`"},
      {with_limit(R"("scope": ["line"], "kind": "window", "period": "day", "amounts": [{ "plan": "free", "amount": 1 }])"),
       R"(limits[0].amounts: the subjects of "line" have no plans; describe them in `subjects`, or write one amount for all)"},
  });
}

TEST(Validate, TheDimensionWhosePlanChoosesIsNamedWhereThereAreSeveral) {
  const std::string scope = R"("scope": ["account", "line"], )";
  const std::string amounts = R"("amounts": [{ "plan": ["free", "pro"], "amount": 1 }])";
  const std::string paces = R"("amounts": [{ "plan": ["free", "pro"], "amount": "1/s" }])";
  expect_each({
      {with_limit(scope + R"("kind": "window", "period": "day", )" + amounts),
       R"(limits[0]: the scope has several dimensions; `by` says whose plan chooses the amount, such as "by": "account")"},
      {with_limit(scope + R"("by": "recipient", "kind": "window", "period": "day", )" + amounts),
       R"(limits[0].by: unknown dimension of the scope "recipient"; expected account or line)"},
      {with_limit(scope + R"("by": "line", "kind": "window", "period": "day", )" + amounts),
       R"(limits[0].by: the subjects of "line" have no plans)"},
      {with_limit(scope + R"("by": "account", "kind": "pace", )" + paces),
       "limits[0].by: `by` on a scope of several dimensions is for window (without burst), sliding and distinct, not for pace"},
      {with_limit(scope + R"("by": "account", "kind": "gauge", )" + amounts), "not for gauge"},
      {with_limit(
           scope +
           R"("by": "account", "kind": "window", "period": "1s", "amounts": [{ "plan": ["free", "pro"], "amount": 1, "burst": "2x for 2s" }])"),
       "not for window with burst"},
      {with_limit(scope + R"("kind": "window", "period": "billing", "amount": 5)"),
       "limits[0].period: the scope has several dimensions; `by` says whose billing cycle it is"},
  });
  EXPECT_THAT(errors(with_limit(scope + R"("by": "account", "kind": "window", "period": "day", )" + amounts)), IsEmpty());
  EXPECT_THAT(errors(with_limit(scope + R"("by": "account", "kind": "window", "period": "billing", "amount": 5)")), IsEmpty());
}

TEST(Validate, AmountsThatFollowMustHaveSomethingToFollow) {
  const auto follow = [](const std::string& fields, const std::string& base = kLimit) {
    PolicyText text;
    text.limits = base + R"(, { "name": "tenth", )" + fields + " }";
    text.operations =
        R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "tenth" }, { "limit": "day" }] })";
    return text.text();
  };
  const std::string window = R"("scope": ["account"], "kind": "window", "period": "day", )";
  const std::string small = R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 5 })";
  expect_each({
      {follow(window + R"("of": "dya")"), R"(limits[1].of: unknown limit "dya"; did you mean "day"?)"},
      {follow(window + R"("of": "tenth")"), "limits[1].of: these amounts follow each other: tenth -> tenth"},
      {follow(window + R"("of": "day", "times": "a tenth")"), "limits[1].times: expected a fraction"},
      {follow(window + R"("of": "day", "times": "1/10")", small), "limits[1]: 1/10 of 5 is below 1 or too large"},
      {follow(window + R"("of": "day", "times": "1000000000000000")"), "limits[1].times: expected a fraction"},
      {follow(R"("scope": ["account"], "kind": "pace", "of": "day")"), R"(limits[1].of: a pace cannot follow "day", a window)"},
      {follow(R"("scope": ["line"], "kind": "window", "period": "day", "of": "day")"),
       R"(limits[1].of: a limit follows one of the same scope and the same `by`; "day" has another)"},
      {follow(window + R"("of": "day")",
              R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "of": "tenth" })"),
       "limits[1].of: these amounts follow each other: day -> tenth -> day"},
  });
}

TEST(Validate, WrongSubjectsAreNamed) {
  expect_each({
      {subjects(R"([{ "scope": ["account", "line"] }])"),
       R"(subjects[0].scope: plans belong to one dimension, such as ["account"])"},
      {subjects(R"([{ "scope": ["account"] }, { "scope": ["account"] }])"),
       R"(subjects[1].scope: the subjects of "account" are already described)"},
      {subjects(R"([{ "scope": ["account"], "plans": ["free"] }])"), "subjects[0]: with `plans`, field `default` is required"},
      {subjects(R"([{ "scope": ["account"], "default": "free" }])"),
       "subjects[0].default: `default` names one of `plans`, and there are none"},
      {subjects(R"([{ "scope": ["account"], "plans": ["free"], "default": "fee" }])"),
       R"(subjects[0].default: unknown plan "fee"; did you mean "free"?)"},
      {subjects(R"([{ "scope": ["account"], "plans": ["free", "free"], "default": "free" }])"),
       R"(subjects[0].plans[1]: "free" is already named in this list)"},
      {subjects(R"([{ "scope": ["account"], "plans": ["1"], "default": "free" }])"),
       R"(subjects[0].plans[0]: the name "1" does not begin with a letter)"},
      {subjects(R"([{ "scope": ["account"], "plans": [], "default": "free" }])"), "subjects[0].plans: at least 1 in `plans`"},
      {subjects(R"([{ "scope": ["account"], "plan": ["free"] }])"),
       R"(subjects[0].plan: unknown field "plan"; did you mean "plans"?)"},
      {subjects(R"([{ "scope": ["account"], "billing": { "day": 32 } }])"),
       "subjects[0].billing.day: expected a day of the month from 1 to 31, got 32"},
      {subjects(R"([{ "scope": ["account"], "billing": { "day": 0 } }])"),
       "subjects[0].billing.day: expected a day of the month from 1 to 31, got 0"},
      {subjects(R"([{ "scope": ["account"], "billing": { "time": "25:00" } }])"),
       R"(subjects[0].billing.time: expected a time of day such as "09:30")"},
      {subjects(R"([{ "scope": ["account"], "billing": { "zone": "Nowhere" } }])"),
       R"(subjects[0].billing.zone: unknown time zone "Nowhere")"},
      {subjects(R"([{ "scope": ["account"], "billing": { "dya": 1 } }])"),
       R"(subjects[0].billing.dya: unknown field "dya"; did you mean "day"?)"},
      {subjects(R"([5])"), "subjects[0]: expected an object, {...}, got the number 5"},
  });
}

TEST(Validate, WrongPromotionsAreNamed) {
  const auto promotes = [](const std::string& fields, const std::string& limit = kLimit) {
    PolicyText text;
    text.subjects = R"([{ "scope": ["account"], "plans": [{ "name": "free", "promotes": { )" + fields +
                    R"( } }, "pro"], "default": "free" }])";
    text.limits = limit;
    return text.text();
  };
  const std::string path = "subjects[0].plans[0].promotes.";
  expect_each({
      {promotes(R"("to": "por", "limit": "day", "at": "50%", "within": "7 days")"),
       path + R"(to: unknown plan "por"; did you mean "pro"?)"},
      {promotes(R"("to": "free", "limit": "day", "at": "50%", "within": "7 days")"),
       path + "to: a plan promotes to another plan"},
      {promotes(R"("to": "pro", "limit": "dya", "at": "50%", "within": "7 days")"),
       path + R"(limit: unknown limit "dya"; did you mean "day"?)"},
      {promotes(R"("to": "pro", "limit": "day", "at": "150%", "within": "7 days")"),
       path + R"(at: expected at most "100%", got "150%")"},
      {promotes(R"("to": "pro", "limit": "day", "at": "half", "within": "7 days")"), path + "at: expected a percentage"},
      {promotes(R"("to": "pro", "limit": "day", "at": "50%", "within": "week")"), path + "within: expected a duration"},
      {promotes(R"("to": "pro", "limit": "day", "at": "50%")"), "subjects[0].plans[0].promotes: field `within` is required"},
      {promotes(R"("to": "pro", "limit": "day", "at": "50%", "within": "7 days")",
                R"({ "name": "day", "scope": ["line"], "kind": "window", "period": "day", "amount": 5 })"),
       path + R"(limit: a promotion looks at a limit of its own subjects; "day" has another scope)"},
      {promotes(R"("to": "pro", "limit": "day", "at": "50%", "within": "7 days")",
                R"({ "name": "day", "scope": ["account"], "kind": "pace", "amount": "1/s" })"),
       path + "limit: a promotion looks at how much of a limit is used; a pace has no such share"},
      {promotes(R"("to": "pro", "limit": "day", "at": "50%", "within": "7 days")",
                R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "unlimited": true })"),
       path + R"(limit: "day" is unlimited or blocked on this plan)"},
  });
  const std::string circle = R"([{ "scope": ["account"], "plans": [
      { "name": "a", "promotes": { "to": "b", "limit": "day", "at": "50%", "within": "7 days" } },
      { "name": "b", "promotes": { "to": "a", "limit": "day", "at": "50%", "within": "7 days" } }], "default": "a" }])";
  expect_each({{subjects(circle), "subjects[0].plans[1].promotes.to: these promotions lead back to where they began"}});
}

TEST(Validate, WrongOperationsAreNamed) {
  const std::string charge = R"("charges": [{ "limit": "day" }])";
  expect_each({
      {operation(R"("values": ["account", "account", "line"], )" + charge),
       R"(operations[0].values[1]: "account" is already named in this list)"},
      {operation(R"("values": ["account", "line"], "repeats": "recipient", )" + charge),
       R"(operations[0].repeats: unknown value of the operation "recipient"; expected account or line)"},
      {operation(R"("values": ["account", "line"], "repeats": "line", )" + charge),
       "operations[0].repeats: the line of a request cannot repeat"},
      {operation(R"("values": ["account", "line"], "quantities": ["a", "a"], )" + charge),
       R"(operations[0].quantities[1]: "a" is already named in this list)"},
      {operation(R"("values": ["account", "line"], "quantities": ["a","b","c","d","e","f","g","h","i"], )" + charge),
       "operations[0].quantities: at most 8 quantities"},
      {operation(R"("values": ["account", "line"], "charge": [], )" + charge),
       R"(operations[0].charge: unknown field "charge"; did you mean "charges"?)"},
      {operation(R"("values": ["account", "line"])"), "operations[0]: field `charges` is required"},
  });
  EXPECT_THAT(errors(operation(R"("values": ["account", "line"], "repeats": "account", "charges": [])")),
              ElementsAre("operations[0].repeats: the tenant of a request cannot repeat"));
}

TEST(Validate, WrongChargesAreNamed) {
  const auto charges = [](const std::string& list, const std::string& limits = kLimit) {
    return operation(R"("values": ["account", "line", "recipient"], "repeats": "recipient", "charges": [)" + list + "]", limits);
  };
  const std::string at = "operations[0].charges[0]";
  expect_each({
      {charges(R"({ "limit": "dya" })"), at + R"(.limit: unknown limit "dya"; did you mean "day"?)"},
      {charges(R"({ "limit": "day" }, { "limit": "day" })"),
       R"(operations[0].charges[1].limit: this operation charges "day" already)"},
      {charges(R"({ "limit": "day", "cost": 0 })"), at + ".cost: expected at least 1"},
      {charges(R"({ "limit": "day", "cost": "5" })"), at + ".cost: a cost in units is a number; write 5 without quotes"},
      {charges(R"({ "limit": "day", "cost": "parts" })"), at + R"(.cost: unknown quantity "parts"; there is none)"},
      {charges(R"({ "limit": "day", "each": "line" })"), at + R"(.each: "line" does not repeat here; see `repeats`)"},
      {charges(R"({ "limit": "pair" })", kPair),
       at + R"(: limit "pair" is kept for each recipient, which repeats here; write "each": "recipient")"},
      {charges(R"({ "limit": "day", "mode": "quue" })"), at + R"(.mode: unknown mode "quue"; did you mean "queue"?)"},
      {charges(R"({ "limit": "day", "charge": "force" })"), at + R"(.charge: unknown charge "force"; did you mean "forced"?)"},
      {charges(R"({ "limit": "day", "charge": "release" })"), at + R"(.charge: "release" is for gauge, not for window)"},
      {charges(R"({ "limit": "day", "charge": "exempt" })"),
       at + R"(.charge: "exempt" is for distinct with `exemption`, not for window)"},
      {charges(R"({ "limit": "people", "of": "recipient", "charge": "exempt" })", kDistinct),
       at + R"(.charge: "exempt" is for distinct with `exemption`, not for one without)"},
      {charges(R"({ "limit": "people" })", kDistinct),
       at + R"(: limit "people" counts distinct values; `of` says of which dimension)"},
      {charges(R"({ "limit": "people", "of": "recipent" })", kDistinct),
       at + R"(.of: unknown value of the operation "recipent"; did you mean "recipient"?)"},
      {charges(R"({ "limit": "people", "of": "account" })", kDistinct),
       at + R"(.of: "account" is in the limit's scope: it would always be the same one)"},
      {charges(R"({ "limit": "people", "of": "recipient", "each": "recipient" })", kDistinct),
       at + R"(.each: the values of "recipient" are taken together; leave `each` out)"},
      {charges(R"({ "limit": "people", "of": "recipient", "cost": 2 })", kDistinct),
       at + ".cost: `cost` is for pace, window, sliding and gauge, not for distinct"},
      {charges(R"({ "limit": "day", "of": "recipient" })"), at + ".of: `of` is for distinct and gauge, not for window"},
      {charges(R"({ "limit": "seats", "of": "recipient", "cost": 2 })", kSeats),
       at + ".cost: what is held by name costs one a name; leave `cost` out"},
      {charges(R"({ "limit": "day", "while": "queued" })"), at + ".while: `while` is for gauge, not for window"},
      {charges(R"({ "limit": "seats", "while": "waiting" })", kSeats),
       at + R"(.while: unknown state "waiting"; expected queued)"},
      {charges(R"({ "limit": "seats", "while": "queued", "of": "recipient" })", kSeats),
       at + ".of: queue depth is counted in units; leave `of` out"},
      {charges(R"({ "limit": "seats", "while": "queued", "charge": "forced" })", kSeats),
       at + ".charge: queue depth is taken by enqueue alone; leave `charge` out"},
      {charges(R"({ "limit": "seats", "while": "queued", "mode": "queue" })", kSeats),
       at + ".mode: queue depth is taken by enqueue alone; leave `mode` out"},
      {charges(R"({ "limit": "day", "refund": "always" })"), at + R"(.refund: unknown occasion "always"; expected failed)"},
      {charges(R"({ "limit": "seats", "charge": "release", "refund": "failed" })", kSeats),
       at + ".refund: a release takes nothing that could be refunded"},
  });
}

TEST(Validate, EveryDimensionOfAChargedScopeIsAmongTheValues) {
  PolicyText text;
  text.limits = std::string(kPair) + ", " + kLimit;
  text.operations = std::string(kSend) + R"(, { "name": "check", "values": ["account"], "charges": [{ "limit": "pair" }] })";
  expect_each(
      {{text.text(),
        R"(operations[1].charges[0].limit: limit "pair" is kept for line and recipient, which the operation's `values` lack)"}});
}

TEST(Validate, AGaugeIsHeldByNameOrByUnitsNotByBoth) {
  PolicyText text;
  text.limits = kSeats;
  text.operations =
      R"({ "name": "add", "values": ["account", "line", "member"], "charges": [{ "limit": "seats", "of": "member" }] },
                       { "name": "drop", "values": ["account"], "charges": [{ "limit": "seats", "charge": "release" }] })";
  expect_each({{text.text(), R"(operations[1].charges[0]: gauge "seats" is held by name elsewhere (`of`))"}});
}

TEST(Validate, WhatWaitsNeedsALine) {
  PolicyText text;
  text.operations =
      std::string(kSend) + R"(, { "name": "later", "values": ["account"], "charges": [{ "limit": "day", "mode": "queue" }] })";
  expect_each(
      {{text.text(),
        R"(operations[1].charges[0]: "later" can wait, so it needs a line: the policy's `line` must be among its `values`)"}});
  text.operations =
      std::string(kSend) +
      R"(, { "name": "later", "values": ["account"], "charges": [{ "limit": "day", "mode": "queue", "charge": "forced" }] })";
  EXPECT_THAT(errors(text.text()), IsEmpty());
}

TEST(Validate, BoundsOfListsAreKept) {
  const auto many = [](size_t count, const std::string& before, const std::string& after) {
    std::string list;
    for (size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ", ") + before + std::to_string(i) + after;
    return list;
  };
  PolicyText text;
  text.limits = std::string(kLimit) + ", " +
                many(64, R"({ "name": "l)", R"(", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 })");
  expect_each({{text.text(), "limits: at most 64 limits"}});
  text.limits = kLimit;
  text.operations = std::string(kSend) + ", " + many(256, R"({ "name": "o)", R"(", "values": ["account"], "charges": [] })");
  expect_each({{text.text(), "operations: at most 256 operations"}});
  text.operations = std::string(kSend) + R"(, { "name": "o", "values": [)" + many(17, "\"d", "\"") + R"(], "charges": [] })";
  EXPECT_THAT(errors(text.text()),
              ElementsAre("operations[1].values: at most 16 values", "operations[1].values[13]: at most 16 dimensions",
                          "operations[1].values[14]: at most 16 dimensions", "operations[1].values[15]: at most 16 dimensions"));
  text.operations = kSend;
  text.subjects = R"([{ "scope": ["account"], "plans": [)" + many(33, "\"p", "\"") + R"(], "default": "p0" }])";
  expect_each({{text.text(), "subjects[0].plans: at most 32 plans"}});
  text.subjects = kSubjects;
  text.limits = std::string(kLimit) + ", " +
                many(17, R"({ "name": "l)", R"(", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 })");
  text.operations = R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "day" }, )" +
                    many(16, R"({ "limit": "l)", R"(" })") + "] }";
  expect_each({{text.text(), "operations[0].charges: at most 16 charges"}});
  EXPECT_THAT(errors(R"({ "name": "t", "tenant": "a", "limits": [], "operations": [] })"),
              ElementsAre("limits: at least 1 in `limits`", "operations: at least 1 in `operations`"));
}

TEST(Validate, CostsThatCanNeverPassAreErrorsAndOnSomePlansWarnings) {
  expect_each({{operation(R"("values": ["account", "line"], "charges": [{ "limit": "day", "cost": 101 }])"),
                R"(operations[0].charges[0].cost: a cost of 101 can never pass "day"; the largest that can is 100)"},
               {with_limit(R"("scope": ["account"], "kind": "pace", "amount": "10/s", "depth": 5)", R"(, "cost": 6)"),
                R"(a cost of 6 can never pass "l"; the largest that can is 5)"},
               {with_limit(R"("scope": ["account"], "kind": "gauge", "amount": 5, "mode": "queue")", R"(, "cost": 6)"),
                R"(a cost of 6 can never pass "l"; the largest that can is 5)"}});
  EXPECT_THAT(errors(with_limit(R"("scope": ["account"], "kind": "pace", "amount": "10/s", "mode": "queue")", R"(, "cost": 6)")),
              IsEmpty());
  EXPECT_THAT(errors(day_with(R"("amount": 100, "ceiling": "120%")")), IsEmpty());
  const auto some = load(with_limit(R"("scope": ["account"], "kind": "window", "period": "day",
      "amounts": [{ "plan": "free", "amount": 5 }, { "plan": "pro", "amount": 50 }])",
                                    R"(, "cost": 10)"));
  EXPECT_TRUE(some.policy);
  EXPECT_THAT(said(some, Severity::warning),
              ElementsAre(R"(operations[0].charges[0].cost: a cost of 10 can never pass "l" on free)"));
}

TEST(Validate, LimitsThatCanNeverBindAreWarnedOf) {
  PolicyText text;
  text.limits = std::string(kLimit) + ", " + kPair;
  EXPECT_THAT(said(load(text.text()), Severity::warning),
              ElementsAre(R"(limits[1]: limit "pair" can never bind: no operation charges it)"));

  const auto windows = [](const std::string& minute, const std::string& day) {
    PolicyText both;
    both.limits = R"({ "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": )" + minute +
                  R"( }, { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": )" + day + " }";
    both.operations =
        R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "minute" }, { "limit": "day" }] })";
    return both;
  };
  EXPECT_THAT(said(load(windows("1", "100000").text()), Severity::warning),
              ElementsAre(R"(limits[1]: limit "day" can never bind: "minute" lets less than its amount pass in its period)"));
  EXPECT_THAT(said(load(windows("1", "1440").text()), Severity::warning), IsEmpty());
  PolicyText elsewhere = windows("1", "100000");
  elsewhere.operations += R"(, { "name": "other", "values": ["account"], "charges": [{ "limit": "day" }] })";
  EXPECT_THAT(said(load(elsewhere.text()), Severity::warning), IsEmpty());
}

TEST(Validate, OtherThingsThatCannotBeMeantAreWarnedOfOrNoted) {
  const auto warned = [](const std::string& text) { return said(load(text), Severity::warning); };
  EXPECT_THAT(warned(day_with(R"("amount": 10, "thresholds": [50, 110])")),
              ElementsAre("limits[0]: the threshold at 110% can never fire: no more than 100% passes"));
  EXPECT_THAT(warned(day_with(R"("amount": 10, "thresholds": [50, 110], "ceiling": "120%")")), IsEmpty());
  EXPECT_THAT(warned(day_with(R"("amount": 10, "thresholds": [50, 110], "mode": "advise")")), IsEmpty());
  EXPECT_THAT(warned(operation(R"("values": ["account", "line"], "quantities": ["parts"], "charges": [{ "limit": "day" }])")),
              ElementsAre(R"(operations[0].quantities[0]: no charge costs "parts")"));
  const auto noted = [](const std::string& text) { return said(load(text), Severity::note); };
  EXPECT_THAT(
      noted(day_with(R"("amounts": [{ "plan": "free", "amount": 1 }, { "plan": "pro", "custom": true }])")),
      ElementsAre(
          R"(limits[0].amounts[1].custom: "l" on plan "pro" is custom: until an amount is set for a subject, its requests are an error)"));
  EXPECT_THAT(noted(with_limit(R"("scope": ["account"], "kind": "window", "period": "7 days", "amount": 5)")),
              ElementsAre(AllOf(HasSubstr("a Thursday"), HasSubstr(R"("7 days from first")"))));
}

TEST(Validate, AHundredFindingsAreKeptAndTheRestCounted) {
  PolicyText text;
  for (int i = 0; i < 1000; ++i) text.rest += (i == 0 ? "\"x" : ", \"x") + std::to_string(i) + "\": 1";
  const auto result = load(text.text());
  ASSERT_EQ(result.findings.size(), 101U);
  EXPECT_THAT(result.findings.back().message, HasSubstr("more"));
}

TEST(Validate, AnHostilePolicyCostsBoundedTime) {
  std::string fields = "{", names = "[", duplicates = "{";
  while (fields.size() < 500'000) fields += "\"f" + std::to_string(fields.size()) + "\": 1,";
  while (names.size() < 500'000) names += "{\"name\":\"n\"},";
  while (duplicates.size() < 500'000) duplicates += "\"kind\":1,";
  for (const std::string& hostile : {fields + "}", duplicates + "}"}) {
    PolicyText text;
    text.limits = hostile;
    text.rest = "\"comply\": { \"limits\": [" + std::string(kLimit) + "," + hostile.substr(0, 400'000) + "\"x\":1}] }";
    EXPECT_FALSE(load(text.text()).policy);
    EXPECT_FALSE(load(text.text(), "comply").policy);
  }
  PolicyText text;
  text.rest = "\"comply\": { \"limits\": " + names + "], \"operations\": " + names.substr(0, 400'000) + "}] }";
  EXPECT_FALSE(load(text.text(), "comply").policy);
}

TEST(Validate, MutatedPoliciesNeverCrash) {
  std::mt19937 random(11);
  const std::string letters = "{}[]\",:/ 019-.eax%\n";
  const char* words[] = {"null", "true",   "\"account\"",   "\"day\"", "[]",         "{}",
                         "5",    "\"1s\"", "\"unlimited\"", "\"of\"",  "\"window\"", "\"gauge\""};
  for (int round = 0; round < 600; ++round) {
    std::string text = provider_policy(kProviders[static_cast<size_t>(round) % std::size(kProviders)]);
    for (int change = 0; change < 3; ++change) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = letters[random() % letters.size()]; break;
        case 1: text.erase(at, random() % 20); break;
        case 2: text.insert(at, words[random() % std::size(words)]); break;
        default: {
          // A whole value in place of another keeps the syntax sound more often.
          const size_t colon = text.find(": ", at), end = colon == std::string::npos ? colon : text.find_first_of(",}\n", colon);
          if (end != std::string::npos) text.replace(colon + 2, end - colon - 2, words[random() % std::size(words)]);
        }
      }
    }
    for (const char* stance : {"enforce", "comply"}) {
      const auto result = load(text, stance);
      EXPECT_EQ(result.policy == nullptr, !said(result).empty());
    }
  }
}

TEST(Validate, TheProvidersPoliciesLoadInBothStancesWithoutErrorsOrWarnings) {
  for (const char* name : kProviders) {
    for (const char* stance : {"enforce", "comply"}) {
      const auto result = load(provider_policy(name), stance);
      EXPECT_TRUE(result.policy) << name << " " << stance << "\n" << all_said(result);
      EXPECT_THAT(said(result, Severity::warning), IsEmpty()) << name << " " << stance;
    }
  }
}

}  // namespace
}  // namespace sluice
