// SPDX-License-Identifier: Apache-2.0
// The distinct limit: how many different values in a while. A value's slot opens at its first charge, closes
// rule.period later and is not refreshed; a value with an open slot or a live exemption passes free.
//
// Exact up to collisions of 64-bit keyed fingerprints. Memory: slot_set.h and exemptions.h, and 64 bytes for
// both. Under `unlimited` the set does not grow; exemptions are still kept, for they matter after a
// downgrade.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/allocator.h"
#include "core/limits/params.h"

namespace sluice::distinct {

// The functions of limit.h.
inline constexpr size_t kStateSize = sizeof(void*);
constexpr size_t state_size(const Rule&) { return kStateSize; }
Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from);
bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory);
Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at);
// Closes the slots that the charge opened and no later charge relied on; exemptions stay.
void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at);
uint64_t largest_cost(const Params& params);
Reading read(const Params& params, const std::byte* state, Instant at);
bool idle(const Params& params, const std::byte* state, Instant at);
bool copy(const std::byte* from, std::byte* to, Allocator& memory);
void clear(std::byte* state, Allocator& memory);

}  // namespace sluice::distinct
