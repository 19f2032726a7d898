// SPDX-License-Identifier: Apache-2.0
// Time as decisions see it: backwards is a no-op, far ahead is refused, and one bad clock does not spread.
#include "core/engine/clock.h"

#include <ctime>
#include <string>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

Instant wall() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return int64_t{t.tv_sec} * kSecond + t.tv_nsec;
}

TEST(EngineClock, FollowsTheWallAndNeverGoesBack) {
  std::atomic<Instant> known_until{7};
  EngineClock clock(false, 0, known_until);
  Instant last = clock.now();
  EXPECT_LT(std::abs(last - wall()), kSecond);
  for (int i = 0; i < 1'000; ++i) {
    const Instant now = clock.now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(EngineClock, OnManualSaysWhatWasSetLast) {
  std::atomic<Instant> known_until{7};
  EngineClock clock(true, 5, known_until);
  EXPECT_EQ(clock.now(), 5);
  clock.set(3);
  EXPECT_EQ(clock.now(), 3);
}

TEST(EngineClock, ADayAheadIsTheMost) {
  std::atomic<Instant> known_until{7};
  EngineClock clock(false, 0, known_until);
  EXPECT_FALSE(clock.too_far_ahead(wall() + kDay - kMinute));
  EXPECT_TRUE(clock.too_far_ahead(wall() + kDay + kMinute));
  EXPECT_TRUE(clock.too_far_ahead(kEndOfTime - 1));
}

TEST(EngineClock, OnManualTheLaterOfBothClocksCounts) {
  std::atomic<Instant> known_until{7};
  EngineClock clock(true, wall() + 10 * kDay, known_until);
  EXPECT_FALSE(clock.too_far_ahead(wall() + 11 * kDay - kMinute));
  EXPECT_TRUE(clock.too_far_ahead(wall() + 11 * kDay + kMinute));
}

class Time : public EngineTest {
 protected:
  Answer send_at(Instant now, const std::string& who = "acme") { return ask({.values = {who}, .now = now}); }
};

TEST_F(Time, BackwardsIsANoOp) {  // T33
  for (const char* body : {R"("kind": "pace", "amount": "1/s", "depth": 3)", R"("kind": "window", "period": "60s", "amount": 3)",
                           R"("kind": "sliding", "period": "60s", "amount": 3)"}) {
    for (const Span back : {kMillisecond, 11 * kSecond, 2 * kDay}) {
      open(account_limits({{"l", body}}));
      at(3 * 86'400);
      EXPECT_EQ(admitted(3, "acme"), 3);
      pass(-back);
      EXPECT_FALSE(send("acme").passed()) << body;
      pass(back);
      EXPECT_FALSE(send("acme").passed()) << body;
      pass(60 * kSecond);
      EXPECT_EQ(admitted(4, "acme"), 3) << body;
    }
  }
}

TEST_F(Time, AlternatingOldAndNewTimesMintNothing) {  // golang/go#56287
  open(account_limits({{"pace", R"("kind": "pace", "amount": "1/s", "depth": 5)"}}));
  int passed = 0;
  for (int i = 0; i < 1'000; ++i) passed += send_at(kStart + (i % 2 == 0 ? 0 : 100 * kSecond)).passed() ? 1 : 0;
  EXPECT_LE(passed, 10);
}

TEST_F(Time, BackToBeforeTheEpochsFirstDayDoesNotCrash) {
  open(account_limits(
      {{"l", R"("kind": "sliding", "period": "24h", "amount": 2)"}, {"d", R"("kind": "window", "period": "day", "amount": 9)"}}));
  for (const Instant now : {kStart, Instant{0}, Instant{1}, kStart - kDay}) send_at(now);
  EXPECT_EQ(used("l", "account=acme"), 2u);
}

TEST_F(Time, TheWaitIsCountedFromTheCallersOwnNow) {
  open(account_limits({{"pace", R"("kind": "pace", "amount": "1/s")"}}));
  EXPECT_EQ(send_at(kStart + 100 * kSecond), "allowed");
  const Answer late = send_at(kStart + 40 * kSecond);
  EXPECT_EQ(late, "denied: rate by pace, in 61s");
  EXPECT_EQ(late.decision.now, kStart + 40 * kSecond);
}

TEST_F(Time, OneSubjectsBadClockDoesNotTouchAnother) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "a", "scope": ["account"], "kind": "window", "period": "60s", "amount": 100 },
      { "name": "l", "scope": ["line"], "kind": "window", "period": "60s", "amount": 2 } ],
    "operations": [ { "name": "send", "values": ["account", "line"], "charges": [ { "limit": "a" }, { "limit": "l" } ] } ] })");
  EXPECT_EQ(ask({.values = {"acme", "+1"}, .now = kStart + kHour}), "allowed");  // an hour ahead
  // Acme's record is evaluated an hour ahead from now on; line +2 is not.
  EXPECT_EQ(ask({.values = {"acme", "+2"}, .now = kStart}), "allowed");
  EXPECT_EQ(ask({.values = {"acme", "+2"}, .now = kStart}), "allowed");
  const Answer third = ask({.values = {"acme", "+2"}, .now = kStart});
  EXPECT_EQ(third, "denied: rate by l, in 60s");
  EXPECT_EQ(ask({.values = {"acme", "+2"}, .now = kStart + kMinute}), "allowed");
}

TEST_F(Time, DenialsAndPeeksMoveNothing) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 1)"}}));
  send_at(kStart);
  send_at(kStart + 30 * kSecond);                                                // denied
  ask({.values = {"acme"}, .flags = flag::peek, .now = kStart + 10 * kMinute});  // would pass
  EXPECT_EQ(send_at(kStart + 59 * kSecond), "denied: rate by minute, in 1s");
  EXPECT_EQ(send_at(kStart + 60 * kSecond), "allowed");
}

TEST_F(Time, OutOfRangeIsAnErrorThatNamesTheField) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 9)"}}));
  for (const Instant now : {Instant{-1}, kEndOfTime, INT64_MAX, Instant{INT64_MIN + 1}}) {
    const Answer answer = send_at(now);
    EXPECT_EQ(answer, "error: time") << now;
    EXPECT_THAT(answer.error, ::testing::StartsWith("now: "));
  }
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Time, MoreThanADayAheadIsRefusedEverywhere) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 9)"}}));
  const Instant far = wall() + kDay + kHour;
  EXPECT_EQ(send_at(far), "error: time");
  const Bytes acme[] = {"acme"};
  const SubjectName subject{"account", acme};
  uint64_t erased = 0;
  std::vector<UsageRow> rows;
  std::string json;
  EXPECT_EQ(Engine::reset(handle, subject, far, &error), Status::time);
  EXPECT_EQ(Engine::erase(handle, subject, &erased, far, &error), Status::time);
  EXPECT_EQ(Engine::usage(handle, subject, far, &rows, &error), Status::time);
  EXPECT_EQ(Engine::usage_json(handle, subject, far, &json, &error), Status::time);
  EXPECT_EQ(Engine::set_usage(handle, limit("minute"), subject, 1, far, &error), Status::time);
  EXPECT_EQ(Engine::set_amount(handle, limit("minute"), subject, "5", far, &error), Status::time);
  EXPECT_EQ(Engine::set_plan(handle, subject, "x", far, &error), Status::time);
  EXPECT_EQ(Engine::refund(handle, 1, far, &error), Status::time);
  EXPECT_EQ(Engine::commit(handle, 1, {}, far, &error), Status::time);
  EXPECT_EQ(Engine::sweep(handle, far, 10, nullptr), Status::time);
  EXPECT_EQ(Engine::reload(handle, options.policy, "", false, far, &error), Status::time);
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Time, WaitsThatReachTheEndOfTimeAreNever) {
  open(account_limits({{"pace", R"("kind": "pace", "amount": "1/400 days", "depth": 2)"}}));
  EXPECT_EQ(admitted(3, "acme"), 2);
  EXPECT_EQ(send("acme"), "denied: rate by pace, in 34560000s");
}

TEST_F(Time, AnIdleOf400DaysOverflowsNothing) {  // T06
  open(account_limits({{"pace", R"("kind": "pace", "amount": "1000000/min", "depth": 7)"},
                       {"burst", R"("kind": "window", "period": "1s", "amount": 10, "burst": "2x for 10s")"}}));
  EXPECT_EQ(admitted(9, "acme"), 7);
  at(400 * 86'400);
  EXPECT_EQ(admitted(9, "acme"), 7);
}

TEST_F(Time, JumpingOverMidnightResetsTheDayOnce) {  // T35
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 3)"}}));
  at(86'399);
  EXPECT_EQ(admitted(5, "acme"), 3);
  at(86'400);
  EXPECT_EQ(admitted(5, "acme"), 3);
  at(86'399);
  EXPECT_EQ(admitted(5, "acme"), 0);
  at(86'400);
  EXPECT_EQ(admitted(5, "acme"), 0);
}

TEST_F(Time, OnItsOwnClockAnEngineDecidesNow) {
  options.manual_clock = false;
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 3)"}}));
  Instant now = 0;
  EXPECT_EQ(Engine::clock(handle, &now), Status::ok);
  EXPECT_LT(std::abs(now - wall()), kSecond);
  const Answer answer = send("acme");
  EXPECT_GE(answer.decision.now, now);
  EXPECT_EQ(Engine::set_clock(handle, kStart), Status::invalid);
}

TEST_F(Time, AManualClockIsCheckedToo) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 3)"}}));
  EXPECT_EQ(Engine::set_clock(handle, -1), Status::time);
  EXPECT_EQ(Engine::set_clock(handle, kEndOfTime), Status::time);
  Instant now = 0;
  EXPECT_EQ(Engine::clock(handle, &now), Status::ok);
  EXPECT_EQ(now, kStart);
}

// The floor.

TEST_F(Time, ASweepRaisesTheFloorSoThatADroppedSubjectCannotGoBack) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}));
  EXPECT_EQ(admitted(3, "acme"), 2);
  at(600);
  EXPECT_EQ(sweep(), 1u);
  // Before the floor nothing is decided: at second 30 acme would otherwise have two more.
  EXPECT_EQ(send_at(kStart + 30 * kSecond), "allowed");
  EXPECT_EQ(usage("account=acme")["minute"].resets_at, kStart + 660 * kSecond);
  EXPECT_EQ(send_at(kStart + 630 * kSecond), "allowed");
  EXPECT_EQ(send_at(kStart + 640 * kSecond), "denied: rate by minute, in 20s");
}

TEST_F(Time, ASweepAheadOfTheEnginesClockRaisesTheFloorToThatClockOnly) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}));
  send("acme");
  uint64_t dropped = 99;
  EXPECT_EQ(Engine::sweep(handle, kStart + kHour, UINT64_MAX, &dropped), Status::ok);
  EXPECT_EQ(dropped, 0u);
  EXPECT_EQ(send_at(kStart + 5 * kSecond), "allowed");
  EXPECT_EQ(send_at(kStart + 59 * kSecond), "denied: rate by minute, in 1s");
}

TEST_F(Time, RandomClocksNeverGrantMoreThanTheMostForwardOneAllows) {
  Random random(7);
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 10)"}}));
  int passed = 0;
  for (int i = 0; i < 5'000; ++i) passed += send_at(kStart + random.between(0, 599'999'999'999)).passed() ? 1 : 0;
  EXPECT_LE(passed, 100);
  EXPECT_GT(passed, 10);
}

}  // namespace
}  // namespace sluice::testing
