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
    case EventKind::sender_changed: return SLUICE_EVENT_SENDER_CHANGED;
    case EventKind::campaign_paused: return SLUICE_EVENT_CAMPAIGN_PAUSED;
    case EventKind::campaign_finished: return SLUICE_EVENT_CAMPAIGN_FINISHED;
  }
  return 0;
}

constexpr int32_t to_c(MessageState state) {
  switch (state) {
    case MessageState::none: return SLUICE_MESSAGE_NONE;
    case MessageState::scheduled: return SLUICE_MESSAGE_SCHEDULED;
    case MessageState::waiting: return SLUICE_MESSAGE_WAITING;
    case MessageState::parked: return SLUICE_MESSAGE_PARKED;
    case MessageState::leased: return SLUICE_MESSAGE_LEASED;
    case MessageState::unknown: return SLUICE_MESSAGE_UNKNOWN;
    case MessageState::sent: return SLUICE_MESSAGE_SENT;
    case MessageState::failed: return SLUICE_MESSAGE_FAILED;
    case MessageState::expired: return SLUICE_MESSAGE_EXPIRED;
    case MessageState::cancelled: return SLUICE_MESSAGE_CANCELLED;
    case MessageState::aborted: return SLUICE_MESSAGE_ABORTED;
    case MessageState::dead: return SLUICE_MESSAGE_DEAD;
  }
  return SLUICE_MESSAGE_NONE;
}

constexpr int32_t to_c(MessageClass message_class) {
  switch (message_class) {
    case MessageClass::urgent: return SLUICE_CLASS_URGENT;
    case MessageClass::reply: return SLUICE_CLASS_REPLY;
    case MessageClass::transactional: return SLUICE_CLASS_TRANSACTIONAL;
    case MessageClass::bulk: return SLUICE_CLASS_BULK;
  }
  return SLUICE_CLASS_BULK;
}

constexpr int32_t to_c(LineState state) {
  switch (state) {
    case LineState::active: return SLUICE_LINE_ACTIVE;
    case LineState::warming: return SLUICE_LINE_WARMING;
    case LineState::paused: return SLUICE_LINE_PAUSED;
    case LineState::draining: return SLUICE_LINE_DRAINING;
    case LineState::suspended: return SLUICE_LINE_SUSPENDED;
    case LineState::removed: return SLUICE_LINE_REMOVED;
  }
  return SLUICE_LINE_REMOVED;
}

constexpr int32_t to_c(OnSuspend policy) {
  switch (policy) {
    case OnSuspend::hold: return SLUICE_SUSPEND_HOLD;
    case OnSuspend::move_new: return SLUICE_SUSPEND_MOVE_NEW;
    case OnSuspend::move_all: return SLUICE_SUSPEND_MOVE_ALL;
    case OnSuspend::fail: return SLUICE_SUSPEND_FAIL;
  }
  return SLUICE_SUSPEND_HOLD;
}

constexpr int32_t to_c(Sticky sticky) {
  switch (sticky) {
    case Sticky::none: return SLUICE_STICKY_NONE;
    case Sticky::fresh: return SLUICE_STICKY_FRESH;
    case Sticky::existing: return SLUICE_STICKY_EXISTING;
    case Sticky::moved: return SLUICE_STICKY_MOVED;
    case Sticky::spilled: return SLUICE_STICKY_SPILLED;
  }
  return SLUICE_STICKY_NONE;
}

constexpr int32_t to_c(CampaignState state) {
  switch (state) {
    case CampaignState::none: return SLUICE_CAMPAIGN_NONE;
    case CampaignState::running: return SLUICE_CAMPAIGN_RUNNING;
    case CampaignState::paused: return SLUICE_CAMPAIGN_PAUSED;
    case CampaignState::aborted: return SLUICE_CAMPAIGN_ABORTED;
    case CampaignState::finished: return SLUICE_CAMPAIGN_FINISHED;
  }
  return SLUICE_CAMPAIGN_NONE;
}

// A status as an earlier call told it: an unknown positive is a "no", an unknown negative a failure.
constexpr Status from_c(sluice_status status) {
  constexpr Status kAll[] = {Status::ok,        Status::denied,    Status::would_queue, Status::invalid, Status::handle,
                             Status::no_memory, Status::not_found, Status::policy,      Status::time,    Status::conflict,
                             Status::unset,     Status::buffer,    Status::unsupported, Status::forked,  Status::would_reset,
                             Status::too_many,  Status::stale,     Status::internal};
  for (const Status known : kAll) {
    if (to_c(known) == status) return known;
  }
  return status > 0 ? Status::denied : Status::internal;
}

// What comes from the caller: false for a number that is none.
constexpr bool from_c(int32_t number, LineState* state) {
  switch (number) {
    case SLUICE_LINE_ACTIVE: *state = LineState::active; return true;
    case SLUICE_LINE_WARMING: *state = LineState::warming; return true;
    case SLUICE_LINE_PAUSED: *state = LineState::paused; return true;
    case SLUICE_LINE_DRAINING: *state = LineState::draining; return true;
    case SLUICE_LINE_SUSPENDED: *state = LineState::suspended; return true;
    case SLUICE_LINE_REMOVED: *state = LineState::removed; return true;
    default: return false;
  }
}

constexpr bool from_c(int32_t number, CampaignChange* change) {
  switch (number) {
    case SLUICE_CHANGE_PAUSE: *change = CampaignChange::pause; return true;
    case SLUICE_CHANGE_RESUME: *change = CampaignChange::resume; return true;
    case SLUICE_CHANGE_SEAL: *change = CampaignChange::seal; return true;
    case SLUICE_CHANGE_ABORT: *change = CampaignChange::abort; return true;
    default: return false;
  }
}

constexpr bool from_c(int32_t number, MessageClass* message_class) {
  switch (number) {
    case SLUICE_CLASS_URGENT: *message_class = MessageClass::urgent; return true;
    case SLUICE_CLASS_REPLY: *message_class = MessageClass::reply; return true;
    case SLUICE_CLASS_TRANSACTIONAL: *message_class = MessageClass::transactional; return true;
    case SLUICE_CLASS_BULK: *message_class = MessageClass::bulk; return true;
    default: return false;
  }
}

constexpr bool from_c(int32_t number, Outcome* outcome) {
  switch (number) {
    case SLUICE_OUTCOME_SENT: *outcome = Outcome::sent; return true;
    case SLUICE_OUTCOME_RETRY: *outcome = Outcome::retry; return true;
    case SLUICE_OUTCOME_THROTTLED: *outcome = Outcome::throttled; return true;
    case SLUICE_OUTCOME_NOT_ATTEMPTED: *outcome = Outcome::not_attempted; return true;
    case SLUICE_OUTCOME_FAILED: *outcome = Outcome::failed; return true;
    case SLUICE_OUTCOME_LINE_BAD: *outcome = Outcome::line_bad; return true;
    default: return false;
  }
}

}  // namespace sluice::capi
