// SPDX-License-Identifier: Apache-2.0
// A decision takes all its charges or none, whatever limits it names and in whatever order.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

// Every kind on a scope of its own, all with room for plenty, and one limit that denies after `refuser` sends.
struct KindText {
  const char* name;
  const char* scope;
  const char* body;
  const char* charge;
};

constexpr KindText kKinds[] = {
    {"pace", "[\"account\"]", R"("kind": "pace", "amount": "10/s", "depth": 100)", ""},
    {"minute", "[\"line\"]", R"("kind": "window", "period": "60s", "amount": 100, "thresholds": [1, 2, 3])", ""},
    {"burst", "[\"line\"]", R"("kind": "window", "period": "1s", "amount": 10, "burst": "2x for 10s")", ""},
    {"month", "[\"account\"]", R"("kind": "window", "period": "billing", "amount": 100, "ceiling": "120%")", ""},
    {"log", "[\"line\", \"recipient\"]", R"("kind": "sliding", "period": "60s", "amount": 100)", ""},
    {"slots", "[\"recipient\"]", R"("kind": "sliding", "period": "60s", "amount": 100, "slots": 6)", ""},
    {"people", "[\"account\"]", R"("kind": "distinct", "period": "24h", "amount": 100)", R"(, "of": "recipient")"},
    {"seats", "[\"account\", \"line\"]", R"("kind": "gauge", "amount": 100)", ""},
    {"names", "[\"line\"]", R"("kind": "gauge", "amount": 100)", R"(, "of": "recipient")"},
    {"provider", "[\"account\"]", R"("kind": "upstream", "longest": "1h")", ""},
};

constexpr KindText kRefusers[] = {
    {"r", "[\"account\"]", R"("kind": "pace", "amount": "1/day")", ""},
    {"r", "[\"line\"]", R"("kind": "window", "period": "day", "amount": 1)", ""},
    {"r", "[\"recipient\"]", R"("kind": "sliding", "period": "60s", "amount": 1)", ""},
    {"r", "[\"line\"]", R"("kind": "sliding", "period": "60s", "amount": 1, "slots": 10)", ""},
    {"r", "[\"line\"]", R"("kind": "distinct", "period": "24h", "amount": 1)", R"(, "of": "recipient")"},
    {"r", "[\"account\"]", R"("kind": "gauge", "amount": 1)", ""},
    {"r", "[\"account\"]", R"("kind": "gauge", "amount": 1)", R"(, "of": "recipient")"},
    {"r", "[\"account\"]", R"("kind": "window", "period": "60s", "blocked": true)", ""},
};

// The refuser stands at `position` among the charges.
std::string policy_with(const KindText& refuser, size_t position) {
  std::vector<KindText> all(std::begin(kKinds), std::end(kKinds));
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(position), refuser);
  std::string limits, charges;
  for (const KindText& kind : all) {
    limits += std::string("{ \"name\": \"") + kind.name + "\", \"scope\": " + kind.scope + ", " + kind.body + " },\n";
    charges += std::string("{ \"limit\": \"") + kind.name + "\"" + kind.charge + " }, ";
  }
  std::string rest, release;
  for (const KindText& kind : kKinds) rest += std::string("{ \"limit\": \"") + kind.name + "\"" + kind.charge + " }, ";
  return R"({ "name": "test", "tenant": "account", "limits": [)" + limits + R"(], "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [)" +
         charges + R"(] },
    { "name": "rest", "values": ["account", "line", "recipient"], "charges": [)" +
         rest + "] } ] }";
}

const std::vector<std::string> kSubjects = {"account=acme",         "line=+1",      "recipient=+9",        "line=+1,recipient=+9",
                                            "account=acme,line=+1", "recipient=+8", "line=+1,recipient=+8"};

class AllOrNothing : public ::testing::TestWithParam<size_t> {};

TEST_P(AllOrNothing, ADenialChangesNothingWhateverDeniesAndWhereverItStands) {
  const KindText& refuser = kRefusers[GetParam()];
  for (size_t position = 0; position <= std::size(kKinds); ++position) {
    SCOPED_TRACE(position);
    TestEngine engine, twin;  // the twin is never denied
    for (TestEngine* e : {&engine, &twin}) {
      e->open(policy_with(refuser, position));
      e->send("acme", "+1", "+9");  // takes what the refuser has, if it has anything
      e->drain();
    }
    engine.at(1);
    twin.at(1);
    const std::string before = engine.ledger(kSubjects);
    const Counters counted = engine.counters();
    const char* recipients[] = {"+8", "+9"};
    const int kTries = 5;
    int denied = 0;
    for (int i = 0; i < kTries; ++i) {
      for (const char* to : recipients) denied += engine.send("acme", "+1", to).decision.status == Status::denied;
    }
    ASSERT_GE(denied, kTries);
    if (denied < 2 * kTries) continue;  // a named refuser lets the name that it holds pass: nothing to compare
    EXPECT_EQ(engine.ledger(kSubjects), before);
    EXPECT_TRUE(engine.drain().empty());
    const Counters after = engine.counters();
    EXPECT_EQ(after.allowed, counted.allowed);
    EXPECT_EQ(after.denied, counted.denied + 2 * kTries);
    EXPECT_EQ(after.records, counted.records);
    EXPECT_EQ(after.receipts, 0u);
    // From here on both behave alike to the last field.
    for (int i = 0; i < 60; ++i) {
      const std::string to = i % 3 == 0 ? "+8" : "+9";
      ASSERT_EQ(engine.call("rest", "acme", "+1", to), twin.call("rest", "acme", "+1", to)) << i;
      ASSERT_EQ(engine.send("acme", "+1", to), twin.send("acme", "+1", to)) << i;
      engine.pass(i * 37 * kMillisecond);
      twin.pass(i * 37 * kMillisecond);
    }
    EXPECT_EQ(engine.ledger(kSubjects), twin.ledger(kSubjects));
  }
}

INSTANTIATE_TEST_SUITE_P(EveryKind, AllOrNothing, ::testing::Range<size_t>(0, std::size(kRefusers)));

class AllOrNothingStory : public EngineTest {};

TEST_F(AllOrNothingStory, AnUnknownSubjectThatIsDeniedOrPeekedLeavesNoRecord) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "blocked": true)"}}));
  EXPECT_EQ(send("acme"), "denied: blocked by day, at most 0");
  EXPECT_EQ(peek("other"), "denied: blocked by day, at most 0");
  EXPECT_EQ(counters().records, 0u);
  uint64_t cursor = 0;
  EXPECT_EQ(list("account", &cursor, 10), "[]");
}

TEST_F(AllOrNothingStory, ANewSubjectBesideADenyingOneLeavesNoRecord) {
  open(R"({ "name": "test", "tenant": "account",
    "limits": [ { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 1 },
                { "name": "pair", "scope": ["line", "recipient"], "kind": "sliding", "period": "60s", "amount": 5 } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
                      "charges": [ { "limit": "pair" }, { "limit": "line_day" } ] } ] })");
  EXPECT_EQ(send("acme", "+1", "+2"), "allowed");
  const Counters before = counters();
  EXPECT_EQ(send("acme", "+1", "+3"), "denied: quota by line_day, in 86400s");
  EXPECT_EQ(counters().records, before.records);
}

TEST_F(AllOrNothingStory, ACostBeyondWhatIsLeftTakesNothingAndTheRestStillPasses) {  // T14
  open(R"({ "name": "test", "tenant": "account",
    "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 7 } ],
    "operations": [ { "name": "send", "values": ["account"], "quantities": ["mails"],
                      "charges": [ { "limit": "day", "cost": "mails" } ] } ] })");
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {5}}), "allowed");
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {5}}), "denied: quota by day, in 86400s");
  EXPECT_EQ(used("day", "account=acme"), 5u);
  EXPECT_EQ(ask({.values = {"acme"}, .quantities = {2}}), "allowed");
}

TEST_F(AllOrNothingStory, AClientHammeringGetsItsFullAllowance) {  // T15
  open(account_limits(
      {{"minute", R"("kind": "window", "period": "60s", "amount": 30)"}, {"pace", R"("kind": "pace", "amount": "1/s")"}}));
  int passed = 0;
  for (int i = 0; i < 600; ++i) {  // ten tries a second for a minute
    at_ns(i * 100 * kMillisecond);
    passed += send("acme").passed() ? 1 : 0;
  }
  EXPECT_EQ(passed, 30);
}

TEST_F(AllOrNothingStory, TheFirstCallOnAFreshKeyTakesItsFullCost) {  // T14b
  open(R"({ "name": "test", "tenant": "account",
    "limits": [ { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1/s", "depth": 10 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "pace", "cost": 10 } ] } ] })");
  EXPECT_EQ(send("acme"), "allowed");
  EXPECT_EQ(send("acme"), "denied: rate by pace, in 10s");
}

}  // namespace
}  // namespace sluice::testing
