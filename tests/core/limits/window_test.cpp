// SPDX-License-Identifier: Apache-2.0
#include "core/limits/window.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

#include "core/limits/amount.h"
#include "core/limits/zone.h"

namespace sluice {
namespace {

constexpr Instant kMidnight = 1'699'920'000 * kSecond;  // 2023-11-14 00:00 UTC
constexpr Instant kNow = kMidnight + 12 * kHour + 5;
constexpr uint64_t kMost = kCountLimit - 1;

// One subject of one window without burst.
struct Subject {
  Rule rule{};
  Amount amount;
  Billing billing;
  alignas(8) std::byte state[16] = {};

  Subject(PeriodKind kind, Span period, const Amount& a) : amount(a) {
    rule.period_kind = kind;
    rule.period = period;
  }
  Params params() const { return {&rule, &amount, &billing}; }
  Instant opens(uint64_t cost, Instant from, bool queued = false) const {
    return window::opens_at(params(), state, {cost, ChargeType::normal, queued, {}}, from);
  }
  Taken take(uint64_t cost, Instant at, ChargeType type = ChargeType::normal) {
    return window::commit(params(), state, {cost, type, false, {}}, at);
  }
  bool try_take(uint64_t cost, Instant at) {
    if (opens(cost, at) != at) return false;
    take(cost, at);
    return true;
  }
  void refund(const Taken& taken, uint64_t units, Instant at) { window::refund(params(), state, taken, units, {}, at); }
  uint8_t change(const Amount& to, Instant at) {
    const Amount from = amount;
    amount = to;
    return window::carry({&rule, &from, &billing}, params(), state, at);
  }
  bool set_used(uint64_t used, Instant at) { return window::set_used(params(), state, used, at); }
  Reading read(Instant at) const { return window::read(params(), state, at); }
  bool idle(Instant at) const { return window::idle(params(), state, at); }
  uint64_t largest() const { return window::largest_cost(params()); }
};

Subject aligned(Span period, const Amount& amount) { return {PeriodKind::aligned, period, amount}; }

Amount noticing(uint64_t amount) {
  static constexpr std::array<uint32_t, 3> kShares = {7'500, 9'000, 10'000};
  return make_window_amount(amount, Ratio{120, 100}, std::nullopt, kShares);
}

TEST(Window, AdmitsExactlyItsAmount) {  // T12
  Subject s = aligned(kMinute, make_window_amount(30));
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(s.try_take(1, kNow));
  EXPECT_FALSE(s.try_take(1, kNow));
  EXPECT_EQ(s.opens(1, kNow), kMidnight + 12 * kHour + kMinute);
}

TEST(Window, RefusalConsumesNothing) {  // T13, T14, T15
  Subject s = aligned(kMinute, make_window_amount(30));
  s.take(28, kNow);
  std::byte before[16];
  std::memcpy(before, s.state, 16);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(s.try_take(5, kNow + i));
  EXPECT_EQ(std::memcmp(before, s.state, 16), 0);
  EXPECT_TRUE(s.try_take(2, kNow));
}

TEST(Window, IsHalfOpen) {  // T39, T44
  Subject s = aligned(kSecond, make_window_amount(10));
  const Instant edge = kNow - 5 + kSecond;
  EXPECT_TRUE(s.try_take(10, edge - 1));
  EXPECT_FALSE(s.try_take(1, edge - 1));
  EXPECT_TRUE(s.try_take(10, edge));
}

TEST(Window, FromFirstBeginsAtTheFirstCommitAfterExpiry) {
  Subject s(PeriodKind::from_first, kMinute, make_window_amount(2));
  EXPECT_EQ(s.read(kNow).resets_at, 0);
  s.take(1, kNow);
  s.take(1, kNow + 59 * kSecond);
  EXPECT_EQ(s.opens(1, kNow + 59 * kSecond), kNow + kMinute);
  s.take(1, kNow + 90 * kSecond);
  EXPECT_EQ(s.read(kNow + 90 * kSecond).resets_at, kNow + 150 * kSecond);
  EXPECT_EQ(s.read(kNow + 90 * kSecond).used, 1u);
}

TEST(Window, NothingChargedBeginsNoPeriod) {
  Subject s(PeriodKind::from_first, kMinute, make_window_amount(2));
  s.take(0, kNow);
  EXPECT_TRUE(s.idle(kNow));
}

TEST(Window, ACalendarDayTurnsInItsZone) {  // T38
  const auto zone = Zone::fixed("+05:30", 19'800);
  Subject s(PeriodKind::day, 0, make_window_amount(100));
  s.rule.zone = zone.get();
  s.take(100, kNow);
  EXPECT_EQ(s.opens(1, kNow), kMidnight + kDay - 19'800 * kSecond);
  s.rule.zone = nullptr;
  EXPECT_EQ(s.read(kNow + kDay).resets_at, kMidnight + 2 * kDay);
}

TEST(Window, CostAboveTheCapIsNeverAndNamesTheLargest) {  // T01
  Subject s = aligned(kMinute, noticing(2'000));
  EXPECT_EQ(s.opens(2'401, kNow), kNever);
  EXPECT_EQ(s.largest(), 2'400u);
  EXPECT_EQ(s.opens(2'400, kNow), kNow);
}

TEST(Window, QueuedCostAboveTheCapGoesWhenNothingIsUsed) {
  Subject s(PeriodKind::from_first, kMinute, make_window_amount(10));
  EXPECT_EQ(s.opens(50, kNow, true), kNow);
  s.take(1, kNow);
  EXPECT_EQ(s.opens(50, kNow, true), kNow + kMinute);
  EXPECT_EQ(s.opens(50, kNow + kMinute, true), kNow + kMinute);
  s.take(50, kNow + kMinute);
  EXPECT_EQ(s.opens(1, kNow + kMinute), kNow + 2 * kMinute);
  EXPECT_EQ(s.opens(1, kNow + 2 * kMinute), kNow + 2 * kMinute);  // its excess ended with its period
}

TEST(Window, ForcedChargesCountInTheirOwnPeriodOnly) {
  Subject s = aligned(kMinute, make_window_amount(10));
  EXPECT_EQ(window::opens_at(s.params(), s.state, {99, ChargeType::forced, false, {}}, kNow), kNow);
  EXPECT_EQ(s.take(99, kNow, ChargeType::forced).units, 99u);
  EXPECT_EQ(s.read(kNow).used, 99u);
  EXPECT_EQ(s.read(kNow).remaining, 0u);
  EXPECT_TRUE(s.try_take(10, kNow + kMinute));
}

TEST(Window, CountsSaturateAndNeverWrap) {  // T02, T03
  Subject s = aligned(kMinute, make_window_amount(kMost));
  EXPECT_TRUE(s.try_take(kMost, kNow));
  EXPECT_FALSE(s.try_take(1, kNow));
  EXPECT_EQ(s.take(kMost, kNow, ChargeType::forced).units, 0u);
  EXPECT_EQ(s.read(kNow).used, kMost);
  EXPECT_EQ(s.read(kNow).remaining, 0u);
}

TEST(Window, PeriodsPastTheEndOfTimeNeverOpen) {
  for (const PeriodKind kind : {PeriodKind::aligned, PeriodKind::from_first, PeriodKind::day, PeriodKind::year}) {
    Subject s(kind, 400 * kDay, make_window_amount(1));
    EXPECT_TRUE(s.try_take(1, kEndOfTime - 1));
    EXPECT_EQ(s.opens(1, kEndOfTime - 1), kNever);
    EXPECT_EQ(s.read(kEndOfTime - 1).resets_at, kNever);
  }
}

TEST(Window, ThresholdsFireOnceAPeriodAscendingOnAJump) {  // T87, T88
  Subject s = aligned(kMinute, noticing(2'000));
  EXPECT_EQ(s.take(1'499, kNow).fired, 0);
  EXPECT_EQ(s.take(1, kNow).fired, 0b001);
  const Taken jump = s.take(500, kNow);
  EXPECT_EQ(jump.fired, 0b110);
  s.refund(jump, jump.units, kNow);
  EXPECT_EQ(s.take(500, kNow).fired, 0);
  EXPECT_EQ(s.take(2'000, kNow + kMinute).fired, 0b111);
}

TEST(Window, ForcedChargesFireThresholdsToo) {
  Subject s = aligned(kMinute, noticing(100));
  EXPECT_EQ(s.take(1'000, kNow, ChargeType::forced).fired, 0b111);
}

TEST(Window, RefundGoesToThePeriodChargedOnly) {  // T22, T23, T24
  Subject s = aligned(kMinute, make_window_amount(10));
  const Taken taken = s.take(10, kNow);
  s.refund(taken, 4, kNow + 1);
  EXPECT_EQ(s.read(kNow + 1).used, 6u);
  EXPECT_TRUE(s.try_take(4, kNow + 1));
  s.refund(taken, 6, kNow + kMinute);  // after its end, with nothing new begun
  s.take(3, kNow + kMinute);
  s.refund(taken, 6, kNow + kMinute);
  EXPECT_EQ(s.read(kNow + kMinute).used, 3u);
}

TEST(Window, RefundNeverGoesBelowNothingUsed) {
  Subject s = aligned(kMinute, make_window_amount(10));
  const Taken taken = s.take(5, kNow);
  s.set_used(2, kNow);
  s.refund(taken, 5, kNow);
  EXPECT_EQ(s.read(kNow).used, 0u);
  s.take(7, kNow);
  s.refund(taken, 99, kNow);
  EXPECT_EQ(s.read(kNow).used, 2u);
}

TEST(Window, ReadsTheEndOfThePeriodAlsoWhenNothingIsUsed) {  // T55
  Subject s = aligned(kMinute, make_window_amount(10));
  EXPECT_EQ(s.read(kNow).resets_at, kMidnight + 12 * kHour + kMinute);
  EXPECT_EQ(s.read(kNow).remaining, 10u);
  Subject day(PeriodKind::day, 0, make_window_amount(10));
  EXPECT_EQ(day.read(kNow).resets_at, kMidnight + kDay);
  day.take(4, kNow);
  EXPECT_EQ(day.read(kMidnight + kDay).used, 0u);
  EXPECT_EQ(day.read(kMidnight + kDay).resets_at, kMidnight + 2 * kDay);
}

TEST(Window, IsIdleWhenItsPeriodHasEnded) {
  Subject s(PeriodKind::from_first, kMinute, make_window_amount(10));
  EXPECT_TRUE(s.idle(0));
  s.take(1, kNow);
  EXPECT_FALSE(s.idle(kNow + kMinute - 1));
  EXPECT_TRUE(s.idle(kNow + kMinute));
}

TEST(Window, WordsOpenAlwaysOrNeverAndAlwaysCount) {
  Subject s = aligned(kMinute, make_word_amount(Word::unlimited));
  EXPECT_TRUE(s.try_take(1'000, kNow));
  EXPECT_EQ(s.read(kNow).used, 1'000u);
  EXPECT_EQ(s.read(kNow).remaining, 0u);
  EXPECT_EQ(s.largest(), kMost);
  for (const Word word : {Word::blocked, Word::custom}) {
    Subject closed = aligned(kMinute, make_word_amount(word));
    EXPECT_EQ(closed.opens(1, kNow), kNever);
    EXPECT_EQ(closed.opens(1, kNow, true), kNever);
    EXPECT_EQ(closed.largest(), 0u);
    closed.take(5, kNow, ChargeType::forced);
    EXPECT_EQ(closed.read(kNow).used, 5u);
  }
}

TEST(Window, WhatIsUsedCarriesUnclamped) {  // T20, T83
  Subject s = aligned(kDay, make_window_amount(10'000));
  s.take(5'420, kNow);
  s.change(make_window_amount(100'000), kNow);
  EXPECT_EQ(s.read(kNow).remaining, 94'580u);
  s.change(make_window_amount(100), kNow);
  EXPECT_EQ(s.read(kNow).used, 5'420u);
  EXPECT_EQ(s.opens(1, kNow), kMidnight + kDay);
  s.change(make_word_amount(Word::unlimited), kNow);
  s.take(80, kNow);
  s.change(make_window_amount(10'000), kNow);
  EXPECT_EQ(s.read(kNow).remaining, 4'500u);
}

TEST(Window, ChangingPlansBackAndForthGainsNothing) {  // T84
  Subject s = aligned(kDay, make_window_amount(10));
  uint64_t passed = 0;
  for (int i = 0; i < 100; ++i) {
    s.change(make_window_amount(i % 2 == 0 ? 50 : 10), kNow);
    while (s.try_take(1, kNow)) ++passed;
  }
  EXPECT_EQ(passed, 50u);
}

TEST(Window, UpgradeArmsThresholdsAboveTheUsageAgain) {
  Subject s = aligned(kDay, noticing(100));
  EXPECT_EQ(s.take(95, kNow).fired, 0b011);
  EXPECT_EQ(s.change(noticing(120), kNow), 0);  // 75% is at 90, still passed; 90% at 108
  EXPECT_EQ(s.take(12, kNow).fired, 0);
  EXPECT_EQ(s.take(1, kNow).fired, 0b010);
}

TEST(Window, DowngradeFiresNewlyCrossedThresholdsOnce) {
  Subject s = aligned(kDay, noticing(1'000));
  EXPECT_EQ(s.take(800, kNow).fired, 0b001);
  EXPECT_EQ(s.change(noticing(800), kNow), 0b110);
  EXPECT_EQ(s.change(noticing(700), kNow), 0);
  EXPECT_EQ(s.take(1, kNow).fired, 0);
}

TEST(Window, ThresholdsAreTheSameWhenTheirShareIs) {
  static constexpr std::array<uint32_t, 2> kOther = {5'000, 9'000};
  Subject s = aligned(kDay, noticing(100));
  s.take(90, kNow);
  EXPECT_EQ(s.change(make_window_amount(100, std::nullopt, std::nullopt, kOther), kNow), 0b01);
  EXPECT_EQ(s.change(make_word_amount(Word::unlimited), kNow), 0);
  EXPECT_EQ(s.change(make_window_amount(100, std::nullopt, std::nullopt, kOther), kNow), 0);
}

TEST(Window, RefundAndDowngradeDoNotArmAThresholdAgain) {
  Subject s = aligned(kDay, noticing(100));
  const Taken taken = s.take(80, kNow);
  s.refund(taken, 80, kNow);
  EXPECT_EQ(s.change(noticing(80), kNow), 0);
  EXPECT_EQ(s.take(60, kNow).fired, 0);
}

TEST(Window, AnEndedPeriodFiresNothingOnAChange) {
  Subject s = aligned(kMinute, noticing(1'000));
  s.take(700, kNow);
  EXPECT_EQ(s.change(noticing(10), kNow + kMinute), 0);
  EXPECT_EQ(s.take(8, kNow + kMinute).fired, 0b001);
}

TEST(Window, RebaseKeepsWhatIsUsedAndEndsAtTheNextNewEdge) {
  Subject s(PeriodKind::billing, 0, noticing(100));
  s.take(80, kNow);
  s.billing.day = 20;
  window::rebase(s.params(), s.state, kNow);
  EXPECT_EQ(s.read(kNow).used, 80u);
  EXPECT_EQ(s.read(kNow).resets_at, kMidnight + 6 * kDay);
  EXPECT_EQ(s.take(1, kNow).fired, 0);
}

TEST(Window, RebaseConcernsOpenCalendarPeriodsOnly) {
  Subject s(PeriodKind::billing, 0, make_window_amount(100));
  window::rebase(s.params(), s.state, kNow);
  EXPECT_TRUE(s.idle(kNow));
  Subject hit(PeriodKind::from_first, kMinute, make_window_amount(100));
  hit.take(1, kNow);
  window::rebase(hit.params(), hit.state, kNow + 1);
  EXPECT_EQ(hit.read(kNow + 1).resets_at, kNow + kMinute);
}

TEST(Window, SetUsedMarksPassedThresholdsAsFired) {
  Subject s(PeriodKind::month, 0, noticing(100));
  EXPECT_TRUE(s.set_used(0, kNow));
  EXPECT_TRUE(s.idle(kNow));
  EXPECT_TRUE(s.set_used(92, kNow));
  EXPECT_EQ(s.read(kNow).used, 92u);
  EXPECT_EQ(s.take(8, kNow).fired, 0b100);
  EXPECT_TRUE(s.set_used(10, kNow));
  EXPECT_EQ(s.take(90, kNow).fired, 0);
  EXPECT_TRUE(s.set_used(UINT64_MAX, kNow));
  EXPECT_EQ(s.read(kNow).used, kMost);
}

// Against the plainest model: a list of what was taken and when.
TEST(Window, AgreesWithAPlainLogAndWaitsAreTight) {  // T50, T51, T56
  std::mt19937_64 random(50);
  for (int round = 0; round < 400; ++round) {
    const Span period = static_cast<Span>(1 + random() % 1'000);
    const uint64_t amount = 1 + random() % 20;
    Subject s = aligned(period, make_window_amount(amount));
    std::vector<std::pair<Instant, uint64_t>> log;
    Instant at = kNow;
    for (int i = 0; i < 60; ++i) {
      at += static_cast<Span>(random() % 300);
      const uint64_t cost = 1 + random() % 8;
      uint64_t used = 0;
      for (const auto& [t, units] : log) used += t / period == at / period ? units : 0;
      const Instant opens = s.opens(cost, at);
      ASSERT_EQ(opens == at, used + cost <= amount);
      if (cost > amount) {
        ASSERT_EQ(opens, kNever);
        continue;
      }
      ASSERT_EQ(s.read(at).used, used);
      ASSERT_EQ(s.read(at).remaining, amount - used);
      ASSERT_EQ(s.opens(cost, opens), opens);
      ASSERT_TRUE(opens == at || s.opens(cost, opens - 1) == opens);
      if (opens != at) continue;
      s.take(cost, at);
      log.emplace_back(at, cost);
    }
  }
}

}  // namespace
}  // namespace sluice
