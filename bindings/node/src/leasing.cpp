// SPDX-License-Identifier: Apache-2.0
// Messages handed out, what came of them, and where they stand.
#include <algorithm>
#include <string>
#include <vector>

#include "answer.h"
#include "arguments.h"
#include "engine_core.h"

namespace sluice::node {
namespace {

constexpr uint64_t kMostLeases = 65536;  // of one call
constexpr uint64_t kMostBuffer = uint64_t{1} << 30;

int64_t now_of(const Napi::CallbackInfo& info, size_t i) { return instant_of(info.Env(), info[i], {"now"}); }

uint64_t message_of(const Napi::CallbackInfo& info) { return count_of(info.Env(), info[0], {"message"}); }

uint32_t fence_of(const Napi::CallbackInfo& info) {
  return static_cast<uint32_t>(count_of(info.Env(), info[1], {"fence"}, UINT32_MAX));
}

Napi::Object lease_object(Napi::Env env, const lease& leased) {
  const Napi::Object told = Napi::Object::New(env);
  const Napi::Array values = Napi::Array::New(env), quantities = Napi::Array::New(env);
  for (uint32_t i = 0; i < leased->value_count; ++i) values.Set(i, buffer(env, leased->values[i]));
  for (uint32_t i = 0; i < leased->quantity_count; ++i) quantities.Set(i, number(env, leased->quantities[i]));
  told.Set("message", number(env, leased->message));
  told.Set("fence", leased->fence);
  told.Set("attempt", leased->attempt);
  told.Set("redelivered", leased.redelivered());
  told.Set("operation", leased->operation);
  told.Set("messageClass", text(env, message_class_name(leased->message_class)));
  told.Set("values", values);
  told.Set("quantities", quantities);
  told.Set("payload", buffer(env, leased->payload));
  told.Set("due", ns(env, leased->due));
  told.Set("until", ns(env, leased->until));
  told.Set("expiresAt", instant_or_null(env, leased->expires_at));
  told.Set("campaign", leased->campaign == 0 ? env.Null() : number(env, leased->campaign));
  return told;
}

std::vector<std::string_view> views_of(const std::vector<sluice_bytes>& keys) {
  std::vector<std::string_view> views;
  for (const sluice_bytes& key : keys) views.emplace_back(static_cast<const char*>(key.ptr), key.len);
  return views;
}

// (most, ttl, now, buffer, lines, pool, by): {leases, nextDue}; `lines` undefined: all, `pool` undefined: none is named.
Napi::Value lease_due(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto rows = static_cast<uint32_t>(count_of(env, info[0], {"most"}, kMostLeases));
  lease_options wanted(rows, span_of(env, info[1], {"ttl"}), now_of(info, 2));
  const uint64_t room = count_of(env, info[3], {"buffer"}, kMostBuffer);
  KeyRoom keys;
  if (!info[4].IsUndefined()) wanted.lines(views_of(keys.keys(env, info[4], {"lines"})));
  std::string pool;
  if (!info[5].IsUndefined()) {
    pool = text_of(env, info[5], {"pool"});
    wanted.pool(pool, views_of(keys.keys(env, info[6], {"by"})));
  }
  leases leased(rows, room);
  holder.calls().lease(leased, wanted);
  const Napi::Array list = Napi::Array::New(env, leased.size());
  for (uint32_t i = 0; i < leased.size(); ++i) {
    Napi::HandleScope scope(env);
    list.Set(i, lease_object(env, leased[i]));
  }
  const Napi::Object told = Napi::Object::New(env);
  told.Set("leases", list);
  told.Set("nextDue", instant_or_null(env, leased.next_due()));
  return told;
}

int32_t outcome_of(napi_env env, napi_value value) {
  return static_cast<int32_t>(count_of(env, value, {"outcome"}, SLUICE_OUTCOME_LINE_BAD));
}

// (rows, now): [message, fence, outcome, retryAfter] each; a state's word, or an Error, each.
Napi::Value settle(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<sluice_settlement> rows(length_of(env, info[0], {"leases"}));
  for (uint32_t i = 0; i < rows.size(); ++i) {
    Napi::HandleScope scope(env);
    const napi_value row = element_of(env, info[0], i);
    rows[i].message = count_of(env, element_of(env, row, 0), {"message"});
    rows[i].fence = static_cast<uint32_t>(count_of(env, element_of(env, row, 1), {"fence"}, UINT32_MAX));
    rows[i].outcome = outcome_of(env, element_of(env, row, 2));
    rows[i].retry_after = span_of(env, element_of(env, row, 3), {"retryAfter"});
  }
  holder.calls().settle(rows, now_of(info, 1));
  holder.shared().changed();
  const Napi::Array answers = Napi::Array::New(env, rows.size());
  for (uint32_t i = 0; i < rows.size(); ++i) {
    Napi::HandleScope scope(env);
    answers.Set(i, rows[i].status < 0 ? error_value(env, rows[i].status, "") : text(env, message_state_name(rows[i].state)));
  }
  return answers;
}

// (message, fence, now)
Napi::Value ack(Holder& holder, const Napi::CallbackInfo& info) {
  holder.calls().ack(message_of(info), fence_of(info), now_of(info, 2));
  holder.shared().changed();
  return info.Env().Undefined();
}

// (message, fence, outcome, retryAfter, now)
Napi::Value nack(Holder& holder, const Napi::CallbackInfo& info) {
  const int64_t retry_after = span_of(info.Env(), info[3], {"retryAfter"});
  holder.calls().nack(message_of(info), fence_of(info), outcome_of(info.Env(), info[2]), retry_after, now_of(info, 4));
  holder.shared().changed();
  return info.Env().Undefined();
}

// (message, fence, ttl, now): the lease's new end
Napi::Value extend(Holder& holder, const Napi::CallbackInfo& info) {
  if (info[2].IsUndefined()) throw_type(info.Env(), {"ttl"}, "a number of ms or a bigint of ns", info[2]);
  const int64_t ttl = span_of(info.Env(), info[2], {"ttl"});
  int64_t now = now_of(info, 3);
  if (now == SLUICE_NOW) now = holder.calls().clock();
  holder.calls().extend(message_of(info), fence_of(info), ttl, now);
  holder.shared().changed();
  return ns(info.Env(), now + ttl);
}

// (message, now)
Napi::Value cancel(Holder& holder, const Napi::CallbackInfo& info) {
  holder.calls().cancel(message_of(info), now_of(info, 1));
  holder.shared().changed();
  return info.Env().Undefined();
}

// (message, now)
Napi::Value message_status(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const uint64_t message = message_of(info);
  const message_state state = holder.calls().status(message, now_of(info, 1));
  const Napi::Object told = Napi::Object::New(env);
  told.Set("message", number(env, message));
  told.Set("state", text(env, message_state_name(state.state)));
  told.Set("messageClass", text(env, message_class_name(state.message_class)));
  told.Set("operation", state.operation);
  told.Set("tries", state.tries);
  told.Set("fence", state.fence);
  told.Set("due", instant_or_null(env, state.due));
  told.Set("expiresAt", instant_or_null(env, state.expires_at));
  told.Set("depth", number(env, state.depth));
  told.Set("position", state.position == 0 ? env.Null() : number(env, state.position));
  told.Set("eta", instant_or_null(env, state.eta));
  told.Set("etaKind", state.eta_kind);
  told.Set("line", text(env, state.line));
  return told;
}

// (message, now): JSON
Napi::Value explain_message(Holder& holder, const Napi::CallbackInfo& info) {
  return text(info.Env(), holder.calls().explain_message(message_of(info), now_of(info, 1)));
}

Napi::Value next_due(Holder& holder, const Napi::CallbackInfo& info) {
  return instant_or_null(info.Env(), holder.calls().next_due());
}

}  // namespace

void add_leasing(EngineCore::Methods* methods) {
  methods->insert(methods->end(),
                  {EngineCore::method<&lease_due>("lease"), EngineCore::method<&settle>("settle"),
                   EngineCore::method<&ack>("ack"), EngineCore::method<&nack>("nack"), EngineCore::method<&extend>("extend"),
                   EngineCore::method<&cancel>("cancel"), EngineCore::method<&message_status>("status"),
                   EngineCore::method<&explain_message>("explainMessage"), EngineCore::method<&next_due>("nextDue")});
}

}  // namespace sluice::node
