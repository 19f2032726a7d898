// SPDX-License-Identifier: Apache-2.0
// Many requests of one operation in arrays, and their answers into arrays of the caller's: nothing is allocated for a request.
//
// Keys lie one after the other in `keys`; key i is the bytes from offsets[i] to offsets[i + 1]. A request is its values in declared
// order. With `repeats` the repeated dimension has repeats[r] keys in request r, in its place. Quantities are so many numbers a
// request as the operation has.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "request.h"

namespace sluice::node {

class Batch {
 public:
  explicit Batch(const Shape& shape) : shape_(shape) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // The arguments of Operation::decide_many. What another thread could write meanwhile is copied before it is checked.
  void read(napi_env env, const napi_value* args);
  // Of all at one instant.
  sluice_status decide(SharedEngine& engine);

 private:
  void read_offsets(napi_env env, napi_value offsets, napi_value repeats);
  void read_quantities(napi_env env, napi_value quantities);
  void read_answers(napi_env env, const napi_value* args);
  size_t values_of(size_t row) const { return shape_.values.size() + (repeats_.empty() ? 0 : repeats_[row] - 1); }
  void set_request(size_t row, size_t key, sluice_request* request, sluice_bytes* values) const;
  void answer(size_t row, const sluice_decision& decision);

  const Shape& shape_;
  int64_t now_ = SLUICE_NOW;
  uint32_t flags_ = 0;
  size_t count_ = 0;
  std::string_view bytes_;
  std::vector<sluice_bytes> keys_;
  std::vector<uint32_t> repeats_;  // empty: one each
  std::vector<uint64_t> quantities_;
  int32_t* status_ = nullptr;
  int32_t* limit_id_ = nullptr;
  int64_t* retry_ns_ = nullptr;
  double* retry_ms_ = nullptr;
  double* remaining_ = nullptr;
};

}  // namespace sluice::node
