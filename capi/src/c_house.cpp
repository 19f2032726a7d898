// SPDX-License-Identifier: Apache-2.0
// Keeping house: events, counters, the sweep.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "core/dialect/metrics_text.h"

namespace sluice::capi {
namespace {

constexpr size_t kEventsAtOnce = 16;

static_assert(sizeof(sluice_event::subject) == sizeof(Event::subject));
static_assert(std::size(sluice_counters{}.denied_by) == std::size(Counters{}.denied_by));
static_assert(std::size(sluice_counters{}.ended) == std::size(Counters{}.ended));

sluice_event to_c(const Event& event) {
  sluice_event out = {};
  out.kind = capi::to_c(event.kind);
  out.limit_id = event.limit_id;
  out.at = event.at;
  out.used = event.used;
  out.limit = event.limit;
  out.share = event.share;
  out.plan = event.plan;
  out.by_plan_change = event.by_plan_change ? 1 : 0;
  out.subject_len = event.subject_len;
  std::memcpy(out.subject, event.subject, sizeof(out.subject));
  return out;
}

sluice_counters to_c(const Counters& from) {
  sluice_counters out = SLUICE_COUNTERS_INIT;
  out.allowed = from.allowed;
  out.denied = from.denied;
  out.would_queue = from.would_queue;
  out.peeked = from.peeked;
  out.replayed = from.replayed;
  out.refunded = from.refunded;
  std::copy(std::begin(from.denied_by), std::end(from.denied_by), out.denied_by);
  out.records = from.records;
  out.receipts = from.receipts;
  out.memory_used = from.memory_used;
  out.memory_cap = from.memory_cap;
  out.swept = from.swept;
  out.overflowed = from.overflowed;
  out.events_lost = from.events_lost;
  out.messages = from.messages;
  out.accepted = from.accepted;
  out.leased = from.leased;
  std::copy(std::begin(from.ended), std::end(from.ended), out.ended);
  return out;
}

// Takes events out a few at a time, so that none is taken for which there is no room.
Status drain(sluice_engine engine, sluice_event* events, size_t* count, uint64_t* lost) {
  const size_t room = *count;
  *count = *lost = 0;
  std::array<Event, kEventsAtOnce> some;
  size_t wanted = 0, taken = 0;
  do {
    wanted = std::min(kEventsAtOnce, room - *count);
    taken = 0;
    uint64_t more_lost = 0;
    const Status status = Engine::drain_events(engine, {some.data(), wanted}, &taken, &more_lost);
    if (status != Status::ok) return *count == 0 ? status : Status::ok;  // what was taken out is not lost again
    for (size_t i = 0; i < taken; ++i) events[(*count)++] = to_c(some[i]);
    *lost += more_lost;
  } while (taken == wanted && *count < room);
  return Status::ok;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_drain_events(sluice_engine engine, sluice_event* events, size_t* count, uint64_t* lost) {
  return quiet_call([&] {
    if (count == nullptr || (events == nullptr && *count != 0)) return Status::invalid;
    uint64_t unwanted = 0;
    return drain(engine, events, count, lost != nullptr ? lost : &unwanted);
  });
}

sluice_status sluice_get_counters(sluice_engine engine, sluice_counters* counters) {
  return quiet_call([&] {
    Status status = check_struct(counters, "counters", nullptr);
    if (status != Status::ok) return status;
    Counters now;
    status = Engine::counters(engine, &now);
    if (status == Status::ok) write_struct(counters, to_c(now));
    return status;
  });
}

sluice_status sluice_metrics(sluice_engine engine, int32_t format, char* buffer, size_t* length, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_buffer(buffer, length, words);
    if (status != Status::ok) return status;
    if (format != SLUICE_METRICS_OPENMETRICS && format != SLUICE_METRICS_PROMETHEUS) {
      return fail(words, Status::invalid, "format: ", format, "; SLUICE_METRICS_* are 0 and 1");
    }
    std::shared_ptr<const CompiledPolicy> policy;
    Counters now;
    status = Engine::policy_of(engine, &policy, words);
    if (status == Status::ok) status = Engine::counters(engine, &now);
    if (status != Status::ok) return status;
    return write_text(metrics_text(*policy, now, static_cast<MetricsFormat>(format)), buffer, length, words);
  });
}

sluice_status sluice_sweep(sluice_engine engine, int64_t now, uint64_t max_records, uint64_t* dropped) {
  return quiet_call([&] {
    uint64_t count = 0;
    const Status status = Engine::sweep(engine, now, max_records, &count);
    if (status == Status::ok && dropped != nullptr) *dropped = count;
    return status;
  });
}
