// SPDX-License-Identifier: Apache-2.0
// The way in and out that most calls take: both structs of this library's own size, nothing repeated, no key, no rows. What is not
// plain goes the long way, which also finds the words for what is wrong.
#pragma once

#include "capi/src/arguments.h"
#include "capi/src/status.h"
#include "core/engine/engine.h"
#include "sluice/sluice.h"

namespace sluice::capi {

inline bool is_plain(const sluice_request* request) {
  return request != nullptr && reinterpret_cast<uintptr_t>(request) % alignof(sluice_request) == 0 &&
         request->struct_size == sizeof(sluice_request) && request->repeated == nullptr && request->idempotency_key == nullptr &&
         (request->flags | request->reserved0 | request->repeated_count | request->idempotency_key_len) == 0 &&
         request->value_count <= kMaxDimensions && request->quantity_count <= kMaxQuantities &&
         (request->values != nullptr || request->value_count == 0) &&
         (request->quantities != nullptr || request->quantity_count == 0);
}

inline bool is_plain(const sluice_decision* decision) {
  return decision != nullptr && reinterpret_cast<uintptr_t>(decision) % alignof(sluice_decision) == 0 &&
         decision->struct_size == sizeof(sluice_decision) && decision->details == nullptr && decision->detail_capacity == 0;
}

// REQUIRES: is_plain(request). False when a value is no key. `keys` has room for the values.
inline bool read_plain(const sluice_request& request, Bytes* keys, Request* out) {
  for (uint32_t i = 0; i < request.value_count; ++i) {
    if (!is_key(request.values[i])) return false;
    ::new (&keys[i]) Bytes(as_bytes(request.values[i]));
  }
  out->operation = request.operation;
  out->values = {keys, request.value_count};
  out->quantities = {request.quantities, request.quantity_count};
  out->now = request.now;
  return true;
}

// REQUIRES: is_plain(out).
inline void write_plain(sluice_decision* out, Status status, const Decision& answer) {
  out->status = to_c(status);
  out->denial = to_c(answer.denial);
  out->wait_kind = to_c(answer.wait_kind);
  out->now = answer.now;
  out->retry_after = answer.retry_after;
  out->largest_cost = answer.largest_cost;
  out->limit_id = answer.limit_id;
  out->flags = answer.flags;
  out->limit = answer.limit;
  out->used = answer.used;
  out->remaining = answer.remaining;
  out->resets_at = answer.resets_at;
  out->opens_at = answer.opens_at;
  out->receipt = answer.receipt;
  out->detail_count = answer.detail_count;
}

}  // namespace sluice::capi
