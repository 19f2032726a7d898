// SPDX-License-Identifier: Apache-2.0
// An operation of an engine under one policy, resolved once. Its calls answer undefined when the policy is another by now: then
// lib/operation.js asks the engine for the operation anew.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "request.h"

namespace sluice::node {

class Operation : public Napi::ObjectWrap<Operation> {
 public:
  static Napi::Function define(Napi::Env env);
  // Makes one: (holder, shape).
  static Napi::Value make(Napi::Env env, const std::shared_ptr<Holder>& holder, Shape shape);

  explicit Operation(const Napi::CallbackInfo& info);

 private:
  struct Origin;

  static napi_value try_acquire(napi_env env, napi_callback_info info);
  template <napi_value (Operation::*method)(napi_env, const napi_value*, size_t)>
  static napi_value call(napi_env env, napi_callback_info info);

  napi_value try_acquire_with(napi_env env, const napi_value* args, size_t count);
  napi_value decide(napi_env env, const napi_value* args, size_t count);
  napi_value explain(napi_env env, const napi_value* args, size_t count);
  napi_value answer(napi_env env, const napi_value* args, size_t count);
  napi_value decide_many(napi_env env, const napi_value* args, size_t count);
  napi_value enqueue(napi_env env, const napi_value* args, size_t count);
  napi_value enqueue_many(napi_env env, const napi_value* args, size_t count);

  // Runs a call of the engine while no reload can come between; false when the policy is another by now.
  template <class Call>
  bool under_policy(Call&& call);
  // Asks; false as above. Failures are thrown with the values' names.
  bool decide_now(sluice_request& request, sluice_decision* decision);
  // undefined when the policy is another.
  napi_value wait_now(napi_env env, sluice_request& request);
  // Throws a failure, with the values' names.
  void check_status(sluice_status status, const char* words) const;

  std::shared_ptr<Holder> holder_;
  Shape shape_;
};

}  // namespace sluice::node
