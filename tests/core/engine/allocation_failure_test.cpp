// SPDX-License-Identifier: Apache-2.0
// When the host refuses memory, whichever time it is asked, the call fails and nothing observable has changed.
#include <functional>
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/failing_memory.h"

namespace sluice::testing {
namespace {

// Every kind whose state hangs off its record, several new subjects, a receipt and a key.
const char kPolicy[] = R"({ "name": "test", "tenant": "account",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amounts": [ { "plan": "free", "amount": 100 }, { "plan": "pro", "amount": 200 } ] },
    { "name": "log", "scope": ["line"], "kind": "sliding", "period": "60s", "amount": 30 },
    { "name": "pair", "scope": ["line", "to"], "kind": "sliding", "period": "60s", "amount": 5 },
    { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 50, "exemption": "24h" },
    { "name": "names", "scope": ["line"], "kind": "gauge", "amount": 50 },
    { "name": "tried", "scope": ["account", "line"], "kind": "window", "period": "60s", "amount": 90 } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "to"], "repeats": "to", "charges": [
      { "limit": "tried" }, { "limit": "day" }, { "limit": "log" }, { "limit": "pair", "each": "to" },
      { "limit": "people", "of": "to" }, { "limit": "names", "of": "to" } ] },
    { "name": "try", "values": ["account", "line", "to"], "charges": [ { "limit": "tried", "charge": "attempt" }, { "limit": "pair" } ] },
    { "name": "wrote", "values": ["account", "to"], "charges": [ { "limit": "people", "of": "to", "charge": "exempt" } ] } ] })";

const std::vector<std::string> kSubjects = {"account=acme", "line=+1",      "line=+1,to=a",
                                            "line=+1,to=b", "line=+1,to=c", "account=acme,line=+1"};

class AllocationFailure : public ::testing::Test {
 protected:
  // Lets 0, 1, 2, ... allocations of `call` pass until it succeeds. `before` brings each engine to the same state; what a failed
  // call leaves must be what a twin has that never made it, also in all it answers later.
  void fail_every_one(const std::function<void(TestEngine&)>& before, const std::function<bool(TestEngine&)>& call,
                      int at_least) {
    int failed = 0;
    for (uint64_t n = 0;; ++n) {
      SCOPED_TRACE(n);
      FailingMemory host;
      TestEngine engine, twin;
      engine.options.memory = host.source();
      engine.options.shards = twin.options.shards = 1;
      for (TestEngine* e : {&engine, &twin}) {
        e->open(kPolicy);
        before(*e);
      }
      const std::string ledger = engine.ledger(kSubjects);
      const Counters counted = engine.counters();
      host.fail_after(n);
      const bool done = call(engine);
      const uint64_t refused = host.refused();
      host.never_fail();
      if (done) {
        ASSERT_GE(failed, at_least) << "the control: it must have failed before";
        ASSERT_TRUE(call(twin));
        EXPECT_EQ(engine.ledger(kSubjects), twin.ledger(kSubjects));
        engine.close();
        return;
      }
      ASSERT_GT(refused, 0u);
      ++failed;
      EXPECT_EQ(engine.ledger(kSubjects), ledger);
      const Counters after = engine.counters();
      EXPECT_EQ(after.records, counted.records);
      EXPECT_EQ(after.receipts, counted.receipts);
      EXPECT_EQ(after.allowed, counted.allowed);
      for (int i = 0; i < 12; ++i) {
        const Ask later{.values = {"acme", "+1", std::string(1, static_cast<char>('a' + i % 4))}, .detailed = true};
        ASSERT_EQ(engine.ask(later), twin.ask(later)) << i;
        engine.pass(3 * kSecond);
        twin.pass(3 * kSecond);
      }
      std::vector<std::string> events = engine.events();
      std::erase(events, "memory");
      EXPECT_EQ(events, twin.events());
      engine.close();
      ASSERT_LT(n, 1'000u);
    }
  }
  static const Ask& group() {
    static const Ask ask{.values = {"acme", "+1", ""}, .repeated = {"a", "b", "c"}};
    return ask;
  }
  static bool decided(TestEngine& engine, const Ask& ask) {
    const Answer answer = engine.ask(ask);
    if (answer.passed()) return true;
    EXPECT_EQ(answer.decision.denial, DenialKind::memory);
    EXPECT_EQ(answer.decision.wait_kind, WaitKind::unknown);
    return false;
  }
};

TEST_F(AllocationFailure, InADecisionOfNewSubjects) {
  fail_every_one([](TestEngine&) {}, [](TestEngine& e) { return decided(e, group()); }, 4);
}

TEST_F(AllocationFailure, InADecisionWhoseSubjectsGrow) {
  fail_every_one(
      [](TestEngine& e) {
        for (int i = 0; i < 8; ++i) {
          for (const char* to : {"a", "b", "c", "d"}) e.send("acme", "+1", to);
          e.pass(kSecond);
          if (i == 0) e.set_clock(e.now() + kMinute);
        }
      },
      [](TestEngine& e) {
        return decided(e, {.values = {"acme", "+1", ""}, .repeated = {"e", "f", "g"}});
      },
      1);
}

TEST_F(AllocationFailure, InADecisionWithAReceiptAndAKey) {
  fail_every_one([](TestEngine&) {},
                 [](TestEngine& e) {
                   Ask ask = group();
                   ask.flags = flag::receipt;
                   ask.key = "k";
                   return decided(e, ask);
                 },
                 4);
}

TEST_F(AllocationFailure, InAnExemption) {
  fail_every_one([](TestEngine&) {},
                 [](TestEngine& e) {
                   return decided(e, {.operation = "wrote", .values = {"acme", "a"}});
                 },
                 2);
}

TEST_F(AllocationFailure, InSettingUsage) {
  fail_every_one([](TestEngine&) {},
                 [](TestEngine& e) {
                   const Status status = e.set_usage("log", "line=+1", 7);
                   EXPECT_TRUE(status == Status::ok || status == Status::no_memory) << word(status);
                   return status == Status::ok;
                 },
                 2);
}

TEST_F(AllocationFailure, InSettingAPlan) {
  fail_every_one([](TestEngine&) {},
                 [](TestEngine& e) {
                   const Status status = e.set_plan("account=acme", "pro");
                   EXPECT_TRUE(status == Status::ok || status == Status::no_memory) << word(status);
                   return status == Status::ok;
                 },
                 1);
}

TEST_F(AllocationFailure, ADenialForMemoryTakesItsAttempts) {
  FailingMemory host;
  TestEngine engine;
  engine.options.memory = host.source();
  engine.open(kPolicy);
  engine.call("try", "acme", "+1", "a");
  host.fail_after(0);
  EXPECT_EQ(engine.call("try", "acme", "+1", "b"), "denied: memory by tried, on release");
  EXPECT_EQ(engine.used("tried", "account=acme,line=+1"), 2u);
  EXPECT_EQ(engine.used("pair", "line=+1,to=b"), 0u);
  host.never_fail();
  engine.close();
}

TEST(AllocationFailures, NothingIsLeakedWhateverFails) {
  for (uint64_t n = 0; n < 60; ++n) {
    FailingMemory host;  // checks that all comes back
    TestEngine engine;
    engine.options.memory = host.source();
    engine.options.shards = 2;
    engine.open(kPolicy);
    for (int i = 0; i < 40; ++i) {
      if (i == 20) host.fail_after(n);
      engine.ask({.values = {"acme" + std::to_string(i % 3), "+1", ""},
                  .repeated = {"a" + std::to_string(i), "b"},
                  .key = "k" + std::to_string(i),
                  .flags = flag::receipt});
      engine.call("wrote", "acme", "c" + std::to_string(i));
      engine.erase("to=a" + std::to_string(i / 2));
    }
    host.never_fail();
    engine.close();
  }
}

}  // namespace
}  // namespace sluice::testing
