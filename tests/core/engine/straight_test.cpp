// SPDX-License-Identifier: Apache-2.0
// Decisions without anything unusual go a shorter way; it must be no other way. Asking for details, or for a receipt, goes the long
// one.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

std::string random_policy(Random& random) {
  const auto pick = [&](std::initializer_list<const char*> words) {
    return std::string(*(words.begin() + static_cast<std::ptrdiff_t>(random.below(words.size()))));
  };
  std::string limits, charges;
  const int64_t count = random.between(1, 6);
  for (int64_t i = 0; i < count; ++i) {
    const std::string name = "l" + std::to_string(i);
    const bool planned = random.chance(30);
    const std::string scope = planned ? "[\"account\"]" : pick({"[\"account\"]", "[\"line\"]", "[\"account\", \"line\"]"});
    std::string limit = "{ \"name\": \"" + name + "\", \"scope\": " + scope;
    if (random.chance(30)) limit += ", \"mode\": " + pick({"\"queue\"", "\"shadow\"", "\"advise\""});
    const int64_t n = random.between(3, 30);
    if (random.chance(40)) {
      const std::string rest = random.chance(50) ? ", \"depth\": " + std::to_string(random.between(1, 9)) : "";
      const std::string rate = "\"" + std::to_string(n) + "/" + pick({"s", "10s", "min"}) + "\"";
      limit += ", \"kind\": \"pace\"";
      limit += planned ? ", \"amounts\": [ { \"plan\": \"free\", \"amount\": " + rate + rest +
                             " }, { \"plan\": \"pro\", \"unlimited\": true } ]"
                       : ", \"amount\": " + rate + rest;
    } else {
      const bool burst = random.chance(20);
      limit += ", \"kind\": \"window\", \"period\": \"" +
               (burst ? "1s" : pick({"1s", "60s", "7s from first", "day", "billing"})) + "\"";
      const std::string rest =
          burst ? ", \"burst\": \"2x for 3s\"" : pick({"", ", \"ceiling\": \"130%\"", ", \"thresholds\": [10, 50, 100]"});
      limit += planned ? ", \"amounts\": [ { \"plan\": \"free\", \"amount\": " + std::to_string(n) + rest +
                             " }, { \"plan\": \"pro\", \"amount\": " + std::to_string(7 * n) + rest + " } ]"
               : random.chance(10) ? ", \"unlimited\": true"
                                   : ", \"amount\": " + std::to_string(n) + rest;
    }
    limits += limit + " },\n";
    charges += "{ \"limit\": \"" + name + "\"";
    if (random.chance(40)) charges += random.chance(50) ? ", \"cost\": \"n\"" : ", \"cost\": 2";
    if (random.chance(20)) charges += ", \"charge\": \"attempt\"";
    charges += " }, ";
  }
  return R"({ "name": "random", "tenant": "account", "line": "line",
    "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free", "billing": { "day": 31, "time": "07:00" } } ],
    "limits": [)" +
         limits + R"(], "operations": [
    { "name": "send", "values": ["account", "line"], "quantities": ["n"], "charges": [)" +
         charges + "] } ] }";
}

TEST(TheStraightWay, AnswersAndChargesLikeTheLongOne) {
  Random random(99);
  int policies = 0, passed = 0, denied = 0;
  for (int round = 0; round < 150; ++round) {
    const std::string policy = random_policy(random);
    SCOPED_TRACE(policy);
    TestEngine straight, around;
    if (straight.try_open(policy) != Status::ok) continue;
    around.open(policy);
    ++policies;
    for (TestEngine* e : {&straight, &around}) e->set_plan("account=a1", "pro");
    for (int i = 0; i < 150; ++i) {
      const Ask ask{.values = {"a" + std::to_string(random.below(2)), "+" + std::to_string(random.below(2))},
                    .quantities = {random.below(20) == 0 ? 0 : random.below(4) + 1}};
      Ask detailed = ask;
      detailed.detailed = true;
      const Answer one = straight.ask(ask);
      Answer other = around.ask(detailed);
      other.details.clear();
      other.decision.detail_count = one.decision.detail_count;
      ASSERT_EQ(one, other) << i;
      passed += one.passed() ? 1 : 0;
      denied += one.decision.status == Status::denied ? 1 : 0;
      const Span step = random.chance(60) ? 0 : random.between(-kSecond, 4 * kSecond);
      straight.pass(step);
      around.pass(step);
    }
    const std::vector<std::string> subjects = {"account=a0", "account=a1", "line=+0", "line=+1", "account=a0,line=+1"};
    for (const std::string& subject : subjects) {
      std::vector<UsageRow> rows;
      const std::string scope = subject.substr(0, subject.find('='));
      if (policy.find("[\"" + scope + "\"]") == std::string::npos || subject.find(',') != std::string::npos) continue;
      ASSERT_EQ(straight.ledger({subject}), around.ledger({subject}));
    }
    ASSERT_EQ(straight.events(), around.events());
    const Counters a = straight.counters(), b = around.counters();
    ASSERT_EQ(a.allowed, b.allowed);
    ASSERT_EQ(a.denied, b.denied);
    ASSERT_EQ(a.would_queue, b.would_queue);
    ASSERT_EQ(a.records, b.records);
  }
  EXPECT_GT(policies, 100);
  EXPECT_GT(passed, 4'000);
  EXPECT_GT(denied, 2'000);
}

}  // namespace
}  // namespace sluice::testing
