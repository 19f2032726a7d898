// SPDX-License-Identifier: Apache-2.0
// What comes after a lease, and what is asked of single messages.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "capi/src/line_room.h"

namespace sluice::capi {
namespace {

// A row's own failure stays in the row; only an engine that is gone ends the array, and the rest of it says so.
Status settle_all(sluice_engine engine, std::span<sluice_settlement> rows, Instant now) {
  Instant clock;
  Status ends = Engine::clock(engine, &clock);
  if (now == kEngineClock) now = clock;
  for (sluice_settlement& row : rows) {
    MessageState state = MessageState::none;
    Status status = ends;
    if (ends == Status::ok) {
      status = Status::invalid;
      Outcome outcome;
      if (from_c(row.outcome, &outcome)) {
        status = guarded(nullptr, [&] {
          return Engine::settle(engine, {row.message, row.fence, outcome, row.retry_after}, now, &state, nullptr);
        });
      }
      if (status == Status::handle || status == Status::forked) ends = status;
    }
    row.status = to_c(status);
    row.state = to_c(status == Status::ok ? state : MessageState::none);
  }
  return ends;
}

void write_state(sluice_message_state* out, const MessageStatus& found) {
  sluice_message_state value = SLUICE_MESSAGE_STATE_INIT;
  value.state = to_c(found.state);
  value.message_class = to_c(found.message_class);
  value.tries = found.tries;
  value.fence = found.fence;
  value.operation = found.operation;
  value.due = found.due;
  value.expires_at = found.expires;
  value.depth = found.depth;
  value.position = found.promise.position;
  value.eta = found.promise.eta;
  value.eta_kind = to_c(found.promise.kind);
  tell_line(out, &value, found.line);
  write_struct(out, value);
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_settle(sluice_engine engine, sluice_settlement* settlements, size_t count, int64_t now) {
  return quiet_call([&] {
    if (settlements == nullptr && count != 0) return Status::invalid;
    return settle_all(engine, {settlements, count}, now);
  });
}

sluice_status sluice_ack(sluice_engine engine, uint64_t message, uint32_t fence, int64_t now, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    return Engine::settle(engine, {message, fence, Outcome::sent, 0}, now, nullptr, words);
  });
}

sluice_status sluice_nack(sluice_engine engine, uint64_t message, uint32_t fence, int32_t outcome, int64_t retry_after,
                          int64_t now, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Outcome what;
    if (!from_c(outcome, &what) || what == Outcome::sent) {
      return fail(words, Status::invalid, "outcome: ", outcome, "; from 1 (retry) to 5 (line bad), and sluice_ack says sent");
    }
    return Engine::settle(engine, {message, fence, what, retry_after}, now, nullptr, words);
  });
}

sluice_status sluice_extend(sluice_engine engine, uint64_t message, uint32_t fence, int64_t ttl, int64_t now,
                            sluice_error* error) {
  return slow_call(error, [&](std::string* words) { return Engine::extend(engine, message, fence, ttl, now, words); });
}

sluice_status sluice_cancel(sluice_engine engine, uint64_t message, int64_t now, sluice_error* error) {
  return slow_call(error, [&](std::string* words) { return Engine::cancel(engine, message, now, nullptr, words); });
}

sluice_status sluice_message_status(sluice_engine engine, uint64_t message, int64_t now, sluice_message_state* state,
                                    sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_struct(state, "state", words);
    if (status == Status::ok) status = check_line_room(state, "state", words);
    if (status != Status::ok) return status;
    MessageStatus found;
    status = Engine::status(engine, message, now, &found, words);
    if (status == Status::ok) write_state(state, found);
    return status;
  });
}
