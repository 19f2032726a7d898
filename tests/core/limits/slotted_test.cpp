// SPDX-License-Identifier: Apache-2.0
#include "core/limits/slotted.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/limit_subject.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::amount_of;
using testing::cost_of;
using testing::LimitSubject;
using testing::Random;
using testing::word_of;

Rule slotted_rule(Span period, uint16_t slots) {
  Rule rule;
  rule.kind = Kind::sliding;
  rule.period = period;
  rule.slots = slots;
  return rule;
}

TEST(Slotted, ASlotsCountLeavesWhenTheWholeSlotHasLeft) {
  LimitSubject limit(slotted_rule(60 * kSecond, 6), amount_of(100));
  limit.commit(cost_of(100), 3 * kSecond);  // slot [0, 10 s)
  EXPECT_EQ(limit.opens_at(cost_of(1), 4 * kSecond), 70 * kSecond);
  EXPECT_EQ(limit.read(70 * kSecond - 1).used, 100u);
  EXPECT_EQ(limit.read(70 * kSecond).used, 0u);
}

TEST(Slotted, TheInstantAtASlotsEndBelongsToTheNextSlot) {
  const Rule rule = slotted_rule(60 * kSecond, 6);
  EXPECT_EQ(slotted::slot_end(rule, 10 * kSecond - 1), 10 * kSecond);
  EXPECT_EQ(slotted::slot_end(rule, 10 * kSecond), 20 * kSecond);
}

TEST(Slotted, APeriodThatDoesNotDivideIsCutIntoSlotsRoundedUp) {
  EXPECT_EQ(slotted::width(slotted_rule(10, 3)), 4);
  EXPECT_EQ(slotted::width(slotted_rule(10, 1'024)), 1);
  EXPECT_EQ(slotted::width(slotted_rule(10, 1)), 10);
}

TEST(Slotted, HoldsAnyAmountInOneMoreCountThanSlots) {
  LimitSubject limit(slotted_rule(kDay, 24), amount_of(1'000'000));
  for (Instant t = 0; t < 3 * kDay; t += kMinute) {
    limit.charge(cost_of(200), t);
    ASSERT_LE(limit.memory().used(), 16u + 16u * 25u);
  }
  EXPECT_GT(limit.read(3 * kDay).used, 280'000u - 12'001u);
}

TEST(Slotted, LongHistoriesUnderUnlimitedKeepTheirExactSlots) {
  LimitSubject limit(slotted_rule(1'024'000, 1'024), word_of(Word::unlimited));
  for (Instant t = 0; t < 3'000'000; t += 500) limit.commit(cost_of(1), t);
  const Instant now = 2'999'500;
  // 1,024 whole slots of 2, the running one with 2.
  EXPECT_EQ(limit.read(now).used, 1'025u * 2u);
  EXPECT_LE(limit.memory().used(), 16u + 16u * 1'025u);
}

TEST(Slotted, ARefundTakesUnitsOffTheSlotThatWasCharged) {
  LimitSubject limit(slotted_rule(60 * kSecond, 6), amount_of(100));
  const Taken first = limit.commit(cost_of(5), 3 * kSecond);
  limit.commit(cost_of(7), 13 * kSecond);
  limit.refund(first, first.units, {}, 14 * kSecond);
  EXPECT_EQ(limit.read(70 * kSecond - 1).used, 7u);
  EXPECT_EQ(limit.read(14 * kSecond).resets_at, 80 * kSecond);
}

TEST(Slotted, NearTheEndOfTimeNothingOverflows) {
  LimitSubject limit(slotted_rule(400 * kDay, 1), amount_of(1));
  limit.commit(cost_of(1), kEndOfTime - 1);
  EXPECT_EQ(limit.opens_at(cost_of(1), kEndOfTime - 1), kNever);
}

TEST(Slotted, IsNeverOverAndLateByAtMostOneSlotOnRandomHistories) {
  struct Entry {
    Instant at;
    uint64_t units;
  };
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    const Span period = random.between(1, 100);
    const Rule rule = slotted_rule(period, static_cast<uint16_t>(random.between(1, 20)));
    const Span width = (period + rule.slots - 1) / rule.slots;
    const uint64_t cap = random.below(20) + 1;
    LimitSubject limit(rule, amount_of(cap));
    std::vector<Entry> entries;
    const auto grid = [&](Instant t) {
      uint64_t units = 0;
      for (const Entry& e : entries) units += (e.at / width + 1) * width + period > t ? e.units : 0;
      return units;
    };
    const auto exact = [&](Instant t) {
      uint64_t units = 0;
      for (const Entry& e : entries) units += e.at + period > t ? e.units : 0;
      return units;
    };
    Instant now = static_cast<Instant>(random.below(1'000));
    for (int step = 0; step < 200; ++step) {
      now += random.between(0, random.chance(10) ? 3 * period : 5);
      const Charge charge = cost_of(random.below(cap) + 1);
      ASSERT_EQ(limit.read(now).used, grid(now));
      Instant exact_opens = now, opens = now;
      while (exact(exact_opens) + charge.cost > cap) ++exact_opens;
      while (grid(opens) + charge.cost > cap) ++opens;
      ASSERT_EQ(limit.opens_at(charge, now), opens) << "seed " << seed << " step " << step;
      ASSERT_GE(opens, exact_opens);
      ASSERT_LE(opens, exact_opens + width);
      if (opens > now) continue;
      limit.commit(charge, now);
      entries.push_back({now, charge.cost});
    }
  }
}

}  // namespace
}  // namespace sluice
