// SPDX-License-Identifier: Apache-2.0
// Periods of a kind are numbered without gaps, and number n begins at the first instant whose local time is at or after its
// nominal start. As that instant never decreases with n, the periods tile time, whatever clocks do: a day that a zone
// skipped is empty.
#include "core/limits/calendar.h"

#include <algorithm>
#include <chrono>

#include "core/limits/zone.h"

namespace sluice {
namespace {

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kMondayShift = 3;  // 1970-01-01 was a Thursday
const Zone kUtc;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int64_t days_of(std::chrono::year_month_day date) { return std::chrono::sys_days(date).time_since_epoch().count(); }

std::chrono::year_month_day date_of(int64_t days) { return std::chrono::sys_days(std::chrono::days(static_cast<int>(days))); }

int64_t month_number(std::chrono::year_month_day date) {
  return int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1;
}

// The anchor day of a month, or its last day where the month is shorter.
int64_t day_in_month(int64_t month, unsigned anchor) {
  const std::chrono::year year(static_cast<int>(floor_div(month, 12)));
  const std::chrono::month of_year(static_cast<unsigned>(month - floor_div(month, 12) * 12) + 1);
  const auto last = std::chrono::year_month_day_last(year, std::chrono::month_day_last(of_year)).day();
  return days_of({year, of_year, std::min(std::chrono::day(anchor), last)});
}

// The nominal start of period `n`, in seconds of local time.
int64_t nominal_start(PeriodKind kind, const Billing& billing, int64_t n) {
  switch (kind) {
    case PeriodKind::week: return (n * 7 - kMondayShift) * kDaySeconds;
    case PeriodKind::month: return day_in_month(n, 1) * kDaySeconds;
    case PeriodKind::year: return day_in_month(n * 12, 1) * kDaySeconds;
    case PeriodKind::billing: return day_in_month(n, billing.day) * kDaySeconds + billing.time / kSecond;
    case PeriodKind::day:
    case PeriodKind::aligned:
    case PeriodKind::from_first: break;
  }
  return n * kDaySeconds;
}

// The number of the period whose nominal time `local` is in.
int64_t nominal_number(PeriodKind kind, const Billing& billing, int64_t local) {
  const int64_t day = floor_div(local, kDaySeconds);
  switch (kind) {
    case PeriodKind::week: return floor_div(day + kMondayShift, 7);
    case PeriodKind::month: return month_number(date_of(day));
    case PeriodKind::year: return static_cast<int>(date_of(day).year());
    case PeriodKind::billing: {
      const int64_t month = month_number(date_of(day));
      return local < nominal_start(kind, billing, month) ? month - 1 : month;
    }
    case PeriodKind::day:
    case PeriodKind::aligned:
    case PeriodKind::from_first: break;
  }
  return day;
}

}  // namespace

Period period_at(PeriodKind kind, const Zone* zone, const Billing& billing, Instant at) {
  const Zone* own = kind == PeriodKind::billing ? billing.zone : zone;
  const Zone& clock = own != nullptr ? *own : kUtc;
  int64_t n = nominal_number(kind, billing, at / kSecond + clock.offset_at(at));
  Period period;
  period.begins = clock.first_at_or_after(nominal_start(kind, billing, n));
  period.ends = clock.first_at_or_after(nominal_start(kind, billing, ++n));
  // Clocks set back over an edge show the old period's time again; the new one has begun all the same.
  while (period.ends <= at) {
    period.begins = period.ends;
    period.ends = clock.first_at_or_after(nominal_start(kind, billing, ++n));
  }
  return period;
}

}  // namespace sluice
