// SPDX-License-Identifier: Apache-2.0
// The core's enumerations as the numbers of sluice.h, by name and not by cast. What the core does not say is a failure.
#pragma once

#include "core/engine/engine.h"
#include "sluice/sluice.h"

namespace sluice::capi {

constexpr sluice_status to_c(Status status) {
  switch (status) {
    case Status::ok: return SLUICE_OK;
    case Status::denied: return SLUICE_DENIED;
    case Status::would_queue: return SLUICE_WOULD_QUEUE;
    case Status::invalid: return SLUICE_E_INVALID;
    case Status::handle: return SLUICE_E_HANDLE;
    case Status::no_memory: return SLUICE_E_NO_MEMORY;
    case Status::not_found: return SLUICE_E_NOT_FOUND;
    case Status::policy: return SLUICE_E_POLICY;
    case Status::time: return SLUICE_E_TIME;
    case Status::conflict: return SLUICE_E_CONFLICT;
    case Status::unset: return SLUICE_E_UNSET;
    case Status::buffer: return SLUICE_E_BUFFER;
    case Status::unsupported: return SLUICE_E_UNSUPPORTED;
    case Status::forked: return SLUICE_E_FORKED;
    case Status::would_reset: return SLUICE_E_WOULD_RESET;
    case Status::too_many: return SLUICE_E_TOO_MANY;
    case Status::stale: return SLUICE_E_STALE;
    case Status::internal: return SLUICE_E_INTERNAL;
  }
  return SLUICE_E_INTERNAL;
}

constexpr int32_t to_c(DenialKind kind) {
  switch (kind) {
    case DenialKind::none: return SLUICE_DENIAL_NONE;
    case DenialKind::memory: return SLUICE_DENIAL_MEMORY;
    case DenialKind::rate: return SLUICE_DENIAL_RATE;
    case DenialKind::depth: return SLUICE_DENIAL_DEPTH;
    case DenialKind::upstream: return SLUICE_DENIAL_UPSTREAM;
    case DenialKind::pool: return SLUICE_DENIAL_POOL;
    case DenialKind::gauge: return SLUICE_DENIAL_GAUGE;
    case DenialKind::distinct: return SLUICE_DENIAL_DISTINCT;
    case DenialKind::quota: return SLUICE_DENIAL_QUOTA;
    case DenialKind::blocked: return SLUICE_DENIAL_BLOCKED;
    case DenialKind::never: return SLUICE_DENIAL_NEVER;
  }
  return SLUICE_DENIAL_NONE;
}

constexpr int32_t to_c(WaitKind kind) {
  switch (kind) {
    case WaitKind::none: return SLUICE_WAIT_NONE;
    case WaitKind::exact: return SLUICE_WAIT_EXACT;
    case WaitKind::bound: return SLUICE_WAIT_BOUND;
    case WaitKind::unknown: return SLUICE_WAIT_UNKNOWN;
    case WaitKind::never: return SLUICE_WAIT_NEVER;
  }
  return SLUICE_WAIT_UNKNOWN;
}

constexpr uint32_t to_c(EventKind kind) {
  switch (kind) {
    case EventKind::threshold: return SLUICE_EVENT_THRESHOLD;
    case EventKind::promotion: return SLUICE_EVENT_PROMOTION;
    case EventKind::saturated: return SLUICE_EVENT_SATURATED;
    case EventKind::memory: return SLUICE_EVENT_MEMORY;
    case EventKind::sender_changed: return static_cast<uint32_t>(kind);  // the header has no name for it yet
  }
  return 0;
}

}  // namespace sluice::capi
