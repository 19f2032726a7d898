// SPDX-License-Identifier: Apache-2.0
// Dialects that are nobody's own: headers that clients know whoever sends them.
#pragma once

#include "core/dialect/facts.h"
#include "core/dialect/header_list.h"

namespace sluice {

// X-RateLimit-Limit, -Remaining and -Reset of the limit named; `delta`: -Reset in seconds to go, else an instant.
void add_x_ratelimit(const Facts& facts, bool delta, HeaderList* headers);

// RateLimit-Policy and RateLimit, an item for every limit that has an amount.
void add_ratelimit(const Facts& facts, HeaderList* headers);

}  // namespace sluice
