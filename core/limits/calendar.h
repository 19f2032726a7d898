// SPDX-License-Identifier: Apache-2.0
// Calendar periods and billing cycles: day, week (from Monday), month, year, and the cycle anchored on any day.
// A period begins at the first instant whose local time is at or after its nominal start. Only the rollover asks here.
#pragma once

#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

struct Period {
  Instant begins = 0;
  Instant ends = 0;  // the first instant that is not in it
};

// The calendar or billing period that holds `at`. `kind` is day, week, month, year or billing; `zone` is for the former
// four, billing has its own; nullptr is UTC. A time of day counts in whole seconds. What begins before time began begins
// at 0, what ends after it ends at kNever.
Period period_at(PeriodKind kind, const Zone* zone, const Billing& billing, Instant at);

}  // namespace sluice
