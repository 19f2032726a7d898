// SPDX-License-Identifier: Apache-2.0
#include "core/limits/slotted.h"

namespace sluice::slotted {

Span width(const Rule& rule) { return (rule.period - 1) / rule.slots + 1; }

Instant slot_end(const Rule& rule, Instant at) {
  const Span slot = width(rule);
  return (at / slot + 1) * slot;
}

size_t most_counts(const Rule& rule) { return size_t{rule.slots} + 1; }

}  // namespace sluice::slotted
