// SPDX-License-Identifier: Apache-2.0
// The straight way out for a message that was sent: leased, and with nothing to give back but its place in its line's queue.
// Whatever else there is goes the other way, which knows all of it.
#pragma once

#include "core/engine/engine.h"

namespace sluice::straight {

// False: it is not straight, and nothing has happened.
bool settle(uint64_t handle, const Settlement& settlement, Instant now);

}  // namespace sluice::straight
