// SPDX-License-Identifier: Apache-2.0
// The closed set of limit kinds, and the only switch on kind. Pure: no clock, no lock; memory only through
// the allocator given.
//
// 1. Allowed means opens_at(params, state, charge, from) == from.
// 2. opens_at and read change nothing; what has expired at `from` does not count though it is still stored.
// 3. commit cannot fail: reserve, called before it under the same lock with the same charge and instant, has
//    made room.
// 4. No instant given for a state is before its newest commit (the store clamps them). Between commits they
//    may go either way: a denied decision moves nothing, and the next may bring an earlier clock. So only
//    commit forgets what has expired; reserve changes capacity and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/allocator.h"
#include "core/base/time.h"
#include "core/limits/pace.h"
#include "core/limits/params.h"
#include "core/limits/window.h"

namespace sluice::limit {

// Bytes of state in a record: 8, 16 or 24; states are 8-byte aligned.
size_t state_size(const Rule& rule);

// The earliest instant at or after `from` at which the charge passes, or kNever, or kOnRelease. Charges that
// never deny (forced, exempt, release) open at `from`. Words: unlimited opens at `from`, blocked and custom
// (unset) never.
inline Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from);

// Makes room for a commit of `charge` at `at`; false when there is no memory, and then nothing observable has
// changed.
bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory);

// Takes the charge, whether or not it passes (forced, advise): the caller has asked. A release gives back.
inline Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at);

// Returns `units` of what `taken` took (all of it: taken.units). Only to the period charged. `values` are the
// charge's, in the charge's order (empty where the limit has none): of a distinct limit or a named gauge
// those that it opened are closed, unless used since, and `units` says nothing. A release or an exemption has
// taken nothing.
void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at);

// The largest cost (for distinct and named gauges: number of values) that could ever pass.
uint64_t largest_cost(const Params& params);

inline Reading read(const Params& params, const std::byte* state, Instant at);

// Whether the state at `at` equals never seen, now and ever after.
bool idle(const Params& params, const std::byte* state, Instant at);

// A change of amount (plan, override, reload) at `at`: what carries is what was spent, in units. Returns
// thresholds newly fired.
uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at);

// The billing cycle, zone or tzdata changed: keeps what is used and ends the period at the next edge of the
// new calendar.
void rebase(const Params& params, std::byte* state, Instant at);

// Puts `used` in place of what is used (migrations, reconciliation). False when the kind has no count
// (upstream, distinct, named gauge).
bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at, Allocator& memory);

// `to` becomes what `from` is, with memory of its own; false, and nothing changed, without memory. REQUIRES: `to` is never seen.
bool copy(const Rule& rule, const std::byte* from, std::byte* to, Allocator& memory);

// Frees what hangs off the state and zeroes it.
void clear(const Rule& rule, std::byte* state, Allocator& memory);

// The two kinds that most decisions ask are inline; the rest is the switch.
[[gnu::noinline]] Instant opens_at_switch(const Params& params, const std::byte* state, const Charge& charge, Instant from);
[[gnu::noinline]] Taken commit_switch(const Params& params, std::byte* state, const Charge& charge, Instant at);
[[gnu::noinline]] Reading read_switch(const Params& params, const std::byte* state, Instant at);

inline Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  if (params.rule->kind == Kind::pace) return pace::opens_at(params, state, charge, from);
  if (params.rule->kind == Kind::window) return window::opens_at(params, state, charge, from);
  return opens_at_switch(params, state, charge, from);
}

inline Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  if (params.rule->kind == Kind::pace) return pace::commit(params, state, charge, at);
  if (params.rule->kind == Kind::window) return window::commit(params, state, charge, at);
  return commit_switch(params, state, charge, at);
}

inline Reading read(const Params& params, const std::byte* state, Instant at) {
  if (params.rule->kind == Kind::pace) return pace::read(params, state, at);
  if (params.rule->kind == Kind::window) return window::read(params, state, at);
  return read_switch(params, state, at);
}

}  // namespace sluice::limit
