// SPDX-License-Identifier: Apache-2.0
// The lines of pools.
#include <string>
#include <vector>

#include "answer.h"
#include "arguments.h"
#include "engine_core.h"

namespace sluice::node {
namespace {

// (pool, by, line, state, weight, pausedUntil, onSuspend, reason, now): [held, moved, failed]
Napi::Value set_line(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string pool = text_of(env, info[0], {"pool"}), reason = text_of(env, info[7], {"reason"});
  sluice_line_change change = line_change(pool, {});
  KeyRoom room;
  const std::vector<sluice_bytes> by = room.keys(env, info[1], {"by"});
  change.by = by.empty() ? nullptr : by.data();
  change.by_count = by.size();
  change.line = room.key(env, info[2], {"line"});
  change.state = static_cast<int32_t>(count_of(env, info[3], {"state"}, SLUICE_LINE_REMOVED));
  change.weight = static_cast<uint32_t>(count_of(env, info[4], {"weight"}, UINT32_MAX));
  if (!info[5].IsUndefined()) change.paused_until = instant_of(env, info[5], {"pausedUntil"});
  if (!info[6].IsUndefined())
    change.on_suspend = static_cast<int32_t>(count_of(env, info[6], {"onSuspend"}, SLUICE_SUSPEND_FAIL));
  change.reason = reason.empty() ? nullptr : reason.data();
  change.reason_len = reason.size();
  const sluice_line_report report = holder.calls().set_line(change, instant_of(env, info[8], {"now"}));
  holder.shared().changed();
  const Napi::Array told = Napi::Array::New(env);
  told.Set(uint32_t{0}, number(env, report.held));
  told.Set(uint32_t{1}, number(env, report.moved));
  told.Set(uint32_t{2}, number(env, report.failed));
  return told;
}

// (pool, by, now): JSON
Napi::Value list_lines(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string pool = text_of(env, info[0], {"pool"});
  KeyRoom room;
  const std::vector<sluice_bytes> by = room.keys(env, info[1], {"by"});
  const int64_t now = instant_of(env, info[2], {"now"});
  return text(env, impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
                return sluice_list_lines(holder.shared().handle(), pool.data(), pool.size(), by.empty() ? nullptr : by.data(),
                                         by.size(), now, buffer, length, failure);
              }));
}

}  // namespace

void add_pools(EngineCore::Methods* methods) {
  methods->insert(methods->end(), {EngineCore::method<&set_line>("setLine"), EngineCore::method<&list_lines>("listLines")});
}

}  // namespace sluice::node
