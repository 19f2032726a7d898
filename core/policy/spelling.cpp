// SPDX-License-Identifier: Apache-2.0
#include "core/policy/spelling.h"

#include <iterator>

namespace sluice {
namespace {

struct Unit {
  std::string_view one;   // in a rate
  std::string_view many;  // after a number
  Span span;
};

constexpr Unit kUnits[] = {
    {"day", " days", kDay},     {"h", "h", kHour},          {"min", "min", kMinute},   {"s", "s", kSecond},
    {"ms", "ms", kMillisecond}, {"us", "us", kMicrosecond}, {"ns", "ns", kNanosecond},
};

// `value` / 10^places without trailing zeros.
std::string spell_decimal(uint64_t value, size_t places) {
  uint64_t scale = 1;
  for (size_t i = 0; i < places; ++i) scale *= 10;
  std::string text = std::to_string(value / scale);
  if (value % scale == 0) return text;
  std::string part = std::to_string(scale + value % scale).substr(1);
  part.erase(part.find_last_not_of('0') + 1);
  return text + '.' + part;
}

std::string_view calendar_word(PeriodKind kind) {
  switch (kind) {
    case PeriodKind::aligned:
    case PeriodKind::from_first: break;
    case PeriodKind::day: return "day";
    case PeriodKind::week: return "week";
    case PeriodKind::month: return "month";
    case PeriodKind::year: return "year";
    case PeriodKind::billing: return "billing";
  }
  return "";
}

}  // namespace

std::string spell_duration(Span span) {
  if (span <= 0) return "";
  for (const Unit& unit : kUnits) {
    const bool said_smaller = span == unit.span && (unit.span == kDay || unit.span == kMinute);
    if (span % unit.span == 0 && !said_smaller) return std::to_string(span / unit.span) + std::string(unit.many);
  }
  return "";  // not reached: a nanosecond divides all
}

SaidRate say_rate(uint64_t amount, Span period) {
  for (const Span unit : {kSecond, kMinute, kHour, kDay}) {
    if (period >= kSecond) break;
    const Wide units = Wide{amount} * static_cast<uint64_t>(unit);
    if (units % static_cast<uint64_t>(period) != 0) continue;
    const Wide said = units / static_cast<uint64_t>(period);
    if (said < kCountLimit) return {static_cast<uint64_t>(said), unit};
  }
  return {amount, period};
}

std::string spell_rate(uint64_t amount, Span period) {
  const SaidRate said = say_rate(amount, period);
  const std::string units = std::to_string(said.amount) + '/';
  for (const Unit& unit : kUnits) {
    if (said.period == unit.span) return units + std::string(unit.one);
  }
  return units + spell_duration(said.period);
}

std::string spell_percent(uint64_t hundredths) { return spell_decimal(hundredths, 2) + '%'; }

std::string spell_share(Ratio share) { return spell_percent(mul_div_floor(share.num, 10'000, share.den)); }

std::string spell_ratio(Ratio ratio) {
  const std::string num = std::to_string(ratio.num);
  return ratio.den == 1 ? num : num + '/' + std::to_string(ratio.den);
}

std::string spell_burst(Ratio factor, Span span) {
  return spell_decimal(mul_div_floor(factor.num, 1'000, factor.den), 3) + "x for " + spell_duration(span);
}

std::string spell_period(const Rule& rule) {
  if (rule.kind != Kind::window || rule.period_kind == PeriodKind::aligned) return spell_duration(rule.period);
  if (rule.period_kind == PeriodKind::from_first) return spell_duration(rule.period) + " from first";
  return std::string(calendar_word(rule.period_kind));
}

std::string spell_time_of_day(Span time) {
  const auto two = [](Span n) { return std::to_string(100 + n).substr(1); };
  return two(time / kHour) + ':' + two(time % kHour / kMinute);
}

std::string_view spell_kind(Kind kind) {
  switch (kind) {
    case Kind::pace: return "pace";
    case Kind::window: return "window";
    case Kind::sliding: return "sliding";
    case Kind::distinct: return "distinct";
    case Kind::gauge: return "gauge";
    case Kind::upstream: return "upstream";
  }
  return "";
}

std::string_view spell_mode(Mode mode) {
  switch (mode) {
    case Mode::deny: return "deny";
    case Mode::queue: return "queue";
    case Mode::advise: return "advise";
    case Mode::shadow: return "shadow";
  }
  return "";
}

std::string_view spell_word(Word word) {
  switch (word) {
    case Word::number: return "number";
    case Word::unlimited: return "unlimited";
    case Word::custom: return "custom";
    case Word::blocked: return "blocked";
  }
  return "";
}

std::string_view spell_charge(ChargeType type) {
  switch (type) {
    case ChargeType::normal: return "normal";
    case ChargeType::attempt: return "attempt";
    case ChargeType::forced: return "forced";
    case ChargeType::exempt: return "exempt";
    case ChargeType::release: return "release";
  }
  return "";
}

std::string_view spell_denial(DenialKind kind) {
  switch (kind) {
    case DenialKind::none: return "none";
    case DenialKind::memory: return "memory";
    case DenialKind::rate: return "rate";
    case DenialKind::depth: return "depth";
    case DenialKind::upstream: return "upstream";
    case DenialKind::pool: return "pool";
    case DenialKind::gauge: return "gauge";
    case DenialKind::distinct: return "distinct";
    case DenialKind::quota: return "quota";
    case DenialKind::blocked: return "blocked";
    case DenialKind::never: return "never";
  }
  return "";
}

}  // namespace sluice
