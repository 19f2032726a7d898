// SPDX-License-Identifier: Apache-2.0
// Names, versions, and the proof that the numbers of sluice.h are the core's.
#include "capi/src/sized_struct.h"
#include "capi/src/status.h"

namespace sluice::capi {
namespace {

template <class Enum>
constexpr bool same(Enum core, int64_t c) {
  return static_cast<int64_t>(core) == c && to_c(core) == static_cast<decltype(to_c(core))>(c);
}

static_assert(same(Status::ok, SLUICE_OK) && same(Status::denied, SLUICE_DENIED));
static_assert(same(Status::would_queue, SLUICE_WOULD_QUEUE) && same(Status::invalid, SLUICE_E_INVALID));
static_assert(same(Status::handle, SLUICE_E_HANDLE) && same(Status::no_memory, SLUICE_E_NO_MEMORY));
static_assert(same(Status::not_found, SLUICE_E_NOT_FOUND) && same(Status::policy, SLUICE_E_POLICY));
static_assert(same(Status::time, SLUICE_E_TIME) && same(Status::conflict, SLUICE_E_CONFLICT));
static_assert(same(Status::unset, SLUICE_E_UNSET) && same(Status::buffer, SLUICE_E_BUFFER));
static_assert(same(Status::unsupported, SLUICE_E_UNSUPPORTED) && same(Status::forked, SLUICE_E_FORKED));
static_assert(same(Status::would_reset, SLUICE_E_WOULD_RESET) && same(Status::too_many, SLUICE_E_TOO_MANY) &&
              same(Status::stale, SLUICE_E_STALE));
static_assert(same(Status::internal, SLUICE_E_INTERNAL));

static_assert(same(DenialKind::none, SLUICE_DENIAL_NONE) && same(DenialKind::memory, SLUICE_DENIAL_MEMORY));
static_assert(same(DenialKind::rate, SLUICE_DENIAL_RATE) && same(DenialKind::depth, SLUICE_DENIAL_DEPTH));
static_assert(same(DenialKind::upstream, SLUICE_DENIAL_UPSTREAM) && same(DenialKind::pool, SLUICE_DENIAL_POOL));
static_assert(same(DenialKind::gauge, SLUICE_DENIAL_GAUGE) && same(DenialKind::distinct, SLUICE_DENIAL_DISTINCT));
static_assert(same(DenialKind::quota, SLUICE_DENIAL_QUOTA) && same(DenialKind::blocked, SLUICE_DENIAL_BLOCKED));
static_assert(same(DenialKind::never, SLUICE_DENIAL_NEVER));

static_assert(same(WaitKind::none, SLUICE_WAIT_NONE) && same(WaitKind::exact, SLUICE_WAIT_EXACT));
static_assert(same(WaitKind::bound, SLUICE_WAIT_BOUND) && same(WaitKind::unknown, SLUICE_WAIT_UNKNOWN));
static_assert(same(WaitKind::never, SLUICE_WAIT_NEVER));

static_assert(same(EventKind::threshold, SLUICE_EVENT_THRESHOLD) && same(EventKind::promotion, SLUICE_EVENT_PROMOTION));
static_assert(same(EventKind::saturated, SLUICE_EVENT_SATURATED) && same(EventKind::memory, SLUICE_EVENT_MEMORY));
static_assert(same(EventKind::sender_changed, SLUICE_EVENT_SENDER_CHANGED));
static_assert(same(EventKind::campaign_paused, SLUICE_EVENT_CAMPAIGN_PAUSED) &&
              same(EventKind::campaign_finished, SLUICE_EVENT_CAMPAIGN_FINISHED));

static_assert(same(MessageState::none, SLUICE_MESSAGE_NONE) && same(MessageState::scheduled, SLUICE_MESSAGE_SCHEDULED));
static_assert(same(MessageState::waiting, SLUICE_MESSAGE_WAITING) && same(MessageState::parked, SLUICE_MESSAGE_PARKED));
static_assert(same(MessageState::leased, SLUICE_MESSAGE_LEASED) && same(MessageState::unknown, SLUICE_MESSAGE_UNKNOWN));
static_assert(same(MessageState::sent, SLUICE_MESSAGE_SENT) && same(MessageState::failed, SLUICE_MESSAGE_FAILED));
static_assert(same(MessageState::expired, SLUICE_MESSAGE_EXPIRED) && same(MessageState::cancelled, SLUICE_MESSAGE_CANCELLED));
static_assert(same(MessageState::aborted, SLUICE_MESSAGE_ABORTED) && same(MessageState::dead, SLUICE_MESSAGE_DEAD));

static_assert(same(MessageClass::urgent, SLUICE_CLASS_URGENT) && same(MessageClass::reply, SLUICE_CLASS_REPLY));
static_assert(same(MessageClass::transactional, SLUICE_CLASS_TRANSACTIONAL) && same(MessageClass::bulk, SLUICE_CLASS_BULK));

static_assert(same(LineState::active, SLUICE_LINE_ACTIVE) && same(LineState::warming, SLUICE_LINE_WARMING));
static_assert(same(LineState::paused, SLUICE_LINE_PAUSED) && same(LineState::draining, SLUICE_LINE_DRAINING));
static_assert(same(LineState::suspended, SLUICE_LINE_SUSPENDED) && same(LineState::removed, SLUICE_LINE_REMOVED));
static_assert(same(OnSuspend::hold, SLUICE_SUSPEND_HOLD) && same(OnSuspend::move_new, SLUICE_SUSPEND_MOVE_NEW));
static_assert(same(OnSuspend::move_all, SLUICE_SUSPEND_MOVE_ALL) && same(OnSuspend::fail, SLUICE_SUSPEND_FAIL));
static_assert(same(Sticky::none, SLUICE_STICKY_NONE) && same(Sticky::fresh, SLUICE_STICKY_FRESH));
static_assert(same(Sticky::existing, SLUICE_STICKY_EXISTING) && same(Sticky::moved, SLUICE_STICKY_MOVED));
static_assert(same(Sticky::spilled, SLUICE_STICKY_SPILLED));
static_assert(same(CampaignState::none, SLUICE_CAMPAIGN_NONE) && same(CampaignState::running, SLUICE_CAMPAIGN_RUNNING));
static_assert(same(CampaignState::paused, SLUICE_CAMPAIGN_PAUSED) && same(CampaignState::aborted, SLUICE_CAMPAIGN_ABORTED));
static_assert(same(CampaignState::finished, SLUICE_CAMPAIGN_FINISHED));

template <class Enum>
constexpr bool reads(Enum core, int32_t c) {
  Enum read{};
  return static_cast<int32_t>(core) == c && from_c(c, &read) && read == core;
}
static_assert(reads(LineState::active, SLUICE_LINE_ACTIVE) && reads(LineState::removed, SLUICE_LINE_REMOVED));
static_assert(reads(MessageClass::urgent, SLUICE_CLASS_URGENT) && reads(MessageClass::bulk, SLUICE_CLASS_BULK));
static_assert(reads(CampaignChange::pause, SLUICE_CHANGE_PAUSE) && reads(CampaignChange::resume, SLUICE_CHANGE_RESUME));
static_assert(reads(CampaignChange::seal, SLUICE_CHANGE_SEAL) && reads(CampaignChange::abort, SLUICE_CHANGE_ABORT));

constexpr bool is_outcome(Outcome core, int32_t c) {
  Outcome read{};
  return static_cast<int32_t>(core) == c && from_c(c, &read) && read == core;
}
static_assert(is_outcome(Outcome::sent, SLUICE_OUTCOME_SENT) && is_outcome(Outcome::retry, SLUICE_OUTCOME_RETRY));
static_assert(is_outcome(Outcome::throttled, SLUICE_OUTCOME_THROTTLED) && is_outcome(Outcome::failed, SLUICE_OUTCOME_FAILED));
static_assert(is_outcome(Outcome::not_attempted, SLUICE_OUTCOME_NOT_ATTEMPTED));
static_assert(is_outcome(Outcome::line_bad, SLUICE_OUTCOME_LINE_BAD));

static_assert(flag::peek == SLUICE_PEEK && flag::receipt == SLUICE_RECEIPT && flag::force == SLUICE_FORCE);
static_assert(flag::known_request_flags == (SLUICE_PEEK | SLUICE_RECEIPT | SLUICE_FORCE));
static_assert(flag::replayed == SLUICE_REPLAYED && flag::unlimited == SLUICE_UNLIMITED);
static_assert(flag::overflowed == SLUICE_OVERFLOWED && flag::passed == SLUICE_PASSED);
static_assert(kEngineClock == SLUICE_NOW);
static_assert(SLUICE_BUILD_ABI == SLUICE_ABI_VERSION);

}  // namespace
}  // namespace sluice::capi

using namespace sluice::capi;

const char* sluice_version(void) { return SLUICE_BUILD_VERSION; }

uint32_t sluice_abi_version(void) { return SLUICE_ABI_VERSION; }

const char* sluice_status_name(sluice_status status) {
  switch (status) {
    case SLUICE_OK: return "SLUICE_OK";
    case SLUICE_DENIED: return "SLUICE_DENIED";
    case SLUICE_WOULD_QUEUE: return "SLUICE_WOULD_QUEUE";
    case SLUICE_E_INVALID: return "SLUICE_E_INVALID";
    case SLUICE_E_HANDLE: return "SLUICE_E_HANDLE";
    case SLUICE_E_NO_MEMORY: return "SLUICE_E_NO_MEMORY";
    case SLUICE_E_NOT_FOUND: return "SLUICE_E_NOT_FOUND";
    case SLUICE_E_POLICY: return "SLUICE_E_POLICY";
    case SLUICE_E_TIME: return "SLUICE_E_TIME";
    case SLUICE_E_CONFLICT: return "SLUICE_E_CONFLICT";
    case SLUICE_E_UNSET: return "SLUICE_E_UNSET";
    case SLUICE_E_BUFFER: return "SLUICE_E_BUFFER";
    case SLUICE_E_UNSUPPORTED: return "SLUICE_E_UNSUPPORTED";
    case SLUICE_E_FORKED: return "SLUICE_E_FORKED";
    case SLUICE_E_WOULD_RESET: return "SLUICE_E_WOULD_RESET";
    case SLUICE_E_TOO_MANY: return "SLUICE_E_TOO_MANY";
    case SLUICE_E_STALE: return "SLUICE_E_STALE";
    case SLUICE_E_INTERNAL: return "SLUICE_E_INTERNAL";
    default: return status < 0 ? "SLUICE_E_UNKNOWN" : "SLUICE_UNKNOWN";
  }
}

const char* sluice_denial_name(int32_t denial) {
  switch (denial) {
    case SLUICE_DENIAL_NONE: return "none";
    case SLUICE_DENIAL_MEMORY: return "memory";
    case SLUICE_DENIAL_RATE: return "rate";
    case SLUICE_DENIAL_DEPTH: return "depth";
    case SLUICE_DENIAL_UPSTREAM: return "upstream";
    case SLUICE_DENIAL_POOL: return "pool";
    case SLUICE_DENIAL_GAUGE: return "gauge";
    case SLUICE_DENIAL_DISTINCT: return "distinct";
    case SLUICE_DENIAL_QUOTA: return "quota";
    case SLUICE_DENIAL_BLOCKED: return "blocked";
    case SLUICE_DENIAL_NEVER: return "never";
    default: return "unknown";
  }
}

void sluice_error_init(sluice_error* error, uint32_t size) { init_struct(error, size, sluice_error SLUICE_ERROR_INIT); }

void sluice_engine_options_init(sluice_engine_options* options, uint32_t size) {
  init_struct(options, size, sluice_engine_options SLUICE_ENGINE_OPTIONS_INIT);
}

void sluice_request_init(sluice_request* request, uint32_t size) {
  init_struct(request, size, sluice_request SLUICE_REQUEST_INIT);
}

void sluice_decision_init(sluice_decision* decision, uint32_t size) {
  init_struct(decision, size, sluice_decision SLUICE_DECISION_INIT);
}

void sluice_counters_init(sluice_counters* counters, uint32_t size) {
  init_struct(counters, size, sluice_counters SLUICE_COUNTERS_INIT);
}

void sluice_message_init(sluice_message* message, uint32_t size) {
  init_struct(message, size, sluice_message SLUICE_MESSAGE_INIT);
}

void sluice_held_init(sluice_held* held, uint32_t size) { init_struct(held, size, sluice_held SLUICE_HELD_INIT); }

void sluice_lease_options_init(sluice_lease_options* options, uint32_t size) {
  init_struct(options, size, sluice_lease_options SLUICE_LEASE_OPTIONS_INIT);
}

void sluice_message_state_init(sluice_message_state* state, uint32_t size) {
  init_struct(state, size, sluice_message_state SLUICE_MESSAGE_STATE_INIT);
}

void sluice_line_change_init(sluice_line_change* change, uint32_t size) {
  init_struct(change, size, sluice_line_change SLUICE_LINE_CHANGE_INIT);
}

void sluice_line_report_init(sluice_line_report* report, uint32_t size) {
  init_struct(report, size, sluice_line_report SLUICE_LINE_REPORT_INIT);
}

void sluice_campaign_options_init(sluice_campaign_options* options, uint32_t size) {
  init_struct(options, size, sluice_campaign_options SLUICE_CAMPAIGN_OPTIONS_INIT);
}

void sluice_campaign_report_init(sluice_campaign_report* report, uint32_t size) {
  init_struct(report, size, sluice_campaign_report SLUICE_CAMPAIGN_REPORT_INIT);
}

void sluice_answer_terms_init(sluice_answer_terms* terms, uint32_t size) {
  init_struct(terms, size, sluice_answer_terms SLUICE_ANSWER_TERMS_INIT);
}

void sluice_http_init(sluice_http* http, uint32_t size) { init_struct(http, size, sluice_http SLUICE_HTTP_INIT); }
