// SPDX-License-Identifier: Apache-2.0
// The sliding limit: units charged in (now-T, now], from an exact log or, with slots, from counts on a grid
// (slotted.h). A charge at s counts at t iff s + T > t; T is rule.period, margin included.
//
// Memory: 16 bytes and 16 for each entry, at most 16,400 (with n slots 16 x (n+2)); it grows as entries come
// and shrinks after they have left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/allocator.h"
#include "core/limits/params.h"

namespace sluice::sliding {

// The functions of limit.h.
inline constexpr size_t kStateSize = sizeof(void*);
constexpr size_t state_size(const Rule&) { return kStateSize; }
Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from);
bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory);
Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at);
// Finds nothing where the entry has merged into a later one: it then stays counted.
void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at);
uint64_t largest_cost(const Params& params);
Reading read(const Params& params, const std::byte* state, Instant at);
bool idle(const Params& params, const std::byte* state, Instant at);
// One entry at `at`.
bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at, Allocator& memory);
bool copy(const std::byte* from, std::byte* to, Allocator& memory);
void clear(std::byte* state, Allocator& memory);

}  // namespace sluice::sliding
