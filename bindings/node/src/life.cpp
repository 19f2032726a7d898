// SPDX-License-Identifier: Apache-2.0
// An engine's life, clock and policy, and what its ids stand for.
#include "answer.h"
#include "arguments.h"
#include "engine_core.h"

namespace sluice::node {
namespace {

Napi::Value close(Holder& holder, const Napi::CallbackInfo& info) {
  holder.close();
  return info.Env().Undefined();
}

Napi::Value closed(Holder& holder, const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), holder.closed()); }

Napi::Value id(Holder& holder, const Napi::CallbackInfo& info) { return number(info.Env(), holder.shared().handle()); }

// How often it was reloaded; -1 when it is closed.
Napi::Value generation(Holder& holder, const Napi::CallbackInfo& info) {
  if (holder.closed()) return Napi::Number::New(info.Env(), -1);
  return number(info.Env(), holder.shared().generation());
}

// {text, stance, generation, zoneinfoDir, manual}
Napi::Value policy(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const LoadedPolicy loaded = holder.shared().policy();
  const Napi::Object told = Napi::Object::New(env);
  told.Set("text", buffer(env, bytes(loaded.text)));
  told.Set("stance", text(env, loaded.stance));
  told.Set("generation", number(env, loaded.generation));
  told.Set("zoneinfoDir", text(env, holder.shared().zoneinfo_dir()));
  told.Set("manual", holder.shared().manual());
  return told;
}

// (policy, stance, allowReset, now)
Napi::Value reload(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const bool allow_reset = flag_of(env, info[2], {"allowReset"});
  const int64_t now = instant_of(env, info[3], {"now"});
  std::string stance = text_of(env, info[1], {"stance"});
  holder.shared().reload({std::string(view_of(env, info[0], {"policy"})), std::move(stance), 0}, allow_reset, now);
  holder.shared().changed();
  return env.Undefined();
}

Napi::Value clock(Holder& holder, const Napi::CallbackInfo& info) { return ns(info.Env(), holder.calls().clock()); }

Napi::Value set_clock(Holder& holder, const Napi::CallbackInfo& info) {
  if (info[0].IsUndefined()) throw_type(info.Env(), {"now"}, "a number of ms since 1970, a Date or a bigint of ns", info[0]);
  holder.calls().set_clock(instant_of(info.Env(), info[0], {"now"}));
  holder.shared().ring(-1);
  return info.Env().Undefined();
}

Napi::Value operation_id(Holder& holder, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), holder.calls().operation_id(text_of(info.Env(), info[0], {"operation"})));
}

int32_t id_of(const Napi::CallbackInfo& info, const char* field) {
  return static_cast<int32_t>(count_of(info.Env(), info[0], {field}, INT32_MAX));
}

// JSON
Napi::Value describe_operation(Holder& holder, const Napi::CallbackInfo& info) {
  return text(info.Env(), holder.calls().describe_operation(id_of(info, "operation")));
}

Napi::Value limit_name(Holder& holder, const Napi::CallbackInfo& info) {
  return text(info.Env(), holder.calls().limit_name(id_of(info, "limit")));
}

// (before, ring): lib/bell.js
Napi::Value watch(Holder& holder, const Napi::CallbackInfo& info) {
  if (holder.closed()) return info.Env().Undefined();
  if (!info[1].IsFunction()) throw_type(info.Env(), {"ring"}, "a function", info[1]);
  holder.watch(info.Env(), span_of(info.Env(), info[0], {"before"}), info[1]);
  return info.Env().Undefined();
}

// Rings those who sleep beyond an instant, but for this environment's own.
Napi::Value ring(Holder& holder, const Napi::CallbackInfo& info) {
  if (!holder.closed()) holder.shared().ring(span_of(info.Env(), info[0], {"due"}), &holder);
  return info.Env().Undefined();
}

}  // namespace

void add_life(EngineCore::Methods* methods) {
  methods->insert(
      methods->end(),
      {EngineCore::method<&close>("close"), EngineCore::method<&closed>("closed"), EngineCore::method<&id>("id"),
       EngineCore::method<&generation>("generation"), EngineCore::method<&policy>("policy"),
       EngineCore::method<&reload>("reload"), EngineCore::method<&clock>("clock"), EngineCore::method<&set_clock>("setClock"),
       EngineCore::method<&operation_id>("operationId"), EngineCore::method<&describe_operation>("describeOperation"),
       EngineCore::method<&limit_name>("limitName"), EngineCore::method<&watch>("watch"), EngineCore::method<&ring>("ring")});
}

}  // namespace sluice::node
