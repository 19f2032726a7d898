// SPDX-License-Identifier: Apache-2.0
#include "core/policy/spelling.h"

#include <gtest/gtest.h>

#include "core/policy/text.h"

namespace sluice {
namespace {

TEST(Spelling, durations_are_said_as_people_say_them) {
  EXPECT_EQ(spell_duration(kSecond), "1s");
  EXPECT_EQ(spell_duration(kMinute), "60s");
  EXPECT_EQ(spell_duration(90 * kSecond), "90s");
  EXPECT_EQ(spell_duration(2 * kMinute), "2min");
  EXPECT_EQ(spell_duration(kHour), "1h");
  EXPECT_EQ(spell_duration(kDay), "24h");
  EXPECT_EQ(spell_duration(7 * kDay), "7 days");
  EXPECT_EQ(spell_duration(1500 * kMicrosecond), "1500us");
  EXPECT_EQ(spell_duration(1), "1ns");
  EXPECT_EQ(spell_duration(0), "");
}

TEST(Spelling, a_duration_parses_back) {
  for (Span span : {Span{1}, Span{999}, kMicrosecond, 5 * kMillisecond, kSecond, kMinute, 61 * kSecond, kHour, 36 * kHour, kDay,
                    kDay + 1, 400 * kDay}) {
    Span parsed = 0;
    std::string error;
    EXPECT_TRUE(parse_duration(spell_duration(span), &parsed, &error)) << error;
    EXPECT_EQ(parsed, span);
  }
}

TEST(Spelling, a_rate_parses_back) {
  EXPECT_EQ(spell_rate(80, kSecond), "80/s");
  EXPECT_EQ(spell_rate(30, kMinute), "30/min");
  EXPECT_EQ(spell_rate(5, 10 * kSecond), "5/10s");
  EXPECT_EQ(spell_rate(1, kDay), "1/day");
  EXPECT_EQ(spell_rate(1, 125 * kMillisecond), "8/s");
  EXPECT_EQ(spell_rate(3, 700 * kMillisecond), "3/700ms");
  for (Span period : {kSecond, kMinute, 10 * kSecond, kDay, 7 * kDay, Span{7}}) {
    RateText parsed;
    std::string error;
    EXPECT_TRUE(parse_rate(spell_rate(3, period), &parsed, &error)) << error;
    EXPECT_EQ(Wide{parsed.amount} * static_cast<uint64_t>(period), Wide{3} * static_cast<uint64_t>(parsed.period));
  }
}

TEST(Spelling, shares_and_ratios_parse_back) {
  EXPECT_EQ(spell_percent(7500), "75%");
  EXPECT_EQ(spell_percent(9950), "99.5%");
  EXPECT_EQ(spell_percent(1), "0.01%");
  EXPECT_EQ(spell_share({6, 5}), "120%");
  EXPECT_EQ(spell_ratio({1, 10}), "1/10");
  EXPECT_EQ(spell_ratio({3, 1}), "3");
  uint32_t share = 0;
  Ratio ratio;
  std::string error;
  EXPECT_TRUE(parse_percent(spell_percent(12345), &share, &error));
  EXPECT_EQ(share, 12345u);
  EXPECT_TRUE(parse_ratio(spell_ratio({2, 7}), &ratio, &error));
  EXPECT_EQ(ratio.num * 10 + ratio.den, 27u);
}

TEST(Spelling, a_burst_parses_back) {
  EXPECT_EQ(spell_burst({2, 1}, 10 * kSecond), "2x for 10s");
  EXPECT_EQ(spell_burst({3, 2}, 30 * kSecond), "1.5x for 30s");
  BurstText burst;
  std::string error;
  EXPECT_TRUE(parse_burst(spell_burst({1125, 1000}, kMinute), &burst, &error)) << error;
  EXPECT_EQ(burst.factor.num * 8, burst.factor.den * 9);
}

TEST(Spelling, periods_are_the_languages_words) {
  Rule rule;
  rule.kind = Kind::window;
  rule.period = kMinute;
  EXPECT_EQ(spell_period(rule), "60s");
  rule.period_kind = PeriodKind::from_first;
  EXPECT_EQ(spell_period(rule), "60s from first");
  for (std::string_view word : {"day", "week", "month", "year", "billing"}) {
    PeriodText parsed;
    std::string error;
    ASSERT_TRUE(parse_period(word, &parsed, &error));
    rule.period_kind = parsed.kind;
    EXPECT_EQ(spell_period(rule), word);
  }
  EXPECT_EQ(spell_time_of_day(9 * kHour + 5 * kMinute), "09:05");
}

}  // namespace
}  // namespace sluice
