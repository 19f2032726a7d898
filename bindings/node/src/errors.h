// SPDX-License-Identifier: Apache-2.0
// Failures on their way to JavaScript. C++ throws `Misuse` for an argument that is not what it must be and sluice::error for what
// the engine refuses; `guarded` hands both to the package's lib/errors.js, which makes the Error objects: their words stand once.
#pragma once

#include <napi.h>

#include <exception>
#include <string>
#include <utility>

#include "sluice/sluice.hpp"

namespace sluice::node {

// An argument is wrong; nothing has been done.
class Misuse : public std::exception {
 public:
  // As lib/errors.js knows them.
  enum class Kind { type = 1, range = 2, value = 3, instant = 4 };

  Misuse(Kind what, std::string field, std::string words) : kind_(what), field_(std::move(field)), words_(std::move(words)) {}

  Kind kind() const noexcept { return kind_; }
  const std::string& field() const noexcept { return field_; }
  const char* what() const noexcept override { return words_.c_str(); }

 private:
  Kind kind_;
  std::string field_, words_;
};

// What a method of a closed engine throws.
error closed_error();

// Throws into JavaScript what has been thrown here. Call it in a catch (...).
void throw_into(napi_env env) noexcept;

// What an Error object for a negative status is.
Napi::Value error_value(Napi::Env env, sluice_status status, const std::string& words);

// setErrors(makeError): lib/errors.js says how errors are made.
Napi::Value set_errors(const Napi::CallbackInfo& info);

// Calls, and throws into JavaScript what it throws.
template <class Call>
auto guarded(napi_env env, Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (...) {
    throw_into(env);
    return {};
  }
}

}  // namespace sluice::node
