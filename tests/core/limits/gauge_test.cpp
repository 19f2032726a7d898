// SPDX-License-Identifier: Apache-2.0
#include "core/limits/gauge.h"

#include <gtest/gtest.h>

#include <map>
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
using testing::values_of;
using testing::word_of;

using Names = std::vector<uint64_t>;

Rule gauge_rule() {
  Rule rule;
  rule.kind = Kind::gauge;
  return rule;
}

Rule named_rule(Span lease = 0) {
  Rule rule = gauge_rule();
  rule.named = true;
  rule.lease = lease;
  return rule;
}

class Holder : public LimitSubject {
 public:
  Holder(const Rule& rule, const Amount& amount) : LimitSubject(rule, amount) {}
  bool hold(const Names& names, Instant at) { return charge(values_of(names), at).has_value(); }
  void release(const Names& names, Instant at) { commit(values_of(names, ChargeType::release), at); }
  Instant opens(const Names& names, Instant from) const { return opens_at(values_of(names), from); }
};

TEST(Gauge, AdmitsExactlyTheAmountAndOneMoreAfterARelease) {
  LimitSubject depth(gauge_rule(), amount_of(6'000));
  for (int i = 0; i < 6'000; ++i) ASSERT_TRUE(depth.charge(cost_of(1), i));
  EXPECT_EQ(depth.opens_at(cost_of(1), 7'000), kOnRelease);
  depth.commit(cost_of(1, ChargeType::release), 7'000);
  EXPECT_TRUE(depth.charge(cost_of(1), 7'000));
}

TEST(Gauge, ACostAboveTheAmountNeverPassesEvenQueued) {
  LimitSubject limit(gauge_rule(), amount_of(5));
  Charge charge = cost_of(6);
  EXPECT_EQ(limit.opens_at(charge, 0), kNever);
  charge.queued = true;
  EXPECT_EQ(limit.opens_at(charge, 0), kNever);
  EXPECT_EQ(limit.largest_cost(), 5u);
}

TEST(Gauge, ReleasingMoreThanIsHeldReleasesWhatIsHeld) {
  LimitSubject limit(gauge_rule(), amount_of(5));
  limit.commit(cost_of(3), 0);
  EXPECT_TRUE(limit.passes(cost_of(9, ChargeType::release), 1));
  limit.commit(cost_of(9, ChargeType::release), 1);
  EXPECT_EQ(limit.read(1).used, 0u);
  EXPECT_TRUE(limit.idle(1));
}

TEST(Gauge, ADowngradeRevokesNothingAndAdmitsNothingUntilThereIsRoom) {
  LimitSubject limit(gauge_rule(), amount_of(5));
  limit.commit(cost_of(5), 0);
  limit.change_amount(amount_of(2), 1);
  EXPECT_EQ(limit.read(1).used, 5u);
  EXPECT_EQ(limit.read(1).remaining, 0u);
  limit.commit(cost_of(3, ChargeType::release), 1);
  EXPECT_FALSE(limit.passes(cost_of(1), 1));
  limit.commit(cost_of(1, ChargeType::release), 1);
  EXPECT_TRUE(limit.passes(cost_of(1), 1));
}

TEST(Gauge, ARefundReturnsWhatWasTaken) {
  LimitSubject limit(gauge_rule(), amount_of(5));
  const Taken taken = limit.commit(cost_of(4), 0);
  limit.refund(taken, 3, {}, 1);
  EXPECT_EQ(limit.read(1).used, 1u);
  limit.refund(limit.commit(cost_of(1, ChargeType::release), 1), 1, {}, 1);
  EXPECT_EQ(limit.read(1).used, 0u);
}

TEST(Gauge, SetUsedReconcilesTheCount) {
  LimitSubject limit(gauge_rule(), amount_of(5));
  EXPECT_TRUE(limit.set_used(4, 0));
  EXPECT_EQ(limit.read(0).remaining, 1u);
  limit.clear();
  EXPECT_TRUE(limit.never_seen());
}

TEST(Gauge, CountsSaturateInsteadOfWrapping) {
  LimitSubject limit(gauge_rule(), word_of(Word::unlimited));
  for (int i = 0; i < 3; ++i) limit.commit(cost_of(kCountLimit - 1), 0);
  EXPECT_EQ(limit.read(0).used, kCountLimit - 1);
}

TEST(Gauge, CountsUnderUnlimitedSoThatADowngradeKnows) {
  LimitSubject limit(gauge_rule(), word_of(Word::unlimited));
  limit.commit(cost_of(7), 0);
  limit.change_amount(amount_of(5), 1);
  EXPECT_EQ(limit.opens_at(cost_of(1), 1), kOnRelease);
}

TEST(Gauge, BlockedNeverPassesButForcedIsHeld) {
  LimitSubject limit(gauge_rule(), word_of(Word::blocked));
  EXPECT_EQ(limit.opens_at(cost_of(1), 0), kNever);
  EXPECT_TRUE(limit.charge(cost_of(1, ChargeType::forced), 0));
  EXPECT_EQ(limit.read(0).used, 1u);
}

TEST(NamedGauge, HoldingAHeldNameAgainIsFree) {
  Holder limit(named_rule(), amount_of(2));
  EXPECT_TRUE(limit.hold({1}, 0));
  EXPECT_TRUE(limit.hold({1}, 1));
  EXPECT_TRUE(limit.hold({2}, 2));
  EXPECT_TRUE(limit.hold({1, 2}, 3));
  EXPECT_EQ(limit.opens({3}, 4), kOnRelease);
  EXPECT_EQ(limit.read(4).used, 2u);
  EXPECT_EQ(limit.read(4).resets_at, 0);
}

TEST(NamedGauge, ReleaseRemovesTheNameAndOfANameNotHeldDoesNothing) {
  Holder limit(named_rule(), amount_of(2));
  limit.release({9}, 0);
  EXPECT_TRUE(limit.never_seen());
  limit.hold({1, 2}, 0);
  limit.release({9, 1}, 1);
  EXPECT_EQ(limit.read(1).used, 1u);
  EXPECT_TRUE(limit.hold({3}, 2));
  limit.release({2, 3}, 3);
  EXPECT_TRUE(limit.idle(3));
}

TEST(NamedGauge, MoreNamesThanTheAmountAreNever) {
  Holder limit(named_rule(), amount_of(2));
  EXPECT_EQ(limit.opens({1, 2, 3}, 0), kNever);
  limit.hold({1}, 0);
  EXPECT_EQ(limit.opens({1, 2, 3}, 1), kNever);
  EXPECT_EQ(limit.opens({2, 3}, 1), kOnRelease);
}

TEST(NamedGauge, NamesHeldBeforeADowngradeStayFree) {
  Holder limit(named_rule(), amount_of(3));
  limit.hold({1, 2, 3}, 0);
  limit.change_amount(amount_of(1), 1);
  EXPECT_TRUE(limit.hold({1, 2, 3}, 1));
  EXPECT_EQ(limit.opens({4}, 1), kOnRelease);
}

TEST(NamedGauge, ALeaseReleasesByItselfAtItsEnd) {
  Holder limit(named_rule(100), amount_of(1));
  limit.hold({1}, 0);
  EXPECT_EQ(limit.opens({2}, 1), 100);
  EXPECT_FALSE(limit.hold({2}, 99));
  EXPECT_TRUE(limit.hold({2}, 100));
  EXPECT_EQ(limit.read(100).resets_at, 200);
}

TEST(NamedGauge, HoldingAgainRenewsTheLease) {
  Holder limit(named_rule(100), amount_of(1));
  limit.hold({1}, 0);
  limit.hold({1}, 60);
  EXPECT_EQ(limit.read(60).used, 1u);
  EXPECT_EQ(limit.opens({2}, 61), 160);
}

TEST(NamedGauge, TheWaitCountsThatTheChargesOwnLeaseEndsMeanwhile) {
  Holder limit(named_rule(100), amount_of(2));
  limit.hold({1}, 0);
  limit.hold({2}, 10);
  EXPECT_EQ(limit.opens({1, 3}, 20), 110);
}

TEST(NamedGauge, ARefundReleasesOnlyItsOwnHolding) {
  Holder limit(named_rule(100), amount_of(3));
  const Names names{1, 2, 3};
  const Taken taken = limit.commit(values_of(names), 0);
  limit.hold({2}, 0);   // held again at the same instant
  limit.hold({3}, 50);  // renewed
  limit.refund(taken, taken.units, names, 51);
  EXPECT_EQ(limit.read(51).used, 2u);
  limit.release({2, 3}, 52);
  EXPECT_EQ(limit.read(52).used, 0u);
}

TEST(NamedGauge, WithoutALeaseARefundLeavesWhatWasHeldAgain) {
  Holder limit(named_rule(), amount_of(3));
  const Names names{1, 2};
  const Taken taken = limit.commit(values_of(names), 0);
  limit.hold({2}, 5);
  limit.refund(taken, taken.units, names, 6);
  EXPECT_EQ(limit.read(6).used, 1u);
}

TEST(NamedGauge, AReleasedAndHeldAgainNameIsAnotherHolding) {
  Holder limit(named_rule(), amount_of(3));
  const Names names{1};
  const Taken taken = limit.commit(values_of(names), 0);
  limit.release(names, 1);
  limit.hold({1}, 2);
  limit.refund(taken, taken.units, names, 3);
  EXPECT_EQ(limit.read(3).used, 1u);
}

TEST(NamedGauge, RenewingForYearsNeedsNoMoreMemory) {
  Holder limit(named_rule(100), amount_of(3));
  for (Instant t = 0; t < 50'000; ++t) ASSERT_TRUE(limit.hold({1, 2, 3}, t));
  EXPECT_LE(limit.memory().used(), 1'024u);
}

TEST(NamedGauge, HasNoCountToSet) {
  Holder limit(named_rule(), amount_of(3));
  EXPECT_FALSE(limit.set_used(1, 0));
}

// The obvious map; instants are tried one by one.
struct Model {
  struct Holding {
    Instant since;
    bool again;
  };
  Span lease;
  std::map<uint64_t, Holding> holdings;

  bool held(uint64_t name, Instant t) const {
    const auto found = holdings.find(name);
    return found != holdings.end() && (lease == 0 || found->second.since + lease > t);
  }
  uint64_t count(Instant t) const {
    uint64_t n = 0;
    for (const auto& [name, holding] : holdings) n += held(name, t);
    return n;
  }
  Instant opens_at(const Names& names, uint64_t cap, Instant from) const {
    for (Instant t = from; t <= from + lease + 1; ++t) {
      uint64_t more = 0;
      for (const uint64_t name : names) more += !held(name, t);
      if (more == 0 || count(t) + more <= cap) return t;
    }
    return lease > 0 || names.size() > cap ? kNever : kOnRelease;
  }
  // Which of the names were not held before, by position.
  uint64_t hold(const Names& names, Instant now) {
    uint64_t opened = 0;
    for (size_t i = 0; i < names.size(); ++i) {
      const bool again = held(names[i], now);
      opened |= uint64_t{!again} << i;
      holdings[names[i]] = {again && lease == 0 ? holdings[names[i]].since : now, again};
    }
    return opened;
  }
  void refund(const Names& names, uint64_t opened, Instant stamp) {
    for (size_t i = 0; i < names.size(); ++i) {
      const auto found = holdings.find(names[i]);
      const bool ours = (opened >> i & 1) != 0 && found != holdings.end();
      if (ours && found->second.since == stamp && !found->second.again) holdings.erase(found);
    }
  }
};

TEST(NamedGauge, AgreesWithTheObviousMapOnRandomHistories) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    Model model{random.chance(30) ? 0 : random.between(1, 60), {}};
    Holder limit(named_rule(model.lease), amount_of(random.below(6) + 1));
    std::vector<std::pair<Taken, Names>> given;
    Instant now = 0;
    for (int step = 0; step < 200; ++step) {
      now += random.between(0, random.chance(10) ? 80 : 4);
      Names names;
      for (uint64_t n = 0; n < 9; ++n) {
        if (random.chance(20)) names.push_back(n * 0x9e3779b97f4a7c15);
      }
      const Instant from = now + random.between(0, 20);
      ASSERT_EQ(limit.opens(names, from), model.opens_at(names, limit.amount().cap, from)) << "seed " << seed << " step " << step;
      if (random.chance(10)) limit.reserve(values_of(names), now + random.between(0, 200));
      if (random.chance(25)) {
        limit.release(names, now);
        for (uint64_t n : names) model.holdings.erase(n);
      } else if (random.chance(10) || limit.passes(values_of(names), now)) {
        given.emplace_back(limit.commit(values_of(names, ChargeType::forced), now), names);
        ASSERT_EQ(given.back().first.opened[0], model.hold(names, now));
      }
      if (!given.empty() && random.chance(20)) {
        std::swap(given[random.below(given.size())], given.back());
        const auto [taken, held] = given.back();
        given.pop_back();
        limit.refund(taken, taken.units, held, now);
        model.refund(held, taken.opened[0], taken.stamp);
      }
      if (random.chance(5)) limit.change_amount(amount_of(random.below(6) + 1), now);
      ASSERT_EQ(limit.read(from).used, model.count(from));
      ASSERT_EQ(limit.idle(from), model.count(from) == 0);
    }
  }
}

}  // namespace
}  // namespace sluice
