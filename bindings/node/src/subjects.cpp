// SPDX-License-Identifier: Apache-2.0
// What is told and asked of single subjects. Each call takes its subject as (scope, values), after the limit it is of, if any.
#include "answer.h"
#include "engine_core.h"
#include "subject.h"

namespace sluice::node {
namespace {

int32_t limit_of(Holder& holder, const Napi::CallbackInfo& info) {
  return holder.calls().limit_id(text_of(info.Env(), info[0], {"limit"}));
}

int64_t now_of(const Napi::CallbackInfo& info, size_t i) { return instant_of(info.Env(), info[i], {"now"}); }

Napi::Value done(Holder& holder, const Napi::CallbackInfo& info) {
  holder.shared().changed();
  return info.Env().Undefined();
}

// (scope, values, plan, now)
Napi::Value set_plan(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[0], info[1]);
  holder.calls().set_plan(subject.c(), text_of(info.Env(), info[2], {"plan"}), now_of(info, 3));
  return done(holder, info);
}

// (limit, scope, values, amount, now): JSON
Napi::Value set_amount(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[1], info[2]);
  const std::string amount = text_of(info.Env(), info[3], {"amount"});
  const int64_t now = now_of(info, 4);
  holder.calls().set_amount(limit_of(holder, info), subject.c(), amount, now);
  return done(holder, info);
}

// (scope, values, day, timeOfDay, zone, now)
Napi::Value set_billing(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[0], info[1]);
  const auto day = static_cast<uint32_t>(count_of(info.Env(), info[2], {"day"}, UINT32_MAX));
  const int64_t time_of_day = span_of(info.Env(), info[3], {"timeOfDay"});
  const std::string zone = text_of(info.Env(), info[4], {"zone"});
  const int64_t now = now_of(info, 5);
  holder.calls().set_billing(subject.c(), day, time_of_day, zone.empty() ? std::string_view() : std::string_view(zone), now);
  return done(holder, info);
}

// (limit, scope, values, used, now)
Napi::Value set_usage(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[1], info[2]);
  const uint64_t used = count_of(info.Env(), info[3], {"used"});
  const int64_t now = now_of(info, 4);
  holder.calls().set_usage(limit_of(holder, info), subject.c(), used, now);
  return done(holder, info);
}

// (scope, values, now)
Napi::Value reset(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[0], info[1]);
  holder.calls().reset(subject.c(), now_of(info, 2));
  return done(holder, info);
}

// (scope, values, now): how many records went
Napi::Value erase(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[0], info[1]);
  const uint64_t erased = holder.calls().erase(subject.c(), now_of(info, 2));
  holder.shared().changed();
  return number(info.Env(), erased);
}

// (limit, scope, values, retryAfter, now)
Napi::Value report_throttled(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[1], info[2]);
  if (info[3].IsUndefined()) throw_type(info.Env(), {"retryAfter"}, "a number of ms or a bigint of ns", info[3]);
  const int64_t retry_after = span_of(info.Env(), info[3], {"retryAfter"}), now = now_of(info, 4);
  holder.calls().report_throttled(limit_of(holder, info), subject.c(), retry_after, now);
  return done(holder, info);
}

// (limit, scope, values, now)
Napi::Value clear_throttle(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[1], info[2]);
  const int64_t now = now_of(info, 3);
  holder.calls().clear_throttle(limit_of(holder, info), subject.c(), now);
  return done(holder, info);
}

// (scope, values, quality, now)
Napi::Value report_quality(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[0], info[1]);
  holder.calls().report_quality(subject.c(), text_of(info.Env(), info[2], {"quality"}), now_of(info, 3));
  return done(holder, info);
}

// (scope, values, now): JSON
Napi::Value usage_json(Holder& holder, const Napi::CallbackInfo& info) {
  const Subject subject(info.Env(), info[0], info[1]);
  return text(info.Env(), holder.calls().usage_json(subject.c(), now_of(info, 2)));
}

// (scope, values, now): [limitId, unlimited, limit, used, remaining, overage, periodBegins, resetsAt] each
Napi::Value usage_rows(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Subject subject(env, info[0], info[1]);
  const Napi::Array rows = Napi::Array::New(env);
  for (const sluice_usage_row& row : holder.calls().usage(subject.c(), now_of(info, 2))) {
    const Napi::Array told = Napi::Array::New(env);
    const Napi::Value parts[] = {Napi::Number::New(env, row.limit_id),
                                 Napi::Boolean::New(env, (row.flags & SLUICE_UNLIMITED) != 0),
                                 number(env, row.limit),
                                 number(env, row.used),
                                 number(env, row.remaining),
                                 number(env, row.overage),
                                 instant_or_null(env, row.period_begins),
                                 instant_or_null(env, row.resets_at)};
    for (uint32_t i = 0; i < std::size(parts); ++i) told.Set(i, parts[i]);
    rows.Set(rows.Length(), told);
  }
  return rows;
}

// (scope, cursor, most): [JSON, cursor]
Napi::Value list_subjects(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string scope = text_of(env, info[0], {"scope"});
  bool lossless = false;
  uint64_t cursor = info[1].IsBigInt() ? info[1].As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  const auto most = static_cast<uint32_t>(count_of(env, info[2], {"most"}, UINT32_MAX));
  const std::string page = holder.calls().list(scope, cursor, most);
  const Napi::Array both = Napi::Array::New(env);
  both.Set(uint32_t{0}, text(env, page));
  both.Set(uint32_t{1}, Napi::BigInt::New(env, cursor));
  return both;
}

}  // namespace

void add_subjects(EngineCore::Methods* methods) {
  methods->insert(methods->end(),
                  {EngineCore::method<&set_plan>("setPlan"), EngineCore::method<&set_amount>("setAmount"),
                   EngineCore::method<&set_billing>("setBilling"), EngineCore::method<&set_usage>("setUsage"),
                   EngineCore::method<&reset>("reset"), EngineCore::method<&erase>("erase"),
                   EngineCore::method<&report_throttled>("reportThrottled"), EngineCore::method<&clear_throttle>("clearThrottle"),
                   EngineCore::method<&report_quality>("reportQuality"), EngineCore::method<&usage_json>("usageJson"),
                   EngineCore::method<&usage_rows>("usageRows"), EngineCore::method<&list_subjects>("listSubjects")});
}

}  // namespace sluice::node
