// SPDX-License-Identifier: Apache-2.0
#include "enqueue.h"

#include "answer.h"

namespace sluice::node {

void Messages::read_one(napi_env env, int64_t now, napi_value message) {
  Napi::HandleScope scope(env);
  napi_value parts[9];
  for (uint32_t i = 0; i < std::size(parts); ++i) parts[i] = element_of(env, message, i);
  napi_value zero = nullptr, unset = nullptr;
  checked(env, napi_create_uint32(env, 0, &zero));
  checked(env, napi_get_undefined(env, &unset));
  std::vector<napi_value> values(length_of(env, parts[8], {"values"}));
  for (uint32_t i = 0; i < values.size(); ++i) values[i] = element_of(env, parts[8], i);
  Request& request = requests_.emplace_back(shape_, room_);
  request.read_options(env, {unset, zero, parts[6], parts[7]});
  request.read_values(env, values.data(), values.size());
  request.c().now = now;
  Message& brought = messages_.emplace_back();
  brought.read(env, {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]});
  c_requests_.push_back(request.c());
  c_messages_.push_back(brought.c());
}

// An error of one message names it by its position.
void Messages::read(napi_env env, napi_value now, napi_value list) {
  const int64_t at = instant_of(env, now, {"now"});
  const uint32_t count = length_of(env, list, {"messages"});
  for (uint32_t i = 0; i < count; ++i) {
    try {
      read_one(env, at, element_of(env, list, i));
    } catch (const Misuse& wrong) {
      throw Misuse(wrong.kind(), Field{"messages", {}, i}.text() + "." + wrong.field(), wrong.what());
    }
  }
  answers_.resize(count);
  if (shape_.line >= 0) lines_ = impl::rooms_of(answers_);
}

sluice_status Messages::enqueue(SharedEngine& engine) {
  const size_t count = answers_.size();
  enqueued* const first = answers_.data();
  const sluice_status status = sluice_enqueue_many(
      engine.handle(), c_requests_.data(), sizeof(sluice_request), c_messages_.data(), sizeof(sluice_message),
      count == 0 ? nullptr : &first->decision, sizeof(enqueued), count == 0 ? nullptr : &first->held, sizeof(enqueued), count);
  if (status >= 0) learn_words(engine);
  return status;
}

// Those that the same message gets when it is asked about alone, holding nothing.
void Messages::learn_words(SharedEngine& engine) {
  words_.resize(answers_.size());
  for (size_t i = 0; i < answers_.size(); ++i) {
    if (answers_[i].decision.status >= 0) continue;
    sluice_request alone = c_requests_[i];
    alone.flags |= SLUICE_PEEK;
    sluice_error failure = SLUICE_ERROR_INIT;
    sluice_enqueue(engine.handle(), &alone, &c_messages_[i], nullptr, nullptr, &failure);
    words_[i] = shape_.with_name(failure.message);
  }
}

napi_value Messages::answers(Napi::Env env) const {
  constexpr size_t width = kDecisionRow + kHeldRow;
  Napi::Float64Array rows = Napi::Float64Array::New(env, answers_.size() * width);
  const Napi::Array lines = Napi::Array::New(env), words = Napi::Array::New(env);
  for (uint32_t i = 0; i < answers_.size(); ++i) {
    Napi::HandleScope scope(env);
    enqueued answer = answers_[i];
    write_decision(answer.decision, rows.Data() + i * width);
    write_held(answer.held, rows.Data() + i * width + kDecisionRow);
    if (lines_) lines.Set(i, text(env, lines_[i].take(answer.held)));
    if (answer.decision.status < 0) words.Set(i, text(env, words_[i]));
  }
  const Napi::Object all = Napi::Object::New(env);
  all.Set("rows", rows);
  all.Set("lines", lines);
  all.Set("words", words);
  return all;
}

}  // namespace sluice::node
