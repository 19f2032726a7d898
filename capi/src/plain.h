// SPDX-License-Identifier: Apache-2.0
// The way in and out that most calls take: both structs of this library's own size, nothing repeated, no key, no rows. What is not
// plain goes the long way, which also finds the words for what is wrong. Counts are left to be held against the operation's.
#pragma once

#include "capi/src/arguments.h"
#include "capi/src/status.h"
#include "core/engine/straight.h"
#include "sluice/sluice.h"

namespace sluice::capi {

// A caller's request and decision for the straight way, read and written where they lie.
class PlainCall {
 public:
  PlainCall(const sluice_request* request, sluice_decision* decision) : request_(request), decision_(decision) {}

  // Pointers that point, and structs of this library's own size. REQUIRED by all else.
  bool is_readable() const {
    if (request_ == nullptr || decision_ == nullptr) return false;
    const uintptr_t bits = reinterpret_cast<uintptr_t>(request_) | reinterpret_cast<uintptr_t>(decision_);
    return bits % alignof(uint64_t) == 0 && request_->struct_size == sizeof(sluice_request) &&
           decision_->struct_size == sizeof(sluice_decision);
  }
  bool is_plain() const {
    return asks_nothing_else() && request_->repeated_count == 0 && request_->idempotency_key_len == 0 &&
           (request_->values != nullptr || request_->value_count == 0) &&
           (request_->quantities != nullptr || request_->quantity_count == 0);
  }
  bool is_lone() const {
    return asks_nothing_else() && same_counts(&request_->value_count, 1, 0) && same_counts(&request_->quantity_count, 0, 0) &&
           request_->values != nullptr;
  }
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
  bool asks_nothing_else() const {
    const auto bits = reinterpret_cast<uintptr_t>(request_->repeated) | reinterpret_cast<uintptr_t>(request_->idempotency_key) |
                      reinterpret_cast<uintptr_t>(decision_->details);
    return (bits | request_->flags | request_->reserved0 | decision_->detail_capacity) == 0;
  }
  // Two counts that lie side by side, in one comparison.
  static bool same_counts(const uint32_t* pair, uint32_t first, uint32_t second) {
    const uint32_t wanted[2] = {first, second};
    return std::memcmp(pair, wanted, sizeof wanted) == 0;
  }

  const sluice_request* request_;
  sluice_decision* decision_;
};
static_assert(straight::Call<PlainCall>);

}  // namespace sluice::capi
