// SPDX-License-Identifier: Apache-2.0
// The upstream limit: no number of its own. Open until somebody who knows (a 429) closes it for a while.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice::upstream {

struct State {
  Instant closed_until = 0;
};
static_assert(sizeof(State) == 8);

inline State load(const std::byte* state) {
  State s;
  std::memcpy(&s, state, sizeof s);
  return s;
}

constexpr size_t state_size(const Rule&) { return sizeof(State); }

inline Instant opens_at(const Params&, const std::byte* state, const Charge& charge, Instant from) {
  const Instant closed_until = load(state).closed_until;
  return charge.type >= ChargeType::forced || closed_until <= from ? from : closed_until;
}

// Takes nothing, and so gives nothing back.
inline Taken commit(const Params&, std::byte*, const Charge&, Instant at) {
  Taken taken;
  taken.stamp = at;
  return taken;
}
inline void refund(const Params&, std::byte*, const Taken&, uint64_t, std::span<const uint64_t>, Instant) {}

constexpr uint64_t largest_cost(const Params&) { return kCountLimit - 1; }

Reading read(const Params& params, const std::byte* state, Instant at);
bool idle(const Params& params, const std::byte* state, Instant at);

// A closing is about the other side, not about the amount: it stands.
uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at);
bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at);

// Closes for `span` from `at`, at most for rule.longest; never shortens a closing. Returns until when it is closed.
Instant close(const Params& params, std::byte* state, Instant at, Span span);
void open(std::byte* state);

}  // namespace sluice::upstream
