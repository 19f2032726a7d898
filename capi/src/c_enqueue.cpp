// SPDX-License-Identifier: Apache-2.0
// Taking messages in, one or an array of them. Answers are looked at before anything is done: what could not be told never happens.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "capi/src/decision_writer.h"
#include "capi/src/line_room.h"
#include "capi/src/request_reader.h"
#include "capi/src/room.h"
#include "capi/src/strided.h"

namespace sluice::capi {
namespace {

// Where one message's answers go; NULL: not wanted.
struct Answers {
  sluice_decision* decision;
  sluice_held* held;
};

Status check_answers(const Answers& answers, std::string* words) {
  if (answers.decision != nullptr) {
    if (const Status status = check_decision(answers.decision, words); status != Status::ok) return status;
  }
  if (answers.held == nullptr) return Status::ok;
  const Status status = check_struct(answers.held, "held", words);
  return status == Status::ok ? check_line_room(answers.held, "held", words) : status;
}

Status read_message(const sluice_message* given, EnqueueRequest* out, std::string* words) {
  if (given == nullptr) return Status::ok;
  if (const Status status = check_struct(given, "message", words); status != Status::ok) return status;
  sluice_message room;
  const sluice_message& message = read_struct(given, &room);
  if (message.payload == nullptr && message.payload_len != 0) {
    return fail(words, Status::invalid, "message.payload: NULL with payload_len ", message.payload_len);
  }
  if (message.payload_len != 0) out->payload = {static_cast<const char*>(message.payload), message.payload_len};
  out->message_class = message.message_class;
  out->send_at = message.send_at;
  out->expires_at = message.expires_at;
  out->campaign = message.campaign;
  if (message.zone == nullptr && message.zone_len == 0) return Status::ok;
  return read_optional_text("message.zone", message.zone, message.zone_len, &out->zone, words);
}

void write_held(sluice_held* out, const Enqueued& answer) {
  sluice_held value = SLUICE_HELD_INIT;
  value.state = to_c(answer.state);
  value.message = answer.message;
  value.expires_at = answer.expires;
  value.depth = answer.depth;
  const Promise& promise = answer.promise;
  const bool asked = promise.eta != 0 || promise.position != 0;
  value.position = promise.position;
  value.eta = promise.eta;
  value.eta_kind = asked ? to_c(promise.kind) : SLUICE_WAIT_NONE;
  value.sticky = to_c(answer.sticky);
  tell_line(out, &value, answer.line);
  write_struct(out, value);
}

// `now` is for a request that leaves the time to the engine. REQUIRES: check_answers() said ok.
Status enqueue_one(sluice_engine engine, const sluice_request* request, const sluice_message* message, Instant now,
                   const Answers& answers, std::string* words) {
  Enqueued answer;
  DetailRows rows;
  const Status status = guarded(words, [&] {
    Room<Bytes, kMaxKeysOfRequest> keys;
    EnqueueRequest asked;
    Status read = read_request(request, keys.at(0), &asked.request, words);
    if (read == Status::ok) read = read_message(message, &asked, words);
    if (read != Status::ok) return read;
    if (asked.request.now == kEngineClock) asked.request.now = now;
    if (answers.decision != nullptr) answer.decision.details = rows.take(wanted_rows(answers.decision));
    return Engine::enqueue(engine, asked, &answer, words);
  });
  answer.decision.line = &answer.line;
  if (answers.decision != nullptr) write_decision(answers.decision, status, answer.decision);
  if (answers.held != nullptr) write_held(answers.held, answer);
  return status;
}

struct Array {
  const sluice_request* requests;
  size_t request_stride;
  const sluice_message* messages;
  size_t message_stride;
  sluice_decision* decisions;
  size_t decision_stride;
  sluice_held* held;
  size_t held_stride;
  size_t count;

  const sluice_request* request(size_t i) const { return element_at(requests, request_stride, i); }
  const sluice_message* message(size_t i) const {
    return messages == nullptr ? nullptr : element_at(messages, message_stride, i);
  }
  Answers answers(size_t i) const {
    return {element_at(decisions, decision_stride, i), held == nullptr ? nullptr : element_at(held, held_stride, i)};
  }
  // Whether what is read of an element stays within it.
  bool is_apart(size_t i) const {
    return request(i)->struct_size <= request_stride && (messages == nullptr || message(i)->struct_size <= message_stride);
  }
};

template <class Struct>
bool lies_well(const Struct* first, size_t stride) {
  return is_stride(stride, kFirstSize<Struct>) && reinterpret_cast<uintptr_t>(first) % alignof(Struct) == 0;
}

Status check_array(const Array& array) {
  if (array.requests == nullptr || array.decisions == nullptr) return Status::invalid;
  if (!lies_well(array.requests, array.request_stride)) return Status::invalid;
  if (!lies_well(array.decisions, array.decision_stride)) return Status::invalid;
  if (array.messages != nullptr && !lies_well(array.messages, array.message_stride)) return Status::invalid;
  if (array.held != nullptr && !lies_well(array.held, array.held_stride)) return Status::invalid;
  for (size_t i = 0; i < array.count; ++i) {
    const Answers answers = array.answers(i);
    if (answers.decision->struct_size > array.decision_stride) return Status::invalid;
    if (answers.held != nullptr && answers.held->struct_size > array.held_stride) return Status::invalid;
    if (const Status status = check_answers(answers, nullptr); status != Status::ok) return status;
  }
  return Status::ok;
}

void fail_from(const Array& array, size_t first, Status status) {
  for (size_t i = first; i < array.count; ++i) {
    const Answers answers = array.answers(i);
    write_decision(answers.decision, status, Decision());
    if (answers.held != nullptr) write_held(answers.held, Enqueued());
  }
}

// Requests that wait to be taken in together.
class Group {
 public:
  Group(sluice_engine engine, const Array& array, Instant now) : engine_(engine), array_(array), now_(now) {}

  // False: it is to be asked alone.
  bool add(size_t i) {
    EnqueueRequest& asked = asked_[count_] = EnqueueRequest();
    if (array_.request(i)->repeated_count != 0 || wanted_rows(array_.answers(i).decision) != 0) return false;
    if (read_request(array_.request(i), keys_.at(count_ * kMaxDimensions), &asked.request, nullptr) != Status::ok) return false;
    if (read_message(array_.message(i), &asked, nullptr) != Status::ok) return false;
    if (asked.request.now == kEngineClock) asked.request.now = now_;
    at_[count_++] = i;
    return true;
  }
  bool is_full() const { return count_ == kQueueGroup; }

  // Asks for all of them.
  Status run() {
    if (count_ == 0) return Status::ok;
    std::fill_n(answers_, count_, Enqueued());
    for (size_t i = 0; i < count_; ++i) answers_[i].decision.line = &answers_[i].line;
    const Status status = guarded(nullptr, [&] {
      return Engine::enqueue_many(engine_, std::span(asked_).first(count_), std::span(answers_).first(count_));
    });
    for (size_t i = 0; i < count_; ++i) {
      const Answers to = array_.answers(at_[i]);
      const Status own = status == Status::ok ? answers_[i].decision.status : status;
      write_decision(to.decision, own, answers_[i].decision);
      if (to.held != nullptr) write_held(to.held, answers_[i]);
    }
    count_ = 0;
    return status;
  }

 private:
  sluice_engine engine_;
  const Array& array_;
  const Instant now_;
  size_t count_ = 0;
  size_t at_[kQueueGroup];
  Room<Bytes, kQueueGroup * kMaxDimensions> keys_;
  EnqueueRequest asked_[kQueueGroup];
  Enqueued answers_[kQueueGroup];
};

bool is_gone(Status status) { return status == Status::handle || status == Status::forked; }

// An element's failure is its own; only an engine that is gone ends the array.
Status enqueue_all(sluice_engine engine, const Array& array) {
  Instant now = 0;
  Status status = Engine::clock(engine, &now);
  Group group(engine, array, now);
  size_t told = 0;
  for (size_t i = 0; i < array.count && !is_gone(status); ++i) {
    const Answers answers = array.answers(i);
    const bool apart = array.is_apart(i);
    if (apart && group.add(i)) {
      if (!group.is_full()) continue;
      status = group.run();
      told = i + 1;
      continue;
    }
    status = group.run();
    told = i;
    if (is_gone(status)) break;
    if (apart) {
      status = enqueue_one(engine, array.request(i), array.message(i), now, answers, nullptr);
    } else {
      write_decision(answers.decision, Status::invalid, Decision());
      if (answers.held != nullptr) write_held(answers.held, Enqueued());
    }
    told = i + 1;
  }
  if (!is_gone(status)) {
    status = group.run();
    told = array.count;
  }
  if (!is_gone(status)) return Status::ok;
  fail_from(array, told, status);
  return status;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_enqueue(sluice_engine engine, const sluice_request* request, const sluice_message* message,
                             sluice_decision* decision, sluice_held* held, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    const Answers answers{decision, held};
    if (const Status status = check_answers(answers, words); status != Status::ok) return status;
    return enqueue_one(engine, request, message, kEngineClock, answers, words);
  });
}

sluice_status sluice_enqueue_many(sluice_engine engine, const sluice_request* requests, size_t request_stride,
                                  const sluice_message* messages, size_t message_stride, sluice_decision* decisions,
                                  size_t decision_stride, sluice_held* held, size_t held_stride, size_t count) {
  const Array array{requests, request_stride, messages, message_stride, decisions, decision_stride, held, held_stride, count};
  if (count != 0) {
    if (const Status status = check_array(array); status != Status::ok) return to_c(status);
  }
  return quiet_call([&] { return enqueue_all(engine, array); });
}
