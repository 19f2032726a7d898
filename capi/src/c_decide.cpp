// SPDX-License-Identifier: Apache-2.0
// One decision at a time. Nothing is allocated here unless a caller has room for many rows or asks for words.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "capi/src/decide_one.h"
#include "capi/src/decision_writer.h"
#include "capi/src/line_room.h"
#include "capi/src/plain.h"
#include "capi/src/request_reader.h"
#include "capi/src/room.h"

namespace sluice::capi {

Status decide_one(sluice_engine engine, const sluice_request* request, const DecideTerms& terms, sluice_decision* decision,
                  std::string* words) {
  if (decision != nullptr) {
    if (const Status status = check_decision(decision, words); status != Status::ok) return status;
  }
  Decision answer;
  DetailRows rows;
  std::string line;
  if (decision != nullptr && has_line_room(decision)) answer.line = &line;
  const Status status = guarded(words, [&] {
    Room<Bytes, kMaxKeysOfRequest> keys;
    Request asked;
    const Status read = read_request(request, keys.at(0), &asked, words);
    if (read != Status::ok) return read;
    asked.flags |= terms.flags;
    if (asked.now == kEngineClock) asked.now = terms.now;
    if (decision != nullptr) answer.details = rows.take(wanted_rows(decision));
    return Engine::decide(engine, asked, &answer, words, terms.straight_tried);
  });
  if (decision != nullptr) write_decision(decision, status, answer);
  return status;
}

namespace {

// These apart, so that the shortest way has nothing of them.
[[gnu::noinline]] sluice_status decide_generally(sluice_engine engine, const sluice_request* request, sluice_decision* decision) {
  return to_c(decide_one(engine, request, {.straight_tried = true}, decision, nullptr));
}
[[gnu::noinline]] sluice_status decide_otherwise(sluice_engine engine, const sluice_request* request, sluice_decision* decision) {
  const PlainCall call(request, decision);
  if (call.is_readable() && straight::decide_any(engine, call)) return decision->status;
  return decide_generally(engine, request, decision);
}

template <straight::Sizes sizes>
[[gnu::always_inline]] inline sluice_status decide_lone(sluice_engine engine, const sluice_request* request,
                                                        sluice_decision* decision);

[[gnu::noinline, gnu::flatten]] sluice_status decide_other_size(sluice_engine engine, const sluice_request* request,
                                                                sluice_decision* decision) {
  return decide_lone<straight::Sizes::other>(engine, request, decision);
}

// What is needed again only where this way ends is kept in memory: each register counts.
template <straight::Sizes sizes>
[[gnu::always_inline]] inline sluice_status decide_lone(sluice_engine engine, const sluice_request* request,
                                                        sluice_decision* decision) {
  const PlainCall call(request, decision);
  volatile sluice_engine engine_kept = engine;
  const sluice_request* volatile request_kept = request;
  using straight::Tried;
  const Tried tried = call.is_readable() ? straight::decide_lone<sizes>(engine, engine_kept, call) : Tried::other;
  if (tried == Tried::allowed) [[likely]]
    return SLUICE_OK;
  if (tried == Tried::denied) return decision->status;
  if (tried == Tried::unknown) return decide_generally(engine_kept, request_kept, decision);
  if (sizes == straight::Sizes::usual && tried == Tried::size) {
    return decide_other_size(engine_kept, request_kept, decision);
  }
  return decide_otherwise(engine_kept, request_kept, decision);
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

[[gnu::flatten]] sluice_status sluice_decide(sluice_engine engine, const sluice_request* request, sluice_decision* decision) {
  return decide_lone<straight::Sizes::usual>(engine, request, decision);
}

sluice_status sluice_decide_checked(sluice_engine engine, const sluice_request* request, sluice_decision* decision,
                                    sluice_error* error) {
  return slow_call(error, [&](std::string* words) { return decide_one(engine, request, {}, decision, words); });
}

sluice_status sluice_record_inbound(sluice_engine engine, const sluice_request* request, sluice_decision* decision) {
  return to_c(decide_one(engine, request, {.flags = flag::force}, decision, nullptr));
}

sluice_status sluice_explain(sluice_engine engine, const sluice_request* request, char* buffer, size_t* length,
                             sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_buffer(buffer, length, words);
    if (status != Status::ok) return status;
    Room<Bytes, kMaxKeysOfRequest> keys;
    Request asked;
    status = read_request(request, keys.at(0), &asked, words);
    if (status != Status::ok) return status;
    std::string text;
    status = Engine::explain(engine, asked, &text, words);
    return status == Status::ok ? write_text(text, buffer, length, words) : status;
  });
}
