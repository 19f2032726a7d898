// SPDX-License-Identifier: Apache-2.0
#include "core/planner/spoken.h"

namespace sluice::planner {
namespace {

// "3 h", or "3 h 20 min" where something is left.
std::string in_two(Span span, Span large, const std::string& large_name, Span small, const std::string& small_name) {
  const std::string words = say_count(static_cast<uint64_t>(span / large)) + large_name;
  const Span rest = span % large / small;
  return rest == 0 ? words : words + " " + std::to_string(rest) + small_name;
}

// With a digit behind the point, if it is not 0.
std::string in_tenths(uint64_t tenths) {
  const std::string whole = say_count(tenths / 10);
  return tenths % 10 == 0 ? whole : whole + "." + std::to_string(tenths % 10);
}

}  // namespace

std::string say_count(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string say_share(uint64_t hundredths) { return in_tenths(hundredths / 10) + "%"; }

std::string say_span(Span span) {
  if (span >= 3 * kDay) return in_two(span, kDay, " days", kHour, " h");
  if (span >= 2 * kHour) return in_two(span, kHour, " h", kMinute, " min");
  if (span >= 2 * kMinute) return in_two(span, kMinute, " min", kSecond, " s");
  if (span >= 10 * kSecond) return std::to_string(span / kSecond) + " s";
  if (span >= kSecond) return in_tenths(static_cast<uint64_t>(span / (kSecond / 10))) + " s";
  if (span >= kMillisecond) return std::to_string(span / kMillisecond) + " ms";
  return span == 0 ? "0 s" : std::to_string(span) + " ns";
}

std::string say_at_most(Span span) {
  Span step = kNanosecond;
  if (span >= kMillisecond) step = kMillisecond;
  if (span >= kSecond) step = kSecond / 10;
  if (span >= 10 * kSecond) step = kSecond;
  if (span >= 2 * kHour) step = kMinute;
  if (span >= 3 * kDay) step = kHour;
  return say_span((span + (step - 1)) / step * step);
}

std::string say_counted(uint64_t count, const std::string& noun) {
  return say_count(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace sluice::planner
