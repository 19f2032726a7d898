// SPDX-License-Identifier: Apache-2.0
#include "core/limits/upstream.h"

#include <algorithm>

namespace sluice::upstream {

Reading read(const Params&, const std::byte* state, Instant at) {
  Reading reading;
  if (load(state).closed_until > at) reading.resets_at = load(state).closed_until;
  return reading;
}

bool idle(const Params&, const std::byte* state, Instant at) { return load(state).closed_until <= at; }

uint8_t carry(const Params&, const Params&, std::byte*, Instant) { return 0; }

bool set_used(const Params&, std::byte*, uint64_t, Instant) { return false; }

Instant close(const Params& params, std::byte* state, Instant at, Span span) {
  State s = load(state);
  s.closed_until = std::max(s.closed_until, later(at, std::clamp<Span>(span, 0, params.rule->longest)));
  std::memcpy(state, &s, sizeof s);
  return s.closed_until;
}

void open(std::byte* state) {
  const State s;
  std::memcpy(state, &s, sizeof s);
}

}  // namespace sluice::upstream
