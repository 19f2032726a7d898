// SPDX-License-Identifier: Apache-2.0
#include "core/limits/burst.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/limits/amount.h"
#include "core/limits/window.h"

namespace sluice {
namespace {

constexpr Instant kNow = 1'700'000'000 * kSecond + 300 * kMillisecond;
constexpr Instant kEdge = 1'700'000'001 * kSecond;

Amount burst_of(uint64_t amount, uint64_t factor, uint64_t windows) {
  return make_window_amount(amount, std::nullopt, BurstTerms{{factor, 1}, windows});
}

// One subject of one window with burst.
struct Subject {
  Rule rule{};
  Amount amount;
  Billing billing;
  alignas(8) std::byte state[24] = {};

  explicit Subject(const Amount& a, Span period = kSecond) : amount(a) {
    rule.burst = true;
    rule.period = period;
  }
  Params params() const { return {&rule, &amount, &billing}; }
  Instant opens(uint64_t cost, Instant from, bool queued = false) const {
    return window::opens_at(params(), state, {cost, ChargeType::normal, queued, {}}, from);
  }
  Taken take(uint64_t cost, Instant at) { return window::commit(params(), state, {cost, ChargeType::normal, false, {}}, at); }
  bool try_take(uint64_t cost, Instant at) {
    if (opens(cost, at) != at) return false;
    take(cost, at);
    return true;
  }
  int drain(Instant at) {
    int passed = 0;
    while (try_take(1, at)) ++passed;
    return passed;
  }
  void change(const Amount& to, Instant at) {
    const Amount from = amount;
    amount = to;
    window::carry({&rule, &from, &billing}, params(), state, at);
  }
  Reading read(Instant at) const { return window::read(params(), state, at); }
  bool idle(Instant at) const { return window::idle(params(), state, at); }
};

TEST(Burst, StateIsEightBytesLarger) {
  Rule rule;
  EXPECT_EQ(window::state_size(rule), 16u);
  rule.burst = true;
  EXPECT_EQ(window::state_size(rule), 24u);
}

// "2x for 10 s" of 10 is 200 in ten windows, "3x for 30 s" of 50 is 4,500 in thirty; then exactly the amount.
TEST(Burst, FromIdleExactlyTheFactorTimesTheAmountPassThenTheAmount) {  // T49
  for (const auto& [amount, factor, windows] : {std::tuple{10, 2, 10}, std::tuple{50, 3, 30}}) {
    Subject s(burst_of(static_cast<uint64_t>(amount), static_cast<uint64_t>(factor), static_cast<uint64_t>(windows)));
    for (int i = 0; i < windows; ++i) EXPECT_EQ(s.drain(kNow + i * kSecond), factor * amount);
    for (int i = windows; i < windows + 20; ++i) EXPECT_EQ(s.drain(kNow + i * kSecond), amount);
  }
}

TEST(Burst, BunchingInsideAWindowChangesNothing) {
  Subject s(burst_of(10, 2, 10));
  int passed = 0;
  for (int i = 0; i < 10; ++i) {
    for (const Span at : {Span{0}, Span{1}, kSecond / 2, kSecond - 1}) passed += s.drain(kEdge + i * kSecond + at);
  }
  EXPECT_EQ(passed, 200);
}

TEST(Burst, IdleWindowsFillTheBankAtTheAmount) {
  Subject s(burst_of(10, 2, 10));
  for (int i = 0; i < 10; ++i) s.drain(kNow + i * kSecond);
  EXPECT_EQ(s.drain(kNow + 13 * kSecond), 20);  // three idle windows: 30 banked
  EXPECT_EQ(s.drain(kNow + 14 * kSecond), 20);
  EXPECT_EQ(s.drain(kNow + 15 * kSecond), 20);
  EXPECT_EQ(s.drain(kNow + 16 * kSecond), 10);
}

TEST(Burst, TheBankIsNeverFullerThanFull) {  // T47
  Subject s(burst_of(10, 2, 10));
  s.take(1, kNow);
  int passed = 0;
  for (int i = 0; i < 20; ++i) passed += s.drain(kNow + 400 * kDay + i * kSecond);
  EXPECT_EQ(passed, 300);
}

TEST(Burst, WindowsThatUseLessThanTheAmountPutTheRestBack) {
  Subject s(burst_of(10, 2, 10));
  for (int i = 0; i < 10; ++i) s.drain(kNow + i * kSecond);
  s.take(4, kNow + 10 * kSecond);
  EXPECT_EQ(s.read(kNow + 11 * kSecond).remaining, 16u);
}

TEST(Burst, LargestCostIsThePeakOrWhatAFullBankLetsPass) {
  EXPECT_EQ(window::largest_cost(Subject(burst_of(10, 2, 10)).params()), 20u);
  EXPECT_EQ(window::largest_cost(Subject(make_window_amount(10, std::nullopt, BurstTerms{{5, 1}, 1})).params()), 50u);
  Subject s(burst_of(10, 2, 10));
  EXPECT_EQ(s.opens(21, kNow), kNever);
  EXPECT_EQ(s.opens(20, kNow), kNow);
}

TEST(Burst, ForcedExcessIsPaidBackByTheBankThenByTheWindows) {
  Subject s(burst_of(10, 2, 10));
  window::commit(s.params(), s.state, {135, ChargeType::forced, false, {}}, kNow);
  EXPECT_EQ(s.read(kNow).remaining, 0u);
  EXPECT_EQ(s.read(kNow + kSecond).remaining, 0u);  // 125 missing of 100
  EXPECT_EQ(s.opens(1, kNow + kSecond), kEdge + 2 * kSecond);
  EXPECT_EQ(s.read(kNow + 3 * kSecond).remaining, 5u);
}

TEST(Burst, QueuedCostAboveThePeakWaitsForAFullBank) {
  Subject s(burst_of(10, 2, 10));
  EXPECT_EQ(s.opens(50, kNow, true), kNow);
  s.take(50, kNow);
  EXPECT_EQ(s.opens(50, kNow, true), kEdge + 4 * kSecond);
  EXPECT_EQ(s.opens(50, kEdge + 4 * kSecond, true), kEdge + 4 * kSecond);
}

TEST(Burst, IsIdleWhenTheBankIsFullAgain) {
  Subject s(burst_of(10, 2, 10));
  s.take(10, kNow);
  EXPECT_FALSE(s.idle(kEdge - 1));
  EXPECT_TRUE(s.idle(kEdge));
  s.take(20, kEdge);
  EXPECT_FALSE(s.idle(kEdge + kSecond));
  EXPECT_TRUE(s.idle(kEdge + 2 * kSecond));
}

TEST(Burst, WhatIsMissingCarriesUnclamped) {
  Subject s(burst_of(50, 3, 30));
  for (int i = 0; i < 30; ++i) s.drain(kNow + i * kSecond);
  const Instant at = kNow + 30 * kSecond;  // 3,000 missing
  s.change(burst_of(10, 2, 10), at);
  EXPECT_EQ(s.read(at).remaining, 0u);
  EXPECT_EQ(s.opens(1, at),
            kEdge + (30 + 289) * kSecond);  // 3,000 - 290 x 10 leaves 100 missing, 10 to admit
  s.change(burst_of(50, 3, 30), at);
  EXPECT_EQ(s.read(at).remaining, 50u);
}

TEST(Burst, EdgesBeforeAChangeCountAtTheOldAmount) {
  Subject s(burst_of(10, 2, 10));
  for (int i = 0; i < 10; ++i) s.drain(kNow + i * kSecond);
  const Instant at = kNow + 12 * kSecond;
  s.change(burst_of(1'000, 2, 10), at);
  EXPECT_EQ(s.read(at).remaining, 2'000u);
  s.change(burst_of(10, 2, 10), at);
  EXPECT_EQ(s.read(at).remaining, 20u);
  EXPECT_FALSE(s.idle(at));
}

TEST(Burst, APlanWithoutBurstKeepsTheBook) {
  Subject s(burst_of(10, 2, 10));
  for (int i = 0; i < 10; ++i) s.drain(kNow + i * kSecond);
  s.change(make_window_amount(10), kNow + 10 * kSecond);
  EXPECT_EQ(s.drain(kNow + 10 * kSecond), 10);
  s.change(burst_of(10, 2, 10), kNow + 11 * kSecond);
  EXPECT_EQ(s.drain(kNow + 11 * kSecond), 10);
}

TEST(Burst, UnlimitedFillsTheBankAtTheNextEdgeAndBlockedDoesNot) {
  Subject s(burst_of(10, 2, 10));
  for (int i = 0; i < 10; ++i) s.drain(kNow + i * kSecond);
  Instant at = kNow + 10 * kSecond;
  s.change(make_word_amount(Word::blocked), at);
  s.change(burst_of(10, 2, 10), at + 100 * kSecond);
  EXPECT_EQ(s.read(at + 100 * kSecond).remaining, 10u);
  at += 100 * kSecond;
  s.change(make_word_amount(Word::unlimited), at);
  s.take(500, at);
  s.change(burst_of(10, 2, 10), at);
  EXPECT_EQ(s.read(at).remaining, 0u);
  s.change(make_word_amount(Word::unlimited), at);
  s.change(burst_of(10, 2, 10), at + kSecond);
  EXPECT_TRUE(s.idle(at + kSecond));
}

TEST(Burst, RefundsCountInTheWindowChargedOnly) {
  Subject s(burst_of(10, 2, 10));
  const Taken taken = s.take(20, kNow);
  window::refund(s.params(), s.state, taken, 15, {}, kNow);
  EXPECT_EQ(s.read(kNow).used, 5u);
  window::refund(s.params(), s.state, taken, 5, {}, kEdge);
  EXPECT_EQ(s.read(kEdge).remaining, 20u);
}

TEST(Burst, HugeGapsAndDebtsStayInBounds) {
  const uint64_t most = kCountLimit - 1;
  Subject s(make_window_amount(1, std::nullopt, BurstTerms{{most, 1}, most}), 400 * kDay);
  for (int i = 0; i < 3; ++i) window::commit(s.params(), s.state, {most, ChargeType::forced, false, {}}, kNow);
  EXPECT_EQ(s.opens(most, kNow), kNever);
  EXPECT_EQ(s.opens(most, kEndOfTime - 1), kNever);
  Subject fine(burst_of(most, 2, 10), 1);
  fine.take(most, 0);
  EXPECT_EQ(fine.opens(most, kEndOfTime - 1), kEndOfTime - 1);
}

// The rule as it is said, one window after the other.
struct PlainBank {
  Span period;
  uint64_t amount, peak, bank;
  int64_t window = -1;
  uint64_t used = 0, missing = 0;

  void move_to(Instant at) {
    for (const int64_t target = at / period; window < target; ++window) {
      if (window < 0) window = target - 1;
      missing = missing + used > amount ? missing + used - amount : 0;
      used = 0;
    }
  }
  bool passes(uint64_t cost) const {
    const uint64_t room = amount + bank > missing ? amount + bank - missing : 0;
    return used + cost <= std::min(peak, room);
  }
};

TEST(Burst, AgreesWithOneWindowAfterTheOtherAndWaitsAreTight) {  // T50, T51
  std::mt19937_64 random(49);
  for (int round = 0; round < 500; ++round) {
    const uint64_t amount = 1 + random() % 9;
    const uint64_t percent = 100 + random() % 300;
    const Amount terms = make_window_amount(amount, std::nullopt, BurstTerms{{percent, 100}, 1 + random() % 12});
    Subject s(terms, 10);
    PlainBank plain{10, amount, terms.peak, terms.bank};
    Instant at = static_cast<Span>(random() % 1'000);
    for (int i = 0; i < 80; ++i) {
      at += static_cast<Span>(random() % 5 == 0 ? random() % 100 : random() % 6);
      plain.move_to(at);
      const uint64_t cost = 1 + random() % 12;
      const Instant opens = s.opens(cost, at);
      ASSERT_EQ(opens == at, plain.passes(cost));
      if (opens == kNever) {
        ASSERT_GT(cost, std::min(terms.peak, terms.amount + terms.bank));
        continue;
      }
      PlainBank ahead = plain;
      for (Instant t = at; t < opens; ++t) {
        ahead.move_to(t);
        ASSERT_FALSE(ahead.passes(cost));
      }
      ahead.move_to(opens);
      ASSERT_TRUE(ahead.passes(cost));
      ASSERT_EQ(s.read(at).used, plain.used);
      if (opens == at || random() % 10 == 0) {
        s.take(cost, at);
        plain.used += cost;
      }
    }
  }
}

}  // namespace
}  // namespace sluice
