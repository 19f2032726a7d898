// SPDX-License-Identifier: Apache-2.0
// Bringing requests under their locks: one at a time, or in groups whose memory is fetched together.
//
// 1. Nothing but the control block is read before the locks; under them the handle and the policy's generation are checked again.
// 2. A group is locked whole, in shard order, and decided in array order, so it equals its single calls.
#pragma once

#include <span>
#include <string>

#include "core/engine/control_block.h"
#include "core/engine/engine.h"

namespace sluice {

struct Work;

}  // namespace sluice

namespace sluice::dispatch {

Status fail(Status status, std::string* error, const char* message);
Status bad_handle(std::string* error);
Status unknown_operation(std::string* error);

// The straight way: false when the request is to go another, and then nothing has happened.
bool decide_straight(uint64_t handle, const Request& request, Decision* decision);
// The general way.
Status decide_one(ControlBlock& block, uint64_t handle, const Request& request, Decision* decision, std::string* error);
// The same for a message that is to be held.
Status enqueue_one(ControlBlock& block, uint64_t handle, const EnqueueRequest& request, Enqueued* out, std::string* error);
// What both come to once the line is known. *again: a reload came between, or the line is to be chosen anew.
Status decide_work(ControlBlock& block, uint64_t handle, Work& work, Decision* decision, std::string* error, bool* again);
// Each decision's status says how it went. REQUIRES: as many decisions as requests.
void decide_many(ControlBlock& block, uint64_t handle, std::span<const Request> requests, std::span<Decision> decisions);

}  // namespace sluice::dispatch
