// SPDX-License-Identifier: Apache-2.0
#include "core/policy/hours_text.h"

#include <algorithm>
#include <array>

#include "core/policy/findings_text.h"
#include "core/policy/nearest.h"
#include "core/policy/spelling.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

constexpr size_t kDays = 7;
constexpr std::array<std::string_view, kDays> kDayNames = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

using DaySet = std::array<bool, kDays>;

// What stands before the first of these characters, which is cut off with it; else all.
std::string_view cut(std::string_view* text, char at) {
  const size_t end = std::min(text->find(at), text->size());
  const std::string_view head = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return head;
}

bool parse_day(std::string_view text, size_t* day, std::string* error) {
  const auto found = std::ranges::find(kDayNames, text);
  if (found == kDayNames.end()) {
    *error = say::unknown_name("day", text, nearest(text, kDayNames), {kDayNames.begin(), kDayNames.end()});
    return false;
  }
  *day = static_cast<size_t>(found - kDayNames.begin());
  return true;
}

// "mon-fri", "sat,sun", "fri-mon".
bool parse_days(std::string_view text, DaySet* days, std::string* error) {
  for (bool more = true; more;) {
    more = text.find(',') != std::string_view::npos;
    std::string_view part = cut(&text, ',');
    const bool range = part.find('-') != std::string_view::npos;
    size_t first = 0;
    if (!parse_day(cut(&part, '-'), &first, error)) return false;
    size_t last = first;
    if (range && !parse_day(part, &last, error)) return false;
    for (size_t day = first;; day = (day + 1) % kDays) {
      (*days)[day] = true;
      if (day == last) break;
    }
  }
  return true;
}

// Written on its own, an open time belongs to the day on which it opens.
struct DailyTime {
  Span opens, closes;  // since that day's midnight
  DaySet days{};
};

// Cut where it would last a day or more, since such a text cannot be written.
void add_daily(Span opens, Span closes, std::vector<DailyTime>* times) {
  while (opens < closes) {
    const Span midnight = opens / kDay * kDay;
    const Span end = closes - opens < kDay || closes <= midnight + kDay ? closes : midnight + kDay;
    const auto same = [&](const DailyTime& t) { return t.opens == opens - midnight && t.closes == end - midnight; };
    auto known = std::ranges::find_if(*times, same);
    if (known == times->end()) known = times->insert(known, {opens - midnight, end - midnight});
    known->days[static_cast<size_t>(opens / kDay) % kDays] = true;
    opens = end;
  }
}

std::string spell_days(const DaySet& days) {
  if (std::ranges::count(days, true) == kDays) return {};
  std::string text;
  for (size_t day = 0; day < kDays; ++day) {
    if (!days[day]) continue;
    size_t last = day;
    while (last + 1 < kDays && days[last + 1]) ++last;
    text += (text.empty() ? "" : ",") + std::string(kDayNames[day]);
    if (last != day) text += (last == day + 1 ? "," : "-") + std::string(kDayNames[last]);
    day = last;
  }
  return text + ' ';
}

std::string spell_close(Span closes) { return closes == kDay ? "24:00" : spell_time_of_day(closes % kDay); }

}  // namespace

bool parse_open_times(std::string_view text, std::vector<OpenTime>* out, std::string* error) {
  DaySet days;
  days.fill(true);
  std::string_view times = text;
  if (text.find(' ') != std::string_view::npos) {
    days.fill(false);
    if (!parse_days(cut(&times, ' '), &days, error)) return false;
  }
  std::string ignored;
  Span opens = 0, closes = kDay;
  const std::string_view from = cut(&times, '-');
  if (!parse_time_of_day(from, &opens, &ignored) || (times != "24:00" && !parse_time_of_day(times, &closes, &ignored))) {
    *error = say::not_an_open_time(text);
    return false;
  }
  if (opens == closes) {
    *error = say::open_for_no_time(text);
    return false;
  }
  if (closes < opens) closes += kDay;
  for (size_t day = 0; day < kDays; ++day) {
    const Span midnight = static_cast<Span>(day) * kDay;
    if (days[day]) out->push_back({midnight + opens, midnight + closes});
  }
  return true;
}

std::vector<std::string> spell_open_times(const std::vector<OpenTime>& open) {
  std::vector<DailyTime> times;
  const bool goes_on = open.size() > 1 && open.back().closes == kWeek && open.front().opens == 0 &&
                       open.front().closes + kWeek - open.back().opens < kDay;
  for (size_t i = goes_on ? 1 : 0; i < open.size(); ++i) {
    const bool last = goes_on && i + 1 == open.size();
    add_daily(open[i].opens, open[i].closes + (last ? open.front().closes : 0), &times);
  }
  std::vector<std::string> texts;
  texts.reserve(times.size());
  for (const DailyTime& t : times) texts.push_back(spell_days(t.days) + spell_time_of_day(t.opens) + '-' + spell_close(t.closes));
  return texts;
}

}  // namespace sluice
