// SPDX-License-Identifier: Apache-2.0
// What a policy says of pools, and of the operations that name one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/policy/describe.h"
#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPooled =
    R"({ "name": "send", "values": ["account", "line", "recipient"], "pool": "shared", "charges": [{ "limit": "day" }] })";

// A policy with these pools, of which its operation names "shared".
PolicyText pools_text(const std::string& pools, const std::string& operations = kPooled) {
  PolicyText text;
  text.operations = operations;
  text.rest = "\"pools\": [" + pools + "]";
  return text;
}

std::string shared(const std::string& fields) { return "{ \"name\": \"shared\"" + (fields.empty() ? "" : ", " + fields) + " }"; }

std::shared_ptr<const CompiledPolicy> compiled(const std::string& text, const std::string& stance = "enforce") {
  const auto result = load(text, stance);
  EXPECT_TRUE(result.policy) << all_said(result);
  return result.policy;
}

PoolRules pool(const std::string& fields) { return compiled(pools_text(shared(fields)).text())->pools.at(0); }

void expect_error(const std::string& fields, const std::string& said) {
  EXPECT_THAT(errors(pools_text(shared(fields)).text()), ElementsAre(HasSubstr("pools[0]" + said))) << fields;
}

void expect_operation_error(const std::string& fields, const std::string& said, const std::string& of_pool = {}) {
  PolicyText text =
      pools_text(shared(of_pool), std::string(kPooled) + ", { \"name\": \"other\", \"charges\": [], " + fields + " }");
  EXPECT_THAT(errors(text.text()), ElementsAre("operations[1].pool: " + said)) << fields;
}

TEST(Pools, AreStickyByRecipientAndMoveNewRecipientsUnlessTheySayElse) {
  const PoolRules plain = pool("");
  EXPECT_EQ(plain.name, "shared");
  EXPECT_TRUE(plain.sticky);
  EXPECT_EQ(plain.recipient, 2);
  EXPECT_THAT(plain.by, IsEmpty());
  EXPECT_EQ(plain.on_suspend, OnSuspend::move_new);
  EXPECT_EQ(plain.on_full, OnFull::wait);
  EXPECT_FALSE(plain.return_home);
  EXPECT_EQ(plain.forget_after, 0);
  EXPECT_EQ(plain.new_recipients, 0U);
}

TEST(Pools, EveryFieldIsCompiled) {
  const PoolRules all = pool(R"("sticky": true, "recipient": "recipient", "by": ["account"], "on_suspend": "hold",
      "on_full": "rehome", "return_home": true, "forget_after": "365 days", "new_recipients": 200)");
  EXPECT_TRUE(all.sticky);
  EXPECT_EQ(all.recipient, 2);
  EXPECT_THAT(all.by, ElementsAre(0));
  EXPECT_EQ(all.on_suspend, OnSuspend::hold);
  EXPECT_EQ(all.on_full, OnFull::rehome);
  EXPECT_TRUE(all.return_home);
  EXPECT_EQ(all.forget_after, 365 * kDay);
  EXPECT_EQ(all.new_recipients, 200U);
}

TEST(Pools, EveryWordIsCompiled) {
  EXPECT_EQ(pool(R"("on_suspend": "move_new")").on_suspend, OnSuspend::move_new);
  EXPECT_EQ(pool(R"("on_suspend": "move_all")").on_suspend, OnSuspend::move_all);
  EXPECT_EQ(pool(R"("on_suspend": "fail")").on_suspend, OnSuspend::fail);
  EXPECT_EQ(pool(R"("on_full": "wait")").on_full, OnFull::wait);
  EXPECT_EQ(pool(R"("on_full": "spill")").on_full, OnFull::spill);
}

TEST(Pools, OneThatIsNotStickyHasNoRecipient) {
  const PoolRules loose = pool(R"("sticky": false, "return_home": false, "on_full": "wait", "on_suspend": "move_all")");
  EXPECT_FALSE(loose.sticky);
  EXPECT_EQ(loose.recipient, kNone);
  EXPECT_EQ(loose.on_suspend, OnSuspend::move_all);
}

TEST(Pools, AnOperationNamesOneByPosition) {
  const auto policy = compiled(pools_text(R"({ "name": "other" }, { "name": "shared" })").text());
  EXPECT_EQ(policy->operations[0].pool, 1);
  EXPECT_TRUE(policy->operations[0].queueable) << "a pool's line may be full";
  EXPECT_NE(policy->line_scope, kNone);
  EXPECT_EQ(policy->find_pool("shared"), 1);
  EXPECT_EQ(policy->find_pool("none"), kNone);
  EXPECT_EQ(compiled(PolicyText().text())->operations[0].pool, kNone);
}

TEST(Pools, MostFieldsAreForStickyOnes) {
  const auto refused = [](const std::string& field) {
    return "." + field + ": `" + field + "` is for sticky pools; leave it or \"sticky\": false out";
  };
  expect_error(R"("sticky": false, "recipient": "recipient")", refused("recipient"));
  expect_error(R"("sticky": false, "return_home": true)", refused("return_home"));
  expect_error(R"("sticky": false, "forget_after": "9 days")", refused("forget_after"));
  expect_error(R"("sticky": false, "new_recipients": 5)", refused("new_recipients"));
  expect_error(R"("sticky": false, "on_full": "spill")",
               R"(.on_full: "spill" is for sticky pools: any other takes the next line)");
  expect_error(R"("sticky": false, "on_full": "rehome")", R"(.on_full: "rehome" is for sticky pools)");
}

TEST(Pools, WordsThatAreNoneNameTheNearest) {
  expect_error(R"("on_suspend": "move")", R"(.on_suspend: unknown on_suspend "move"; expected hold, move_new, move_all or fail)");
  expect_error(R"("on_suspend": "move_al")", R"(.on_suspend: unknown on_suspend "move_al"; did you mean "move_all"?)");
  expect_error(R"("on_full": "spil")", R"(.on_full: unknown on_full "spil"; did you mean "spill"?)");
}

TEST(Pools, AreKeptByAtMostThreeDimensionsNoneOfThemTheLineOrTheRecipient) {
  expect_error(R"("by": ["line"])",
               R"(.by[0]: a pool chooses the line, so it cannot be kept by it; name others, such as ["account"])");
  expect_error(R"("by": ["account", "recipient"])",
               R"(.by[1]: the lines of a sticky pool are for all values of "recipient", its recipient; leave it out of `by`)");
  expect_error(R"("by": ["acount"])", R"(.by[0]: unknown dimension "acount"; did you mean "account"?)");
  expect_error(R"("by": ["account", "account"])", R"(.by[1]: "account" is already named in this list)");
  expect_error(R"("by": "account")", R"(.by: expected a list, [...], got the text "account")");
  expect_error(R"("by": [5])", ".by[0]: expected a name in quotes, got the number 5");
  PolicyText text = pools_text(
      shared(R"("by": ["account", "a", "b", "c"])"),
      R"({ "name": "send", "values": ["account", "line", "recipient", "a", "b", "c"], "pool": "shared", "charges": [{ "limit": "day" }] })");
  EXPECT_THAT(errors(text.text()), ElementsAre("pools[0].by: at most 3 dimensions in `by`"));
}

TEST(Pools, TheRecipientIsADimensionInUseOtherThanTheLine) {
  expect_error(R"("recipient": "line")", ".recipient: the recipient keeps its line, so it is another dimension");
  expect_error(R"("recipient": "recipent")", R"(.recipient: unknown dimension "recipent"; did you mean "recipient"?)");
  expect_error(R"("recipient": ["recipient"])", ".recipient: expected a name in quotes, got a list");
}

TEST(Pools, ARecipientOfAnotherNameMustBeNamed) {
  const std::string send =
      R"({ "name": "send", "values": ["account", "line", "phone"], "pool": "shared", "charges": [{ "limit": "day" }] })";
  EXPECT_THAT(errors(pools_text(shared(""), send).text()),
              ElementsAre("pools[0]: no dimension is called \"recipient\"; say which one keeps its line, such as \"recipient\": "
                          "\"phone\", or write \"sticky\": false"));
  const auto policy = compiled(pools_text(shared(R"("recipient": "phone")"), send).text());
  EXPECT_EQ(policy->pools[0].recipient, policy->find_dimension("phone"));
  EXPECT_EQ(compiled(pools_text(shared(R"("sticky": false)"), send).text())->pools[0].recipient, kNone);
}

TEST(Pools, FieldsOfTheWrongFormAreRefusedNeverGuessed) {
  expect_error(R"("sticky": "yes")", R"(.sticky: expected `true` or `false`, got the text "yes")");
  expect_error(R"("sticky": 1)", ".sticky: expected `true` or `false`, got the number 1");
  expect_error(R"("return_home": null)", ".return_home: null removes a field, and only in an overlay");
  expect_error(R"("new_recipients": 0)", ".new_recipients: expected a whole number from 1 to 4294967295, got 0");
  expect_error(R"("new_recipients": 4294967296)", ".new_recipients: expected a whole number from 1 to 4294967295");
  expect_error(R"("new_recipients": 1e9)", ".new_recipients: expected a whole number from 1 to 4294967295, got 1e9");
  expect_error(R"("new_recipients": "200")",
               R"(.new_recipients: expected a whole number, got the text "200"; write 200 without)");
  expect_error(R"("forget_after": "1 year")", R"(.forget_after: unknown unit "year" in "1 year")");
  expect_error(R"("forget_after": "0s")", R"(.forget_after: a duration is above 0, got "0s")");
  expect_error(R"("stiky": true)", R"(.stiky: unknown field "stiky"; did you mean "sticky"?)");
  expect_error(R"("sticky": true, "sticky": false)", R"(.sticky: field "sticky" stands twice)");
}

TEST(Pools, HaveNamesOfTheirOwn) {
  const std::string fine = shared("");
  EXPECT_THAT(errors(pools_text(fine + ", " + fine).text()),
              ElementsAre(R"(pools[1].name: "shared" is already named in this list)"));
  EXPECT_THAT(errors(pools_text(fine + R"(, { "by": [] })").text()), ElementsAre("pools[1]: field `name` is required"));
  EXPECT_THAT(errors(pools_text(fine + R"(, { "name": "1st" })").text()),
              ElementsAre(HasSubstr(R"(pools[1].name: the name "1st" does not begin with a letter)")));
  EXPECT_THAT(errors(pools_text(fine + R"(, "other")").text()),
              ElementsAre(R"(pools[1]: expected an object, {...}, got the text "other")"));
}

TEST(Pools, AreAtMostSixteen) {
  std::string many = shared("");
  for (int i = 1; i < 20'000; ++i) many += ", { \"name\": \"p" + std::to_string(i) + "\" }";
  EXPECT_THAT(errors(pools_text(many).text()), ElementsAre("pools: at most 16 pools"));
}

TEST(Pools, NeedALine) {
  const std::string text = R"({ "name": "t", "tenant": "account", "pools": [{ "name": "shared", "on_full": "overflow" }],
      "limits": [{ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 }],
      "operations": [{ "name": "send", "values": ["account", "recipient"], "pool": "shared", "charges": [{ "limit": "day" }] }] })";
  EXPECT_THAT(errors(text), ElementsAre(HasSubstr("pools: `pools` is about lines; name the dimension that is the line"),
                                        HasSubstr("pools[0].on_full: unknown on_full")));
}

TEST(Pools, AnOperationNamesOneThatIsThere) {
  expect_operation_error(R"("values": ["line", "recipient"], "pool": "shard")",
                         R"(unknown pool "shard"; did you mean "shared"?)");
  expect_operation_error(R"("values": ["line", "recipient"], "pool": true)", "expected a name in quotes, got true or false");
  PolicyText none;
  none.operations = kPooled;
  EXPECT_THAT(errors(none.text()), ElementsAre(R"(operations[0].pool: unknown pool "shared"; there is none)"));
}

TEST(Pools, AnOperationBringsTheLineAndWhatThePoolChoosesBy) {
  expect_operation_error(
      R"("values": ["account", "recipient"], "pool": "shared")",
      R"(a pool chooses the line, so the policy's `line` must be among the `values` of "other"; a request may )"
      "leave its value out");
  expect_operation_error(R"("values": ["account", "line"], "pool": "shared")",
                         R"(pool "shared" chooses by recipient, which the operation's `values` lack)");
  expect_operation_error(R"("values": ["line"], "pool": "shared")",
                         R"(pool "shared" chooses by account and recipient, which the operation's `values` lack)",
                         R"("by": ["account"])");
  const auto policy = compiled(
      pools_text(shared(R"("sticky": false)"),
                 R"({ "name": "send", "values": ["account", "line"], "pool": "shared", "charges": [{ "limit": "day" }] })")
          .text());
  EXPECT_EQ(policy->operations[0].pool, 0) << "without sticky routes the recipient does not matter";
}

TEST(Pools, WhatThePoolChoosesByDoesNotRepeat) {
  expect_operation_error(R"("values": ["account", "line", "recipient"], "repeats": "recipient", "pool": "shared")",
                         R"(a pool chooses one line for a request, so "recipient" cannot repeat)");
  PolicyText text = pools_text(shared(R"("by": ["a"])"),
                               R"({ "name": "send", "values": ["account", "line", "recipient", "a"], "repeats": "a",
                                    "pool": "shared", "charges": [{ "limit": "day" }] })");
  EXPECT_THAT(errors(text.text()),
              ElementsAre(R"(operations[0].pool: a pool chooses one line for a request, so "a" cannot repeat)"));
}

TEST(Pools, OneThatNoOperationNamesIsWarnedOf) {
  const auto result = load(pools_text(shared("") + R"(, { "name": "spare" })").text());
  EXPECT_TRUE(result.policy);
  EXPECT_THAT(said(result, Severity::warning), ElementsAre(R"(pools[1]: pool "spare" can never be used: no operation names it)"));
}

TEST(Pools, MergeByNameInAnOverlay) {
  PolicyText text = pools_text(shared(R"("by": ["account"], "on_full": "spill", "forget_after": "9 days")"));
  text.rest += R"(, "comply": { "pools": [{ "name": "shared", "on_full": "wait", "forget_after": null, "new_recipients": 5 },
                                          { "name": "more", "sticky": false }],
                                "operations": [{ "name": "bulk", "values": ["line"], "class": "bulk", "pool": "more", "charges": [] }] })";
  const auto enforce = compiled(text.text());
  EXPECT_EQ(enforce->pools.size(), 1U);
  EXPECT_EQ(enforce->pools[0].on_full, OnFull::spill);
  const auto comply = compiled(text.text(), "comply");
  ASSERT_EQ(comply->pools.size(), 2U);
  EXPECT_THAT(comply->pools[0].by, ElementsAre(0));
  EXPECT_EQ(comply->pools[0].on_full, OnFull::wait);
  EXPECT_EQ(comply->pools[0].forget_after, 0);
  EXPECT_EQ(comply->pools[0].new_recipients, 5U);
  EXPECT_EQ(comply->operations[1].pool, 1);
  EXPECT_EQ(comply->operations[1].message_class, MessageClass::bulk);
}

TEST(Pools, AnOverlayMayBringAllOfThemAndTakeAnOperationOutButRemovesNone) {
  PolicyText text = pools_text("", kSend);
  text.rest =
      R"("comply": { "pools": [{ "name": "shared", "by": null }], "operations": [{ "name": "send", "pool": "shared" }] })";
  const auto brought = load(text.text(), "comply");
  ASSERT_TRUE(brought.policy) << all_said(brought);
  EXPECT_EQ(brought.policy->operations[0].pool, 0);
  EXPECT_THAT(said(brought, Severity::warning), ElementsAre("comply.pools[shared].by: there is no `by` to remove"));
  text = pools_text(shared(""));
  text.rest += R"(, "comply": { "operations": [{ "name": "send", "pool": null }] })";
  EXPECT_EQ(compiled(text.text(), "comply")->operations[0].pool, kNone);
  text = pools_text(shared(""));
  text.rest += R"(, "comply": { "pools": null })";
  EXPECT_THAT(
      errors(text.text(), "comply"),
      ElementsAre("comply.pools: an overlay cannot remove what the policy names: `pools` may only be added to and changed"));
}

TEST(Pools, FindingsPointIntoTheOverlay) {
  PolicyText text = pools_text(shared(""));
  text.rest += R"(, "comply": { "pools": [{ "name": "shared", "on_full": "spil" }] })";
  EXPECT_THAT(errors(text.text(), "comply"), ElementsAre(HasSubstr("comply.pools[shared].on_full: unknown on_full")));
}

TEST(Pools, AreDescribed) {
  const auto policy = compiled(pools_text(shared(R"("by": ["account"], "forget_after": "365 days", "new_recipients": 200)") +
                                          R"(, { "name": "loose", "sticky": false, "on_suspend": "fail" })")
                                   .text());
  EXPECT_THAT(describe_policy(*policy),
              AllOf(HasSubstr(R"("pools":[{"name":"shared","sticky":true,"recipient":"recipient","by":["account"],)"
                              R"("on_suspend":"move_new","on_full":"wait","return_home":false,"forget_after":"365 days",)"
                              R"("new_recipients":200},{"name":"loose","sticky":false,"recipient":null,"by":[],)"
                              R"("on_suspend":"fail","on_full":"wait","return_home":false,"forget_after":null,)"
                              R"("new_recipients":null}])"),
                    HasSubstr(R"("pool":"shared","queueable":true,"class":"transactional")")));
  EXPECT_EQ(describe_operation(*policy, policy->operations[0]),
            R"({"name":"send","values":["account","line","recipient"],"repeats":null,"quantities":[],"pool":"shared",)"
            R"("line":"line"})");
}

}  // namespace
}  // namespace sluice
