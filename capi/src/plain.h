// SPDX-License-Identifier: Apache-2.0
// The way in and out that most calls take: both structs of this library's own size, nothing repeated, no key, no rows. What is not
// plain goes the long way, which also finds the words for what is wrong. Counts are left to be held against the operation's.
#pragma once

#include "capi/src/arguments.h"
#include "capi/src/status.h"
#include "core/engine/straight.h"
#include "sluice/sluice.h"

namespace sluice::capi {

inline bool is_plain(const sluice_request* request) {
  return request != nullptr && reinterpret_cast<uintptr_t>(request) % alignof(sluice_request) == 0 &&
         request->struct_size == sizeof(sluice_request) && request->repeated == nullptr && request->idempotency_key == nullptr &&
         (request->flags | request->reserved0 | request->repeated_count | request->idempotency_key_len) == 0 &&
         (request->values != nullptr || request->value_count == 0) &&
         (request->quantities != nullptr || request->quantity_count == 0);
}

inline bool is_plain(const sluice_decision* decision) {
  return decision != nullptr && reinterpret_cast<uintptr_t>(decision) % alignof(sluice_decision) == 0 &&
         decision->struct_size == sizeof(sluice_decision) && decision->details == nullptr && decision->detail_capacity == 0;
}

// A plain request and decision for the straight way, read and written where they lie.
class PlainCall {
 public:
  PlainCall(const sluice_request* request, sluice_decision* decision) : request_(request), decision_(decision) {}

  bool is_plain() const { return capi::is_plain(request_) && capi::is_plain(decision_); }
  int32_t operation() const { return request_->operation; }
  Instant now() const { return request_->now; }
  size_t value_count() const { return request_->value_count; }
  Bytes value(uint32_t i) const { return as_bytes(request_->values[i]); }
  size_t quantity_count() const { return request_->quantity_count; }
  uint64_t quantity(uint32_t i) const { return request_->quantities[i]; }
  void write(const straight::Answer& answer) const {
    decision_->status = to_c(answer.status);
    decision_->denial = to_c(answer.denial);
    decision_->wait_kind = to_c(answer.wait_kind);
    decision_->now = answer.now;
    decision_->retry_after = answer.retry_after;
    decision_->largest_cost = answer.largest_cost;
    decision_->limit_id = answer.limit_id;
    decision_->flags = answer.flags;
    decision_->limit = answer.limit;
    decision_->used = answer.used;
    decision_->remaining = answer.remaining;
    decision_->resets_at = answer.resets_at;
    decision_->opens_at = answer.opens_at;
    decision_->receipt = 0;
    decision_->detail_count = 0;
  }

 private:
  const sluice_request* request_;
  sluice_decision* decision_;
};
static_assert(straight::Call<PlainCall>);

}  // namespace sluice::capi
