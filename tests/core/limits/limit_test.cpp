// SPDX-License-Identifier: Apache-2.0
// What holds for every kind, over random histories.
#include "core/limits/limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/ratio.h"
#include "core/limits/amount.h"
#include "core/limits/upstream.h"
#include "core/limits/zone.h"
#include "tests/support/limit_subject.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::cost_of;
using testing::LimitSubject;
using testing::Random;

constexpr Instant kStart = 1'700'000'000 * kSecond;

// A limit, and the traffic that makes its histories interesting.
struct Case {
  std::string name;
  Rule rule;
  std::vector<Amount> amounts;  // the first at the start, then any
  Span step = 1;                // between charges
  bool names = false;           // charges bring values
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

Rule rule_of(Kind kind, Span period = 0) {
  Rule rule;
  rule.kind = kind;
  rule.period = period;
  return rule;
}

std::vector<Case> pace_cases() {
  Rule slack = rule_of(Kind::pace);
  slack.slack = 40;
  const std::vector<Amount> amounts{make_pace_amount(7, 1'000, {3, 0}), make_pace_amount(1, 100), make_pace_amount(3, 1'000)};
  return {{"pace", rule_of(Kind::pace), amounts, 300},
          {"pace_of_one", rule_of(Kind::pace), {make_pace_amount(700, kMinute)}, 100 * kMillisecond},
          {"pace_with_slack", slack, amounts, 300}};
}

std::vector<Case> window_cases() {
  static const std::shared_ptr<const Zone> zone = Zone::fixed("+05:30", 19'800);
  Rule first = rule_of(Kind::window, 100);
  first.period_kind = PeriodKind::from_first;
  Rule day = rule_of(Kind::window);
  day.period_kind = PeriodKind::day;
  day.zone = zone.get();
  Rule billing = rule_of(Kind::window);
  billing.period_kind = PeriodKind::billing;
  Rule burst = rule_of(Kind::window, 100);
  burst.burst = true;
  const std::vector<Amount> amounts{make_window_amount(5), make_window_amount(9, Ratio{6, 5}), make_window_amount(2)};
  const std::vector<Amount> bursts{make_window_amount(4, std::nullopt, BurstTerms{{2, 1}, 5}),
                                   make_window_amount(3, std::nullopt, BurstTerms{{3, 2}, 4}), make_window_amount(4)};
  return {{"window", rule_of(Kind::window, 100), amounts, 30},
          {"window_from_first", first, amounts, 30},
          {"window_of_a_day", day, amounts, 6 * kHour},
          {"window_of_a_billing_cycle", billing, amounts, 5 * kDay},
          {"window_with_burst", burst, bursts, 30}};
}

std::vector<Case> counting_cases() {
  Rule slotted = rule_of(Kind::sliding, 100);
  slotted.slots = 7;
  Rule distinct = rule_of(Kind::distinct, 100);
  distinct.exemption = 60;
  Rule named = rule_of(Kind::gauge);
  named.named = true;
  Rule leased = named;
  leased.lease = 100;
  const std::vector<Amount> amounts{make_count_amount(6), make_count_amount(2), make_count_amount(9)};
  return {{"sliding", rule_of(Kind::sliding, 100), amounts, 20},
          {"sliding_in_slots", slotted, amounts, 20},
          {"distinct", distinct, amounts, 20, true},
          {"gauge", rule_of(Kind::gauge), amounts, 20},
          {"gauge_of_names", named, amounts, 20, true},
          {"gauge_of_leased_names", leased, amounts, 20, true}};
}

std::vector<Case> cases_with_amounts() {
  std::vector<Case> all = pace_cases();
  for (const auto& more : {window_cases(), counting_cases()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<Case> all_cases() {
  std::vector<Case> all = cases_with_amounts();
  Rule upstream = rule_of(Kind::upstream);
  upstream.longest = kSecond;
  all.push_back({"upstream", upstream, {Amount{}}, 20});
  return all;
}

// Charges of a case, with their values.
class Traffic {
 public:
  Traffic(const Case& c, uint64_t seed) : case_(c), random_(seed) {}

  Charge next() {
    values_.clear();
    Charge charge = cost_of(random_.below(6) + 1);
    if (case_.names) {
      for (uint64_t v = 0; v < 12; ++v) {
        if (random_.chance(20)) values_.push_back(v * 0x9e3779b97f4a7c15);
      }
      charge.cost = 1;
      charge.values = values_;
    }
    charge.queued = case_.rule.kind != Kind::gauge && !case_.names && random_.chance(10);
    return charge;
  }
  Charge with_type(Charge charge) {
    const uint64_t what = random_.below(100);
    if (case_.rule.kind == Kind::gauge && what < 30)
      charge.type = ChargeType::release;
    else if (case_.rule.kind == Kind::distinct && what < 20)
      charge.type = ChargeType::exempt;
    else if (what < 35)
      charge.type = ChargeType::forced;
    return charge;
  }
  Instant step() { return random_.between(0, random_.chance(5) ? 20 * case_.step : case_.step); }
  const Amount& amount() { return case_.amounts[random_.below(case_.amounts.size())]; }
  Random& random() { return random_; }

 private:
  const Case& case_;
  Random random_;
  std::vector<uint64_t> values_;
};

class EveryLimit : public ::testing::TestWithParam<Case> {};
class EveryAmount : public EveryLimit {};

// One random event at `now`: a charge that passes, one that does not ask, a plan change, a report.
void advance(LimitSubject& limit, Traffic& traffic, Instant now) {
  const Charge charge = traffic.with_type(traffic.next());
  if (limit.passes(charge, now)) limit.commit(charge, now);
  if (traffic.random().chance(4)) limit.change_amount(traffic.amount(), now);
  if (limit.rule().kind == Kind::upstream && traffic.random().chance(10)) {
    upstream::close(limit.params(), limit.state(), now, traffic.random().between(0, 2 * kSecond));
  }
}

TEST_P(EveryLimit, OpensAtIsTightItPassesThereAndNowhereBefore) {
  int waits = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Traffic traffic(GetParam(), seed);
    LimitSubject limit(GetParam().rule, GetParam().amounts.front());
    Instant now = kStart;
    for (int i = 0; i < 150; ++i) {
      now += traffic.step();
      advance(limit, traffic, now);
      const Charge charge = traffic.next();
      const Instant from = now + traffic.random().between(0, GetParam().step);
      const Instant opens = limit.opens_at(charge, from);
      ASSERT_GE(opens, from);
      if (opens == from) continue;
      ++waits;
      const Instant last = opens < kEndOfTime ? opens - 1 : from + 400 * kDay;
      for (const Instant t : {last, traffic.random().between(from, last)}) ASSERT_EQ(limit.opens_at(charge, t), opens);
      if (opens < kEndOfTime) {
        ASSERT_EQ(limit.opens_at(charge, opens), opens) << "seed " << seed << " step " << i;
      }
    }
  }
  EXPECT_GT(waits, 100);  // else the histories tested nothing
}

TEST_P(EveryLimit, AskingChangesNothing) {
  Traffic traffic(GetParam(), 7);
  LimitSubject limit(GetParam().rule, GetParam().amounts.front());
  Instant now = kStart;
  for (int i = 0; i < 300; ++i) {
    now += traffic.step();
    advance(limit, traffic, now);
    const std::vector<std::byte> before(limit.state(), limit.state() + limit::state_size(GetParam().rule));
    const Reading reading = limit.read(now);
    const Charge charge = traffic.next();
    limit.opens_at(charge, now + 5 * kDay);
    limit.read(now + 5 * kDay);
    limit.idle(now + 5 * kDay);
    ASSERT_TRUE(std::equal(before.begin(), before.end(), limit.state()));
    ASSERT_EQ(limit.read(now).used, reading.used);
  }
}

TEST_P(EveryLimit, AnIdleStateAnswersAsOneNeverSeen) {
  const Case& c = GetParam();
  int idle = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Traffic traffic(c, seed);
    LimitSubject limit(c.rule, c.amounts.front());
    Instant now = kStart;
    for (int i = 0; i < 60; ++i) {
      now += traffic.random().chance(20) ? 50 * c.step : traffic.step();
      if (limit.idle(now)) {
        ++idle;
        LimitSubject fresh(c.rule, limit.amount());
        const Charge charge = traffic.next();
        const Instant at = now + traffic.random().between(0, c.step);
        ASSERT_EQ(limit.opens_at(charge, at), fresh.opens_at(charge, at));
        ASSERT_EQ(limit.read(at).used, fresh.read(at).used);
        ASSERT_EQ(limit.read(at).remaining, fresh.read(at).remaining);
        ASSERT_EQ(limit.read(at).resets_at, fresh.read(at).resets_at);
      }
      advance(limit, traffic, now);
    }
  }
  EXPECT_GT(idle, 30);
}

TEST_P(EveryAmount, TheLargestCostPassesFromNeverSeenAndOneMoreNever) {
  const Case& c = GetParam();
  for (const Amount& amount : c.amounts) {
    LimitSubject limit(c.rule, amount);
    const uint64_t largest = limit.largest_cost();
    std::vector<uint64_t> values;
    const auto asking = [&](uint64_t count) {
      Charge charge = cost_of(c.names ? 1 : count);
      values.resize(c.names ? count : 0);
      for (size_t i = 0; i < values.size(); ++i) values[i] = i;
      charge.values = values;
      return charge;
    };
    EXPECT_EQ(limit.opens_at(asking(largest), kStart), kStart);
    EXPECT_EQ(limit.opens_at(asking(largest + 1), kStart), kNever);
  }
}

TEST_P(EveryAmount, WordsMeanTheSameForEveryKind) {
  const Case& c = GetParam();
  const std::vector<uint64_t> values{1};
  Charge charge = cost_of(1);
  if (c.names) charge.values = values;
  LimitSubject limit(c.rule, make_word_amount(Word::blocked));
  EXPECT_EQ(limit.opens_at(charge, kStart), kNever);
  EXPECT_EQ(limit.largest_cost(), 0u);
  limit.change_amount(make_word_amount(Word::custom), kStart);
  EXPECT_EQ(limit.opens_at(charge, kStart), kNever);
  limit.change_amount(make_word_amount(Word::unlimited), kStart);
  EXPECT_EQ(limit.opens_at(charge, kStart), kStart);
  EXPECT_EQ(limit.largest_cost(), kCountLimit - 1);
}

TEST_P(EveryLimit, ClearingLeavesASubjectNeverSeenAndNoMemory) {
  Traffic traffic(GetParam(), 3);
  LimitSubject limit(GetParam().rule, GetParam().amounts.front());
  for (Instant now = kStart; now < kStart + 50 * GetParam().step; now += GetParam().step) advance(limit, traffic, now);
  limit.clear();
  EXPECT_TRUE(limit.never_seen());
  EXPECT_EQ(limit.memory().used(), 0u);
}

TEST_P(EveryLimit, RefundingEverythingAtOnceLeavesNothingUsed) {
  const Case& c = GetParam();
  Traffic traffic(c, 5);
  for (int i = 0; i < 200; ++i) {
    LimitSubject limit(c.rule, c.amounts.front());
    const Charge charge = traffic.next();
    const Taken taken = limit.commit(charge, kStart);
    limit.refund(taken, taken.units, charge.values, kStart);
    ASSERT_EQ(limit.read(kStart).used, 0u);
  }
}

// All that can be seen of a limit from the outside at one instant.
using View = std::vector<std::tuple<Instant, uint64_t, uint64_t, Instant, bool>>;

View view_of(const LimitSubject& limit, const Charge& charge, Instant now) {
  View view;
  for (const Span ahead : {0, 1, 20, 61, 99, 100, 1'000}) {
    const Reading reading = limit.read(now + ahead);
    view.emplace_back(limit.opens_at(charge, now + ahead), reading.used, reading.remaining, reading.resets_at,
                      limit.idle(now + ahead));
    for (uint64_t v = 0; v < 12 && !charge.values.empty(); ++v) {
      const std::vector<uint64_t> one{v * 0x9e3779b97f4a7c15};
      view.emplace_back(limit.opens_at(testing::values_of(one), now + ahead), 0, 0, 0, false);
    }
  }
  return view;
}

TEST_P(EveryLimit, WhicheverAllocationFailsNothingObservableChanges) {
  uint64_t refused = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Traffic traffic(GetParam(), seed);
    LimitSubject limit(GetParam().rule, make_word_amount(Word::unlimited));
    if (GetParam().rule.kind != Kind::sliding) limit.change_amount(GetParam().amounts.back(), kStart);
    Instant now = kStart;
    for (int i = 0; i < 200; ++i) {
      now += traffic.step() / 4;
      const Charge charge = traffic.with_type(traffic.next());
      const View before = view_of(limit, charge, now);
      const uint64_t used = limit.memory().used();
      for (uint64_t n = 0;; ++n) {
        limit.host().fail_after(n);
        const bool reserved = limit.reserve(charge, now);
        limit.host().never_fail();
        ASSERT_EQ(view_of(limit, charge, now), before) << "seed " << seed << " step " << i << " allocation " << n;
        if (reserved) break;
        ASSERT_EQ(limit.memory().used(), used);
        ASSERT_LT(n, 10u);
      }
      refused = limit.host().refused();
      limit.host().fail_after(0);  // commit needs nothing
      limit::commit(limit.params(), limit.state(), charge, now);
      ASSERT_EQ(limit.host().refused(), refused);
      limit.host().never_fail();
    }
    if (limit.memory().used() > 0) {
      EXPECT_GT(refused, 0u);
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<Case>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(Limits, EveryLimit, ::testing::ValuesIn(all_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Limits, EveryAmount, ::testing::ValuesIn(cases_with_amounts()), name_of);

TEST(Limit, StatesAreEightToTwentyFourBytes) {
  for (const Case& c : all_cases()) {
    const size_t size = limit::state_size(c.rule);
    EXPECT_TRUE(size == 8 || size == 16 || size == 24) << c.name;
  }
}

TEST(Limit, ALowerAmountRevokesNothingOfWhatIsCounted) {
  for (const Case& c : counting_cases()) {
    LimitSubject limit(c.rule, make_count_amount(9));
    const std::vector<uint64_t> values{1, 2, 3, 4, 5};
    Charge charge = cost_of(c.names ? 1 : 5);
    if (c.names) charge.values = values;
    limit.commit(charge, kStart);
    limit.change_amount(make_count_amount(2), kStart);
    EXPECT_EQ(limit.read(kStart).used, 5u) << c.name;
    limit.change_amount(make_count_amount(9), kStart);
    EXPECT_EQ(limit.read(kStart).remaining, 4u) << c.name;
  }
}

}  // namespace
}  // namespace sluice
