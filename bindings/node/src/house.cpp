// SPDX-License-Identifier: Apache-2.0
// Receipts, events, counters and the sweep.
#include <algorithm>
#include <vector>

#include "answer.h"
#include "arguments.h"
#include "engine_core.h"

namespace sluice::node {
namespace {

int64_t now_of(const Napi::CallbackInfo& info, size_t i) { return instant_of(info.Env(), info[i], {"now"}); }

// (receipt, now)
Napi::Value refund(Holder& holder, const Napi::CallbackInfo& info) {
  holder.calls().refund(count_of(info.Env(), info[0], {"receipt"}), now_of(info, 1));
  holder.shared().changed();
  return info.Env().Undefined();
}

// (receipt, quantities, now): in declared order
Napi::Value commit(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const uint64_t receipt = count_of(env, info[0], {"receipt"});
  std::vector<uint64_t> quantities(length_of(env, info[1], {"quantities"}));
  for (uint32_t i = 0; i < quantities.size(); ++i) {
    quantities[i] = count_of(env, element_of(env, info[1], i), {"quantities", {}, i});
  }
  holder.calls().commit(receipt, quantities, now_of(info, 2));
  holder.shared().changed();
  return env.Undefined();
}

Napi::Object told(Napi::Env env, const sluice_event& event) {
  const Napi::Object all = Napi::Object::New(env);
  all.Set("kind", event.kind);
  all.Set("limitId", event.limit_id);
  all.Set("at", ns(env, event.at));
  all.Set("used", number(env, event.used));
  all.Set("limit", number(env, event.limit));
  all.Set("share", event.share);
  all.Set("plan", event.plan);
  all.Set("byPlanChange", event.by_plan_change != 0);
  all.Set("subject", text(env, {event.subject, std::min<size_t>(event.subject_len, sizeof(event.subject))}));
  all.Set("subjectBytes", event.subject_len);
  return all;
}

// All that are there.
Napi::Value drain_events(Holder& holder, const Napi::CallbackInfo& info) {
  constexpr size_t at_a_time = 256;
  const Napi::Env env = info.Env();
  const Napi::Array list = Napi::Array::New(env);
  for (;;) {
    const std::vector<sluice_event> events = holder.calls().drain_events(at_a_time);
    for (const sluice_event& event : events) {
      Napi::HandleScope scope(env);
      list.Set(list.Length(), told(env, event));
    }
    if (events.size() < at_a_time) return list;
  }
}

Napi::Value counters(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const sluice_counters counted = holder.calls().counters();
  const Napi::Object all = Napi::Object::New(env), denied_by = Napi::Object::New(env), ended = Napi::Object::New(env);
  const std::pair<const char*, uint64_t> plain[] = {
      {"allowed", counted.allowed},        {"denied", counted.denied},     {"wouldQueue", counted.would_queue},
      {"peeked", counted.peeked},          {"replayed", counted.replayed}, {"refunded", counted.refunded},
      {"records", counted.records},        {"receipts", counted.receipts}, {"memoryUsed", counted.memory_used},
      {"memoryCap", counted.memory_cap},   {"swept", counted.swept},       {"overflowed", counted.overflowed},
      {"eventsLost", counted.events_lost}, {"messages", counted.messages}, {"accepted", counted.accepted},
      {"leased", counted.leased}};
  for (const auto& [name, count] : plain) all.Set(name, number(env, count));
  for (int32_t kind = SLUICE_DENIAL_MEMORY; kind <= SLUICE_DENIAL_NEVER; ++kind) {
    denied_by.Set(sluice_denial_name(kind), number(env, counted.denied_by[kind]));
  }
  for (int32_t state = SLUICE_MESSAGE_SENT; state <= SLUICE_MESSAGE_DEAD; ++state) {
    ended.Set(message_state_name(state), number(env, counted.ended[state]));
  }
  all.Set("deniedBy", denied_by);
  all.Set("ended", ended);
  return all;
}

// (maxRecords, now): how many went
Napi::Value sweep(Holder& holder, const Napi::CallbackInfo& info) {
  const uint64_t most = count_of(info.Env(), info[0], {"maxRecords"});
  const uint64_t dropped = holder.calls().sweep(most, now_of(info, 1));
  holder.shared().changed();
  return number(info.Env(), dropped);
}

}  // namespace

void add_house(EngineCore::Methods* methods) {
  methods->insert(methods->end(), {EngineCore::method<&refund>("refund"), EngineCore::method<&commit>("commit"),
                                   EngineCore::method<&drain_events>("drainEvents"), EngineCore::method<&counters>("counters"),
                                   EngineCore::method<&sweep>("sweep")});
}

}  // namespace sluice::node
