// SPDX-License-Identifier: Apache-2.0
#include "core/policy/text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "core/policy/findings_text.h"
#include "core/policy/nearest.h"

namespace sluice {
namespace {

struct Unit {
  std::string_view name;
  Span span;
};

constexpr Unit kUnits[] = {
    {"ns", kNanosecond}, {"us", kMicrosecond}, {"ms", kMillisecond}, {"s", kSecond},      {"sec", kSecond},
    {"second", kSecond}, {"seconds", kSecond}, {"min", kMinute},     {"minute", kMinute}, {"minutes", kMinute},
    {"h", kHour},        {"hour", kHour},      {"hours", kHour},     {"day", kDay},       {"days", kDay},
    {"week", 7 * kDay},  {"weeks", 7 * kDay},
};

struct Calendar {
  std::string_view name;
  PeriodKind kind;
};

constexpr Calendar kCalendar[] = {
    {"day", PeriodKind::day},   {"week", PeriodKind::week},       {"month", PeriodKind::month},
    {"year", PeriodKind::year}, {"billing", PeriodKind::billing},
};

bool fail(std::string* error, std::string message) {
  *error = std::move(message);
  return false;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

size_t leading_digits(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

// Digits only; saturates at 2^64-1, which every caller's bound refuses.
bool to_number(std::string_view digits, uint64_t* out) {
  if (digits.empty() || leading_digits(digits) != digits.size()) return false;
  Wide value = 0;
  for (const char c : digits) value = saturate(value * 10 + static_cast<unsigned>(c - '0'));
  *out = saturate(value);
  return true;
}

// "12.34" as 1234/100, `places` (6) at most; the whole part stays below 2^40, so that nothing overflows.
bool to_decimal(std::string_view text, size_t places, Ratio* out) {
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  uint64_t a = 0, b = 0;
  if (!to_number(whole, &a) || a >= uint64_t{1} << 40) return false;
  if (point != std::string_view::npos && (part.size() > places || !to_number(part, &b))) return false;
  uint64_t scale = 1;
  for (size_t i = 0; i < part.size(); ++i) scale *= 10;
  *out = {a * scale + b, scale};
  return true;
}

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::string_view nearest_unit(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  std::array<std::string_view, std::size(kUnits)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kUnits[i].name;
  if (name == "m") return "min";  // three units are one letter away; this one is meant
  return nearest(name, names);
}

}  // namespace

bool parse_name(std::string_view text, std::string* error) {
  if (text.empty()) return fail(error, say::name_empty());
  if (text.size() > kMaxNameBytes) return fail(error, say::name_too_long(text));
  if (!is_letter(text[0])) return fail(error, say::name_must_begin_with_letter(text));
  for (const char c : text) {
    const bool allowed = is_letter(c) || is_digit(c) || std::string_view("_.-/: ").find(c) != std::string_view::npos;
    if (!allowed) return fail(error, say::name_has_other_characters(text));
  }
  return true;
}

bool parse_count(std::string_view number, uint64_t* out, std::string* error) {
  uint64_t value = 0;
  if (!to_number(number, &value)) return fail(error, say::not_a_whole_number(number));
  if (value == 0) return fail(error, say::count_is_zero());
  if (value >= kCountLimit) return fail(error, say::count_too_large(number));
  *out = value;
  return true;
}

bool parse_number(std::string_view number, uint64_t least, uint64_t most, uint64_t* out, std::string* error) {
  uint64_t value = 0;
  if (!to_number(number, &value) || value < least || value > most) {
    return fail(error, say::number_out_of_range(number, least, most));
  }
  *out = value;
  return true;
}

bool parse_duration(std::string_view text, Span* out, std::string* error) {
  const size_t digits = leading_digits(text);
  uint64_t count = 0;
  if (!to_number(text.substr(0, digits), &count)) return fail(error, say::not_a_duration(text));
  std::string_view unit_name = text.substr(digits);
  if (unit_name.starts_with(' ')) unit_name.remove_prefix(1);
  const Unit* unit = find_unit(unit_name);
  if (!unit) return fail(error, say::unknown_unit(text, unit_name, nearest_unit(unit_name)));
  if (count == 0) return fail(error, say::duration_is_zero(text));
  if (Wide{count} * static_cast<uint64_t>(unit->span) > static_cast<uint64_t>(kMaxDuration)) {
    return fail(error, say::duration_too_long(text));
  }
  *out = static_cast<Span>(count) * unit->span;
  return true;
}

bool parse_rate(std::string_view text, RateText* out, std::string* error) {
  const size_t slash = text.find('/');
  uint64_t amount = 0;
  if (slash == std::string_view::npos || !to_number(text.substr(0, slash), &amount)) {
    return fail(error, say::not_a_rate(text));
  }
  if (amount == 0) return fail(error, say::rate_is_zero(text));
  if (amount >= kCountLimit) return fail(error, say::count_too_large(text.substr(0, slash)));
  const std::string_view per = text.substr(slash + 1);
  Span period = 0;
  if (const Unit* unit = find_unit(per)) {
    period = unit->span;
  } else if (leading_digits(per) == 0) {
    return fail(error, say::unknown_unit(text, per, nearest_unit(per)));
  } else if (!parse_duration(per, &period, error)) {
    return false;
  }
  *out = {amount, period};
  return true;
}

bool parse_percent_number(std::string_view number, uint32_t* out, std::string* error) {
  Ratio value;
  if (!to_decimal(number, 2, &value)) return fail(error, say::not_a_percentage(number));
  const Wide share = Wide{value.num} * 100 / value.den;
  if (share == 0 || share > kMaxShare) return fail(error, say::percentage_out_of_range(number));
  *out = static_cast<uint32_t>(share);
  return true;
}

bool parse_percent(std::string_view text, uint32_t* out, std::string* error) {
  if (!text.ends_with('%')) return fail(error, say::not_a_percentage_text(text));
  std::string ignored;
  uint32_t share = 0;
  if (!parse_percent_number(text.substr(0, text.size() - 1), &share, &ignored)) {
    return fail(error, say::not_a_percentage_text(text));
  }
  *out = share;
  return true;
}

bool parse_ratio(std::string_view text, Ratio* out, std::string* error) {
  const size_t slash = text.find('/');
  Ratio value;
  if (slash == std::string_view::npos) {
    if (!to_decimal(text, 6, &value)) return fail(error, say::not_a_ratio(text));
  } else if (!to_number(text.substr(0, slash), &value.num) || !to_number(text.substr(slash + 1), &value.den)) {
    return fail(error, say::not_a_ratio(text));
  }
  if (value.num == 0 || value.den == 0) return fail(error, say::ratio_is_zero(text));
  const uint64_t common = std::gcd(value.num, value.den);
  value = {value.num / common, value.den / common};
  if (value.num >= kCountLimit || value.den >= kCountLimit) return fail(error, say::ratio_too_large(text));
  *out = value;
  return true;
}

bool parse_burst(std::string_view text, BurstText* out, std::string* error) {
  constexpr std::string_view kFor = "x for ";
  const size_t at = text.find(kFor);
  if (at == std::string_view::npos) return fail(error, say::not_a_burst(text));
  BurstText burst;
  std::string ignored;
  if (!to_decimal(text.substr(0, at), 3, &burst.factor)) return fail(error, say::not_a_burst(text));
  if (burst.factor.num <= burst.factor.den) return fail(error, say::burst_factor_too_small(text));
  const uint64_t common = std::gcd(burst.factor.num, burst.factor.den);
  burst.factor = {burst.factor.num / common, burst.factor.den / common};
  if (!parse_duration(text.substr(at + kFor.size()), &burst.span, error)) return false;
  *out = burst;
  return true;
}

bool parse_period(std::string_view text, PeriodText* out, std::string* error) {
  for (const Calendar& calendar : kCalendar) {
    if (calendar.name == text) {
      *out = {calendar.kind, 0};
      return true;
    }
  }
  constexpr std::string_view kFromFirst = " from first";
  PeriodText period;
  if (text.ends_with(kFromFirst)) {
    period.kind = PeriodKind::from_first;
    text.remove_suffix(kFromFirst.size());
  }
  if (leading_digits(text) == 0) {
    std::array<std::string_view, std::size(kCalendar)> names;
    for (size_t i = 0; i < names.size(); ++i) names[i] = kCalendar[i].name;
    if (period.kind == PeriodKind::from_first) return fail(error, say::not_a_length_from_first(text));
    return fail(error, say::not_a_period(text, nearest(text, names)));
  }
  if (!parse_duration(text, &period.period, error)) return false;
  *out = period;
  return true;
}

bool parse_time_of_day(std::string_view text, Span* out, std::string* error) {
  uint64_t hour = 0, minute = 0;
  if (text.size() != 5 || text[2] != ':' || !to_number(text.substr(0, 2), &hour) || !to_number(text.substr(3, 2), &minute) ||
      hour > 23 || minute > 59) {
    return fail(error, say::not_a_time_of_day(text));
  }
  *out = static_cast<Span>(hour) * kHour + static_cast<Span>(minute) * kMinute;
  return true;
}

bool parse_zone(std::string_view text, const std::string& zoneinfo_dir, std::shared_ptr<const Zone>* out, std::string* error) {
  if (text.starts_with('+') || text.starts_with('-')) {
    Span offset = 0;
    std::string ignored;
    constexpr Span kFarthest = 14 * kHour;  // no place is farther from UTC
    if (!parse_time_of_day(text.substr(1), &offset, &ignored) || offset > kFarthest) {
      return fail(error, say::not_an_offset(text));
    }
    const auto seconds = static_cast<int32_t>(offset / kSecond);
    *out = Zone::fixed(std::string(text), text[0] == '-' ? -seconds : seconds);
    return true;
  }
  auto zone = Zone::load(std::string(text), zoneinfo_dir);
  if (!zone) return fail(error, say::unknown_zone(text));
  *out = std::move(zone);
  return true;
}

}  // namespace sluice
