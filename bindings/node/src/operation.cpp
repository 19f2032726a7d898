// SPDX-License-Identifier: Apache-2.0
#include "operation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "addon.h"
#include "answer.h"
#include "batch.h"
#include "enqueue.h"
#include "errors.h"
#include "http.h"

namespace sluice::node {
namespace {

constexpr size_t kBeforeValues = 11;  // arguments of enqueue, which has most

napi_value undefined(napi_env env) {
  napi_value value = nullptr;
  checked(env, napi_get_undefined(env, &value));
  return value;
}

// Rows for the details of one decision.
class Details {
 public:
  void lend(const Request& request, sluice_decision* decision) {
    rows_.resize(request.most_details());
    decision->details = rows_.data();
    decision->detail_capacity = static_cast<uint32_t>(rows_.size());
  }
  Napi::Value value(Napi::Env env, const sluice_decision& decision) const {
    const size_t count = std::min<size_t>(decision.detail_count, rows_.size());
    Napi::Float64Array out = Napi::Float64Array::New(env, count * kDetailRow);
    for (size_t i = 0; i < count; ++i) write_detail(rows_[i], out.Data() + i * kDetailRow);
    return out;
  }

 private:
  std::vector<sluice_detail> rows_;
};

// What of an answer is no number: {details, line}, or true when there is neither.
Napi::Value beside(Napi::Env env, const Details* details, const sluice_decision& decision, const std::string& line) {
  if (details == nullptr && line.empty()) return Napi::Boolean::New(env, true);
  const Napi::Object both = Napi::Object::New(env);
  if (details != nullptr) both.Set("details", details->value(env, decision));
  if (!line.empty()) both.Set("line", text(env, line));
  return both;
}

}  // namespace

struct Operation::Origin {
  const std::shared_ptr<Holder>& holder;
  Shape& shape;
};

template <napi_value (Operation::*method)(napi_env, const napi_value*, size_t)>
napi_value Operation::call(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value args[kBeforeValues + kMostValues], self = nullptr;
    size_t count = std::size(args);
    checked(env, napi_get_cb_info(env, info, &count, args, &self, nullptr));
    if (count > std::size(args)) throw Misuse(Misuse::Kind::range, "values", "must be at most 16");
    void* operation = nullptr;
    checked(env, napi_unwrap(env, self, &operation));
    return (static_cast<Operation*>(operation)->*method)(env, args, count);
  });
}

Napi::Function Operation::define(Napi::Env env) {
  const auto method = [](const char* name, napi_callback callback) {
    napi_property_descriptor described{};
    described.utf8name = name;
    described.method = callback;
    return Napi::ClassPropertyDescriptor<Operation>(described);
  };
  return DefineClass(
      env, "NativeOperation",
      {method("tryAcquire", &Operation::try_acquire), method("tryAcquireWith", &Operation::call<&Operation::try_acquire_with>),
       method("decide", &Operation::call<&Operation::decide>), method("explain", &Operation::call<&Operation::explain>),
       method("answer", &Operation::call<&Operation::answer>), method("decideMany", &Operation::call<&Operation::decide_many>),
       method("enqueue", &Operation::call<&Operation::enqueue>),
       method("enqueueMany", &Operation::call<&Operation::enqueue_many>)});
}

Napi::Value Operation::make(Napi::Env env, const std::shared_ptr<Holder>& holder, Shape shape) {
  Origin origin{holder, shape};
  return addon_of(env).operation.New({Napi::External<Origin>::New(env, &origin)});
}

Operation::Operation(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Operation>(info) {
  if (info.Length() != 1 || !info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "an engine makes its operations");
  const Origin& origin = *info[0].As<Napi::External<Origin>>().Data();
  holder_ = origin.holder;
  shape_ = std::move(origin.shape);
}

template <class Call>
bool Operation::under_policy(Call&& call) {
  SharedEngine& engine = holder_->shared();
  const std::lock_guard<std::mutex> no_reload(holder_->calling());
  if (engine.generation() != shape_.generation) return false;
  call(engine);
  return true;
}

void Operation::check_status(sluice_status status, const char* words) const {
  if (status < 0) throw error(status, shape_.with_name(words).c_str());
}

bool Operation::decide_now(sluice_request& request, sluice_decision* decision) {
  sluice_error failure;
  failure.struct_size = sizeof(failure);
  failure.message[0] = '\0';
  sluice_status status = SLUICE_OK;
  if (!under_policy(
          [&](SharedEngine& engine) { status = sluice_decide_checked(engine.handle(), &request, decision, &failure); })) {
    return false;
  }
  check_status(status, failure.message);
  if (status == SLUICE_OK) holder_->shared().changed();
  return true;
}

napi_value Operation::wait_now(napi_env env, sluice_request& request) {
  sluice_decision decision = make_decision();
  if (!decide_now(request, &decision)) return undefined(env);
  napi_value wait = nullptr;
  checked(env, napi_create_double(env, wait_of(decision), &wait));
  return wait;
}

// (...values)
napi_value Operation::try_acquire(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value values[kMostValues], self = nullptr;
    size_t count = std::size(values);
    void* unwrapped = nullptr;
    checked(env, napi_get_cb_info(env, info, &count, values, &self, nullptr));
    checked(env, napi_unwrap(env, self, &unwrapped));
    auto* const operation = static_cast<Operation*>(unwrapped);
    KeyRoom room;
    Request request(operation->shape_, room);
    request.read_values(env, values, count);
    return operation->wait_now(env, request.c());
  });
}

// (now, flags, key, quantities, ...values)
napi_value Operation::try_acquire_with(napi_env env, const napi_value* args, size_t count) {
  KeyRoom room;
  Request request(shape_, room);
  request.read_options(env, {args[0], args[1], args[2], args[3]});
  request.read_values(env, args + 4, std::max<size_t>(count, 4) - 4);
  return wait_now(env, request.c());
}

// (now, flags, key, quantities, detailed, ...values): into the scratch, and what beside() answers.
napi_value Operation::decide(napi_env env, const napi_value* args, size_t count) {
  KeyRoom room;
  Request request(shape_, room);
  request.read_options(env, {args[0], args[1], args[2], args[3]});
  const bool detailed = flag_of(env, args[4], {"details"});
  request.read_values(env, args + 5, std::max<size_t>(count, 5) - 5);
  sluice_decision decision = make_decision();
  Details details;
  if (detailed) details.lend(request, &decision);
  impl::line_room line;
  if (shape_.line >= 0) line.lend(decision);
  if (!decide_now(request.c(), &decision)) return undefined(env);
  write_decision(decision, addon_of(env).scratch);
  return beside(env, detailed ? &details : nullptr, decision, shape_.line >= 0 ? line.take(decision) : std::string());
}

// (now, flags, key, quantities, ...values)
napi_value Operation::explain(napi_env env, const napi_value* args, size_t count) {
  KeyRoom room;
  Request request(shape_, room);
  request.read_options(env, {args[0], args[1], args[2], args[3]});
  request.read_values(env, args + 4, std::max<size_t>(count, 4) - 4);
  std::string said;
  try {
    if (!under_policy([&](SharedEngine& engine) { said = engine.calls().explain(request.c()); })) return undefined(env);
  } catch (const error& failure) {
    check_status(failure.status(), failure.what());
  }
  return text(env, said);
}

// (decision, details, held, dialects, given, values, quantities): of a decision that this operation made, under whichever policy.
napi_value Operation::answer(napi_env env, const napi_value* args, size_t) {
  return answer_decision(env, *holder_, shape_, args);
}

// (now, flags, keys, offsets, repeats, quantities, status, limitId, retryAfterNs, retryAfterMs, remaining): true
napi_value Operation::decide_many(napi_env env, const napi_value* args, size_t) {
  Batch batch(shape_);
  batch.read(env, args);
  sluice_status status = SLUICE_OK;
  if (!under_policy([&](SharedEngine& engine) { status = batch.decide(engine); })) return undefined(env);
  check_status(status, "");
  holder_->shared().changed();
  return Napi::Boolean::New(env, true);
}

// (now, flags, key, quantities, detailed, payload, class, sendAt, expiresAt, campaign, zone, ...values): as decide, and the held
// row after the decision's.
napi_value Operation::enqueue(napi_env env, const napi_value* args, size_t count) {
  KeyRoom room;
  Request request(shape_, room);
  request.read_options(env, {args[0], args[1], args[2], args[3]});
  const bool detailed = flag_of(env, args[4], {"details"});
  request.read_values(env, args + kBeforeValues, std::max(count, kBeforeValues) - kBeforeValues);
  Message message;
  message.read(env, {args[5], args[6], args[7], args[8], args[9], args[10]});
  enqueued answer;
  Details details;
  if (detailed) details.lend(request, &answer.decision);
  impl::line_room line;
  if (shape_.line >= 0) line.lend(answer.held);
  sluice_error failure;
  failure.struct_size = sizeof(failure);
  failure.message[0] = '\0';
  sluice_status status = SLUICE_OK;
  if (!under_policy([&](SharedEngine& engine) {
        status = sluice_enqueue(engine.handle(), &request.c(), &message.c(), &answer.decision, &answer.held, &failure);
      })) {
    return undefined(env);
  }
  check_status(status, failure.message);
  holder_->shared().changed();
  double* const scratch = addon_of(env).scratch;
  write_decision(answer.decision, scratch);
  write_held(answer.held, scratch + kDecisionRow);
  return beside(env, detailed ? &details : nullptr, answer.decision, shape_.line >= 0 ? line.take(answer.held) : std::string());
}

// (now, list): {rows, lines, words}
napi_value Operation::enqueue_many(napi_env env, const napi_value* args, size_t) {
  Messages messages(shape_);
  messages.read(env, args[0], args[1]);
  sluice_status status = SLUICE_OK;
  if (!under_policy([&](SharedEngine& engine) { status = messages.enqueue(engine); })) return undefined(env);
  check_status(status, "");
  holder_->shared().changed();
  return messages.answers(env);
}

}  // namespace sluice::node
