// SPDX-License-Identifier: Apache-2.0
// The addon: registration only. Node calls it once for every environment that requires it.
#include <napi.h>

#include "addon.h"
#include "answer.h"
#include "arguments.h"
#include "engine_core.h"
#include "errors.h"
#include "operation.h"
#include "plan.h"

namespace sluice::node {
namespace {

template <Napi::Value (*call)(const Napi::CallbackInfo&)>
Napi::Value run(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return call(info); });
}

template <std::string (*ask)(std::string_view, std::string_view, std::string_view)>
Napi::Value of_policy(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string stance = text_of(env, info[1], {"stance"}), zones = text_of(env, info[2], {"zoneinfoDir"});
  const std::string_view policy = view_of(env, info[0], {"policy"});
  return text(env, ask(policy, stance, zones.empty() ? std::string_view() : std::string_view(zones)));
}

Napi::Value status_name(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw_type(info.Env(), {"status"}, "a number", info[0]);
  return text(info.Env(), sluice_status_name(info[0].As<Napi::Number>().Int32Value()));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* const addon = new Addon;
  env.SetInstanceData(addon);
  Napi::Float64Array scratch = Napi::Float64Array::New(env, kScratch);
  addon->room = Napi::Reference<Napi::Float64Array>::New(scratch, 1);
  addon->scratch = scratch.Data();
  addon->operation = Napi::Persistent(Operation::define(env));
  exports.Set("scratch", scratch);
  exports.Set("version", sluice_version());
  exports.Set("EngineCore", EngineCore::define(env));
  exports.Set("setErrors", Napi::Function::New<run<&set_errors>>(env, "setErrors"));
  exports.Set("statusName", Napi::Function::New<run<&status_name>>(env, "statusName"));
  exports.Set("policyCheck", Napi::Function::New<run<&of_policy<&policy_check>>>(env, "policyCheck"));
  exports.Set("policyDescribe", Napi::Function::New<run<&of_policy<&policy_describe>>>(env, "policyDescribe"));
  exports.Set("planLines", Napi::Function::New<run<&plan_lines>>(env, "planLines"));
  exports.Set("planCampaign", Napi::Function::New<run<&plan_campaign>>(env, "planCampaign"));
  return exports;
}

}  // namespace

// The macro wants a name without a scope.
static Napi::Object start(Napi::Env env, Napi::Object exports) { return init(env, exports); }

NODE_API_MODULE(sluice, start)

}  // namespace sluice::node
