// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/engine.h"
#include "core/engine/straight_lone.h"

namespace sluice {

// A request of the core's own for the straight way.
class RequestCall {
 public:
  RequestCall(const Request& request, Decision* decision) : request_(request), decision_(*decision) {}

  bool is_readable() const { return true; }
  bool is_plain() const {
    return request_.flags == 0 && request_.repeated.empty() && request_.idempotency_key.data() == nullptr &&
           decision_.details.empty();
  }
  bool is_lone() const { return is_plain() && request_.values.size() == 1 && request_.quantities.empty(); }
  int32_t operation() const { return request_.operation; }
  Instant now() const { return request_.now; }
  size_t value_count() const { return request_.values.size(); }
  Bytes value(uint32_t i) const { return request_.values[i]; }
  size_t quantity_count() const { return request_.quantities.size(); }
  uint64_t quantity(uint32_t i) const { return request_.quantities[i]; }
  void allow(Instant now, int32_t limit_id) const {
    straight::AnswerHead answer;
    answer.now = now;
    answer.limit_id = limit_id;
    write_head(answer);
  }
  void tell(const straight::Standing& standing) const {
    decision_.limit = standing.limit;
    decision_.used = standing.used;
    decision_.remaining = standing.remaining;
    decision_.resets_at = standing.resets_at;
    decision_.opens_at = standing.opens_at;
  }
  void write_head(const straight::AnswerHead& answer) const {
    decision_.status = answer.status;
    decision_.denial = answer.denial;
    decision_.wait_kind = answer.wait_kind;
    decision_.now = answer.now;
    decision_.retry_after = answer.retry_after;
    decision_.largest_cost = answer.largest_cost;
    decision_.limit_id = answer.limit_id;
    decision_.flags = answer.flags;
  }

 private:
  const Request& request_;
  Decision& decision_;
};
static_assert(straight::Call<RequestCall>);

}  // namespace sluice
