// SPDX-License-Identifier: Apache-2.0
// The little texts of the policy language: durations, rates, percentages, bursts, periods, zones, names and whole numbers.
// Each function returns false with, in `error`, what was expected and an example; `out` is then untouched.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"
#include "core/limits/zone.h"

namespace sluice {

inline constexpr Span kMaxDuration = 400 * kDay;
inline constexpr size_t kMaxNameBytes = 64;
inline constexpr uint32_t kWhole = 10'000;          // 100% in hundredths of a percent
inline constexpr uint32_t kMaxShare = 10 * kWhole;  // 1,000%

struct RateText {
  uint64_t amount = 0;
  Span period = 0;
};

struct BurstText {
  Ratio factor;  // above 1
  Span span = 0;
};

struct PeriodText {
  PeriodKind kind = PeriodKind::aligned;
  Span period = 0;  // aligned and from_first
};

// 1 to 64 characters of a-z A-Z 0-9 _ . - / : or space, the first a letter.
bool parse_name(std::string_view text, std::string* error);
// A JSON number as written: 1 to 2^48-1, without sign, fraction or exponent.
bool parse_count(std::string_view number, uint64_t* out, std::string* error);
// The same with bounds of its own, which may let 0 pass.
bool parse_number(std::string_view number, uint64_t least, uint64_t most, uint64_t* out, std::string* error);
bool parse_duration(std::string_view text, Span* out, std::string* error);
bool parse_rate(std::string_view text, RateText* out, std::string* error);
// "120%", "99.5%": hundredths of a percent, above 0, at most kMaxShare.
bool parse_percent(std::string_view text, uint32_t* out, std::string* error);
// The same without its sign, as a JSON number: 75, 99.5.
bool parse_percent_number(std::string_view number, uint32_t* out, std::string* error);
// "1/10", "1.5", "2".
bool parse_ratio(std::string_view text, Ratio* out, std::string* error);
bool parse_burst(std::string_view text, BurstText* out, std::string* error);
// What a window's period may be: "60s", "60s from first", "day", "billing".
bool parse_period(std::string_view text, PeriodText* out, std::string* error);
// "09:30": since midnight.
bool parse_time_of_day(std::string_view text, Span* out, std::string* error);
// "UTC", "+05:30", "Europe/Paris".
bool parse_zone(std::string_view text, const std::string& zoneinfo_dir, std::shared_ptr<const Zone>* out, std::string* error);

}  // namespace sluice
