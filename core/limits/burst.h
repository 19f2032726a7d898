// SPDX-License-Identifier: Apache-2.0
// The bank of a window with burst: what windows leave unused, up to `bank` units, later windows may use, up to `peak` each.
//
// 1. Kept is what is missing from the bank, so never seen is full. It moves only at the window's edges: by used - amount at
//    the edge that ends the window, by -amount for each idle window after it, never below 0.
// 2. A window admits min(peak, amount + bank - missing), never below 0.
// 3. Only number amounts fill the bank at their rate. Under unlimited it is full at the next edge; under the other words it
//    does not fill.
// Windows are aligned to the epoch. Nothing here loops over windows.
#pragma once

#include <cstdint>

#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice::burst {

// How a window with a bank stands.
struct Bank {
  Instant ends_at = 0;
  uint64_t used = 0;
  uint64_t missing = 0;
};

// `bank` moved over every edge up to `at`.
Bank roll(const Amount& amount, Span period, const Bank& bank, Instant at);

uint64_t admits(const Amount& amount, uint64_t missing);

// REQUIRES: a number amount with a peak. A queued cost that no window admits goes when nothing is used and the bank is full.
Instant opens_at(const Amount& amount, Span period, const Bank& bank, const Charge& charge, Instant from);

}  // namespace sluice::burst
