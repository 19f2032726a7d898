// SPDX-License-Identifier: Apache-2.0
#include "core/limits/amount.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice {
namespace {

constexpr uint64_t kMost = kCountLimit - 1;

TEST(Amount, APaceChargesItsUnitRoundedUp) {
  const Amount pace = make_pace_amount(3, kSecond);
  EXPECT_EQ(pace.unit, 333'333'334);
  EXPECT_EQ(pace.depth, pace.unit);
  EXPECT_EQ(pace.amount, 3u);
  EXPECT_EQ(pace.period, kSecond);
}

TEST(Amount, DepthInUnitsIsRoundedDownAndHoldsAtLeastOne) {
  EXPECT_EQ(make_pace_amount(80, kSecond, {.units = 80}).depth, kSecond);
  EXPECT_EQ(make_pace_amount(3, kSecond, {.units = 2}).depth, 666'666'666);
  EXPECT_EQ(make_pace_amount(3, kSecond, {.units = 0}).depth, 333'333'334);
}

TEST(Amount, DepthAsADurationStandsAsGiven) {
  EXPECT_EQ(make_pace_amount(80, kSecond, {.span = kSecond}).depth, kSecond);
  EXPECT_EQ(make_pace_amount(1, kMinute, {.span = kSecond}).depth, kMinute);
}

TEST(Amount, DepthSaturatesBeforeTheEndOfTime) {
  EXPECT_EQ(make_pace_amount(1, 400 * kDay, {.units = kMost}).depth, kEndOfTime - 1);
}

TEST(Amount, AUnitIsNeverZero) {  // T04
  EXPECT_EQ(make_pace_amount(kMost, kSecond).unit, 1);
  EXPECT_EQ(make_pace_amount(1, 1).unit, 1);
}

TEST(Amount, CeilingIsRoundedDown) {  // T89
  EXPECT_EQ(make_window_amount(3, Ratio{120, 100}).cap, 3u);
  EXPECT_EQ(make_window_amount(2'000, Ratio{120, 100}).cap, 2'400u);
  EXPECT_EQ(make_window_amount(2'000).cap, 2'000u);
  EXPECT_EQ(make_window_amount(kMost, Ratio{UINT64_MAX, 1}).cap, kMost);
}

TEST(Amount, BurstHasAPeakAndABank) {
  const Amount twice = make_window_amount(10, std::nullopt, BurstTerms{{2, 1}, 10});
  EXPECT_EQ(twice.peak, 20u);
  EXPECT_EQ(twice.bank, 100u);
  const Amount broken = make_window_amount(3, std::nullopt, BurstTerms{{3, 2}, 5});
  EXPECT_EQ(broken.peak, 4u);
  EXPECT_EQ(broken.bank, 7u);
  const Amount none = make_window_amount(3, std::nullopt, BurstTerms{{1, 1}, 5});
  EXPECT_EQ(none.peak, 3u);
  EXPECT_EQ(none.bank, 0u);
}

TEST(Amount, HugeBurstsSaturate) {
  const uint64_t most = UINT64_MAX;
  for (const Ratio factor : {Ratio{most, 1}, Ratio{most, most - 1}, Ratio{most, 2}}) {
    for (const uint64_t windows : {uint64_t{1}, most}) {
      const Amount amount = make_window_amount(kMost, std::nullopt, BurstTerms{factor, windows});
      EXPECT_LE(amount.peak, kMost);
      EXPECT_LE(amount.bank, kMost);
    }
  }
  EXPECT_EQ(make_window_amount(kMost, std::nullopt, BurstTerms{{most, 1}, most}).bank, kMost);
}

TEST(Amount, ThresholdsAreRoundedUp) {  // T89
  const std::array<uint32_t, 3> shares = {7'500, 9'000, 10'000};
  const Amount amount = make_window_amount(3, std::nullopt, std::nullopt, shares);
  EXPECT_EQ(amount.threshold_count, 3);
  EXPECT_EQ(amount.threshold_at[0], 3u);
  EXPECT_EQ(amount.threshold_at[2], 3u);
  EXPECT_EQ(make_window_amount(2'000, std::nullopt, std::nullopt, shares).threshold_at[1], 1'800u);
  EXPECT_EQ(amount.threshold_share[1], 9'000u);
}

TEST(Amount, APaceDerivesExactly) {  // T09
  const auto tenth = derive(make_pace_amount(5, kSecond), {1, 10});
  ASSERT_TRUE(tenth);
  EXPECT_EQ(tenth->amount, 1u);
  EXPECT_EQ(tenth->period, 2 * kSecond);
  EXPECT_EQ(tenth->unit, 2 * kSecond);
  EXPECT_EQ(tenth->depth, 2 * kSecond);
}

TEST(Amount, ACountDerivesRoundedDownAndNeverToZero) {
  EXPECT_EQ(derive(make_count_amount(65), {1, 10})->amount, 6u);
  EXPECT_EQ(derive(make_window_amount(60), {1, 10})->cap, 6u);
  EXPECT_FALSE(derive(make_count_amount(5), {1, 10}));
  EXPECT_FALSE(derive(make_count_amount(kMost), {2, 1}));
}

TEST(Amount, APaceTooWideToDeriveIsRefused) {
  EXPECT_FALSE(derive(make_pace_amount(kMost, kSecond), {7, 1}));
  EXPECT_FALSE(derive(make_pace_amount(1, 400 * kDay), {1, 1'000}));
  EXPECT_FALSE(derive(make_pace_amount(kMost, 400 * kDay), {UINT64_MAX, UINT64_MAX - 1}));
  const auto reduced = derive(make_pace_amount(kMost, kSecond), {1'000, 1});
  ASSERT_TRUE(reduced);
  EXPECT_EQ(Wide{reduced->amount} * kSecond, Wide{kMost} * 1'000 * static_cast<uint64_t>(reduced->period));
}

TEST(Amount, AWordDerivesAsTheSameWord) {
  for (const Word word : {Word::unlimited, Word::custom, Word::blocked}) {
    EXPECT_EQ(derive(make_word_amount(word), {1, 10})->word, word);
  }
}

}  // namespace
}  // namespace sluice
