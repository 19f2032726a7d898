// SPDX-License-Identifier: Apache-2.0
#include "core/policy/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/policy/nearest.h"

namespace sluice {
namespace {

using testing::HasSubstr;

Span duration(std::string_view text) {
  Span span = -1;
  std::string error;
  return parse_duration(text, &span, &error) ? span : -1;
}

template <typename Out, typename Parse>
std::string why_not(Parse parse, std::string_view text) {
  Out out{};
  std::string error;
  return parse(text, &out, &error) ? "accepted" : error;
}

TEST(Text, DurationsAreAWholeNumberAndAUnit) {
  EXPECT_EQ(duration("1ns"), 1);
  EXPECT_EQ(duration("250us"), 250 * kMicrosecond);
  EXPECT_EQ(duration("100 ms"), 100 * kMillisecond);
  EXPECT_EQ(duration("60s"), kMinute);
  EXPECT_EQ(duration("60 sec"), kMinute);
  EXPECT_EQ(duration("1 minute"), kMinute);
  EXPECT_EQ(duration("2 minutes"), 2 * kMinute);
  EXPECT_EQ(duration("24h"), kDay);
  EXPECT_EQ(duration("7 days"), 7 * kDay);
  EXPECT_EQ(duration("1 week"), 7 * kDay);
  EXPECT_EQ(duration("400 days"), 400 * kDay);
}

TEST(Text, AWrongDurationSaysWhatIsExpected) {
  const auto why = [](std::string_view text) { return why_not<Span>(parse_duration, text); };
  EXPECT_EQ(why(""), R"(expected a duration, a whole number and a unit such as "60s" or "24h", got "")");
  EXPECT_EQ(why("s"), R"(expected a duration, a whole number and a unit such as "60s" or "24h", got "s")");
  EXPECT_EQ(why("-1s"), R"(expected a duration, a whole number and a unit such as "60s" or "24h", got "-1s")");
  EXPECT_EQ(why("60"), R"("60" has no unit; units are ns, us, ms, s, min, h, day and week)");
  EXPECT_EQ(why("5m"), R"(unknown unit "m" in "5m"; did you mean "min"?)");
  EXPECT_EQ(why("5 mins"), R"(unknown unit "mins" in "5 mins"; did you mean "min"?)");
  EXPECT_EQ(why("1.5s"), R"(unknown unit ".5s" in "1.5s"; units are ns, us, ms, s, min, h, day and week)");
  EXPECT_EQ(why("0s"), R"(a duration is above 0, got "0s")");
  EXPECT_EQ(why("401 days"), R"(a duration is at most 400 days, got "401 days")");
  EXPECT_EQ(why("99999999999999999999999 weeks"), R"(a duration is at most 400 days, got "99999999999999999999999 weeks")");
  EXPECT_EQ(why("1  s"), R"(unknown unit " s" in "1  s"; did you mean "s"?)");
}

TEST(Text, RatesAreANumberPerUnitOrPerDuration) {
  RateText rate;
  std::string error;
  ASSERT_TRUE(parse_rate("80/s", &rate, &error));
  EXPECT_EQ(rate.amount, 80U);
  EXPECT_EQ(rate.period, kSecond);
  ASSERT_TRUE(parse_rate("5/10s", &rate, &error));
  EXPECT_EQ(rate.amount, 5U);
  EXPECT_EQ(rate.period, 10 * kSecond);
  ASSERT_TRUE(parse_rate("1/day", &rate, &error));
  EXPECT_EQ(rate.period, kDay);
}

TEST(Text, AWrongRateSaysWhatIsExpected) {
  const auto why = [](std::string_view text) { return why_not<RateText>(parse_rate, text); };
  EXPECT_EQ(why("10"), R"(expected a rate such as "10/s", "30/min" or "5/10s", got "10")");
  EXPECT_EQ(why("x/s"), R"(expected a rate such as "10/s", "30/min" or "5/10s", got "x/s")");
  EXPECT_EQ(why("0/s"), R"(a rate is above 0, got "0/s"; to let nothing pass, write "blocked": true)");
  EXPECT_THAT(why("281474976710656/s"), HasSubstr("is too large; at most 281474976710655"));
  EXPECT_EQ(why("10/sek"), R"(unknown unit "sek" in "10/sek"; did you mean "sec"?)");
  EXPECT_EQ(why("10/"), R"("10/" has no unit; units are ns, us, ms, s, min, h, day and week)");
  EXPECT_EQ(why("10/0s"), R"(a duration is above 0, got "0s")");
}

TEST(Text, CountsAreWholeNumbersBelowTwoToThe48) {
  uint64_t count = 0;
  std::string error;
  ASSERT_TRUE(parse_count("281474976710655", &count, &error));
  EXPECT_EQ(count, kCountLimit - 1);
  const auto why = [](std::string_view text) { return why_not<uint64_t>(parse_count, text); };
  EXPECT_EQ(why("0"), R"(expected at least 1; to let nothing pass, write "blocked": true)");
  EXPECT_EQ(why("-1"), "expected a whole number from 1 without sign, fraction or exponent, such as 1000, got -1");
  EXPECT_EQ(why("1.5"), "expected a whole number from 1 without sign, fraction or exponent, such as 1000, got 1.5");
  EXPECT_EQ(why("1e3"), "expected a whole number from 1 without sign, fraction or exponent, such as 1000, got 1e3");
  EXPECT_EQ(why("281474976710656"), R"(281474976710656 is too large; at most 281474976710655, or "unlimited": true)");
  EXPECT_THAT(why(std::string(1000, '9')), HasSubstr("... is too large"));
}

TEST(Text, PercentagesHaveAtMostTwoDecimals) {
  uint32_t share = 0;
  std::string error;
  ASSERT_TRUE(parse_percent("120%", &share, &error));
  EXPECT_EQ(share, 12'000U);
  ASSERT_TRUE(parse_percent("99.5%", &share, &error));
  EXPECT_EQ(share, 9'950U);
  ASSERT_TRUE(parse_percent_number("0.01", &share, &error));
  EXPECT_EQ(share, 1U);
  ASSERT_TRUE(parse_percent_number("1000", &share, &error));
  EXPECT_EQ(share, 100'000U);
  const auto why = [](std::string_view text) { return why_not<uint32_t>(parse_percent, text); };
  for (const char* wrong : {"120", "%", "-5%", "0%", "1000.01%", "1.005%", "1e1%", "1.%", ".5%"}) {
    EXPECT_THAT(why(wrong), HasSubstr(R"(expected a percentage above 0%, up to 1000%, such as "120%", got ")")) << wrong;
  }
  const auto why_number = [](std::string_view text) { return why_not<uint32_t>(parse_percent_number, text); };
  EXPECT_EQ(why_number("99.555"), "expected a percentage as a number with at most 2 decimals, such as 75 or 99.5, got 99.555");
  EXPECT_EQ(why_number("0"), "expected a percentage above 0, up to 1000, got 0");
  EXPECT_EQ(why_number("1001"), "expected a percentage above 0, up to 1000, got 1001");
}

TEST(Text, FractionsAreReduced) {
  Ratio ratio;
  std::string error;
  ASSERT_TRUE(parse_ratio("10/100", &ratio, &error));
  EXPECT_EQ(ratio.num, 1U);
  EXPECT_EQ(ratio.den, 10U);
  ASSERT_TRUE(parse_ratio("1.5", &ratio, &error));
  EXPECT_EQ(ratio.num, 3U);
  EXPECT_EQ(ratio.den, 2U);
  ASSERT_TRUE(parse_ratio("2", &ratio, &error));
  EXPECT_EQ(ratio.num, 2U);
  const auto why = [](std::string_view text) { return why_not<Ratio>(parse_ratio, text); };
  EXPECT_EQ(why("a tenth"), R"(expected a fraction such as "1/10", "2" or "1.5", got "a tenth")");
  EXPECT_EQ(why("1/"), R"(expected a fraction such as "1/10", "2" or "1.5", got "1/")");
  EXPECT_EQ(why("0/10"), R"(a fraction is above 0, got "0/10")");
  EXPECT_EQ(why("1/0"), R"(a fraction is above 0, got "1/0")");
  EXPECT_EQ(why("1/281474976710656"), R"(the parts of a fraction are below 2^48, got "1/281474976710656")");
}

TEST(Text, BurstsAreAFactorAndADuration) {
  BurstText burst;
  std::string error;
  ASSERT_TRUE(parse_burst("2x for 10s", &burst, &error));
  EXPECT_EQ(burst.factor.num, 2U);
  EXPECT_EQ(burst.factor.den, 1U);
  EXPECT_EQ(burst.span, 10 * kSecond);
  ASSERT_TRUE(parse_burst("1.5x for 1 min", &burst, &error));
  EXPECT_EQ(burst.factor.num, 3U);
  EXPECT_EQ(burst.factor.den, 2U);
  const auto why = [](std::string_view text) { return why_not<BurstText>(parse_burst, text); };
  EXPECT_EQ(why("2x"), R"(expected a burst such as "2x for 10s", got "2x")");
  EXPECT_EQ(why("twox for 10s"), R"(expected a burst such as "2x for 10s", got "twox for 10s")");
  EXPECT_EQ(why("1x for 10s"), R"(the factor of a burst is above 1, got "1x for 10s")");
  EXPECT_EQ(why("2x for 10"), R"("10" has no unit; units are ns, us, ms, s, min, h, day and week)");
}

TEST(Text, PeriodsAreAlignedFromFirstCalendarOrBilling) {
  PeriodText period;
  std::string error;
  ASSERT_TRUE(parse_period("60s", &period, &error));
  EXPECT_EQ(period.kind, PeriodKind::aligned);
  EXPECT_EQ(period.period, kMinute);
  ASSERT_TRUE(parse_period("24h from first", &period, &error));
  EXPECT_EQ(period.kind, PeriodKind::from_first);
  EXPECT_EQ(period.period, kDay);
  ASSERT_TRUE(parse_period("day", &period, &error));
  EXPECT_EQ(period.kind, PeriodKind::day);
  ASSERT_TRUE(parse_period("billing", &period, &error));
  EXPECT_EQ(period.kind, PeriodKind::billing);
  const auto why = [](std::string_view text) { return why_not<PeriodText>(parse_period, text); };
  EXPECT_EQ(why("dya"), R"(expected a period such as "60s", "60s from first", "day", "week", "month", "year" or "billing", )"
                        R"(got "dya"; did you mean "day"?)");
  EXPECT_EQ(why("day from first"), R"(expected a duration before "from first", such as "24h from first", got "day")");
  EXPECT_EQ(why("60"), R"("60" has no unit; units are ns, us, ms, s, min, h, day and week)");
}

TEST(Text, TimesOfDayHaveHoursAndMinutes) {
  Span time = 0;
  std::string error;
  ASSERT_TRUE(parse_time_of_day("23:59", &time, &error));
  EXPECT_EQ(time, 23 * kHour + 59 * kMinute);
  const auto why = [](std::string_view text) { return why_not<Span>(parse_time_of_day, text); };
  for (const char* wrong : {"24:00", "9:30", "09:60", "noon", "09-30", ""}) {
    EXPECT_THAT(why(wrong), HasSubstr(R"(expected a time of day such as "09:30", got ")")) << wrong;
  }
}

TEST(Text, ZonesAreUtcAnOffsetOrAnIanaName) {
  std::shared_ptr<const Zone> zone;
  std::string error;
  ASSERT_TRUE(parse_zone("UTC", "", &zone, &error));
  EXPECT_EQ(zone->offset_at(0), 0);
  ASSERT_TRUE(parse_zone("+05:30", "", &zone, &error));
  EXPECT_EQ(zone->offset_at(0), 19'800);
  ASSERT_TRUE(parse_zone("-08:00", "", &zone, &error));
  EXPECT_EQ(zone->offset_at(0), -28'800);
  const auto why = [](std::string_view text) {
    std::shared_ptr<const Zone> out;
    std::string message;
    return parse_zone(text, "", &out, &message) ? std::string("accepted") : message;
  };
  EXPECT_EQ(why("+5:30"), R"(expected an offset from UTC of at most 14 hours, such as "+05:30", got "+5:30")");
  EXPECT_EQ(why("+14:01"), R"(expected an offset from UTC of at most 14 hours, such as "+05:30", got "+14:01")");
  for (const char* wrong : {"Mars/Phobos", "", "../../etc/passwd", "/etc/localtime", "utc"}) {
    EXPECT_THAT(why(wrong), HasSubstr("unknown time zone")) << wrong;
  }
}

TEST(Text, NamesBeginWithALetterAndHaveAtMost64Characters) {
  std::string error;
  for (const char* good : {"a", "POST /v1/emails/batch", "messages.send", "tier_1", "a-b:c"}) {
    EXPECT_TRUE(parse_name(good, &error)) << error;
  }
  EXPECT_TRUE(parse_name(std::string(64, 'a'), &error));
  const auto why = [](std::string_view text) {
    std::string message;
    return parse_name(text, &message) ? std::string("accepted") : message;
  };
  EXPECT_THAT(why(""), HasSubstr("the name is empty; a name is 1 to 64 characters of"));
  EXPECT_THAT(why(std::string(65, 'a')), HasSubstr("is too long; a name is"));
  EXPECT_THAT(why("1st"), HasSubstr(R"(the name "1st" does not begin with a letter; a name is)"));
  EXPECT_THAT(why("caf\xC3\xA9"), HasSubstr("has other characters; a name is"));
  EXPECT_THAT(why(std::string_view("a\0b", 3)), HasSubstr(R"(the name "a?b" has other characters)"));
}

TEST(Text, TheNearestNameIsTheOneWithFewestChanges) {
  const std::string_view names[] = {"amount", "amounts", "account", "period"};
  EXPECT_EQ(nearest("amuont", names), "amount");
  EXPECT_EQ(nearest("AMOUNT", names), "amount");
  EXPECT_EQ(nearest("perod", names), "period");
  EXPECT_EQ(nearest("acount", names), "account");
  EXPECT_EQ(nearest("zebra", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), names), "");
}

}  // namespace
}  // namespace sluice
