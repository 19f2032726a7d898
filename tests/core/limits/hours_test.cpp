// SPDX-License-Identifier: Apache-2.0
// When hours are open: by the clock on the wall, whatever clocks do; against a scan that asks of each minute.
#include "core/limits/hours.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

namespace sluice {
namespace {

using testing::ElementsAre;

Instant utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days date(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day));
  return date.time_since_epoch().count() * kDay + hour * kHour + minute * kMinute;
}

std::shared_ptr<const Zone> zone(const std::string& name) { return Zone::load(name, ""); }

Zones zones(const std::vector<std::string>& names) {
  Zones all;
  for (const auto& name : names) all.push_back(zone(name));
  return all;
}

// The same on every day of the week.
Hours daily(Span opens, Span closes, Span margin = 0) {
  Hours result;
  for (Span day = 0; day < 7; ++day) result.open.push_back({day * kDay + opens, day * kDay + closes});
  result.open = hours::merge(result.open);
  result.margin = margin;
  return result;
}

bool is_open(const Hours& h, const Zones& zones, Instant t) {
  return std::ranges::all_of(zones, [&](const auto& z) {
    const Span week = ((t + z->offset_at(t) * kSecond + 3 * kDay) % kWeek + kWeek) % kWeek;
    return std::ranges::any_of(h.open, [&](const OpenTime& o) { return o.opens <= week && week < o.closes; });
  });
}

constexpr Span kNine = 9 * kHour, kTwenty = 20 * kHour;

TEST(Hours, OpenAtTheInstantAndCloseAtTheInstant) {
  const Hours h = daily(kNine, kTwenty);
  const Zones paris = zones({"Europe/Paris"});
  const Instant open = utc(2025, 1, 13, 8), close = utc(2025, 1, 13, 19);
  EXPECT_EQ(hours::opens_at(h, paris, utc(2025, 1, 13)), open);
  EXPECT_EQ(hours::opens_at(h, paris, open - 1), open);
  EXPECT_EQ(hours::opens_at(h, paris, open), open);
  EXPECT_EQ(hours::opens_at(h, paris, close - 1), close - 1);
  EXPECT_EQ(hours::opens_at(h, paris, close), utc(2025, 1, 14, 8));
  EXPECT_EQ(hours::closes_at(h, paris, open), close);
  EXPECT_EQ(hours::closes_at(h, paris, close - 1), close);
  EXPECT_EQ(hours::ends_at(h, paris, open), close);
  EXPECT_EQ(hours::ends_at(h, paris, close), close);
}

TEST(Hours, LeaveAMarginBeforeTheClose) {
  const Hours h = daily(kNine, kTwenty, 10 * kMinute);
  const Zones utc_alone = zones({"UTC"});
  const Instant last = utc(2025, 1, 13, 19, 50);
  EXPECT_EQ(hours::opens_at(h, utc_alone, last), last);
  EXPECT_EQ(hours::opens_at(h, utc_alone, last + 1), utc(2025, 1, 14, 9));
  EXPECT_EQ(hours::ends_at(h, utc_alone, utc(2025, 1, 13, 12)), last + 1);
  EXPECT_EQ(hours::closes_at(h, utc_alone, last), utc(2025, 1, 13, 20));
}

TEST(Hours, CrossMidnightAndTheWeeksEnd) {
  Hours h;
  h.open = hours::merge({{6 * kDay + 22 * kHour, 7 * kDay + 2 * kHour}});  // Sunday 22:00 to Monday 02:00
  EXPECT_THAT(h.open, ElementsAre(OpenTime{0, 2 * kHour}, OpenTime{6 * kDay + 22 * kHour, kWeek}));
  EXPECT_EQ(hours::shortest(h.open), 4 * kHour);
  const Zones utc_alone = zones({"UTC"});
  const Instant sunday = utc(2025, 1, 19, 22), monday = utc(2025, 1, 20, 2);
  EXPECT_EQ(hours::opens_at(h, utc_alone, utc(2025, 1, 15)), sunday);
  EXPECT_EQ(hours::closes_at(h, utc_alone, sunday), monday);
  EXPECT_EQ(hours::closes_at(h, utc_alone, utc(2025, 1, 20, 1)), monday);
  EXPECT_EQ(hours::opens_at(h, utc_alone, monday), utc(2025, 1, 26, 22));
}

TEST(Hours, WhatTouchesIsOneAndAWholeWeekNeverCloses) {
  EXPECT_THAT(hours::merge({{kTwenty, kDay}, {kNine, kTwenty}}), ElementsAre(OpenTime{kNine, kDay}));
  const Hours always = daily(0, kDay);
  EXPECT_TRUE(always.always_open());
  EXPECT_EQ(hours::opens_at(always, zones({"Asia/Tokyo"}), 5), 5);
  EXPECT_EQ(hours::closes_at(always, zones({"Asia/Tokyo"}), 5), kNever);
  EXPECT_EQ(hours::ends_at(always, zones({"Asia/Tokyo"}), 5), kNever);
}

// New York, 2025-03-09: after 01:59:59 EST comes 03:00:00 EDT.
TEST(Hours, ATimeThatClocksSkipNeverComes) {
  const Zones york = zones({"America/New_York"});
  const Instant jump = utc(2025, 3, 9, 7);
  const Hours gap = daily(2 * kHour + 10 * kMinute, 2 * kHour + 50 * kMinute);
  EXPECT_EQ(hours::opens_at(gap, york, utc(2025, 3, 9, 5)), utc(2025, 3, 10, 6, 10));
  const Hours from_within = daily(2 * kHour + 30 * kMinute, 5 * kHour);
  EXPECT_EQ(hours::opens_at(from_within, york, utc(2025, 3, 9, 5)), jump);
  EXPECT_EQ(hours::closes_at(from_within, york, jump), utc(2025, 3, 9, 9));
  const Hours until_within = daily(kHour, 2 * kHour + 30 * kMinute);
  EXPECT_EQ(hours::closes_at(until_within, york, utc(2025, 3, 9, 6)), jump);
  EXPECT_EQ(hours::opens_at(daily(kHour, 2 * kHour + 30 * kMinute, kMinute), york, jump - 1), utc(2025, 3, 10, 5));
}

// New York, 2025-11-02: after 01:59:59 EDT comes 01:00:00 EST.
TEST(Hours, ATimeThatClocksRepeatComesTwice) {
  const Zones york = zones({"America/New_York"});
  const Hours h = daily(kHour + 15 * kMinute, kHour + 45 * kMinute);
  const Instant first = utc(2025, 11, 2, 5, 15), second = utc(2025, 11, 2, 6, 15);
  EXPECT_EQ(hours::opens_at(h, york, utc(2025, 11, 2, 4)), first);
  EXPECT_EQ(hours::closes_at(h, york, first), utc(2025, 11, 2, 5, 45));
  EXPECT_EQ(hours::opens_at(h, york, utc(2025, 11, 2, 5, 45)), second);
  EXPECT_EQ(hours::opens_at(h, york, utc(2025, 11, 2, 6, 45)), utc(2025, 11, 3, 6, 15));
  const Hours through = daily(kHour + 30 * kMinute, 3 * kHour);
  EXPECT_EQ(hours::closes_at(through, york, utc(2025, 11, 2, 5, 30)), utc(2025, 11, 2, 6));  // back at 01:00
  EXPECT_EQ(hours::opens_at(through, york, utc(2025, 11, 2, 6)), utc(2025, 11, 2, 6, 30));
}

TEST(Hours, OfSeveralZonesAllMustBeOpen) {
  const Hours h = daily(kNine, kTwenty, 10 * kMinute);
  const Zones both = zones({"Europe/Paris", "America/New_York"});
  const Instant open = utc(2025, 1, 13, 14), close = utc(2025, 1, 13, 19);  // nine in New York, twenty in Paris
  EXPECT_EQ(hours::opens_at(h, both, utc(2025, 1, 13)), open);
  EXPECT_EQ(hours::closes_at(h, both, open), close);
  EXPECT_EQ(hours::opens_at(h, both, close - 10 * kMinute), close - 10 * kMinute);
  EXPECT_EQ(hours::opens_at(h, both, close - 10 * kMinute + 1), utc(2025, 1, 14, 14));
  EXPECT_EQ(hours::names_of(both), "Europe/Paris,America/New_York");
}

TEST(Hours, WhatIsNeverOpenTogetherIsLookedForOver400Days) {
  const Hours h = daily(kNine, 12 * kHour);
  EXPECT_EQ(hours::opens_at(h, zones({"Europe/Paris", "America/New_York"}), utc(2025, 1, 13)), kNever);
  EXPECT_EQ(hours::opens_at(h, zones({"Europe/Paris"}), kEndOfTime - 1), kNever);
  // Two zones that share an hour in the weeks alone in which one of them has changed its clocks and the other has not.
  const Hours short_day = daily(kNine, 14 * kHour + 30 * kMinute);
  const Zones both = zones({"Europe/Paris", "America/New_York"});
  EXPECT_EQ(hours::opens_at(short_day, both, utc(2025, 4, 15)), utc(2025, 10, 26, 13));
  EXPECT_EQ(hours::opens_at(short_day, both, utc(2025, 11, 1, 13, 30)), utc(2026, 3, 8, 13));
}

// A slow reading of the same rules: each minute is open or closed.
TEST(Hours, AgreeWithAScanOfTheClocks) {
  std::mt19937_64 random(7);
  const std::vector<std::string> names = {"Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
                                          "Pacific/Apia"};
  for (int i = 0; i < 300; ++i) {
    Hours h;
    for (uint64_t n = random() % 3 + 1; n != 0; --n) {
      const Span opens = static_cast<Span>(random() % 10'080) * kMinute;
      h.open.push_back({opens, opens + static_cast<Span>(random() % 1'440 + 1) * kMinute});
    }
    h.open = hours::merge(h.open);
    h.margin = static_cast<Span>(random() % 3) * 7 * kMinute;
    Zones some = zones({names[random() % names.size()]});
    if (random() % 2 == 0) some.push_back(zone(names[random() % names.size()]));
    const bool spring = random() % 2 == 0;
    const Instant from = utc(2025, spring ? 3 : 10, 1) + static_cast<Span>(random() % (40 * 1'440)) * kMinute;
    const auto may = [&](Instant t) {
      for (Instant m = t; m <= t + h.margin - (h.margin == 0 ? 0 : kMinute); m += kMinute) {
        if (!is_open(h, some, m)) return false;
      }
      return true;
    };
    Instant expected = from;
    while (expected < from + 15 * kDay && !may(expected)) expected += kMinute;
    const Instant opens = hours::opens_at(h, some, from);
    if (expected == from + 15 * kDay) {
      EXPECT_GE(opens, expected);
      continue;
    }
    ASSERT_EQ(opens, expected) << i << ' ' << hours::names_of(some);
    Instant close = opens;
    while (is_open(h, some, close)) close += kMinute;
    ASSERT_EQ(hours::closes_at(h, some, opens), close) << i;
    ASSERT_EQ(hours::ends_at(h, some, opens), h.margin == 0 ? close : close - h.margin + 1) << i;
  }
}

}  // namespace
}  // namespace sluice
