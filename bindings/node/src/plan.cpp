// SPDX-License-Identifier: Apache-2.0
#include "plan.h"

#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "answer.h"
#include "arguments.h"
#include "engine_core.h"

namespace sluice::node {
namespace {

// What is asked, an object of the package's own; what it does not have stays as its INIT macro has it.
class Asked {
 public:
  explicit Asked(const Napi::Object& given) : given_(given) {}

  // The texts stay here while the question is.
  void text(const char* name, const char** at, size_t* length) {
    if (const Napi::Value value = given_.Get(name); !value.IsUndefined()) keep(text_of(value.Env(), value, {name}), at, length);
  }
  // A policy's text, in bytes.
  void policy(const char** at, size_t* length) {
    if (const Napi::Value value = given_.Get("policy"); !value.IsUndefined()) {
      keep(std::string(view_of(value.Env(), value, {"policy"})), at, length);
    }
  }
  template <class Number>
  void count(const char* name, Number* out) {
    const Napi::Value value = given_.Get(name);
    const uint64_t most = std::min<uint64_t>(kMostSafe, static_cast<uint64_t>(std::numeric_limits<Number>::max()));
    if (!value.IsUndefined()) *out = static_cast<Number>(count_of(value.Env(), value, {name}, most));
  }
  void span(const char* name, int64_t* out) {
    if (const Napi::Value value = given_.Get(name); !value.IsUndefined()) *out = span_of(value.Env(), value, {name});
  }
  void instant(const char* name, int64_t* out) {
    if (const Napi::Value value = given_.Get(name); !value.IsUndefined()) *out = instant_of(value.Env(), value, {name});
  }

  template <class Question>
  void common(Question* question) {
    policy(&question->policy, &question->policy_len);
    text("stance", &question->stance, &question->stance_len);
    text("zoneinfoDir", &question->zoneinfo_dir, &question->zoneinfo_dir_len);
    text("operation", &question->operation, &question->operation_len);
    text("rate", &question->rate, &question->rate_len);
    plans();
    question->plans = plans_.empty() ? nullptr : plans_.data();
    question->plan_count = plans_.size();
  }

  void campaign(sluice_campaign_question* question) {
    common(question);
    instant("startsAt", &question->starts_at);
    span("duration", &question->duration);
    count("recipients", &question->recipients);
    count("inConversation", &question->in_conversation);
    count("lines", &question->lines);
    count("share", &question->share);
  }

 private:
  void keep(std::string text, const char** at, size_t* length) {
    texts_.push_back(std::move(text));
    *at = texts_.back().data();
    *length = texts_.back().size();
  }

  // [[dimension, plan]...]
  void plans() {
    const Napi::Value given = given_.Get("plans");
    if (given.IsUndefined()) return;
    const uint32_t count = length_of(given.Env(), given, {"plans"});
    for (uint32_t i = 0; i < count; ++i) {
      const napi_value pair = element_of(given.Env(), given, i);
      sluice_on_plan on{};
      keep(text_of(given.Env(), element_of(given.Env(), pair, 0), {"plans"}), &on.dimension, &on.dimension_len);
      keep(text_of(given.Env(), element_of(given.Env(), pair, 1), {"plans"}), &on.plan, &on.plan_len);
      plans_.push_back(on);
    }
  }

  const Napi::Object given_;
  std::deque<std::string> texts_;  // which do not move
  std::vector<sluice_on_plan> plans_;
};

Napi::Object question_of(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw_type(info.Env(), {"question"}, "an object", info[0]);
  return info[0].As<Napi::Object>();
}

// (question, values, lines, recipients): of the values an absent one is undefined.
Napi::Value plan_campaign_on(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Asked asked(question_of(info));
  sluice_campaign_question question = make_campaign_question({}, 0, 0);
  asked.campaign(&question);
  KeyRoom room;
  std::vector<sluice_bytes> values(length_of(env, info[1], {"values"}));
  for (uint32_t i = 0; i < values.size(); ++i) {
    const napi_value value = element_of(env, info[1], i);
    values[i] = is_undefined(env, value) ? sluice_bytes{nullptr, 0} : room.key(env, value, {"values", {}, i});
  }
  const std::vector<sluice_bytes> lines = room.keys(env, info[2], {"lines"}),
                                  recipients = room.keys(env, info[3], {"recipients"});
  return text(env, holder.calls().plan_campaign(make_live_campaign(values, lines, recipients), question));
}

}  // namespace

Napi::Value plan_lines(const Napi::CallbackInfo& info) {
  Asked asked(question_of(info));
  sluice_line_question question = make_line_question({}, {}, 0);
  asked.common(&question);
  asked.span("wait", &question.wait);
  asked.count("seed", &question.seed);
  asked.count("percentile", &question.percentile);
  asked.count("sticky", &question.sticky);
  asked.count("recipients", &question.recipients);
  asked.count("skew", &question.skew);
  asked.count("messages", &question.messages);
  asked.count("mostLines", &question.most_lines);
  asked.count("arrivals", &question.arrivals);
  return text(info.Env(), sluice::plan_lines(question));
}

Napi::Value plan_campaign(const Napi::CallbackInfo& info) {
  Asked asked(question_of(info));
  sluice_campaign_question question = make_campaign_question({}, 0, 0);
  asked.campaign(&question);
  return text(info.Env(), sluice::plan_campaign(question));
}

void add_plans(EngineCore::Methods* methods) { methods->push_back(EngineCore::method<&plan_campaign_on>("planCampaign")); }

}  // namespace sluice::node
