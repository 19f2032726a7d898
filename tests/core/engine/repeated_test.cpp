// SPDX-License-Identifier: Apache-2.0
// A request with several values of one dimension: a message to a group.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

class Repeated : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account", "limits": [
        { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s", "amount": 3 },
        { "name": "day", "scope": ["line"], "kind": "window", "period": "day", "amount": 100 },
        { "name": "per", "scope": ["account"], "kind": "window", "period": "day", "amount": 200 },
        { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 3 } ],
      "operations": [
        { "name": "send", "values": ["account", "line", "recipient"], "repeats": "recipient", "charges": [
          { "limit": "pair", "each": "recipient" }, { "limit": "day" }, { "limit": "per", "each": "recipient" } ] },
        { "name": "reach", "values": ["account", "recipient"], "repeats": "recipient",
          "charges": [ { "limit": "people", "of": "recipient" } ] },
        { "name": "parts", "values": ["line", "recipient"], "repeats": "recipient", "quantities": ["parts"],
          "charges": [ { "limit": "pair", "each": "recipient", "cost": "parts" } ] } ] })");
  }
  Answer group(std::vector<std::string> to) { return ask({.values = {"acme", "+1", ""}, .repeated = std::move(to)}); }
  Answer reach(std::vector<std::string> to) {
    return ask({.operation = "reach", .values = {"acme", ""}, .repeated = std::move(to)});
  }
  uint64_t pair(const std::string& to) { return used("pair", "line=+1,recipient=" + to); }
};

TEST_F(Repeated, AChargeOnEachIsTakenOnEverySubjectAndTheOthersOnce) {
  EXPECT_EQ(group({"a", "b", "c"}), "allowed");
  for (const char* to : {"a", "b", "c"}) EXPECT_EQ(pair(to), 1u);
  EXPECT_EQ(used("day", "line=+1"), 1u);
  EXPECT_EQ(used("per", "account=acme"), 3u);  // once for every value, all on one subject
}

TEST_F(Repeated, OneValueMayStandInItsPlace) {
  EXPECT_EQ(send("acme", "+1", "a"), "allowed");
  EXPECT_EQ(pair("a"), 1u);
  EXPECT_EQ(used("per", "account=acme"), 1u);
}

TEST_F(Repeated, OneFullPairHoldsTheWholeMessage) {
  for (int i = 0; i < 3; ++i) send("acme", "+1", "b");
  const std::string before = ledger({"line=+1", "account=acme", "line=+1,recipient=a", "line=+1,recipient=c"});
  EXPECT_EQ(group({"a", "b", "c"}), "denied: rate by pair, in 60s");
  EXPECT_EQ(ledger({"line=+1", "account=acme", "line=+1,recipient=a", "line=+1,recipient=c"}), before);
  EXPECT_EQ(group({"a", "c"}), "allowed");
}

TEST_F(Repeated, TheSameValueTwiceCostsTwiceOnOneSubject) {  // T19
  EXPECT_EQ(group({"a", "b", "a"}), "allowed");
  EXPECT_EQ(pair("a"), 2u);
  EXPECT_EQ(pair("b"), 1u);
  EXPECT_EQ(used("per", "account=acme"), 3u);
  EXPECT_EQ(group({"a", "a"}), "denied: rate by pair, in 60s");
  EXPECT_EQ(group({"a"}), "allowed");
}

TEST_F(Repeated, MoreOfOneThanCouldEverPassSaysNever) {
  EXPECT_EQ(group({"a", "a", "a", "a"}), "denied: never by pair, at most 3");
}

TEST_F(Repeated, ADistinctValueTwiceCountsOnce) {
  EXPECT_EQ(reach({"a", "b", "a", "b"}), "allowed");
  EXPECT_EQ(used("people", "account=acme"), 2u);
}

TEST_F(Repeated, DistinctValuesAreTakenTogetherOrNotAtAll) {
  EXPECT_EQ(reach({"a", "b"}), "allowed");
  EXPECT_EQ(reach({"a", "c", "d"}), "denied: distinct by people, in 86400s");
  EXPECT_EQ(used("people", "account=acme"), 2u);
  EXPECT_EQ(reach({"a", "c"}), "allowed");
  EXPECT_EQ(reach({"e", "f", "g", "h"}), "denied: never by people, at most 3");
}

TEST_F(Repeated, ItsWaitLooksAtEverySubject) {
  for (int i = 0; i < 3; ++i) send("acme", "+1", "a");
  at(30);
  for (int i = 0; i < 3; ++i) send("acme", "+1", "b");
  EXPECT_EQ(group({"a", "b"}), "denied: rate by pair, in 30s");
}

TEST_F(Repeated, AQuantityIsTheCostForEveryValue) {
  EXPECT_EQ(ask({.operation = "parts", .values = {"+1", ""}, .repeated = {"a", "b", "b"}, .quantities = {1}}), "allowed");
  EXPECT_EQ(pair("a"), 1u);
  EXPECT_EQ(pair("b"), 2u);
  EXPECT_EQ(ask({.operation = "parts", .values = {"+1", ""}, .repeated = {"a", "b"}, .quantities = {2}}),
            "denied: rate by pair, in 60s");
}

TEST_F(Repeated, DetailsSayWhichValueTheyAreAbout) {
  const Answer answer = ask({.values = {"acme", "+1", ""}, .repeated = {"a", "a", "b"}, .detailed = true});
  ASSERT_EQ(answer.details.size(), 4u);  // pair of a, pair of b, the line, the account
  EXPECT_EQ(answer.details[0].subject, 0u);
  EXPECT_EQ(answer.details[0].used, 2u);
  EXPECT_EQ(answer.details[1].subject, 2u);  // b's place in the request
  EXPECT_EQ(answer.details[1].used, 1u);
}

TEST_F(Repeated, ExplainNamesTheValueThatIsMeant) {
  for (int i = 0; i < 3; ++i) send("acme", "+1", "b");
  const std::string text = explain({.values = {"acme", "+1", ""}, .repeated = {"a", "a", "b"}});
  EXPECT_THAT(text, ::testing::HasSubstr("line=+1,recipient=b: 3 of 3 used"));
  EXPECT_THAT(text, ::testing::HasSubstr("line=+1,recipient=a: 0 of 3 used"));
}

std::vector<std::string> people(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("p" + std::to_string(i));
  return names;
}

TEST_F(Repeated, Of128SubjectsInADecisionAllAreTaken) {
  // The line, the account and 126 pairs.
  EXPECT_EQ(group(people(126)), "allowed");
  EXPECT_EQ(counters().records, 128u);
  EXPECT_EQ(pair("p125"), 1u);
}

TEST_F(Repeated, MoreSubjectsThan128IsAnErrorThatSaysSo) {
  const Answer answer = group(people(127));
  EXPECT_EQ(answer, "error: too_many");
  EXPECT_THAT(answer.error, ::testing::HasSubstr("129 subjects; at most 128"));
  EXPECT_EQ(group(people(129)), "error: too_many");
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Repeated, ValuesGivenManyTimesAreOneSubjectEach) {
  std::vector<std::string> to(128, "a");
  EXPECT_EQ(group(to), "denied: never by pair, at most 3");
  EXPECT_EQ(reach(to), "allowed");
  EXPECT_EQ(used("people", "account=acme"), 1u);
}

TEST_F(Repeated, KeysThatWouldJoinAlikeAreDifferentSubjects) {  // T60
  const std::string nul("a\0b", 3);
  EXPECT_EQ(ask({.values = {"acme", "a:b", "c"}}), "allowed");
  EXPECT_EQ(ask({.values = {"acme", "a", "b:c"}}), "allowed");
  EXPECT_EQ(ask({.values = {"acme", "a", nul}}), "allowed");
  EXPECT_EQ(ask({.values = {"acme", std::string("a\0", 2), "b"}}), "allowed");
  EXPECT_EQ(ask({.values = {"acme", "a", "b"}}), "allowed");
  uint64_t cursor = 0;
  list("line,recipient", &cursor, 100);
  EXPECT_EQ(counters().records, 1u + 3u + 5u);  // the account, the lines "a:b", "a" and "a\0", five pairs
  EXPECT_EQ(used("pair", "line=a,recipient=b:c"), 1u);
}

TEST_F(Repeated, KeysOf1024BytesAreKeptWhole) {
  const std::string one(1'024, 'x');
  std::string two = one;
  two.back() = 'y';
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send("acme", one, one), "allowed");
  EXPECT_EQ(send("acme", one, one), "denied: rate by pair, in 60s");
  EXPECT_EQ(send("acme", one, two), "allowed");
  EXPECT_EQ(send("acme", two, one), "allowed");
}

}  // namespace
}  // namespace sluice::testing
