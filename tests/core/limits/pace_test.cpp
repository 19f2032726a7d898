// SPDX-License-Identifier: Apache-2.0
#include "core/limits/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/limits/amount.h"

namespace sluice {
namespace {

constexpr Instant kNow = 1'700'000'000 * kSecond;

// One subject of one pace.
struct Subject {
  Rule rule{.kind = Kind::pace};
  Amount amount;
  Billing billing;
  alignas(8) std::byte state[8] = {};

  explicit Subject(const Amount& a, Span slack = 0) : amount(a) { rule.slack = slack; }

  Params params() const { return {&rule, &amount, &billing}; }
  Instant drained_at() const { return pace::load(state).drained_at; }
  Instant opens(uint64_t cost, Instant from, bool queued = false) const {
    return pace::opens_at(params(), state, {cost, ChargeType::normal, queued, {}}, from);
  }
  Taken force(uint64_t cost, Instant at) { return pace::commit(params(), state, {cost, ChargeType::forced, false, {}}, at); }
  Taken take(uint64_t cost, Instant at, bool queued = false) {
    return pace::commit(params(), state, {cost, ChargeType::normal, queued, {}}, at);
  }
  bool try_take(uint64_t cost, Instant at) {
    if (opens(cost, at) != at) return false;
    take(cost, at);
    return true;
  }
  void refund(const Taken& taken, uint64_t units, Instant at) { pace::refund(params(), state, taken, units, {}, at); }
  void change(const Amount& to, Instant at) {
    const Amount from = amount;
    amount = to;
    EXPECT_EQ(pace::carry({&rule, &from, &billing}, params(), state, at), 0);
  }
  Reading read(Instant at) const { return pace::read(params(), state, at); }
  bool idle(Instant at) const { return pace::idle(params(), state, at); }
  uint64_t largest() const { return pace::largest_cost(params()); }
};

Amount per_second(uint64_t n, PaceDepth depth = {}) { return make_pace_amount(n, kSecond, depth); }

TEST(Pace, DepthAdmitsExactlyThatManyAtOnceThenOneAPeriod) {  // T11, T45
  Subject s(per_second(80, {.span = kSecond}));
  int at_once = 0;
  while (s.try_take(1, kNow)) ++at_once;
  EXPECT_EQ(at_once, 80);
  int within_a_second = at_once;
  for (Instant t = s.opens(1, kNow); t < kNow + kSecond; t = s.opens(1, t)) {
    EXPECT_TRUE(s.try_take(1, t));
    ++within_a_second;
  }
  EXPECT_EQ(within_a_second, 159);
}

TEST(Pace, TheWholeDepthIsOneChargeEvenWhereUnitsAreNoWholeNanoseconds) {
  Subject s(per_second(3, {.units = 5}));
  EXPECT_EQ(s.largest(), 5u);
  EXPECT_EQ(s.read(kNow).remaining, 5u);
  EXPECT_EQ(s.opens(6, kNow), kNever);
  ASSERT_TRUE(s.try_take(5, kNow));
  EXPECT_EQ(s.drained_at(), kNow + 1'666'666'667);
  EXPECT_EQ(s.read(kNow).remaining, 0u);
  EXPECT_EQ(s.opens(5, kNow), s.drained_at()) << "only when nothing is owed";
  EXPECT_FALSE(s.try_take(5, s.drained_at() - 1));
  EXPECT_EQ(s.opens(1, kNow), kNow + 333'333'335) << "two charges, rounded up one by one, against a depth rounded down";
  EXPECT_TRUE(s.try_take(5, s.drained_at()));
}

TEST(Pace, DepthOfOneSpacesEveryCharge) {
  Subject s(per_second(1));
  for (int i = 0; i < 60; ++i) {
    const Instant t = s.opens(1, kNow);
    EXPECT_EQ(t, kNow + i * kSecond);
    s.take(1, t);
  }
}

TEST(Pace, RefusalConsumesNothing) {  // T13, T14
  Subject s(per_second(1, {.units = 5}));
  EXPECT_TRUE(s.try_take(3, kNow));
  const Instant before = s.drained_at();
  EXPECT_FALSE(s.try_take(5, kNow));
  EXPECT_EQ(s.drained_at(), before);
  EXPECT_TRUE(s.try_take(2, kNow));
}

TEST(Pace, HammeringClientStillGetsItsRate) {  // T15
  Subject s(per_second(2));
  int passed = 0;
  for (Instant t = kNow; t < kNow + 10 * kSecond; t += kMillisecond) passed += s.try_take(1, t) ? 1 : 0;
  EXPECT_EQ(passed, 20);
}

TEST(Pace, CostAboveDepthIsNeverAndNamesTheLargestThatPasses) {  // T01
  Subject s(per_second(80, {.units = 80}));
  EXPECT_EQ(s.opens(81, kNow), kNever);
  EXPECT_EQ(s.largest(), 80u);
  EXPECT_EQ(s.opens(80, kNow), kNow);
  EXPECT_EQ(s.drained_at(), 0);
}

TEST(Pace, NoCostEverWraps) {  // T02, T03
  const uint64_t most = kCountLimit - 1;
  for (const Span period : {kDay, 400 * kDay}) {
    Subject s(make_pace_amount(1, period));
    for (const uint64_t cost : {uint64_t{200'000'000}, most}) {
      EXPECT_EQ(s.opens(cost, kNow), kNever);
      EXPECT_EQ(s.opens(cost, kEndOfTime - 1), kNever);
    }
    const Taken taken = s.force(most, kEndOfTime - 1);
    EXPECT_TRUE(taken.saturated);
    EXPECT_EQ(s.opens(1, kEndOfTime - 1), kNever);
    s.take(most, kEndOfTime - 1, true);
    EXPECT_EQ(s.opens(1, kEndOfTime - 1, true), kNever);
    EXPECT_EQ(s.read(kEndOfTime - 1).resets_at, kNever);
  }
  Subject wide(make_pace_amount(most, 400 * kDay, {.units = most}));
  EXPECT_EQ(wide.largest(), most);
  EXPECT_TRUE(wide.try_take(most, kNow));
  EXPECT_FALSE(wide.try_take(1, kNow));
}

// Against the exact rational: never early, late by less than 1 ns a charge.
TEST(Pace, LongRunIsNeverEarlyAndLateByLessThanOneNanosecondACharge) {  // T04, T05
  const std::pair<uint64_t, Span> rates[] = {
      {700, kMinute},    {1'500, kSecond},      {2'000, kSecond}, {3, kSecond},           {1'000'003, kMinute},
      {1, 10 * kSecond}, {1, 10'000 * kSecond}, {5, 7 * kDay},    {999'999'937, kSecond}, {7, 3}};
  for (const auto& [n, period] : rates) {
    Subject s(make_pace_amount(n, period));
    Wide ideal = Wide{static_cast<uint64_t>(kNow)} * n;  // the exact instant, times n
    Instant at = kNow;
    EXPECT_EQ(s.opens(1, at), at);
    for (uint64_t i = 1; i <= 20'000; ++i) {
      s.take(1, at);
      ideal += static_cast<uint64_t>(period);
      at = s.opens(1, at);
      ASSERT_GE(Wide{static_cast<uint64_t>(at)} * n, ideal);
      ASSERT_LT(Wide{static_cast<uint64_t>(at)} * n, ideal + Wide{n} * i);
    }
  }
}

// Any mix of costs and gaps, against exact debt in units of 1/amount ns.
TEST(Pace, PollingNeitherCreatesNorLosesUnits) {  // T07, T54
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    const uint64_t n = 1 + random() % 5'000;
    const uint64_t depth = 1 + random() % 100;
    Subject s(make_pace_amount(n, kSecond, {.units = depth}));
    Wide exact = 0;  // when the exact pace has drained, times n
    uint64_t charges = 0;
    Instant at = kNow;
    for (int i = 0; i < 4'000; ++i) {
      at += static_cast<Span>(random() % 3 == 0 ? random() % 1'000'000 : 1'000);
      const uint64_t cost = 1 + random() % 3;
      if (!s.try_take(cost, at)) continue;
      ++charges;
      const Wide now = Wide{static_cast<uint64_t>(at)} * n;
      if (exact < now) exact = now;
      exact += Wide{cost} * static_cast<uint64_t>(kSecond);
      ASSERT_LE(exact - now, Wide{std::max(depth, uint64_t{1})} * static_cast<uint64_t>(kSecond) + n);
      ASSERT_GE(Wide{static_cast<uint64_t>(s.drained_at())} * n, exact);
      ASSERT_LT(Wide{static_cast<uint64_t>(s.drained_at())} * n, exact + Wide{n} * charges);
    }
  }
}

TEST(Pace, IdleYearsAddNothing) {  // T06, T47
  Subject s(per_second(10, {.units = 10}));
  s.take(10, 5);
  const Instant later = 5 + 400 * kDay;
  int passed = 0;
  while (s.try_take(1, later)) ++passed;
  EXPECT_EQ(passed, 10);
}

TEST(Pace, WaitIsTight) {  // T50, T51, T54
  std::mt19937_64 random(50);
  for (int round = 0; round < 2'000; ++round) {
    Subject s(make_pace_amount(1 + random() % 1'000, kSecond * static_cast<Span>(1 + random() % 60), {.units = random() % 50}));
    Instant at = kNow;
    for (int i = 0; i < 20; ++i) {
      at += static_cast<Span>(random() % 200'000'000);
      const uint64_t cost = 1 + random() % 20;
      const bool queued = random() % 4 == 0;
      const Instant opens = s.opens(cost, at, queued);
      if (opens == kNever) {
        ASSERT_GT(cost, s.largest());
        continue;
      }
      ASSERT_GE(opens, at);
      ASSERT_EQ(s.opens(cost, opens, queued), opens);
      ASSERT_TRUE(opens == at || s.opens(cost, opens - 1, queued) == opens);
      if (opens == at) s.take(cost, at, queued);
      if (random() % 8 == 0) s.force(1 + random() % 5, at);
    }
  }
}

TEST(Pace, ForcedAlwaysOpensAndItsDebtSaturatesAtADay) {
  Subject s(per_second(1));
  const Taken small = s.force(10, kNow);
  EXPECT_EQ(small.units, static_cast<uint64_t>(10 * kSecond));
  EXPECT_FALSE(small.saturated);
  EXPECT_EQ(pace::opens_at(s.params(), s.state, {100, ChargeType::forced, false, {}}, kNow), kNow);
  const Taken large = s.force(1'000'000, kNow);
  EXPECT_TRUE(large.saturated);
  EXPECT_EQ(large.units, static_cast<uint64_t>(kDay - 10 * kSecond));
  EXPECT_EQ(s.drained_at(), kNow + kDay);
  const Taken full = s.force(1, kNow);
  EXPECT_TRUE(full.saturated);
  EXPECT_EQ(full.units, 0u);
  EXPECT_EQ(s.drained_at(), kNow + kDay);
}

TEST(Pace, ADeeperPaceSaturatesAtItsDepth) {
  Subject s(make_pace_amount(1, kDay, {.units = 30}));
  EXPECT_TRUE(s.try_take(30, kNow));
  EXPECT_TRUE(s.force(1, kNow).saturated);
  EXPECT_EQ(s.drained_at(), kNow + 30 * kDay);
}

TEST(Pace, DebtOverTheDepthLeavesNothingAndAddsNothing) {  // T30, T56
  Subject s(per_second(10, {.units = 10}));
  s.force(25, kNow);
  EXPECT_EQ(s.read(kNow).used, 25u);
  EXPECT_EQ(s.read(kNow).remaining, 0u);
  EXPECT_FALSE(s.try_take(1, kNow));
  EXPECT_EQ(s.opens(1, kNow), kNow + 1'600 * kMillisecond);
}

TEST(Pace, QueuedCostAboveTheDepthGoesWhenNothingIsUsedAndLeavesItsExcess) {
  Subject s(per_second(1));
  s.take(1, kNow);
  EXPECT_EQ(s.opens(100, kNow), kNever);
  EXPECT_EQ(s.opens(100, kNow, true), kNow + kSecond);
  s.take(100, kNow + kSecond, true);
  EXPECT_EQ(s.opens(1, kNow + kSecond, true), kNow + 101 * kSecond);
  Subject slow(make_pace_amount(1, kDay));
  EXPECT_FALSE(slow.take(3, kNow, true).saturated);
  EXPECT_EQ(slow.opens(1, kNow), kNow + 3 * kDay);
}

TEST(Pace, RefundReturnsTheChargeLessWhatHasDrained) {  // T25, T26
  Subject s(per_second(1, {.units = 10}));
  const Taken taken = s.take(4, kNow);
  s.refund(taken, taken.units, kNow + kSecond);
  EXPECT_EQ(s.drained_at(), kNow + kSecond);
  s.take(2, kNow + kSecond);
  s.refund(taken, taken.units, kNow + 5 * kSecond);
  EXPECT_EQ(s.drained_at(), kNow + 3 * kSecond);
}

TEST(Pace, PartialRefundLetsTheKeptPartDrainFirst) {
  Subject s(per_second(1, {.units = 10}));
  const Taken taken = s.take(4, kNow);
  s.refund(taken, pace::charge_ns(s.amount, 3), kNow + kSecond);
  EXPECT_EQ(s.drained_at(), kNow + kSecond);  // a charge of 1 would have drained just now
}

TEST(Pace, RefundsAtTheSameInstantRestoreTheStateInAnyOrder) {  // T22, T27
  std::mt19937_64 random(27);
  for (const uint64_t n : {30u, 60u, 100u, 7u}) {
    for (const Span slack : {Span{0}, kMillisecond}) {
      Subject s(per_second(n, {.units = 50}), slack);
      s.take(1, kNow - 1'500 * kMillisecond);
      const Reading before = s.read(kNow);
      std::vector<Taken> all;
      for (int i = 0; i < 20; ++i) all.push_back(s.take(1 + random() % 2, kNow));
      std::shuffle(all.begin(), all.end(), random);
      for (const Taken& t : all) s.refund(t, t.units, kNow);
      EXPECT_EQ(s.read(kNow).remaining, before.remaining);
      EXPECT_TRUE(s.drained_at() <= kNow);
    }
  }
}

TEST(Pace, RefundNeverLeavesMoreThanIfTheChargeHadNotBeen) {
  std::mt19937_64 random(24);
  for (int round = 0; round < 500; ++round) {
    Subject with(per_second(1 + random() % 9, {.units = 20}));
    Subject without(with.amount);
    Instant at = kNow;
    with.take(5, at);
    without.take(5, at);
    const Taken taken = with.take(1 + random() % 10, at);
    for (int i = 0; i < 5; ++i) {
      at += static_cast<Span>(random() % 1'000'000'000);
      const uint64_t cost = random() % 4;
      with.force(cost, at);
      without.force(cost, at);
    }
    with.refund(taken, taken.units, at);
    const auto debt = [at](const Subject& s) { return std::max<Span>(s.drained_at() - at, 0); };
    ASSERT_GE(debt(with), debt(without));
  }
}

TEST(Pace, SlackKeepsTheGridForAReleaseThatIsALittleLate) {
  Subject s(per_second(1), 10 * kMillisecond);
  s.take(1, kNow);
  const Instant late = kNow + kSecond + 10 * kMillisecond;
  s.take(1, late);
  EXPECT_EQ(s.opens(1, late), kNow + 2 * kSecond);
  const Instant too_late = kNow + 2 * kSecond + 10 * kMillisecond + 1;
  s.take(1, too_late);
  EXPECT_EQ(s.opens(1, too_late), too_late + kSecond);
}

TEST(Pace, SlackMeansNothingToASubjectNeverSeen) {
  Subject s(per_second(1), 10 * kMillisecond);
  s.take(1, 5);
  EXPECT_EQ(s.opens(1, 5), 5 + kSecond);
}

TEST(Pace, IsIdleOnlyOnceTheGridIsForgotten) {
  Subject s(per_second(1), 10 * kMillisecond);
  EXPECT_TRUE(s.idle(0));
  s.take(1, kNow);
  EXPECT_FALSE(s.idle(kNow + kSecond - 1));
  EXPECT_FALSE(s.idle(kNow + kSecond + 10 * kMillisecond));
  EXPECT_TRUE(s.idle(kNow + kSecond + 10 * kMillisecond + 1));
  Subject strict(per_second(1));
  strict.take(1, kNow);
  EXPECT_FALSE(strict.idle(kNow + kSecond - 1));
  EXPECT_TRUE(strict.idle(kNow + kSecond));
}

TEST(Pace, ReadingCountsDebtUpAndRoomDown) {  // T56
  Subject s(per_second(10, {.units = 10}));
  EXPECT_EQ(s.read(kNow).remaining, 10u);
  EXPECT_EQ(s.read(kNow).resets_at, 0);
  s.take(3, kNow);
  const Reading reading = s.read(kNow + 1);
  EXPECT_EQ(reading.used, 3u);
  EXPECT_EQ(reading.remaining, 7u);
  EXPECT_EQ(reading.resets_at, kNow + 300 * kMillisecond);
  EXPECT_EQ(s.read(kNow + 300 * kMillisecond).used, 0u);
}

TEST(Pace, WhatRemainsIsTheLargestCostThatPasses) {
  std::mt19937_64 random(56);
  for (int round = 0; round < 3'000; ++round) {
    Subject s(make_pace_amount(1 + random() % 100, kSecond * static_cast<Span>(1 + random() % 9), {.units = random() % 40}));
    s.force(random() % 30, kNow);
    const Instant at = kNow + static_cast<Span>(random() % 2'000'000'000);
    const uint64_t remaining = s.read(at).remaining;
    ASSERT_TRUE(remaining == 0 || s.opens(remaining, at) == at);
    ASSERT_NE(s.opens(remaining + 1, at), at);
    ASSERT_LE(remaining, s.largest());
  }
}

TEST(Pace, WordsOpenAlwaysOrNever) {
  Subject s(make_word_amount(Word::unlimited));
  EXPECT_EQ(s.opens(1'000, kNow), kNow);
  s.take(1'000, kNow);
  EXPECT_TRUE(s.idle(kNow));
  EXPECT_EQ(s.largest(), kCountLimit - 1);
  for (const Word word : {Word::blocked, Word::custom}) {
    Subject closed(make_word_amount(word));
    EXPECT_EQ(closed.opens(1, kNow), kNever);
    EXPECT_EQ(closed.largest(), 0u);
    EXPECT_EQ(closed.read(kNow).remaining, 0u);
    EXPECT_EQ(pace::opens_at(closed.params(), closed.state, {1, ChargeType::forced, false, {}}, kNow), kNow);
    closed.force(5, kNow);
    EXPECT_TRUE(closed.idle(kNow));
  }
}

TEST(Pace, DebtCarriesInUnits) {  // T85
  Subject s(per_second(1, {.units = 10}));
  s.take(8, kNow);
  s.change(per_second(80, {.units = 80}), kNow);
  EXPECT_EQ(s.read(kNow).used, 8u);
  EXPECT_EQ(s.read(kNow).remaining, 72u);
  s.change(per_second(1, {.units = 3}), kNow);
  EXPECT_EQ(s.read(kNow).used, 8u);
  EXPECT_EQ(s.opens(1, kNow), kNow + 6 * kSecond);  // over the new depth until it has drained
}

TEST(Pace, NoDebtStaysNoDebtAndUnlimitedDropsIt) {
  Subject s(per_second(1));
  s.change(per_second(5), kNow);
  EXPECT_EQ(s.drained_at(), 0);
  s.take(1, kNow);
  s.change(per_second(1), kNow + kSecond);
  EXPECT_TRUE(s.idle(kNow + kSecond));
  s.take(1, kNow + kSecond);
  s.change(make_word_amount(Word::unlimited), kNow + kSecond);
  EXPECT_EQ(s.drained_at(), 0);
}

TEST(Pace, BlockedKeepsTheDebtDraining) {
  Subject s(per_second(1));
  s.take(1, kNow);
  s.change(make_word_amount(Word::blocked), kNow);
  EXPECT_EQ(s.drained_at(), kNow + kSecond);
  s.change(per_second(1), kNow);
  EXPECT_EQ(s.opens(1, kNow), kNow + kSecond);
}

TEST(Pace, ChangingPlansBackAndForthGainsNothing) {  // T84
  Subject s(make_pace_amount(700, kMinute, {.units = 700}));
  s.take(500, kNow);
  const Instant before = s.drained_at();
  for (int i = 0; i < 100; ++i) {
    s.change(per_second(3, {.units = 3}), kNow);
    s.change(make_pace_amount(700, kMinute, {.units = 700}), kNow);
  }
  EXPECT_GE(s.drained_at(), before);
  EXPECT_LE(s.drained_at(), before + 200);
}

TEST(Pace, CarryRoundsUpExactly) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 5'000; ++round) {
    const uint64_t old_amount = 1 + random() % 1'000'000, new_amount = 1 + random() % 1'000'000;
    const uint64_t old_period = 1 + random() % 1'000'000'000, new_period = 1 + random() % 1'000'000'000;
    const uint64_t debt = 1 + random() % 1'000'000'000;
    Subject s(make_pace_amount(old_amount, static_cast<Span>(old_period)));
    const Instant drained_at = kNow + static_cast<Span>(debt);
    pace::store(s.state, {drained_at});
    s.change(make_pace_amount(new_amount, static_cast<Span>(new_period)), kNow);
    const Wide num = Wide{debt} * old_amount * new_period;
    const Wide den = Wide{new_amount} * old_period;
    const Wide expected = std::min((num + den - 1) / den, static_cast<Wide>(kEndOfTime - 1));
    ASSERT_EQ(static_cast<uint64_t>(s.drained_at() - kNow), static_cast<uint64_t>(expected));
  }
}

TEST(Pace, CarryOfTheWidestFactorsNeitherWrapsNorRoundsDown) {
  const uint64_t most = kCountLimit - 1;
  const Amount wide = make_pace_amount(most, 400 * kDay - 1, {.units = most});
  const Amount other = make_pace_amount(most - 2, 400 * kDay - 3, {.units = most - 2});
  Subject s(wide);
  s.take(most, kNow);
  const Instant before = s.drained_at();
  s.change(wide, kNow);
  EXPECT_EQ(s.drained_at(), before);
  s.change(other, kNow);
  s.change(wide, kNow);
  EXPECT_GE(s.drained_at(), before);
  EXPECT_LE(s.drained_at(), before + 2);
  s.change(make_pace_amount(1, 400 * kDay), kNow);
  EXPECT_EQ(s.drained_at(), kNow + kEndOfTime - 1);
  EXPECT_EQ(s.opens(1, kNow), kNever);
}

TEST(Pace, SetUsedIsTheDebt) {
  Subject s(per_second(10, {.units = 10}));
  EXPECT_TRUE(pace::set_used(s.params(), s.state, 7, kNow));
  EXPECT_EQ(s.read(kNow).used, 7u);
  EXPECT_TRUE(pace::set_used(s.params(), s.state, 0, kNow));
  EXPECT_TRUE(s.idle(kNow));
  Subject closed(make_word_amount(Word::blocked));
  EXPECT_FALSE(pace::set_used(closed.params(), closed.state, 7, kNow));
}

}  // namespace
}  // namespace sluice
