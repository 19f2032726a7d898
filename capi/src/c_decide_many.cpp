// SPDX-License-Identifier: Apache-2.0
// Many decisions in one call: groups go to the engine together, so that it hashes and prefetches ahead of its locks.
//
// 1. The time is read at most once for the whole array.
// 2. Every decision is looked at before the first request is decided: an answer that could not be told is never given.
// 3. Groups of plain elements are decided where they lie. At the first that does not go the straight way, it and as many as make a
//    group are read into the core's own structs; then it is tried straight again.
// 4. An element with rows or room for a line is decided by itself; so is every one whose request cannot even be read.
#include <array>
#include <span>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "capi/src/decide_one.h"
#include "capi/src/decision_writer.h"
#include "capi/src/line_room.h"
#include "capi/src/plain.h"
#include "capi/src/request_reader.h"
#include "capi/src/room.h"
#include "capi/src/strided.h"
#include "core/engine/straight_group.h"

namespace sluice::capi {
namespace {

// Requests on their way to the engine, with the keys they name.
class Group {
 public:
  Group(sluice_engine engine, Instant now) : engine_(engine), now_(now) {}

  bool has_room() const { return count_ < kElements && keys_used_ + kMaxKeysOfRequest <= kKeys; }

  // REQUIRES: has_room().
  void add(const sluice_request* request, sluice_decision* decision) {
    Request& asked = *::new (requests_.at(count_)) Request();
    const Status status = read_request(request, keys_.at(keys_used_), &asked, nullptr);
    if (status != Status::ok) return write_decision(decision, status, Decision());
    take(asked, decision);
  }

  // Decides what was added and empties the group. What could not be decided says so.
  Status decide() {
    if (count_ == 0) return Status::ok;
    const std::span<const Request> asked(requests_.at(0), count_);
    const std::span<Decision> answers(answers_.at(0), count_);
    const Status status = guarded(nullptr, [&] { return Engine::decide_many(engine_, asked, answers); });
    for (size_t i = 0; i < count_; ++i) {
      write_decision(outs_[i], status == Status::ok ? answers[i].status : status, answers[i]);
    }
    count_ = keys_used_ = 0;
    return status;
  }

 private:
  void take(Request& asked, sluice_decision* decision) {
    if (asked.now == kEngineClock) asked.now = now_;
    keys_used_ += asked.values.size() + asked.repeated.size();
    ::new (answers_.at(count_)) Decision();
    outs_[count_++] = decision;
  }

  static constexpr size_t kElements = 32;
  static constexpr size_t kKeys = 512;

  const sluice_engine engine_;
  const Instant now_;
  size_t count_ = 0;
  size_t keys_used_ = 0;
  Room<Request, kElements> requests_;
  Room<Decision, kElements> answers_;
  Room<Bytes, kKeys> keys_;
  std::array<sluice_decision*, kElements> outs_;
};

struct Array {
  const sluice_request* requests;
  size_t request_stride;
  sluice_decision* decisions;
  size_t decision_stride;
  size_t count;

  const sluice_request* request(size_t i) const { return element_at(requests, request_stride, i); }
  sluice_decision* decision(size_t i) const { return element_at(decisions, decision_stride, i); }
};

// Of this library's own size, and without room for rows or a line. All of an array lie as the first does.
bool is_usual(const sluice_decision& decision) {
  return decision.struct_size == sizeof(sluice_decision) && (decision.detail_capacity | decision.line_capacity) == 0;
}

Status check_array(const Array& array) {
  if (array.requests == nullptr || array.decisions == nullptr) return Status::invalid;
  if (!is_stride(array.request_stride, kFirstSize<sluice_request>)) return Status::invalid;
  if (!is_stride(array.decision_stride, kFirstSize<sluice_decision>)) return Status::invalid;
  if (reinterpret_cast<uintptr_t>(array.decisions) % alignof(sluice_decision) != 0) return Status::invalid;
  const bool whole = array.decision_stride >= sizeof(sluice_decision);
  for (size_t i = 0; i < array.count; ++i) {
    const sluice_decision* decision = array.decision(i);
    if (whole && is_usual(*decision)) continue;
    if (decision->struct_size > array.decision_stride) return Status::invalid;
    if (const Status status = check_decision(decision, nullptr); status != Status::ok) return status;
  }
  return Status::ok;
}

void fail_from(const Array& array, size_t first, Status status) {
  for (size_t i = first; i < array.count; ++i) write_decision(array.decision(i), status, Decision());
}

// One element by itself. Its own failure is its own; only an engine that is gone ends the array.
Status decide_alone(sluice_engine engine, const Array& array, size_t i, Instant now) {
  const Status status = decide_one(engine, array.request(i), {0, now}, array.decision(i), nullptr);
  return status == Status::handle || status == Status::forked ? status : Status::ok;
}

// The elements of an array for the straight way; none when a whole request would reach into its neighbour.
class PlainCalls {
 public:
  explicit PlainCalls(const Array& array) : array_(array), apart_(array.request_stride >= sizeof(sluice_request)) {}

  size_t count() const { return apart_ ? array_.count : 0; }
  PlainCall call(size_t i) const { return {array_.request(i), array_.decision(i)}; }

 private:
  const Array array_;
  const bool apart_;
};

// The elements from `begin` to `end` the general way, in order.
Status decide_generally(sluice_engine engine, const Array& array, size_t begin, size_t end, Instant now) {
  Group group(engine, now);
  Status status = Status::ok;
  for (size_t i = begin; i < end && status == Status::ok; ++i) {
    const bool alone = wanted_rows(array.decision(i)) != 0 || has_line_room(array.decision(i));
    if (alone || !group.has_room()) status = group.decide();
    if (status != Status::ok) {
      fail_from(array, i, status);
    } else if (array.request(i)->struct_size > array.request_stride) {  // it would reach into its neighbour
      write_decision(array.decision(i), Status::invalid, Decision());
    } else if (alone) {
      status = decide_alone(engine, array, i, now);
      if (status != Status::ok) fail_from(array, i, status);
    } else {
      group.add(array.request(i), array.decision(i));
    }
  }
  if (status == Status::ok) status = group.decide();
  if (status != Status::ok) fail_from(array, end, status);
  return status;
}

Status decide_all(sluice_engine engine, const Array& array) {
  const PlainCalls calls(array);
  straight::ArrayTime time;
  Instant now = kEngineClock;
  for (size_t i = 0; i < array.count;) {
    if (i < calls.count()) i += straight::decide_group(engine, calls, i, &time);
    if (i == array.count) break;
    if (now == kEngineClock) now = time.now();
    if (now == kEngineClock) {
      if (const Status status = Engine::clock(engine, &now); status != Status::ok) {
        fail_from(array, i, status);
        return status;
      }
      time = straight::ArrayTime(now);
    }
    const size_t end = std::min(array.count, i + straight::kGroup);
    if (const Status status = decide_generally(engine, array, i, end, now); status != Status::ok) return status;
    i = end;
  }
  return Status::ok;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_decide_many(sluice_engine engine, const sluice_request* requests, size_t request_stride,
                                 sluice_decision* decisions, size_t decision_stride, size_t count) {
  const Array array{requests, request_stride, decisions, decision_stride, count};
  if (count != 0) {
    if (const Status status = check_array(array); status != Status::ok) return to_c(status);
  }
  return to_c(guarded(nullptr, [&] {
    Instant now;
    return count == 0 ? Engine::clock(engine, &now) : decide_all(engine, array);
  }));
}
