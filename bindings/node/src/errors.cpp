// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

#include <new>

#include "addon.h"

namespace sluice::node {
namespace {

// makeError(kind, status, statusName, field, words); kind 0 is a failure of the engine.
Napi::Value made(Napi::Env env, int kind, sluice_status status, const std::string& field, const std::string& words) {
  const Napi::FunctionReference& make = addon_of(env).make_error;
  if (make.IsEmpty()) return Napi::Error::New(env, words).Value();
  return make.Call({Napi::Number::New(env, kind), Napi::Number::New(env, status),
                    Napi::String::New(env, sluice_status_name(status)), Napi::String::New(env, field),
                    Napi::String::New(env, words)});
}

void throw_known(Napi::Env env) {
  try {
    throw;
  } catch (const Misuse& wrong) {
    napi_throw(env, made(env, static_cast<int>(wrong.kind()), SLUICE_E_INVALID, wrong.field(), wrong.what()));
  } catch (const error& failure) {
    napi_throw(env, error_value(env, failure.status(), failure.what()));
  } catch (const Napi::Error& thrown) {
    thrown.ThrowAsJavaScriptException();
  } catch (const std::bad_alloc&) {
    napi_throw(env, error_value(env, SLUICE_E_NO_MEMORY, "the host has no memory"));
  } catch (const std::exception& unexpected) {
    napi_throw(env, error_value(env, SLUICE_E_INTERNAL, unexpected.what()));
  }
}

}  // namespace

error closed_error() { return {SLUICE_E_HANDLE, "the engine is closed"}; }

Napi::Value error_value(Napi::Env env, sluice_status status, const std::string& words) { return made(env, 0, status, {}, words); }

void throw_into(napi_env env) noexcept {
  try {
    throw_known(env);
  } catch (...) {
    // The environment ends, or has no memory for an Error: what is pending then says so.
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
      napi_throw_error(env, nullptr, "sluice: no error could be made");
  }
}

Napi::Value set_errors(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "setErrors takes a function");
  }
  addon_of(info.Env()).make_error = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

}  // namespace sluice::node
