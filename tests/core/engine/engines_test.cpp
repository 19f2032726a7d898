// SPDX-License-Identifier: Apache-2.0
// Engines and their handles: several in a process, stale ones, foreign ones, none.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/engine/control_block.h"
#include "core/engine/generation.h"
#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

const std::string kPolicy = account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"}});

// Every call that takes a handle must say the same of a bad one.
void expect_everywhere(uint64_t handle, Status expected) {
  const Bytes acme[] = {"acme"};
  const SubjectName subject{"account", acme};
  Request request;
  request.operation = 0;
  request.values = acme;
  Decision decision;
  std::string text;
  Instant now = 0;
  uint64_t number = 0;
  size_t count = 0;
  std::vector<UsageRow> rows;
  Counters counters;
  EXPECT_EQ(Engine::decide(handle, request, &decision, &text), expected);
  EXPECT_EQ(decision.status, expected);
  EXPECT_THAT(text, ::testing::StartsWith("engine: "));
  EXPECT_EQ(Engine::decide_many(handle, {&request, 1}, {&decision, 1}), expected);
  EXPECT_EQ(Engine::explain(handle, request, &text, &text), expected);
  EXPECT_EQ(Engine::set_clock(handle, 1), expected);
  EXPECT_EQ(Engine::clock(handle, &now), expected);
  EXPECT_EQ(Engine::reload(handle, kPolicy, "", false, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::operation_id(handle, "send"), static_cast<int32_t>(expected));
  EXPECT_EQ(Engine::limit_id(handle, "minute"), static_cast<int32_t>(expected));
  EXPECT_EQ(Engine::limit_name(handle, 0, &text), expected);
  EXPECT_EQ(Engine::describe_operation(handle, 0, &text), expected);
  EXPECT_EQ(Engine::refund(handle, 1, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::commit(handle, 1, {}, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::set_plan(handle, subject, "x", kEngineClock, &text), expected);
  EXPECT_EQ(Engine::set_amount(handle, 0, subject, "5", kEngineClock, &text), expected);
  EXPECT_EQ(Engine::set_billing(handle, subject, 1, 0, "", kEngineClock, &text), expected);
  EXPECT_EQ(Engine::set_usage(handle, 0, subject, 1, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::reset(handle, subject, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::erase(handle, subject, &number, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::report_throttled(handle, 0, subject, 1, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::clear_throttle(handle, 0, subject, kEngineClock, &text), expected);
  EXPECT_EQ(Engine::report_quality(handle, subject, "green", kEngineClock, &text), expected);
  EXPECT_EQ(Engine::usage(handle, subject, kEngineClock, &rows, &text), expected);
  EXPECT_EQ(Engine::usage_json(handle, subject, kEngineClock, &text, &text), expected);
  EXPECT_EQ(Engine::list(handle, "account", &number, 1, &text, &text), expected);
  EXPECT_EQ(Engine::drain_events(handle, {}, &count, nullptr), expected);
  EXPECT_EQ(Engine::counters(handle, &counters), expected);
  EXPECT_EQ(Engine::sweep(handle, kEngineClock, 1, &number), expected);
}

TEST(Handles, AreBelow2To53AndNotZero) {
  TestEngine engine;
  engine.open(kPolicy);
  EXPECT_GT(engine.handle, 0u);
  EXPECT_LT(engine.handle, uint64_t{1} << 53);
}

TEST(Handles, AStaleOneIsAnErrorEverywhere) {
  TestEngine engine;
  engine.open(kPolicy);
  const uint64_t stale = engine.handle;
  engine.close();
  expect_everywhere(stale, Status::handle);
  EXPECT_EQ(Engine::destroy(stale), Status::handle);
}

TEST(Handles, AStaleOneDoesNotReachTheEngineThatTookItsPlace) {
  TestEngine first;
  first.open(kPolicy);
  const uint64_t stale = first.handle;
  first.close();
  TestEngine second;
  second.open(kPolicy);
  EXPECT_NE(second.handle, stale);
  expect_everywhere(stale, Status::handle);
  EXPECT_EQ(Engine::destroy(stale), Status::handle);
  EXPECT_EQ(second.send("acme"), "allowed");
  EXPECT_EQ(second.counters().allowed, 1u);
}

TEST(Handles, GuessedAndForeignOnesAreErrorsEverywhere) {
  TestEngine engine;
  engine.open(kPolicy);
  for (const uint64_t guess :
       {uint64_t{1}, engine.handle + 1, engine.handle + (uint64_t{1} << 12), engine.handle - (uint64_t{1} << 12),
        engine.handle | uint64_t{1} << 52, engine.handle ^ uint64_t{1} << 48, uint64_t{1} << 48 | 4'095, UINT64_MAX}) {
    expect_everywhere(guess, Status::handle);
    EXPECT_EQ(Engine::destroy(guess), Status::handle);
  }
  EXPECT_EQ(engine.send("acme"), "allowed");
}

TEST(Handles, ZeroIsNeverValidAndDestroyingItIsNothing) {
  expect_everywhere(0, Status::handle);
  EXPECT_EQ(Engine::destroy(0), Status::ok);
}

TEST(Handles, EveryEngineGetsItsOwn) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 40; ++i) {
    TestEngine engine;
    engine.open(kPolicy);
    EXPECT_TRUE(seen.insert(engine.handle).second);
  }
}

TEST(Handles, AFailedCreateLeavesNothingBehind) {
  TestEngine engine;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(engine.try_open("{ }"), Status::policy);
  engine.open(kPolicy);
  EXPECT_EQ(engine.send("acme"), "allowed");
}

TEST(SeveralEngines, ShareNothing) {
  TestEngine a, b;
  a.open(kPolicy);
  b.open(account_limits(
      {{"other", R"("kind": "pace", "amount": "1/s")"}, {"minute", R"("kind": "window", "period": "60s", "amount": 1)"}}));
  b.at(1'000);
  EXPECT_EQ(a.admitted(9, "acme"), 3);
  EXPECT_EQ(b.admitted(9, "acme"), 1);
  EXPECT_EQ(a.counters().allowed, 3u);
  EXPECT_EQ(b.counters().allowed, 1u);
  EXPECT_EQ(a.now(), kStart);
  Instant now = 0;
  Engine::clock(a.handle, &now);
  EXPECT_EQ(now, kStart);
  b.close();
  EXPECT_EQ(a.send("acme"), "denied: rate by minute, in 60s");
}

TEST(SeveralEngines, AnotherEnginesReceiptIsNotTakenForOnesOwn) {
  const std::string policy = account_limits({{"day", R"("kind": "window", "period": "day", "amount": 9)"}});
  TestEngine a, b;
  a.options.shards = b.options.shards = 1;
  a.open(policy);
  b.open(policy);
  const uint64_t foreign = a.receipt_for({.values = {"acme"}});
  b.receipt_for({.values = {"acme"}});
  EXPECT_EQ(b.refund(foreign), Status::not_found);
  EXPECT_EQ(b.used("day", "account=acme"), 1u);
}

TEST(SeveralEngines, OfDifferentSizesMayFollowEachOtherInOnePlace) {
  for (const uint32_t shards : {1u, 1'024u, 2u, 64u}) {
    TestEngine engine;
    engine.options.shards = shards;
    engine.open(kPolicy);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(engine.send("a" + std::to_string(i)), "allowed");
    EXPECT_EQ(engine.counters().records, 200u);
    EXPECT_EQ(engine.counters().allowed, 200u);
  }
}

TEST(Describe, AnOperationIsDescribedByItsShape) {
  TestEngine engine;
  engine.open(policy_file("linq"));
  std::string json;
  EXPECT_EQ(Engine::describe_operation(engine.handle, engine.operation("messages.send"), &json), Status::ok);
  EXPECT_THAT(json,
              ::testing::AllOf(::testing::HasSubstr("\"messages.send\""), ::testing::HasSubstr("\"repeats\":\"recipient\"")));
  EXPECT_EQ(Engine::describe_operation(engine.handle, 99, &json), Status::not_found);
  EXPECT_EQ(Engine::describe_operation(engine.handle, -1, &json), Status::not_found);
}

// The parts.

TEST(NameTable, NumbersNamesInTheOrderFirstMet) {
  NameTable names;
  EXPECT_EQ(names.find("a"), -1);
  EXPECT_EQ(names.add("a"), 0);
  EXPECT_EQ(names.add("b"), 1);
  EXPECT_EQ(names.add("a"), 0);
  EXPECT_EQ(names.find("b"), 1);
  EXPECT_EQ(names.at(1), "b");
  EXPECT_EQ(names.size(), 2u);
}

TEST(StableShape, ReadsWhatWasWritten) {
  OperationShape written;
  written.known = true;
  written.generation = 255;
  written.value_count = 16;
  written.slot_count = 32;
  written.quantity_count = 8;
  written.repeats = 15;
  written.tenant = 0;
  written.operation = 255;
  for (uint32_t i = 0; i < 32; ++i) {
    written.slots[i].scope = static_cast<uint8_t>(i * 7);
    written.slots[i].count = static_cast<uint8_t>(1 + i % 4);
    written.slots[i].repeated = i % 2 == 0;
    for (uint32_t v = 0; v < 4; ++v) written.slots[i].values[v] = static_cast<uint8_t>((i + v) % 16);
  }
  const auto stable = std::make_unique<StableShape>();
  OperationShape read;
  EXPECT_TRUE(stable->read(&read));
  EXPECT_FALSE(read.known);
  stable->write(written, HashSecret{{1, 3, 5, 7}}, nullptr);
  ASSERT_TRUE(stable->read(&read));
  EXPECT_TRUE(read.known);
  EXPECT_EQ(read.generation, 255);
  EXPECT_EQ(stable->hash_begin(), hash_begin(written.slots[0].scope, HashSecret{{1, 3, 5, 7}}));
  EXPECT_EQ(read.value_count, 16);
  EXPECT_EQ(read.slot_count, 32);
  EXPECT_EQ(read.quantity_count, 8);
  EXPECT_EQ(read.repeats, 15);
  EXPECT_EQ(read.tenant, 0);
  EXPECT_EQ(read.operation, 255);
  for (uint32_t i = 0; i < 32; ++i) {
    EXPECT_EQ(read.slots[i].scope, written.slots[i].scope);
    EXPECT_EQ(read.slots[i].count, written.slots[i].count);
    EXPECT_EQ(read.slots[i].repeated, written.slots[i].repeated);
    for (uint32_t v = 0; v < 4; ++v) EXPECT_EQ(read.slots[i].values[v], written.slots[i].values[v]);
  }
  written.repeats = written.tenant = -1;
  stable->write(written, HashSecret{{1, 3, 5, 7}}, nullptr);
  stable->read(&read);
  EXPECT_EQ(read.repeats, -1);
  EXPECT_EQ(read.tenant, -1);
}

}  // namespace
}  // namespace sluice::testing
