// SPDX-License-Identifier: Apache-2.0
// Sending hours: the parts of a week in which messages may leave, by the clocks of their recipients. Pure functions.
//
// 1. Open is what the clock on the wall says: a time that a zone's clocks skip never comes, one that they repeat comes twice.
// 2. Of several zones all must be open: who may be in one of them is written to when all of them may be.
// 3. Within a margin of the close nothing is handed over any more. A clock that jumps past the close closes when it jumps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/limits/zone.h"

namespace sluice {

// What becomes of a message whose hours close before it has left: it waits for the next ones, or ends as expired.
enum class OnClose : uint8_t { hold, expire };

// A part of the local week, which begins on Monday at 00:00: [opens, closes), at most to the week's end.
struct OpenTime {
  Span opens = 0;
  Span closes = 0;
  friend bool operator==(const OpenTime&, const OpenTime&) = default;
};

using Zones = std::vector<std::shared_ptr<const Zone>>;
inline constexpr size_t kMostZones = 16;  // in which one message's recipient may be
inline constexpr Span kWeek = 7 * kDay;
inline constexpr Span kHoursHorizon = 400 * kDay;  // how far ahead an opening is looked for

struct Hours {
  std::vector<OpenTime> open;  // in order, none touching the next
  Zones zones;                 // of a message that brings none
  Span margin = 0;
  OnClose on_close = OnClose::hold;

  bool always_open() const { return open.size() == 1 && open[0].closes - open[0].opens == kWeek; }
};

namespace hours {

// In order, what overlaps or touches made one, and what goes beyond the week's end brought to its beginning.
std::vector<OpenTime> merge(std::vector<OpenTime> open);
// The shortest time for which they are open, past the week's end too. REQUIRES: merged, not empty, not the whole week.
Span shortest(const std::vector<OpenTime>& open);

// The first instant at or after `from` at which a message may be handed over in all of these zones; kNever when there is none within
// kHoursHorizon. REQUIRES: the hours are open at some time.
Instant opens_at(const Hours& hours, const Zones& zones, Instant from);
// The first instant after `open` at which one of the zones is closed; kNever. REQUIRES: they are open then.
Instant closes_at(const Hours& hours, const Zones& zones, Instant open);
// The first instant at or after `from` at which a message may not be handed over; kNever.
Instant ends_at(const Hours& hours, const Zones& zones, Instant from);

// "Europe/Paris,America/New_York".
std::string names_of(const Zones& zones);

}  // namespace hours
}  // namespace sluice
