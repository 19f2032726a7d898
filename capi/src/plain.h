// SPDX-License-Identifier: Apache-2.0
// The way in and out that most calls take: both structs of this library's own size, nothing repeated, no key, no rows. What is not
// plain goes the long way, which also finds the words for what is wrong. Counts are left to be held against the operation's.
#pragma once

#include <array>
#include <bit>
#include <cstring>

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
    return request_ != nullptr && decision_ != nullptr && request_->struct_size == sizeof(sluice_request) &&
           decision_->struct_size == sizeof(sluice_decision);
  }
  bool is_plain() const {
    return others() == 0 && request_->repeated_count == 0 && request_->idempotency_key_len == 0 &&
           (request_->values != nullptr || request_->value_count == 0) &&
           (request_->quantities != nullptr || request_->quantity_count == 0);
  }
  bool is_lone() const {
    return (others() | pair_at(offsetof(sluice_request, quantity_count))) == 0 &&
           pair_at(offsetof(sluice_request, value_count)) == pair(1, 0) && request_->values != nullptr;
  }
  int32_t operation() const { return request_->operation; }
  Instant now() const { return request_->now; }
  size_t value_count() const { return request_->value_count; }
  Bytes value(uint32_t i) const { return as_bytes(request_->values[i]); }
  size_t quantity_count() const { return request_->quantity_count; }
  uint64_t quantity(uint32_t i) const { return request_->quantities[i]; }
  // Neighbours that are known go in one store: how many decisions a processor has under way at once is limited by how many
  // instructions each takes.
  void allow(Instant now, int32_t limit_id) const {
    static_assert(SLUICE_OK == 0 && SLUICE_DENIAL_NONE == 0 && SLUICE_WAIT_NONE == 0);
    const Two none = nothing();
    put(0, uint64_t{sizeof(sluice_decision)});        // also status
    put(offsetof(sluice_decision, denial), none[0]);  // and wait_kind
    decision_->now = now;
    put(offsetof(sluice_decision, retry_after), none);                                    // and largest_cost
    put(offsetof(sluice_decision, limit_id), uint64_t{static_cast<uint32_t>(limit_id)});  // and flags
    put(offsetof(sluice_decision, receipt), none[0]);
    put(offsetof(sluice_decision, detail_count), none[0]);  // and line_length: what has a pool is not straight
  }
  void tell(const straight::Standing& standing) const {
    decision_->limit = standing.limit;
    decision_->used = standing.used;
    decision_->remaining = standing.remaining;
    decision_->resets_at = standing.resets_at;
    decision_->opens_at = standing.opens_at;
  }
  void write_head(const straight::AnswerHead& answer) const {
    decision_->now = answer.now;
    decision_->retry_after = answer.retry_after;
    decision_->largest_cost = answer.largest_cost;
    decision_->limit_id = answer.limit_id;
    decision_->flags = answer.flags;
    decision_->receipt = 0;
    decision_->detail_count = 0;
    decision_->line_length = 0;
    decision_->status = to_c(answer.status);
    decision_->denial = to_c(answer.denial);
    decision_->wait_kind = to_c(answer.wait_kind);
  }

 private:
  typedef uint64_t Two __attribute__((vector_size(16)));
  // In one register for all places, which the compiler would not do by itself.
  static Two nothing() {
    Two none = {0, 0};
#if defined(__SSE2__)
    asm("" : "+x"(none));
#endif
    return none;
  }
  template <class Words>
  void put(size_t offset, Words words) const {
    std::memcpy(reinterpret_cast<char*>(decision_) + offset, &words, sizeof words);
  }
  // What else may be asked: 0 when nothing is.
  uint64_t others() const {
    const auto key = reinterpret_cast<uintptr_t>(request_->idempotency_key);
    return key | pair_at(offsetof(sluice_request, flags)) | decision_->detail_capacity;
  }
  // Two numbers that lie side by side, as one.
  uint64_t pair_at(size_t offset) const {
    uint64_t both;
    std::memcpy(&both, reinterpret_cast<const char*>(request_) + offset, sizeof both);
    return both;
  }
  static constexpr uint64_t pair(uint32_t first, uint32_t second) {
    return std::bit_cast<uint64_t>(std::array<uint32_t, 2>{first, second});
  }

  // Wherever they lie: to look at their addresses would cost every decision what only the long way has words for.
  typedef const sluice_request LaxRequest __attribute__((aligned(1)));
  typedef sluice_decision LaxDecision __attribute__((aligned(1)));

  LaxRequest* request_;
  LaxDecision* decision_;
};
static_assert(straight::Call<PlainCall>);

}  // namespace sluice::capi
