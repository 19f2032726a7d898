// SPDX-License-Identifier: Apache-2.0
#include "core/limits/distinct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/base/ratio.h"
#include "tests/support/limit_subject.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::amount_of;
using testing::LimitSubject;
using testing::Random;
using testing::values_of;
using testing::word_of;

using Values = std::vector<uint64_t>;

constexpr Instant kStart = 1'700'000'000 * kSecond;

Rule distinct_rule(Span period, Span exemption = 0) {
  Rule rule;
  rule.kind = Kind::distinct;
  rule.period = period;
  rule.exemption = exemption;
  return rule;
}

class Conversations : public LimitSubject {
 public:
  Conversations(const Rule& rule, const Amount& amount) : LimitSubject(rule, amount) {}
  bool send(const Values& to, Instant at) { return charge(values_of(to), at).has_value(); }
  void inbound(const Values& from, Instant at) { commit(values_of(from, ChargeType::exempt), at); }
  Instant opens(const Values& to, Instant from) const { return opens_at(values_of(to), from); }
};

TEST(Distinct, AdmitsAsManyDifferentValuesAsTheAmountAndNoMore) {
  Conversations limit(distinct_rule(kDay), amount_of(3));
  EXPECT_TRUE(limit.send({1}, kStart));
  EXPECT_TRUE(limit.send({2}, kStart));
  EXPECT_TRUE(limit.send({3}, kStart));
  EXPECT_FALSE(limit.send({4}, kStart));
  EXPECT_EQ(limit.read(kStart).used, 3u);
}

TEST(Distinct, AnOpenValuePassesFreeEvenWhenTheSetIsFull) {
  Conversations limit(distinct_rule(kDay), amount_of(1));
  limit.send({1}, kStart);
  EXPECT_TRUE(limit.send({1}, kStart + kHour));
  EXPECT_EQ(limit.read(kStart + kHour).used, 1u);
}

TEST(Distinct, ASlotClosesOnePeriodAfterItOpenedAndIsNotRefreshed) {
  Conversations limit(distinct_rule(kDay), amount_of(1));
  limit.send({1}, kStart);
  limit.send({1}, kStart + 23 * kHour);
  EXPECT_EQ(limit.opens({2}, kStart + 23 * kHour), kStart + kDay);
  EXPECT_FALSE(limit.send({2}, kStart + kDay - 1));
  EXPECT_TRUE(limit.send({2}, kStart + kDay));
}

TEST(Distinct, NewValuesOfOneChargeAreTakenTogether) {
  Conversations limit(distinct_rule(kDay), amount_of(3));
  limit.send({1}, kStart);
  EXPECT_FALSE(limit.send({2, 3, 4}, kStart));
  EXPECT_EQ(limit.read(kStart).used, 1u);
  EXPECT_TRUE(limit.send({1, 2, 3}, kStart));
  EXPECT_EQ(limit.read(kStart).used, 3u);
}

TEST(Distinct, MoreValuesThanTheAmountNeverPass) {
  Conversations limit(distinct_rule(kDay), amount_of(2));
  EXPECT_EQ(limit.opens({1, 2, 3}, kStart), kNever);
  limit.send({1}, kStart);
  EXPECT_EQ(limit.opens({1, 2, 3}, kStart), kNever);  // 1 is free now, but then two more do not fit
  EXPECT_EQ(limit.largest_cost(), 2u);
}

TEST(Distinct, ExemptValuesLetMoreThanTheAmountPassWhileTheyLast) {
  Conversations limit(distinct_rule(kDay, kHour), amount_of(2));
  limit.inbound({1}, kStart);
  EXPECT_EQ(limit.opens({1, 2, 3}, kStart), kStart);
  EXPECT_EQ(limit.opens({1, 2, 3}, kStart + kHour), kNever);
}

TEST(Distinct, AnExemptValuePassesFreeAndTakesNoSlot) {
  Conversations limit(distinct_rule(kDay, kDay), amount_of(1));
  limit.send({1}, kStart);
  limit.inbound({2}, kStart);
  EXPECT_TRUE(limit.send({2}, kStart + 1));
  EXPECT_EQ(limit.read(kStart + 1).used, 1u);
  EXPECT_FALSE(limit.send({3}, kStart + 1));
}

TEST(Distinct, AnExemptionIsRefreshedByEachExemptCharge) {
  Conversations limit(distinct_rule(kDay, kHour), amount_of(1));
  limit.send({1}, kStart);
  limit.inbound({2}, kStart);
  limit.inbound({2}, kStart + kHour / 2);
  EXPECT_TRUE(limit.send({2}, kStart + kHour + kHour / 2 - 1));
  EXPECT_FALSE(limit.send({2}, kStart + kHour + kHour / 2));
}

TEST(Distinct, AnExemptChargeNeverDenies) {
  Conversations limit(distinct_rule(kDay, kHour), word_of(Word::blocked));
  const Values values{1};
  EXPECT_TRUE(limit.passes(values_of(values, ChargeType::exempt), kStart));
  EXPECT_FALSE(limit.passes(values_of(values), kStart));
}

TEST(Distinct, TheWaitCountsThatTheChargesOwnExemptionEndsMeanwhile) {
  Conversations limit(distinct_rule(1'000, 100), amount_of(2));
  limit.send({1}, kStart);           // until 1,000
  limit.send({2}, kStart + 50);      // until 1,050
  limit.inbound({8}, kStart + 900);  // 8 is free until 1,000
  limit.inbound({7}, kStart + 905);  // 7 is free until 1,005
  // 9 needs a place at 1,000, when 1 leaves; 8 needs one too by then.
  EXPECT_EQ(limit.opens({8, 9}, kStart + 950), kStart + 1'050);
  // 7 still passes free at 1,000.
  EXPECT_EQ(limit.opens({7, 9}, kStart + 950), kStart + 1'000);
}

TEST(Distinct, TheWaitCountsThatTheChargesOwnSlotClosesMeanwhile) {
  Conversations limit(distinct_rule(1'000), amount_of(2));
  limit.send({1}, kStart);
  limit.send({2}, kStart + 10);
  // At 1,000 the slot of 1 closes, but 1 needs one again: 3 has to wait for 2's.
  EXPECT_EQ(limit.opens({1, 3}, kStart + 20), kStart + 1'010);
  EXPECT_EQ(limit.opens({3}, kStart + 20), kStart + 1'000);
}

TEST(Distinct, AfterADowngradeTheWaitComesFromTheRightOldestSlot) {
  Conversations limit(distinct_rule(kDay), amount_of(5'000));
  for (uint64_t i = 0; i < 5'000; ++i) limit.send({i}, kStart + static_cast<Instant>(i));
  limit.change_amount(amount_of(1'000), kStart + 5'000);
  EXPECT_EQ(limit.read(kStart + 5'000).used, 5'000u);
  EXPECT_EQ(limit.opens({9'999}, kStart + 5'000), kStart + 4'000 + kDay);  // the 4,001st oldest
  EXPECT_TRUE(limit.send({17}, kStart + 5'000));                           // an open one stays free
}

TEST(Distinct, UnlimitedDoesNotGrowTheSetButKeepsExemptions) {
  Conversations limit(distinct_rule(kDay, kDay), amount_of(2));
  limit.send({1}, kStart);
  limit.change_amount(word_of(Word::unlimited), kStart + 1);
  for (uint64_t i = 10; i < 100; ++i) EXPECT_TRUE(limit.send({i}, kStart + 1));
  limit.inbound({5}, kStart + 2);
  EXPECT_EQ(limit.read(kStart + 2).used, 1u);
  limit.change_amount(amount_of(1), kStart + 3);
  EXPECT_FALSE(limit.send({10}, kStart + 3));
  EXPECT_TRUE(limit.send({1}, kStart + 3));
  EXPECT_TRUE(limit.send({5}, kStart + 3));
}

TEST(Distinct, UnlimitedAloneLeavesASubjectNeverSeen) {
  Conversations limit(distinct_rule(kDay, kDay), word_of(Word::unlimited));
  EXPECT_TRUE(limit.send({1}, kStart));
  EXPECT_TRUE(limit.never_seen());
}

TEST(Distinct, ARefundClosesTheSlotItOpened) {
  Conversations limit(distinct_rule(kDay), amount_of(2));
  const Values values{1, 2};
  const Taken taken = limit.commit(values_of(values), kStart);
  EXPECT_EQ(taken.units, 2u);
  limit.refund(taken, taken.units, values, kStart + 1);
  EXPECT_EQ(limit.read(kStart + 1).used, 0u);
  EXPECT_TRUE(limit.idle(kStart + 1));
}

TEST(Distinct, ARefundLeavesASlotThatALaterDecisionUsed) {
  Conversations limit(distinct_rule(kDay), amount_of(2));
  const Values values{1, 2};
  const Taken taken = limit.commit(values_of(values), kStart);
  limit.send({2}, kStart);
  limit.refund(taken, taken.units, values, kStart + 1);
  EXPECT_TRUE(limit.send({2}, kStart + 1));
  EXPECT_EQ(limit.read(kStart + 1).used, 1u);
}

TEST(Distinct, ARefundOfAChargeThatFoundTheSlotOpenClosesNothing) {
  Conversations limit(distinct_rule(kDay), amount_of(2));
  limit.send({1}, kStart);
  const Values values{1};
  const Taken taken = limit.commit(values_of(values), kStart);
  limit.refund(taken, taken.units, values, kStart + 1);
  EXPECT_EQ(limit.read(kStart + 1).used, 1u);
}

TEST(Distinct, ARefundAfterTheSlotClosedDoesNotCloseTheNextOne) {
  Conversations limit(distinct_rule(100), amount_of(2));
  const Values values{1};
  const Taken taken = limit.commit(values_of(values), kStart);
  limit.send({1}, kStart + 100);
  limit.refund(taken, taken.units, values, kStart + 101);
  EXPECT_EQ(limit.read(kStart + 101).used, 1u);
}

TEST(Distinct, AForcedChargeOpensSlotsBeyondTheAmount) {
  Conversations limit(distinct_rule(100), amount_of(1));
  const Values values{1, 2, 3};
  limit.commit(values_of(values, ChargeType::forced), kStart);
  EXPECT_EQ(limit.read(kStart).used, 3u);
  EXPECT_EQ(limit.read(kStart).remaining, 0u);
  EXPECT_EQ(limit.opens({4}, kStart + 1), kStart + 100);
}

TEST(Distinct, ALiveExemptionKeepsTheSubjectFromBeingIdle) {
  Conversations limit(distinct_rule(100, 500), amount_of(1));
  limit.inbound({1}, kStart);
  EXPECT_FALSE(limit.idle(kStart + 499));
  EXPECT_TRUE(limit.idle(kStart + 500));
  EXPECT_EQ(limit.read(kStart).resets_at, 0);
}

TEST(Distinct, TakesThe128ValuesOfTheLargestCharge) {
  Conversations limit(distinct_rule(100), amount_of(kMaxValues));
  Values values;
  for (uint64_t i = 0; i < kMaxValues; ++i) values.push_back(i);
  const Taken taken = limit.commit(values_of(values), kStart);
  EXPECT_EQ(taken.opened[0], UINT64_MAX);
  EXPECT_EQ(taken.opened[1], UINT64_MAX);
  EXPECT_EQ(limit.read(kStart).remaining, 0u);
  limit.refund(taken, taken.units, values, kStart);
  EXPECT_EQ(limit.read(kStart).used, 0u);
}

TEST(Distinct, SetUsedIsNotForSets) {
  Conversations limit(distinct_rule(100), amount_of(1));
  EXPECT_FALSE(limit.set_used(1, kStart));
  EXPECT_TRUE(limit.never_seen());
}

// The obvious set, with exemptions; instants are tried one by one.
struct Model {
  struct Slot {
    Instant opened;
    bool used;
  };
  Span period;
  Span exemption;
  std::map<uint64_t, Slot> slots;
  std::map<uint64_t, Instant> exempt;

  bool open(uint64_t v, Instant t) const {
    const auto found = slots.find(v);
    return found != slots.end() && found->second.opened + period > t;
  }
  bool free(uint64_t v, Instant t) const {
    const auto found = exempt.find(v);
    return open(v, t) || (found != exempt.end() && found->second > t);
  }
  uint64_t live(Instant t) const {
    uint64_t count = 0;
    for (const auto& [v, slot] : slots) count += slot.opened + period > t;
    return count;
  }
  bool passes(const Values& values, uint64_t cap, Instant t) const {
    const auto wanted =
        static_cast<uint64_t>(std::count_if(values.begin(), values.end(), [&](uint64_t v) { return !free(v, t); }));
    return wanted == 0 || live(t) + wanted <= cap;
  }
  Instant opens_at(const Values& values, uint64_t cap, Instant from) const {
    for (Instant t = from; t <= from + period + exemption + 1; ++t) {
      if (passes(values, cap, t)) return t;
    }
    return kNever;
  }
  void inbound(const Values& values, Instant now) {
    for (const uint64_t v : values) {
      if (exemption > 0) exempt[v] = now + exemption;
    }
  }
  // Which of the values opened a slot, by position.
  uint64_t charge(const Values& values, Instant now) {
    uint64_t opened = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      opened |= uint64_t{!free(values[i], now)} << i;
      if (!free(values[i], now)) {
        slots[values[i]] = {now, false};
      } else if (open(values[i], now)) {
        slots[values[i]].used = true;
      }
    }
    return opened;
  }
  void refund(const Values& values, uint64_t opened, Instant stamp) {
    for (size_t i = 0; i < values.size(); ++i) {
      const auto found = slots.find(values[i]);
      const bool ours = (opened >> i & 1) != 0 && found != slots.end();
      if (ours && found->second.opened == stamp && !found->second.used) slots.erase(found);
    }
  }
};

TEST(Distinct, AgreesWithTheObviousSetOnRandomHistories) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    Model model{random.between(1, 60), random.chance(30) ? 0 : random.between(1, 60), {}, {}};
    Conversations limit(distinct_rule(model.period, model.exemption), amount_of(random.below(6) + 1));
    std::vector<std::pair<Taken, Values>> given;
    Instant now = 0;
    for (int step = 0; step < 200; ++step) {
      now += random.between(0, random.chance(10) ? 80 : 4);
      Values values;
      for (uint64_t v = 0; v < 10; ++v) {
        if (random.chance(20)) values.push_back(v * 0x9e3779b97f4a7c15);
      }
      const uint64_t cap = limit.amount().cap;
      const Instant from = now + random.between(0, 20);
      ASSERT_EQ(limit.opens(values, from), model.opens_at(values, cap, from)) << "seed " << seed << " step " << step;
      if (random.chance(10)) limit.reserve(values_of(values), now + random.between(0, 200));
      if (random.chance(20)) {
        limit.inbound(values, now);
        model.inbound(values, now);
      } else if (random.chance(10) || limit.passes(values_of(values), now)) {
        given.emplace_back(limit.commit(values_of(values, ChargeType::forced), now), values);
        ASSERT_EQ(given.back().first.opened[0], model.charge(values, now));
      }
      if (!given.empty() && random.chance(20)) {
        std::swap(given[random.below(given.size())], given.back());
        const auto [taken, charged] = given.back();
        given.pop_back();
        limit.refund(taken, taken.units, charged, now);
        model.refund(charged, taken.opened[0], taken.stamp);
      }
      if (random.chance(5)) limit.change_amount(amount_of(random.below(6) + 1), now);
      ASSERT_EQ(limit.read(from).used, model.live(from));
    }
  }
}

}  // namespace
}  // namespace sluice
