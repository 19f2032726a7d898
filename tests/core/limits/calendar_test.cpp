// SPDX-License-Identifier: Apache-2.0
#include "core/limits/calendar.h"

#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <random>
#include <string>

#include "core/limits/zone.h"

namespace sluice {
namespace {

constexpr std::array kCalendarKinds = {PeriodKind::day, PeriodKind::week, PeriodKind::month, PeriodKind::year,
                                       PeriodKind::billing};

// An instant of UTC, by the C library rather than by what is tested.
Instant utc(int year, int month, int day, int hour = 0, int minute = 0) {
  std::tm t{};
  t.tm_year = year - 1900;
  t.tm_mon = month - 1;
  t.tm_mday = day;
  t.tm_hour = hour;
  t.tm_min = minute;
  return static_cast<Instant>(timegm(&t)) * kSecond;
}

std::tm date_of(Instant at) {
  const std::time_t seconds = at / kSecond;
  std::tm t{};
  gmtime_r(&seconds, &t);
  return t;
}

Period in_zone(PeriodKind kind, const char* name, Instant at) {
  const auto zone = Zone::load(name, "");
  EXPECT_NE(zone, nullptr) << name;
  return period_at(kind, zone.get(), Billing{}, at);
}

Instant billing_end(const Billing& billing, Instant at) { return period_at(PeriodKind::billing, nullptr, billing, at).ends; }

TEST(Calendar, ADayHoldsItsFirstInstantAndNotItsEnd) {  // T39
  const Period day = period_at(PeriodKind::day, nullptr, {}, utc(2024, 2, 29));
  EXPECT_EQ(day.begins, utc(2024, 2, 29));
  EXPECT_EQ(day.ends, utc(2024, 3, 1));
  EXPECT_EQ(period_at(PeriodKind::day, nullptr, {}, day.ends - 1).begins, day.begins);
  EXPECT_EQ(period_at(PeriodKind::day, nullptr, {}, day.ends).begins, day.ends);
}

TEST(Calendar, WeeksStartOnMonday) {
  for (Instant at = utc(2024, 12, 1); at < utc(2025, 2, 1); at += kDay) {
    const Period week = period_at(PeriodKind::week, nullptr, {}, at + 1);
    EXPECT_EQ(date_of(week.begins).tm_wday, 1);
    EXPECT_EQ(week.ends - week.begins, 7 * kDay);
    EXPECT_TRUE(week.begins <= at && at < week.ends);
  }
  EXPECT_EQ(period_at(PeriodKind::week, nullptr, {}, 0).ends, utc(1970, 1, 5));
}

TEST(Calendar, EveryMonthUntilTheEndOfTimeIsAsLongAsItIs) {  // T10
  for (int year = 1970; year < 2116; ++year) {
    for (int month = 1; month <= 12; ++month) {
      const Instant begins = utc(year, month, 1);
      const Instant ends = month == 12 ? utc(year + 1, 1, 1) : utc(year, month + 1, 1);
      for (const Instant at : {begins, ends - 1}) {
        const Period period = period_at(PeriodKind::month, nullptr, {}, at);
        ASSERT_EQ(period.begins, begins);
        ASSERT_EQ(period.ends, ends < kEndOfTime ? ends : kNever);
      }
    }
    ASSERT_EQ(period_at(PeriodKind::year, nullptr, {}, utc(year, 7, 1)).begins, utc(year, 1, 1));
  }
}

// Also of February 1900 kind: 2100 is no leap year.
TEST(Calendar, YearsThatAreNoLeapYearsAreKnown) {
  EXPECT_EQ(period_at(PeriodKind::month, nullptr, {}, utc(2100, 2, 10)).ends - utc(2100, 2, 1), 28 * kDay);
  EXPECT_EQ(period_at(PeriodKind::month, nullptr, {}, utc(2000, 2, 10)).ends - utc(2000, 2, 1), 29 * kDay);
}

TEST(Calendar, TheBillingDayIsClampedToShortMonthsAndRemembered) {  // T37
  const Billing billing{.day = 31, .time = 0, .zone = nullptr};
  Instant at = utc(2023, 12, 31);
  for (const Instant edge : {utc(2024, 1, 31), utc(2024, 2, 29), utc(2024, 3, 31), utc(2024, 4, 30), utc(2024, 5, 31)}) {
    const Period period = period_at(PeriodKind::billing, nullptr, billing, at);
    EXPECT_EQ(period.begins, at);
    EXPECT_EQ(period.ends, edge);
    at = edge;
  }
  EXPECT_EQ(billing_end(billing, utc(2025, 2, 28)), utc(2025, 3, 31));
  EXPECT_EQ(billing_end({.day = 30, .time = 0, .zone = nullptr}, utc(2025, 2, 1)), utc(2025, 2, 28));
}

TEST(Calendar, AnUnsetBillingCycleIsTheMonth) { EXPECT_EQ(billing_end({}, utc(2024, 2, 10)), utc(2024, 3, 1)); }

TEST(Calendar, TheBillingCycleTurnsAtItsTimeInItsZone) {
  const auto zone = Zone::load("America/New_York", "");
  ASSERT_NE(zone, nullptr);
  const Billing billing{.day = 15, .time = 9 * kHour + 30 * kMinute, .zone = zone.get()};
  const Instant winter = utc(2024, 2, 15, 14, 30), summer = utc(2024, 3, 15, 13, 30);
  EXPECT_EQ(billing_end(billing, winter - 1), winter);
  EXPECT_EQ(billing_end(billing, winter), summer);
}

TEST(Calendar, DaysAreShortAndLongWhenClocksChange) {  // T38
  EXPECT_EQ(in_zone(PeriodKind::day, "Europe/Paris", utc(2024, 3, 31, 12)).begins, utc(2024, 3, 30, 23));
  EXPECT_EQ(in_zone(PeriodKind::day, "Europe/Paris", utc(2024, 3, 31, 12)).ends, utc(2024, 3, 31, 22));
  const Period autumn = in_zone(PeriodKind::day, "Europe/Paris", utc(2024, 10, 27, 12));
  EXPECT_EQ(autumn.ends - autumn.begins, 25 * kHour);
}

TEST(Calendar, AMidnightThatDoesNotExistBeginsAtTheTransition) {
  // Sao Paulo, 2018-11-04: 00:00 became 01:00.
  EXPECT_EQ(in_zone(PeriodKind::day, "America/Sao_Paulo", utc(2018, 11, 4, 12)).begins, utc(2018, 11, 4, 3));
  EXPECT_EQ(in_zone(PeriodKind::day, "America/Sao_Paulo", utc(2018, 11, 4, 2)).ends, utc(2018, 11, 4, 3));
}

TEST(Calendar, AMidnightThatComesTwiceBeginsTheDayOnce) {
  // Havana, 2024-11-03: 01:00 became 00:00, so midnight came twice.
  const Period twice = in_zone(PeriodKind::day, "America/Havana", utc(2024, 11, 3, 12));
  EXPECT_EQ(twice.begins, utc(2024, 11, 3, 4));
  EXPECT_EQ(twice.ends, utc(2024, 11, 4, 5));
  // Sao Paulo, 2018-02-18: 00:00 became 23:00 of the day before, which is not over yet.
  EXPECT_EQ(in_zone(PeriodKind::day, "America/Sao_Paulo", utc(2018, 2, 18, 2, 30)).ends, utc(2018, 2, 18, 3));
  // St. John's, 2006-10-29: 00:01 became 23:01 of the day before, but the new day had begun.
  EXPECT_EQ(in_zone(PeriodKind::day, "America/St_Johns", utc(2006, 10, 29, 3)).begins, utc(2006, 10, 29, 2, 30));
}

TEST(Calendar, ADayThatAZoneSkippedIsNoPeriod) {
  // Apia had no 30 December 2011.
  const Instant skipped = utc(2011, 12, 30, 10);
  EXPECT_EQ(in_zone(PeriodKind::day, "Pacific/Apia", skipped - 1).ends, skipped);
  EXPECT_EQ(in_zone(PeriodKind::day, "Pacific/Apia", skipped).ends, skipped + kDay);
}

TEST(Calendar, PeriodsBeginWithTimeItselfAndMayEndAfterIt) {
  for (const char* name : {"America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"}) {
    for (const PeriodKind kind : kCalendarKinds) {
      const Period first = in_zone(kind, name, 0);
      EXPECT_EQ(first.begins, 0);
      EXPECT_GT(first.ends, 0);
      EXPECT_EQ(in_zone(kind, name, kEndOfTime - 1).ends, kNever);
    }
  }
}

// Walks every zone and kind from end to end: no gap, no overlap, no empty period, no drift.
TEST(Calendar, EveryInstantBelongsToExactlyOnePeriod) {  // T37
  for (const char* name : {"UTC", "Europe/Paris", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana",
                           "Africa/Casablanca", "Pacific/Kwajalein"}) {
    const auto zone = Zone::load(name, "");
    ASSERT_NE(zone, nullptr) << name;
    const Billing billing{.day = 31, .time = 2 * kHour + 30 * kMinute, .zone = zone.get()};
    for (const PeriodKind kind : kCalendarKinds) {
      Instant at = 0;
      while (at < kEndOfTime) {
        const Period period = period_at(kind, zone.get(), billing, at);
        ASSERT_EQ(period.begins, at) << name;
        ASSERT_GT(period.ends, at) << name;
        const Instant last = std::min(period.ends, kEndOfTime) - 1;
        ASSERT_EQ(period_at(kind, zone.get(), billing, last).begins, at) << name;
        ASSERT_TRUE(kind != PeriodKind::day || last - at < 26 * kHour) << name;  // St. John's, 1988: two hours
        at = period.ends;
      }
    }
  }
}

// Against the definition, read off second by second around the answer.
TEST(Calendar, APeriodBeginsAtTheFirstInstantWhoseLocalTimeIsThere) {
  std::mt19937_64 random(38);
  for (const char* name : {"America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Asia/Tehran", "Africa/Cairo"}) {
    const auto zone = Zone::load(name, "");
    ASSERT_NE(zone, nullptr) << name;
    for (int round = 0; round < 300; ++round) {
      const Instant at = static_cast<Instant>(random() % static_cast<uint64_t>(kEndOfTime - kDay));
      const Period day = period_at(PeriodKind::day, zone.get(), {}, at);
      const auto local_day = [&](Instant t) { return (t / kSecond + zone->offset_at(t)) / 86'400; };
      ASSERT_LT(local_day(day.begins - 1), local_day(day.begins));
      ASSERT_LT(local_day(day.ends - 1), local_day(day.ends));
      ASSERT_TRUE(day.begins <= at && at < day.ends);
    }
  }
}

}  // namespace
}  // namespace sluice
