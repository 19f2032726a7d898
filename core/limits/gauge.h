// SPDX-License-Identifier: Apache-2.0
// The gauge: units, or named resources, held until they are released. Unnamed, its state is the count held;
// named, a set of holdings. Holding a held name again is free and renews its lease; a lower amount revokes
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/allocator.h"
#include "core/limits/params.h"

namespace sluice::gauge {

// The functions of limit.h.
inline constexpr size_t kStateSize = sizeof(void*);
static_assert(kStateSize == sizeof(uint64_t));
constexpr size_t state_size(const Rule&) { return kStateSize; }
Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from);
bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory);
Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at);
// Of names: releases those that the charge began to hold and that nobody has held again since.
void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at);
inline uint64_t units_held(const std::byte* state) {
  uint64_t count;
  std::memcpy(&count, state, sizeof count);
  return count;
}
inline void hold_units(std::byte* state, uint64_t count) { std::memcpy(state, &count, sizeof count); }
// Whether so many units more find room. REQUIRES: the gauge names nothing, and its amount is a number or unlimited.
inline bool has_room(const Amount& amount, const std::byte* state, uint64_t cost) {
  return amount.word == Word::unlimited || (cost <= amount.cap && units_held(state) <= amount.cap - cost);
}
// Of units: what no commit can have taken is not given back. REQUIRES: the gauge names nothing.
inline void give_back(std::byte* state, uint64_t units) {
  const uint64_t held = units_held(state);
  hold_units(state, held - (held < units ? held : units));
}
uint64_t largest_cost(const Params& params);
Reading read(const Params& params, const std::byte* state, Instant at);
bool idle(const Params& params, const std::byte* state, Instant at);
bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at);
bool copy(const Rule& rule, const std::byte* from, std::byte* to, Allocator& memory);
void clear(const Rule& rule, std::byte* state, Allocator& memory);

}  // namespace sluice::gauge
