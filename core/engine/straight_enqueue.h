// SPDX-License-Identifier: Apache-2.0
// The straight way in for messages: subjects all known, charges all plain, nothing about them but a class and a payload.
//
// 1. It takes what the Decider and SendQueue::accept take, in the same order, and tells the same; see straight.h.
// 2. Whatever else there is (a key, an expiry, a campaign, a denial, a tenant or line of which nothing is known yet) is left as it was.
#pragma once

#include <span>

#include "core/engine/engine.h"

namespace sluice::straight {

// Takes messages in from the front of an array, all of one operation, under one set of locks; how many were.
size_t enqueue(uint64_t handle, std::span<const EnqueueRequest> requests, Enqueued* out);

}  // namespace sluice::straight
