// SPDX-License-Identifier: Apache-2.0
// What a policy says of its dialect: everything that is wrong with it, at once and where it stands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/policy/dialect_rules.h"
#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string with_dialect(const std::string& fields, const std::string& more = "") {
  PolicyText text;
  text.rest = "\"dialect\": {" + fields + "}" + more;
  return text.text();
}

// One answer of these fields.
std::string with_answer(const std::string& fields, const std::string& when = "denied") {
  return with_dialect("\"answers\": { \"" + when + "\": {" + fields + "} }");
}

std::string with_header(const std::string& value, const std::string& name = "X-A") {
  return with_dialect("\"headers\": { \"" + name + "\": \"" + value + "\" }");
}

void expect_error(const std::string& text, const std::string& said) {
  EXPECT_THAT(errors(text), ElementsAre(HasSubstr(said))) << text;
}

std::shared_ptr<const DialectRules> rules(const std::string& text, const std::string& stance = "enforce") {
  const auto result = load(text, stance);
  EXPECT_TRUE(result.policy) << all_said(result);
  return result.policy == nullptr ? nullptr : result.policy->dialect;
}

TEST(Dialect, APolicyNeedsNone) { EXPECT_EQ(rules(PolicyText().text()), nullptr); }

TEST(Dialect, WhatItLeavesOutIsAsUsual) {
  const auto all = rules(with_dialect(""));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->longest_wait, kMinute);
  EXPECT_THAT(all->headers, IsEmpty());
  EXPECT_FALSE(all->tells_limits);
}

TEST(Dialect, AnAnswerByALimitStandsBeforeOneByAKindAndThatBeforeTheRest) {
  const auto all = rules(with_dialect(R"("answers": {
    "denied": { "status": 429 }, "failed as conflict": { "status": 409 }, "denied as quota": { "status": 403 },
    "denied by day": { "status": 402 }, "allowed": { "status": 200 } })"));
  ASSERT_THAT(all->when, SizeIs(5));
  EXPECT_EQ(all->answers[all->when[0].answer].status, 402);
  EXPECT_EQ(all->answers[all->when[1].answer].status, 409);
  EXPECT_EQ(all->answers[all->when[2].answer].status, 403);
  EXPECT_EQ(all->answers[all->when[3].answer].status, 429);
}

TEST(Dialect, EveryErrorIsSaidAtOnceWithItsPlaceTheNearestNameAndACaret) {
  const auto result = load(with_dialect(R"(
    "longest_wait": "30 days", "given": ["trace_id"],
    "headers": { "X Limit": "{limit}", "Content-Length": "5", "X-A": "{remainig}", "x-a": "1" },
    "answers": { "denied by dya": { "status": 99 }, "deneid": { "status": 429 },
      "denied as qouta": { "status": 429, "body": { "a": ["{given.trace_di}", "{day.resets_at as isoo}"] } } })"));
  EXPECT_THAT(
      said(result),
      ElementsAre(HasSubstr("dialect.longest_wait: expected a wait from 1s to 24 days, which every client's timer can hold"),
                  HasSubstr("dialect.headers.X Limit: \"X Limit\" is no name of a header"),
                  HasSubstr("dialect.headers.Content-Length: \"Content-Length\" says how a message is framed"),
                  HasSubstr("dialect.headers.X-A: unknown placeholder \"remainig\"; did you mean \"remaining\"?"),
                  HasSubstr("dialect.headers.x-a: the header \"x-a\" stands here already"),
                  HasSubstr("dialect.answers.denied by dya: unknown limit \"dya\"; did you mean \"day\"?"),
                  HasSubstr("dialect.answers.denied by dya.status: expected a whole number from 200 to 599, got 99"),
                  HasSubstr("dialect.answers.deneid: unknown answer \"deneid\"; did you mean \"denied\"?"),
                  HasSubstr("dialect.answers.denied as qouta: unknown kind \"qouta\"; did you mean \"quota\"?"),
                  HasSubstr("body.a[0]: unknown given \"trace_di\"; did you mean \"trace_id\"?"),
                  HasSubstr("body.a[1]: unknown form \"isoo\"; did you mean \"iso\"?")));
  for (const Finding& finding : result.findings) {
    EXPECT_GT(finding.line, 0);
    EXPECT_THAT(finding.excerpt, HasSubstr("^"));
  }
}

TEST(Dialect, BracesAndBracketsClose) {
  expect_error(with_header("{limit"), "a placeholder without its closing brace");
  expect_error(with_header("limit}"), "closes nothing; to write it, double it: \"}}\"");
  expect_error(with_header("a[ {limit}"), "a part without its closing bracket");
  expect_error(with_header("a]"), "closes nothing");
  expect_error(with_header("a[ b[ {limit}]]c]"), "a part in brackets stands inside another");
  expect_error(with_header("a[b]"), "there is none");
  EXPECT_THAT(errors(with_header("{{a}} [[b]]")), IsEmpty());
}

TEST(Dialect, AHeaderIsOfVisibleCharacters) {
  expect_error(with_header("a\\r\\nSet-Cookie: b"), "a header's value is of visible ASCII characters");
  expect_error(with_header("a\\u0000"), "a header's value");
  expect_error(with_header("\xC3\xA4"), "a header's value");
  expect_error(with_header(" a"), "a header's value");
  expect_error(with_header(""), "a header's value");
  expect_error(with_header("a", "X-A\\r\\nX-B"), "is no name of a header");
  expect_error(with_header("a", ""), "is no name of a header");
  expect_error(with_dialect(R"("headers": { "A": 5 })"), "expected a text in quotes, got the number 5");
}

TEST(Dialect, PlaceholdersAreOfWhatThereIs) {
  expect_error(with_header("{day.retry_after}"), "unknown placeholder \"retry_after\"");
  expect_error(with_header("{value.acount}"), "unknown value \"acount\"; did you mean \"account\"?");
  expect_error(with_header("{quantity.emails}"), "unknown quantity \"emails\"; there is none");
  expect_error(with_header("{limit as iso}"), "unknown form \"iso\"");
  expect_error(with_header("{retry_after as epoch}"), "unknown form \"epoch\"");
  EXPECT_TRUE(rules(with_header("{day.remaining}"))->tells_limits);
  EXPECT_FALSE(rules(with_header("{remaining} {resets_at as delta} {wait as ms} {value.account}"))->tells_limits);
}

TEST(Dialect, WhatIsNeverKnownInAnAnswerIsAWarning) {
  const auto result = load(with_answer(R"("status": 200, "headers": { "A": "{retry_after}" })", "allowed"));
  ASSERT_TRUE(result.policy);
  EXPECT_THAT(said(result, Severity::warning), ElementsAre(HasSubstr("{retry_after} is never known in \"allowed\"")));
}

TEST(Dialect, AnAnswerHasAStatusAndOneBody) {
  expect_error(with_answer(R"("text": "no")"), "field `status` is required");
  expect_error(with_answer(R"("status": 429, "text": "no", "body": {})"), "a `body` or a `text`, not both");
  expect_error(with_answer(R"("status": 429)", "allowed by day"), "\"allowed\" is not by a limit");
  expect_error(with_answer(R"("status": 429)", "queued as rate"), "\"queued\" has no kinds");
  expect_error(with_answer(R"("status": 429, "bdoy": {})"), "unknown field \"bdoy\"; did you mean \"body\"?");
}

TEST(Dialect, ItsSizesAreBounded) {
  std::string answers, headers;
  for (int i = 0; i < 65; ++i) answers += (i == 0 ? "" : ",") + ("\"denied as x" + std::to_string(i)) + "\": { \"status\": 429 }";
  EXPECT_THAT(errors(with_dialect("\"answers\": {" + answers + "}")), testing::Contains(HasSubstr("at most 64 answers")));
  for (int i = 0; i < 33; ++i) headers += (i == 0 ? "" : ",") + ("\"A" + std::to_string(i)) + "\": \"a\"";
  expect_error(with_dialect("\"headers\": {" + headers + "}"), "at most 32 headers");
  expect_error(with_answer("\"status\": 429, \"text\": \"" + std::string(20'000, 'a') + "\""), "the templates here are too long");
  std::string many;
  for (int i = 0; i < 1'100; ++i) many += "{limit} ";
  expect_error(with_answer("\"status\": 429, \"text\": \"" + many + "\""), "the templates here are too long");
  expect_error(with_answer("\"status\": 429, \"body\": " + std::string(26, '[') + std::string(26, ']')),
               "nested at most 24 levels");
  std::string list = "0";
  for (int i = 0; i < 60'000; ++i) list += ",0";
  expect_error(with_answer("\"status\": 429, \"body\": [" + list + "]"), "the templates here are too long");
}

// Each of these would look for the nearest of many names, were that not given up with the hundredth finding.
TEST(Dialect, AHostileTextCostsBoundedTime) {
  PolicyText text;
  text.limits = kLimit;
  for (int i = 1; i < 64; ++i) {
    const std::string name = "l" + std::to_string(i) + std::string(60, 'x');
    text.limits += R"(, { "name": ")" + name + R"(", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 })";
  }
  text.operations.clear();
  for (int i = 0; i < 200; ++i) {
    std::string quantities;
    for (int q = 0; q < 8; ++q) {
      const std::string name = "q" + std::to_string(i * 8 + q) + std::string(50, 'x');
      quantities += (q == 0 ? "\"" : ", \"") + name + "\"";
    }
    text.operations += (i == 0 ? "" : ", ") + (R"({ "name": "o)" + std::to_string(i)) +
                       R"(", "values": ["account"], "quantities": [)" + quantities + R"(], "charges": [{ "limit": "day" }] })";
  }
  std::string wrong, right;
  for (int i = 0; i < 9'000; ++i) wrong += "{" + std::string(60, 'y') + ".used}";
  for (int i = 0; i < 5'000; ++i) right += "{quantity.q1599" + std::string(50, 'x') + "}";
  text.rest = R"("dialect": { "answers": { "denied": { "status": 429, "text": ")" + wrong + R"(" } } })";
  const auto refused = load(text.text());
  EXPECT_FALSE(refused.policy);
  EXPECT_THAT(refused.findings, SizeIs(101));
  text.rest = R"("dialect": { "answers": { "denied": { "status": 429, "text": ")" + right + R"(" } } })";
  EXPECT_THAT(errors(text.text()), testing::Contains(HasSubstr("the templates here are too long")));
}

TEST(Dialect, WarningsNeverMakeAnError) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "[{retry_after}]";
  const auto result = load(with_answer(R"("status": 200, "text": ")" + many + R"({limit}")", "allowed"));
  EXPECT_TRUE(result.policy) << all_said(result);
  EXPECT_THAT(said(result, Severity::warning), SizeIs(100));
}

TEST(Dialect, TheOverlayChangesIt) {
  const std::string text =
      with_dialect(R"("headers": { "A": "a", "B": "b" }, "answers": { "denied": { "status": 429, "text": "no" } })",
                   R"(, "comply": { "dialect": { "longest_wait": "1h", "headers": { "A": null, "C": "c" },
          "answers": { "denied": { "status": 503 }, "denied by day": { "status": 402 } } } })");
  const auto comply = rules(text, "comply");
  EXPECT_EQ(comply->longest_wait, kHour);
  ASSERT_THAT(comply->headers, SizeIs(2));
  EXPECT_EQ(comply->headers[0].name, "B");
  EXPECT_EQ(comply->headers[1].name, "C");
  ASSERT_THAT(comply->answers, SizeIs(2));
  EXPECT_EQ(comply->answers[0].status, 503);
  EXPECT_EQ(comply->answers[0].body_kind, BodyKind::text);
  EXPECT_EQ(rules(text)->answers[0].status, 429);
}

}  // namespace
}  // namespace sluice
