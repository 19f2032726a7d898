// SPDX-License-Identifier: Apache-2.0
// The grid of a sliding limit that counts in slots: T is cut into n slots of ceil(T/n), and everything
// charged in a slot counts as if charged at the slot's end. So a count leaves when the whole slot has left:
// never over, late by at most one slot; at most n+1 counts are live.
#pragma once

#include <cstddef>

#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice::slotted {

// REQUIRES: rule.slots > 0, rule.period > 0.
Span width(const Rule& rule);

// The end of the slot that holds `at`, later than `at`; near the end of time it may lie past it.
Instant slot_end(const Rule& rule, Instant at);

// The most counts live at once.
size_t most_counts(const Rule& rule);

}  // namespace sluice::slotted
