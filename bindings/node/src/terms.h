// SPDX-License-Identifier: Apache-2.0
// What an answer over HTTP is told beside its decision, read from JavaScript.
#pragma once

#include <napi.h>

#include <array>
#include <string>
#include <vector>

#include "arguments.h"
#include "request.h"
#include "sluice/sluice.hpp"

namespace sluice::node {

class Terms {
 public:
  // SLUICE_DIALECT_*, together; names and texts in turn, or undefined.
  Terms(napi_env env, napi_value dialects, napi_value given);
  Terms(const Terms&) = delete;
  Terms& operator=(const Terms&) = delete;

  // What was asked for, in declared order; undefined is none, of a value: absent. The shape outlives it.
  void ask(napi_env env, const Shape& shape, napi_value values, napi_value quantities);
  void hold(const sluice_held& held) { c_.held(held_ = held); }

  const answer_terms& c() const { return c_; }

 private:
  void ask_values(napi_env env, const Shape& shape, napi_value values);
  void ask_quantities(napi_env env, const Shape& shape, napi_value quantities);

  std::vector<std::string> texts_;
  KeyRoom room_;
  std::array<sluice_bytes, kMostValues> values_{};
  std::array<uint64_t, kMostQuantities> quantities_{};
  sluice_request request_ = SLUICE_REQUEST_INIT;
  sluice_held held_ = SLUICE_HELD_INIT;
  answer_terms c_;
};

}  // namespace sluice::node
