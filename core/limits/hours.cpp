// SPDX-License-Identifier: Apache-2.0
#include "core/limits/hours.h"

#include <algorithm>

namespace sluice::hours {
namespace {

constexpr Span kMonday = 3 * kDay;  // 1970-01-01 was a Thursday

// How long a clock that is `offset` seconds east of UTC has been going since its Monday began.
Span time_of_week(Instant t, int32_t offset) {
  const Span local = (t + offset * kSecond + kMonday) % kWeek;
  return local < 0 ? local + kWeek : local;
}

// The first open time that has not closed by then, or the end of the list.
auto not_closed_by(const Hours& hours, Span time) { return std::ranges::upper_bound(hours.open, time, {}, &OpenTime::closes); }

Span until_open(const Hours& hours, Span time) {
  const auto next = not_closed_by(hours, time);
  if (next == hours.open.end()) return hours.open.front().opens + kWeek - time;
  return std::max<Span>(next->opens - time, 0);
}

// 0: it is closed.
Span until_close(const Hours& hours, Span time) {
  const auto now = not_closed_by(hours, time);
  if (now == hours.open.end() || now->opens > time) return 0;
  const bool goes_on = now->closes == kWeek && hours.open.front().opens == 0;
  return now->closes - time + (goes_on ? hours.open.front().closes : 0);
}

// Stretch after stretch: within one the clock on the wall goes as time does.
Instant next_open(const Hours& hours, const Zone& zone, Instant t) {
  for (;;) {
    const Zone::Stretch stretch = zone.stretch_at(t);
    const Instant open = later(t, until_open(hours, time_of_week(t, stretch.offset)));
    if (open < stretch.ends || stretch.ends == kNever) return open;
    t = stretch.ends;
  }
}

Instant next_close(const Hours& hours, const Zone& zone, Instant t) {
  if (hours.always_open()) return kNever;
  for (;;) {
    const Zone::Stretch stretch = zone.stretch_at(t);
    const Span left = until_close(hours, time_of_week(t, stretch.offset));
    if (left == 0) return t;
    const Instant close = later(t, left);
    if (close < stretch.ends || stretch.ends == kNever) return close;
    t = stretch.ends;
  }
}

// In one zone, with time left for the margin; later than `latest` when there is none before.
Instant opens_in(const Hours& hours, const Zone& zone, Instant t, Instant latest) {
  for (;;) {
    const Instant open = next_open(hours, zone, t);
    if (open > latest || hours.margin == 0) return open;
    const Instant close = next_close(hours, zone, open);
    if (close == kNever || close - open >= hours.margin) return open;
    t = close;
  }
}

}  // namespace

std::vector<OpenTime> merge(std::vector<OpenTime> open) {
  for (size_t i = 0, written = open.size(); i < written; ++i) {
    if (open[i].closes <= kWeek) continue;
    open.push_back({0, open[i].closes - kWeek});
    open[i].closes = kWeek;
  }
  std::ranges::sort(open, {}, &OpenTime::opens);
  std::vector<OpenTime> merged;
  for (const OpenTime& part : open) {
    if (merged.empty() || part.opens > merged.back().closes) {
      merged.push_back(part);
    } else {
      merged.back().closes = std::max(merged.back().closes, part.closes);
    }
  }
  return merged;
}

Span shortest(const std::vector<OpenTime>& open) {
  const bool goes_on = open.size() > 1 && open.back().closes == kWeek && open.front().opens == 0;
  Span least = kWeek;
  for (size_t i = goes_on ? 1 : 0; i < open.size(); ++i) {
    const bool last = goes_on && i + 1 == open.size();
    least = std::min(least, open[i].closes - open[i].opens + (last ? open.front().closes : 0));
  }
  return least;
}

// Zone after zone says when it is open at the earliest, until all have agreed on one instant.
Instant opens_at(const Hours& hours, const Zones& zones, Instant from) {
  if (hours.always_open()) return from;
  const Instant latest = later(from, kHoursHorizon);
  Instant t = from;
  size_t agreed = 0;
  for (size_t i = 0; agreed < zones.size(); i = (i + 1) % zones.size()) {
    const Instant open = opens_in(hours, *zones[i], t, latest);
    if (open > latest || open >= kEndOfTime) return kNever;
    agreed = open == t ? agreed + 1 : 1;
    t = open;
  }
  return t;
}

Instant closes_at(const Hours& hours, const Zones& zones, Instant open) {
  Instant first = kNever;
  for (const auto& zone : zones) first = std::min(first, next_close(hours, *zone, open));
  return first;
}

Instant ends_at(const Hours& hours, const Zones& zones, Instant from) {
  if (opens_at(hours, zones, from) != from) return from;
  const Instant close = closes_at(hours, zones, from);
  return hours.margin == 0 || close == kNever ? close : close - hours.margin + 1;
}

std::string names_of(const Zones& zones) {
  std::string names;
  for (const auto& zone : zones) names += (names.empty() ? "" : ",") + zone->name();
  return names;
}

}  // namespace sluice::hours
