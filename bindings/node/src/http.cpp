// SPDX-License-Identifier: Apache-2.0
#include "http.h"

#include <algorithm>
#include <string>
#include <vector>

#include "answer.h"
#include "arguments.h"
#include "engine_core.h"
#include "subject.h"
#include "terms.h"

namespace sluice::node {
namespace {

// {status, headers, body, retryAfter, retry}
Napi::Object to_javascript(Napi::Env env, const http_answer& answer) {
  const Napi::Array headers = Napi::Array::New(env, answer.headers.size());
  for (uint32_t i = 0; i < answer.headers.size(); ++i) {
    const Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(uint32_t{0}, text(env, answer.headers[i].first));
    pair.Set(uint32_t{1}, text(env, answer.headers[i].second));
    headers.Set(i, pair);
  }
  const Napi::Object told = Napi::Object::New(env);
  told.Set("status", answer.status);
  told.Set("headers", headers);
  told.Set("body", Napi::Buffer<char>::Copy(env, answer.body.data(), answer.body.size()));
  told.Set("retryAfter", answer.retry_after == 0 ? env.Null() : ns(env, answer.retry_after));
  told.Set("retry", answer.retry);
  return told;
}

// A decision's rows as they were told.
class Rows {
 public:
  Rows(napi_env env, napi_value rows, const Field& field, size_t width)
      : view_(typed_view_of(env, rows, field, napi_float64_array, "a Float64Array")), width_(width) {
    if (view_.length % width != 0) throw Misuse(Misuse::Kind::range, field.text(), "must be of whole rows");
  }
  size_t count() const { return view_.length / width_; }
  const double* at(size_t i) const { return static_cast<const double*>(view_.data) + i * width_; }

  const double* only(const Field& field) const {
    if (count() != 1) throw Misuse(Misuse::Kind::range, field.text(), "must be one row");
    return at(0);
  }

 private:
  TypedView view_;
  size_t width_;
};

// The number of a status by its name, "SLUICE_E_NOT_FOUND".
sluice_status status_named(const std::string& name) {
  for (sluice_status status = SLUICE_E_INTERNAL; status < SLUICE_OK; ++status) {
    if (name == sluice_status_name(status)) return status;
  }
  return SLUICE_E_INTERNAL;
}

// (status, dialects, given): of a call that failed
Napi::Value answer_failure(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  sluice_decision decision = make_decision();
  decision.status = status_named(text_of(env, info[0], {"status"}));
  const Terms terms(env, info[1], info[2]);
  return to_javascript(env, holder.calls().answer(decision, terms.c()));
}

// (scope, values, given, now)
Napi::Value answer_usage(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Subject subject(env, info[0], info[1]);
  const Terms terms(env, env.Undefined(), info[2]);
  return to_javascript(env, holder.calls().answer_usage(subject.c(), terms.c(), instant_of(env, info[3], {"now"})));
}

// (format): SLUICE_METRICS_*
Napi::Value metrics(Holder& holder, const Napi::CallbackInfo& info) {
  return text(info.Env(), holder.calls().metrics(static_cast<int32_t>(count_of(info.Env(), info[0], {"format"}, INT32_MAX))));
}

}  // namespace

// Rows are viewed last: no JavaScript runs from there on.
napi_value answer_decision(napi_env env, Holder& holder, const Shape& shape, const napi_value* args) {
  Terms terms(env, args[3], args[4]);
  terms.ask(env, shape, args[5], args[6]);
  if (!is_undefined(env, args[2])) terms.hold(read_held(Rows(env, args[2], {"held"}, kHeldRow).only({"held"})));
  sluice_decision decision = read_decision(Rows(env, args[0], {"decision"}, kDecisionRow).only({"decision"}));
  std::vector<sluice_detail> details;
  if (!is_undefined(env, args[1])) {
    const Rows rows(env, args[1], {"details"}, kDetailRow);
    details.resize(std::max<size_t>(rows.count(), 1));  // where there is room for rows, they were asked for
    for (size_t i = 0; i < rows.count(); ++i) details[i] = read_detail(rows.at(i));
    decision.details = details.data();
    decision.detail_capacity = static_cast<uint32_t>(details.size());
    decision.detail_count = static_cast<uint32_t>(rows.count());
  }
  return to_javascript(env, holder.calls().answer(decision, terms.c()));
}

void add_http(EngineCore::Methods* methods) {
  methods->insert(methods->end(), {EngineCore::method<&answer_failure>("answerFailure"),
                                   EngineCore::method<&answer_usage>("answerUsage"), EngineCore::method<&metrics>("metrics")});
}

}  // namespace sluice::node
