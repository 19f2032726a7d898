// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/civil.h"

namespace sluice {

// The proleptic Gregorian calendar with years that begin in March, so that a leap day is the last of its year.
void write_date(int64_t seconds, AnswerText* out) {
  constexpr int64_t kDaysOfEra = 146'097, kYearsOfEra = 400, kEpoch = 719'468;  // days from 0000-03-01 to 1970-01-01
  const int64_t days = seconds / 86'400 + kEpoch;
  const int64_t era = days / kDaysOfEra, day_of_era = days % kDaysOfEra;
  const int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const int64_t year = era * kYearsOfEra + year_of_era + (month <= 2 ? 1 : 0);
  out->put(static_cast<uint64_t>(year), 4);
  out->put('-');
  out->put(static_cast<uint64_t>(month), 2);
  out->put('-');
  out->put(static_cast<uint64_t>(day), 2);
}

void write_time(int64_t seconds, AnswerText* out) {
  write_date(seconds, out);
  const auto of_day = static_cast<uint64_t>(seconds % 86'400);
  out->put('T');
  out->put(of_day / 3'600, 2);
  out->put(':');
  out->put(of_day / 60 % 60, 2);
  out->put(':');
  out->put(of_day % 60, 2);
  out->put('Z');
}

}  // namespace sluice
