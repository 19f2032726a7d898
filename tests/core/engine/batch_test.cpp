// SPDX-License-Identifier: Apache-2.0
// A batch equals its single calls in array order at one instant.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

const char kPolicy[] = R"({ "name": "test", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "thresholds": [50, 100], "amounts": [
      { "plan": "free", "amount": 40 }, { "plan": "pro", "amount": 400 } ] },
    { "name": "pair", "scope": ["account", "recipient"], "kind": "window", "period": "60s", "by": "account", "amounts": [
      { "plan": "free", "amount": 3 }, { "plan": "pro", "amount": 30 } ] },
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/2s", "depth": 2, "mode": "queue" },
    { "name": "log", "scope": ["line", "recipient"], "kind": "sliding", "period": "10s", "amount": 4 },
    { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 6 },
    { "name": "requests", "scope": ["account"], "kind": "window", "period": "60s", "amount": 90 } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "repeats": "recipient", "charges": [
      { "limit": "requests", "charge": "attempt" }, { "limit": "day", "each": "recipient" }, { "limit": "pair", "each": "recipient" },
      { "limit": "pace" }, { "limit": "log", "each": "recipient" }, { "limit": "people", "of": "recipient" } ] },
    { "name": "get", "values": ["account"], "charges": [ { "limit": "requests", "charge": "attempt" } ] },
    { "name": "buy", "values": ["account"], "quantities": ["n"], "charges": [ { "limit": "day", "cost": "n" } ] } ] })";

Ask random_ask(Random& random) {
  const std::string account = "a" + std::to_string(random.below(3));
  const std::string line = "+" + std::to_string(random.below(4));
  const auto person = [&] { return "p" + std::to_string(random.below(9)); };
  Ask ask;
  switch (random.below(10)) {
    case 0: ask = {.operation = "get", .values = {account}}; break;
    case 1: ask = {.operation = "buy", .values = {account}, .quantities = {random.below(4)}}; break;  // 0 is an error
    case 2: ask = {.operation = "send", .values = {account, line, ""}, .repeated = {person(), person(), person()}}; break;
    case 3: ask = {.operation = "send", .values = {account, line}}; break;  // an error
    default: ask = {.operation = "send", .values = {account, line, person()}}; break;
  }
  if (random.chance(10)) ask.flags = flag::peek;
  if (random.chance(20)) ask.key = "k" + std::to_string(random.below(6));
  if (random.chance(10)) ask.flags |= flag::receipt;
  if (random.chance(4)) ask.now = kStart + random.between(0, 3'000'000'000);
  ask.detailed = random.chance(50);
  return ask;
}

struct Batch {
  std::vector<std::unique_ptr<AskBytes>> bytes;
  std::vector<Request> requests;
  std::vector<Decision> decisions;
  std::vector<std::vector<Detail>> details;

  Batch(TestEngine& engine, const std::vector<Ask>& asks) : decisions(asks.size()), details(asks.size()) {
    for (size_t i = 0; i < asks.size(); ++i) {
      bytes.push_back(std::make_unique<AskBytes>(asks[i], engine.operation(asks[i].operation)));
      requests.push_back(bytes.back()->request());
      details[i].resize(asks[i].detailed ? 256 : 0);
      decisions[i].details = details[i];
    }
  }
  Answer answer(TestEngine& engine, size_t i) {
    Answer answer;
    answer.decision = decisions[i];
    answer.details = details[i];
    answer.details.resize(std::min<size_t>(details[i].size(), decisions[i].detail_count));
    answer.decision.details = {};
    answer.limit = engine.limit_name(decisions[i].limit_id);
    return answer;
  }
};

TEST(Batches, EqualTheirSingleCallsInOrder) {
  Random random(42);
  TestEngine batched, single;
  for (TestEngine* e : {&batched, &single}) {
    e->open(kPolicy);
    e->set_plan("account=a1", "pro");
  }
  int denied = 0, queued = 0, errors = 0, replayed = 0;
  for (int round = 0; round < 120; ++round) {
    std::vector<Ask> asks;
    for (uint64_t n = 1 + random.below(100); n > 0; --n) asks.push_back(random_ask(random));
    Batch batch(batched, asks);
    ASSERT_EQ(Engine::decide_many(batched.handle, batch.requests, batch.decisions), Status::ok);
    for (size_t i = 0; i < asks.size(); ++i) {
      Answer expected = single.ask(asks[i]);
      expected.error.clear();  // a batch has no words
      const Answer got = batch.answer(batched, i);
      ASSERT_EQ(got, expected) << "round " << round << " element " << i << " " << asks[i].operation;
      denied += got.decision.status == Status::denied ? 1 : 0;
      queued += got.decision.status == Status::would_queue ? 1 : 0;
      errors += static_cast<int>(got.decision.status) < 0 ? 1 : 0;
      replayed += (got.decision.flags & flag::replayed) != 0 ? 1 : 0;
    }
    const Span step = random.between(0, 5'000'000'000);
    batched.pass(step);
    single.pass(step);
  }
  EXPECT_GT(denied, 500);
  EXPECT_GT(queued, 20);
  EXPECT_GT(errors, 200);
  EXPECT_GT(replayed, 20);
  EXPECT_EQ(batched.events(), single.events());
  const std::vector<std::string> subjects = {"account=a0", "account=a1", "account=a2", "line=+1", "account=a0,recipient=p3"};
  EXPECT_EQ(batched.ledger(subjects), single.ledger(subjects));
}

class BatchStory : public EngineTest {};

TEST_F(BatchStory, ADeniedElementDoesNotStopTheRest) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}));
  Batch batch(*this,
              {{.values = {"a"}}, {.values = {"a"}}, {.values = {"a"}}, {.values = {"b"}}, {.values = {""}}, {.values = {"c"}}});
  EXPECT_EQ(Engine::decide_many(handle, batch.requests, batch.decisions), Status::ok);
  const char* kStories[] = {"allowed", "allowed", "denied: rate by minute, in 60s", "allowed", "error: invalid", "allowed"};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(batch.answer(*this, i), kStories[i]) << i;
}

TEST_F(BatchStory, AllElementsShareOneInstantOfTheEnginesClock) {
  options.manual_clock = false;
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 1000000)"}}));
  std::vector<Ask> asks;
  for (int i = 0; i < 500; ++i) asks.push_back({.values = {"a" + std::to_string(i)}});
  Batch batch(*this, asks);
  EXPECT_EQ(Engine::decide_many(handle, batch.requests, batch.decisions), Status::ok);
  for (size_t i = 1; i < asks.size(); ++i) ASSERT_EQ(batch.decisions[i].now, batch.decisions[0].now) << i;
}

TEST_F(BatchStory, AnEmptyBatchIsAnEmptyAnswer) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}));
  EXPECT_EQ(Engine::decide_many(handle, {}, {}), Status::ok);
}

TEST_F(BatchStory, AsManyDecisionsAsRequestsAreNeeded) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}));
  Batch batch(*this, {{.values = {"a"}}, {.values = {"a"}}});
  EXPECT_EQ(Engine::decide_many(handle, batch.requests, std::span(batch.decisions).first(1)), Status::invalid);
  EXPECT_EQ(used("minute", "account=a"), 0u);
}

TEST_F(BatchStory, TheSameKeyTwiceInOneBatchIsOneCharge) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 9)"}}));
  std::vector<Ask> asks;
  for (int i = 0; i < 40; ++i) asks.push_back({.values = {"a"}, .key = i % 2 == 0 ? "even" : "odd"});
  Batch batch(*this, asks);
  EXPECT_EQ(Engine::decide_many(handle, batch.requests, batch.decisions), Status::ok);
  EXPECT_EQ(used("minute", "account=a"), 2u);
  EXPECT_EQ(counters().replayed, 38u);
}

}  // namespace
}  // namespace sluice::testing
