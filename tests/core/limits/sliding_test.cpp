// SPDX-License-Identifier: Apache-2.0
#include "core/limits/sliding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/ratio.h"
#include "tests/support/limit_subject.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::amount_of;
using testing::cost_of;
using testing::LimitSubject;
using testing::Random;
using testing::word_of;

constexpr Instant kStart = 1'700'000'000 * kSecond;

Rule sliding_rule(Span period) {
  Rule rule;
  rule.kind = Kind::sliding;
  rule.period = period;
  return rule;
}

Charge queued(uint64_t cost) {
  Charge charge = cost_of(cost);
  charge.queued = true;
  return charge;
}

// The obvious log.
struct Model {
  struct Entry {
    Instant at;
    uint64_t units;
  };
  Span period;
  std::vector<Entry> entries;

  uint64_t live(Instant t) const {
    uint64_t units = 0;
    for (const Entry& e : entries) units += e.at + period > t ? e.units : 0;
    return units;
  }
  bool passes(const Charge& charge, uint64_t cap, Instant t) const {
    if (charge.cost > cap) return charge.queued && live(t) == 0;
    return live(t) + charge.cost <= cap;
  }
  Instant opens_at(const Charge& charge, uint64_t cap, Instant from) const {
    if (passes(charge, cap, from)) return from;
    Instant best = kNever;
    for (const Entry& e : entries) {
      const Instant t = e.at + period;
      if (t > from && t < best && passes(charge, cap, t)) best = t;
    }
    return best;
  }
  Instant resets_at(Instant t) const {
    Instant last = 0;
    for (const Entry& e : entries) {
      if (e.units > 0 && e.at + period > t) last = std::max(last, e.at + period);
    }
    return last;
  }
};

TEST(Sliding, AdmitsExactlyTheAmountInAnyPeriod) {
  LimitSubject pair(sliding_rule(60 * kSecond), amount_of(30));
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(pair.charge(cost_of(1), kStart + i * kSecond));
  EXPECT_FALSE(pair.charge(cost_of(1), kStart + 30 * kSecond));
  EXPECT_EQ(pair.opens_at(cost_of(1), kStart + 30 * kSecond), kStart + 60 * kSecond);
}

TEST(Sliding, AnEntryLeavesAtTheInstantOnePeriodLaterAndNotBefore) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(1));
  limit.commit(cost_of(1), kStart);
  EXPECT_FALSE(limit.passes(cost_of(1), kStart + 60 * kSecond - 1));
  EXPECT_TRUE(limit.passes(cost_of(1), kStart + 60 * kSecond));
}

TEST(Sliding, AdmitsNoSecondAmountAcrossAWindowEdge) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  for (int i = 0; i < 10; ++i) limit.commit(cost_of(1), kStart + 54 * kSecond);
  EXPECT_FALSE(limit.passes(cost_of(1), kStart + 60 * kSecond));
}

TEST(Sliding, ALargeCostThenASmallOneIsStillLimited) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  limit.commit(cost_of(9), kStart);
  EXPECT_TRUE(limit.charge(cost_of(1), kStart + 1));
  EXPECT_FALSE(limit.charge(cost_of(1), kStart + 2));
}

TEST(Sliding, ADeniedCostLeavesRoomForASmallerOne) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  limit.commit(cost_of(8), kStart);
  EXPECT_FALSE(limit.charge(cost_of(5), kStart));
  EXPECT_EQ(limit.read(kStart).used, 8u);
  EXPECT_TRUE(limit.charge(cost_of(2), kStart));
}

TEST(Sliding, ACostAboveTheAmountNeverPasses) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  EXPECT_EQ(limit.opens_at(cost_of(11), kStart), kNever);
  EXPECT_EQ(limit.largest_cost(), 10u);
}

TEST(Sliding, AQueuedCostAboveTheAmountGoesWhenNothingIsUsedAndLeavesItsExcess) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  EXPECT_TRUE(limit.passes(queued(25), kStart));
  limit.commit(cost_of(1), kStart);
  limit.commit(cost_of(1), kStart + 5);
  EXPECT_EQ(limit.opens_at(queued(25), kStart + 6), kStart + 5 + 60 * kSecond);
  limit.commit(queued(25), kStart + 5 + 60 * kSecond);
  EXPECT_EQ(limit.read(kStart + 5 + 60 * kSecond).used, 25u);
  EXPECT_EQ(limit.opens_at(cost_of(1), kStart + 6 + 60 * kSecond), kStart + 5 + 120 * kSecond);
}

TEST(Sliding, AfterALowerAmountTheWaitComesFromTheRightOldestEntry) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  for (int i = 0; i < 10; ++i) limit.commit(cost_of(1), kStart + i);
  limit.change_amount(amount_of(4), kStart + 10);
  // 10 live, 4 allowed: 7 have to leave for one more.
  EXPECT_EQ(limit.opens_at(cost_of(1), kStart + 10), kStart + 6 + 60 * kSecond);
  EXPECT_EQ(limit.read(kStart + 10).remaining, 0u);
}

TEST(Sliding, AHigherAmountHelpsAtOnce) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(1));
  limit.commit(cost_of(1), kStart);
  EXPECT_FALSE(limit.passes(cost_of(1), kStart + 1));
  limit.change_amount(amount_of(2), kStart + 1);
  EXPECT_TRUE(limit.passes(cost_of(1), kStart + 1));
}

TEST(Sliding, BlockedAndCustomNeverPassAndUnlimitedAlwaysDoes) {
  LimitSubject limit(sliding_rule(kSecond), word_of(Word::blocked));
  EXPECT_EQ(limit.opens_at(cost_of(1), kStart), kNever);
  EXPECT_EQ(limit.opens_at(cost_of(1, ChargeType::forced), kStart), kStart);
  limit.change_amount(word_of(Word::custom), kStart);
  EXPECT_EQ(limit.opens_at(cost_of(1), kStart), kNever);
  limit.change_amount(word_of(Word::unlimited), kStart);
  EXPECT_EQ(limit.opens_at(cost_of(kCountLimit - 1), kStart), kStart);
  EXPECT_EQ(limit.read(kStart).remaining, 0u);
}

TEST(Sliding, UnlimitedKeepsCountingSoThatADowngradeKnows) {
  LimitSubject limit(sliding_rule(60 * kSecond), word_of(Word::unlimited));
  for (int i = 0; i < 5'000; ++i) limit.commit(cost_of(1), kStart + i);
  EXPECT_EQ(limit.read(kStart + 5'000).used, 5'000u);
  EXPECT_LE(limit.memory().used(), 16'400u);
  limit.change_amount(amount_of(10), kStart + 5'000);
  EXPECT_FALSE(limit.passes(cost_of(1), kStart + 5'000));
}

TEST(Sliding, ForcedEntriesBeyondTheLogMergeIntoTheLaterInstantAndNeverUnderCount) {
  LimitSubject limit(sliding_rule(kSecond), amount_of(5));
  for (size_t i = 0; i < kMaxExactLog + 500; ++i) {
    limit.commit(cost_of(1, ChargeType::forced), kStart + static_cast<Instant>(i));
  }
  const Instant last = kStart + static_cast<Instant>(kMaxExactLog + 499);
  EXPECT_EQ(limit.read(last).used, kMaxExactLog + 500);
  // The 1,024th entry took in the 500 that followed and stands at the last of them.
  EXPECT_EQ(limit.read(kStart + kSecond + static_cast<Instant>(kMaxExactLog - 2)).used, 501u);
  EXPECT_EQ(limit.read(last + kSecond - 1).used, 501u);
  EXPECT_EQ(limit.read(last + kSecond).used, 0u);
}

TEST(Sliding, EntriesOfOneInstantMerge) {
  LimitSubject limit(sliding_rule(kSecond), word_of(Word::unlimited));
  for (int i = 0; i < 1'000; ++i) limit.commit(cost_of(1), kStart);
  EXPECT_LE(limit.memory().used(), 64u);
  EXPECT_EQ(limit.read(kStart).used, 1'000u);
}

TEST(Sliding, ARefundTakesUnitsOffItsOwnEntryOnly) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  const Taken first = limit.commit(cost_of(4), kStart);
  const Taken second = limit.commit(cost_of(6), kStart + 1);
  limit.refund(first, 1, {}, kStart + 2);
  EXPECT_EQ(limit.read(kStart + 2).used, 9u);
  limit.refund(second, second.units, {}, kStart + 2);
  EXPECT_EQ(limit.read(kStart + 2).used, 3u);
  EXPECT_EQ(limit.read(kStart + 2).resets_at, kStart + 60 * kSecond);
}

TEST(Sliding, ARefundAfterThePeriodCreditsNothing) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  const Taken taken = limit.commit(cost_of(4), kStart);
  limit.commit(cost_of(5), kStart + 60 * kSecond);
  limit.refund(taken, taken.units, {}, kStart + 61 * kSecond);
  EXPECT_EQ(limit.read(kStart + 61 * kSecond).used, 5u);
}

TEST(Sliding, ARefundOfAMergedEntryLeavesItCounted) {
  LimitSubject limit(sliding_rule(kSecond), word_of(Word::unlimited));
  for (size_t i = 0; i + 1 < kMaxExactLog; ++i) limit.commit(cost_of(1), kStart + static_cast<Instant>(i));
  const Taken merged = limit.commit(cost_of(1), kStart + 10'000);
  limit.commit(cost_of(1), kStart + 10'001);
  limit.refund(merged, merged.units, {}, kStart + 10'002);
  EXPECT_EQ(limit.read(kStart + 10'002).used, kMaxExactLog + 1);
}

TEST(Sliding, SetUsedPutsOneEntryAtThatInstant) {
  LimitSubject limit(sliding_rule(60 * kSecond), amount_of(10));
  for (int i = 0; i < 5; ++i) limit.commit(cost_of(1), kStart + i);
  EXPECT_TRUE(limit.set_used(9, kStart + 10));
  EXPECT_EQ(limit.read(kStart + 10).used, 9u);
  EXPECT_EQ(limit.opens_at(cost_of(2), kStart + 10), kStart + 10 + 60 * kSecond);
  EXPECT_TRUE(limit.set_used(0, kStart + 11));
  EXPECT_TRUE(limit.idle(kStart + 11));
}

TEST(Sliding, ASubjectOnlyAskedAboutHasNoMemory) {
  LimitSubject limit(sliding_rule(kSecond), amount_of(10));
  limit.opens_at(cost_of(1), kStart);
  limit.read(kStart);
  EXPECT_TRUE(limit.set_used(0, kStart));
  EXPECT_TRUE(limit.reserve(cost_of(0), kStart));
  EXPECT_TRUE(limit.never_seen());
  EXPECT_EQ(limit.memory().used(), 0u);
}

TEST(Sliding, IsIdleOnceEverythingHasLeft) {
  LimitSubject limit(sliding_rule(kSecond), amount_of(10));
  limit.commit(cost_of(1), kStart);
  EXPECT_FALSE(limit.idle(kStart + kSecond - 1));
  EXPECT_TRUE(limit.idle(kStart + kSecond));
  EXPECT_EQ(limit.read(kStart + kSecond).resets_at, 0);
}

TEST(Sliding, MemoryShrinksAfterABurstHasLeft) {
  LimitSubject limit(sliding_rule(kSecond), amount_of(1'000));
  for (int i = 0; i < 1'000; ++i) limit.commit(cost_of(1), kStart + i);
  EXPECT_GT(limit.memory().used(), 16'000u);
  for (int i = 0; i < 20; ++i) limit.commit(cost_of(1), kStart + (2 + i) * kSecond);
  EXPECT_LE(limit.memory().used(), 96u);
}

TEST(Sliding, AWaitPastTheEndOfTimeIsNever) {
  LimitSubject limit(sliding_rule(400 * kDay), amount_of(1));
  limit.commit(cost_of(1), kEndOfTime - 5);
  EXPECT_EQ(limit.opens_at(cost_of(1), kEndOfTime - 4), kNever);
  EXPECT_EQ(limit.read(kEndOfTime - 4).resets_at, 0);
}

TEST(Sliding, CountsSaturateInsteadOfWrapping) {
  LimitSubject limit(sliding_rule(kSecond), word_of(Word::unlimited));
  for (int i = 0; i < 10; ++i) limit.commit(cost_of(kCountLimit - 1), kStart + i);
  EXPECT_EQ(limit.read(kStart + 10).used, kCountLimit - 1);
  limit.change_amount(amount_of(1'000), kStart + 10);
  EXPECT_FALSE(limit.passes(cost_of(1), kStart + 10));
}

TEST(Sliding, AClientThatHammersStillGetsItsWholeAllowance) {
  LimitSubject limit(sliding_rule(kSecond), amount_of(10));
  int passed = 0;
  for (Instant t = 0; t < 10 * kSecond; t += 50 * kMillisecond) passed += limit.charge(cost_of(1), kStart + t) ? 1 : 0;
  EXPECT_EQ(passed, 100);
}

TEST(Sliding, AgreesWithTheObviousLogOnRandomHistories) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    Model model{random.between(1, 60), {}};
    LimitSubject limit(sliding_rule(model.period), amount_of(random.below(12) + 1));
    std::vector<std::pair<Taken, size_t>> given;  // with its place in the model
    Instant now = random.chance(50) ? 0 : kStart;
    for (int step = 0; step < 200; ++step) {
      now += random.chance(60) ? random.between(0, 4) : random.between(0, 2 * model.period);
      const uint64_t cap = limit.amount().cap;
      Charge charge = cost_of(random.below(cap + 3), random.chance(15) ? ChargeType::forced : ChargeType::normal);
      charge.queued = random.chance(20);
      const Instant from = now + random.between(0, 5);
      if (charge.type == ChargeType::normal) {
        ASSERT_EQ(limit.opens_at(charge, from), model.opens_at(charge, cap, from)) << "seed " << seed << " step " << step;
      }
      if (random.chance(10)) limit.reserve(charge, now + random.between(0, 200));  // a decision that failed elsewhere
      if (charge.type == ChargeType::forced || limit.passes(charge, now)) {
        given.emplace_back(limit.commit(charge, now), model.entries.size());
        model.entries.push_back({now, charge.cost});
      }
      if (!given.empty() && random.chance(15)) {
        std::swap(given[random.below(given.size())], given.back());
        const auto [taken, entry] = given.back();
        given.pop_back();
        const uint64_t units = random.below(taken.units + 1);
        limit.refund(taken, units, {}, now);
        model.entries[entry].units -= units;
      }
      if (random.chance(5)) limit.change_amount(amount_of(random.below(12) + 1), now);
      const Reading reading = limit.read(from);
      ASSERT_EQ(reading.used, model.live(from));
      ASSERT_EQ(reading.resets_at, model.resets_at(from));
      ASSERT_EQ(limit.idle(from), model.live(from) == 0);
    }
  }
}

}  // namespace
}  // namespace sluice
