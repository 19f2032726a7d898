// SPDX-License-Identifier: Apache-2.0
// The decision vectors of tests/vectors, played over sluice.hpp. An answer is built in the shape of what a step expects and
// compared as a whole, so that a field this player does not know is a difference and not a pass.
#include "core/policy/rapidjson.h"  // first: it makes the headers fit for sanitizers

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "sluice/sluice.hpp"

namespace {

using ::testing::HasSubstr;
using Json = rapidjson::Value;

constexpr int64_t kDay = 86'400'000'000'000;
constexpr int64_t kMinute = 60'000'000'000;
const std::filesystem::path kRoot = SLUICE_SOURCE_DIR;

// ---- reading ----------------------------------------------------------------------------------------------------------------

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document json;
  json.Parse(text.data(), text.size());
  EXPECT_FALSE(json.HasParseError()) << text;
  return json;
}

std::string written(const Json& json) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  json.Accept(writer);
  return buffer.GetString();
}

const Json* find(const Json& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

// {} for null, which is absent.
std::string_view view(const Json& text) {
  return text.IsNull() ? std::string_view{} : std::string_view(text.GetString(), text.GetStringLength());
}

std::vector<std::string_view> views(const Json& texts) {
  std::vector<std::string_view> all;
  for (const Json& text : texts.GetArray()) all.push_back(view(text));
  return all;
}

std::vector<uint64_t> numbers(const Json& list) {
  std::vector<uint64_t> all;
  for (const Json& number : list.GetArray()) all.push_back(number.GetUint64());
  return all;
}

int64_t nanoseconds(const Json& text) { return std::stoll(text.GetString()); }

// "02:30"
int64_t time_of_day(const Json& text) {
  const std::string clock = text.GetString();
  return (std::stoll(clock.substr(0, 2)) * 60 + std::stoll(clock.substr(3))) * kMinute;
}

bool is_true(const Json& step, const char* name) {
  const Json* value = find(step, name);
  return value != nullptr && value->GetBool();
}

// ---- comparing --------------------------------------------------------------------------------------------------------------

bool agrees(const std::string& field, const Json& expected, const Json& actual) {
  if (field == "error") return std::find(expected.Begin(), expected.End(), actual) != expected.End();
  if (field != "events") return expected == actual;
  return expected.Size() == actual.Size() && std::is_permutation(expected.Begin(), expected.End(), actual.Begin());
}

// The first field in which they differ, with both values; "" when there is none.
std::string difference(const Json& expected, const Json& answer) {
  for (const auto& [name, value] : expected.GetObject()) {
    const Json* actual = find(answer, name.GetString());
    if (actual != nullptr && agrees(name.GetString(), value, *actual)) continue;
    return std::string(name.GetString()) + ": expected " + written(value) + ", the answer is " + written(answer);
  }
  for (const auto& [name, value] : answer.GetObject()) {
    const bool none = name == "events" && value.Empty();  // an error is expected without events
    if (!none && !expected.HasMember(name)) return std::string(name.GetString()) + ": not expected: " + written(value);
  }
  return "";
}

// ---- playing ----------------------------------------------------------------------------------------------------------------

const char* outcome_name(sluice_status status) {
  constexpr const char* kNames[] = {"allowed", "denied", "would_queue"};
  return kNames[status];
}

const char* wait_name(int32_t kind) {
  constexpr const char* kNames[] = {"none", "exact", "bound", "unknown", "never"};
  return kNames[kind];
}

const char* event_name(uint32_t kind) {
  constexpr const char* kNames[] = {"", "threshold", "promotion", "saturated", "memory"};
  return kNames[kind];
}

// Lives through the steps of one vector.
class Player {
 public:
  explicit Player(const Json& vector) : vector_(vector), policy_(policy_text(vector)) {
    const std::string_view stance = view(vector["stance"]);
    sluice_engine_options options = sluice::make_options(policy_);
    options.stance = stance.data();
    options.stance_len = stance.size();
    options.manual_clock = 1;
    options.manual_now = nanoseconds(vector["start"]);
    options.receipt_ttl = 400 * kDay;
    engine_ = sluice::engine(options);
    described_ = parsed(sluice::policy_describe(policy_, stance));
  }

  // What the first wrong answer differs in; "" when every step is answered as expected.
  std::string play() {
    size_t number = 0;
    for (const Json& step : vector_["steps"].GetArray()) {
      const std::string differs = difference(step["expect"], answer(number, step));
      if (!differs.empty()) return "step " + std::to_string(number) + " (" + step["call"].GetString() + "), " + differs;
      ++number;
    }
    return "";
  }

 private:
  static std::string policy_text(const Json& vector) {
    const Json* file = find(vector, "policy_file");
    return file != nullptr ? content(kRoot / file->GetString()) : std::string(view(vector["policy_text"]));
  }

  Json answer(size_t number, const Json& step) {
    now_ = nanoseconds(step["now"]);
    engine_.set_clock(now_);
    Json answer(rapidjson::kObjectType);
    try {
      ask(number, step, answer);
    } catch (const sluice::error& failure) {
      add(answer, "error", text(failure.name()));
    }
    add(answer, "events", events());
    return answer;
  }

  void ask(size_t number, const Json& step, Json& answer) {
    const std::string_view call = view(step["call"]);
    if (call == "decide") return decide(number, step, answer);
    if (call == "refund") return settle(answer, [&] { engine_.refund(receipt_of(step), now_); });
    if (call == "commit") {
      return settle(answer, [&] { engine_.commit(receipt_of(step), numbers(step["quantities"]), now_); });
    }
    const Json& with = step["with"];
    const std::vector<std::string_view> values = views(with["subject"]);
    const sluice::subject subject(view(with["scope"]), values);
    if (call == "usage") return usage(subject, answer);
    configure(call, with, subject);
  }

  void decide(size_t number, const Json& step, Json& answer) {
    std::vector<std::string_view> values, repeated;
    for (const Json& value : step["values"].GetArray()) {
      values.push_back(value.IsArray() ? std::string_view{} : view(value));
      if (value.IsArray()) repeated = views(value);
    }
    sluice::request request(engine_.operation_id(view(step["operation"])), values);
    request.repeat(repeated).quantities(numbers(step["quantities"])).at(now_);
    uint32_t flags = 0;
    if (is_true(step, "peek")) flags |= SLUICE_PEEK;
    if (is_true(step, "receipt")) flags |= SLUICE_RECEIPT;
    request.flags(flags);
    if (const Json* key = find(step, "idempotency_key")) request.idempotency_key(view(*key));
    std::vector<sluice_detail> details(16 * 128);
    sluice_decision decision = sluice::make_decision();
    decision.details = details.data();
    decision.detail_capacity = static_cast<uint32_t>(details.size());
    const Json* times = find(step, "times");
    for (uint64_t left = times != nullptr ? times->GetUint64() : 1; left > 0; --left) engine_.decide(request, decision);
    if (decision.receipt != 0 && (decision.flags & SLUICE_REPLAYED) == 0) receipts_[number] = decision.receipt;
    add_decision(decision, answer);
  }

  void add_decision(const sluice_decision& decision, Json& answer) {
    const bool replayed = (decision.flags & SLUICE_REPLAYED) != 0, never = decision.wait_kind == SLUICE_WAIT_NEVER;
    add(answer, "outcome", text(outcome_name(decision.status)));
    add(answer, "denial", decision.denial == SLUICE_DENIAL_NONE ? Json() : text(sluice_denial_name(decision.denial)));
    add(answer, "wait_kind", text(wait_name(decision.wait_kind)));
    add(answer, "retry_after", text(std::to_string(decision.retry_after)));
    add(answer, "largest_cost", never || decision.largest_cost != 0 ? Json(decision.largest_cost) : Json());
    add(answer, "replayed", Json(replayed));
    add(answer, "receipt", Json(decision.receipt != 0));
    add(answer, "named", row_with_opening(decision));
    if (replayed && decision.detail_count == 0) return add(answer, "details", Json());
    Json rows(rapidjson::kArrayType);
    for (uint32_t i = 0; i < decision.detail_count; ++i) {
      rows.PushBack(row_with_opening(decision.details[i]), made_.GetAllocator());
    }
    add(answer, "details", std::move(rows));
  }

  template <class Call>
  void settle(Json& answer, Call&& call) {
    bool settled = true;
    try {
      call();
    } catch (const sluice::error& failure) {
      if (failure.status() != SLUICE_E_NOT_FOUND) throw;
      settled = false;
    }
    add(answer, "settled", Json(settled));
  }

  void usage(const sluice::subject& subject, Json& answer) {
    Json rows(rapidjson::kArrayType);
    for (const sluice_usage_row& row : engine_.usage(subject, now_)) rows.PushBack(row_of(row), made_.GetAllocator());
    add(answer, "rows", std::move(rows));
  }

  void configure(std::string_view call, const Json& with, const sluice::subject& subject) {
    const Json* named = find(with, "limit");
    const int32_t limit = named != nullptr ? engine_.limit_id(view(*named)) : SLUICE_NONE;
    if (call == "set_plan") return engine_.set_plan(subject, view(with["plan"]), now_);
    if (call == "set_amount") return engine_.set_amount(limit, subject, written(with["amount"]), now_);
    if (call == "report_throttled") {
      return engine_.report_throttled(limit, subject, nanoseconds(with["retry_after"]), now_);
    }
    if (call == "clear_throttle") return engine_.clear_throttle(limit, subject, now_);
    if (call == "report_quality") return engine_.report_quality(subject, view(with["quality"]), now_);
    ASSERT_EQ(call, "set_billing");
    engine_.set_billing(subject, with["day"].GetUint(), time_of_day(with["time"]), view(with["zone"]), now_);
  }

  // A step that made no receipt has none: 0.
  sluice_receipt receipt_of(const Json& step) {
    const Json& maker = step["receipt"];
    return maker.IsNull() ? 0 : receipts_[maker.GetUint64()];
  }

  // ---- answers as JSON ----

  Json text(std::string_view words) { return {words.data(), static_cast<unsigned>(words.size()), made_.GetAllocator()}; }
  Json limit_name(int32_t limit) { return limit < 0 ? Json() : text(engine_.limit_name(limit)); }
  void add(Json& object, const char* name, Json value) {
    object.AddMember(rapidjson::StringRef(name), value, made_.GetAllocator());
  }

  // A decision, a detail or a usage row.
  template <class Row>
  Json row_of(const Row& row) {
    const bool unlimited = (row.flags & SLUICE_UNLIMITED) != 0;
    Json list(rapidjson::kArrayType);
    list.PushBack(limit_name(row.limit_id), made_.GetAllocator());
    list.PushBack(unlimited ? Json() : Json(row.limit), made_.GetAllocator());
    list.PushBack(Json(row.used), made_.GetAllocator());
    list.PushBack(unlimited ? Json() : Json(row.remaining), made_.GetAllocator());
    list.PushBack(row.resets_at == 0 ? Json() : text(std::to_string(row.resets_at)), made_.GetAllocator());
    return list;
  }

  template <class Row>
  Json row_with_opening(const Row& row) {
    const bool unknown = row.opens_at >= INT64_MAX - 1;
    Json list = row_of(row);
    list.PushBack(unknown ? Json() : text(std::to_string(row.opens_at)), made_.GetAllocator());
    return list;
  }

  Json events() {
    Json list(rapidjson::kArrayType);
    for (size_t room = 64, taken = room; taken == room;) {
      const std::vector<sluice_event> events = engine_.drain_events(room);
      for (const sluice_event& event : events) list.PushBack(event_of(event), made_.GetAllocator());
      taken = events.size();
    }
    return list;
  }

  Json event_of(const sluice_event& event) {
    const std::string_view subject(event.subject, std::min<size_t>(event.subject_len, sizeof(event.subject)));
    Json said(rapidjson::kObjectType);
    add(said, "kind", text(event_name(event.kind)));
    add(said, "at", text(std::to_string(event.at)));
    add(said, "subject", text(subject));
    if (event.kind == SLUICE_EVENT_PROMOTION) {
      add(said, "plan", plan_name(subject.substr(0, subject.find('=')), event.plan));
      return said;
    }
    add(said, "limit_name", limit_name(event.limit_id));
    if (event.kind != SLUICE_EVENT_THRESHOLD) return said;
    add(said, "share", Json(event.share));
    add(said, "by_plan_change", Json(event.by_plan_change != 0));
    return said;
  }

  // An event says a plan by its position among those of the dimension.
  Json plan_name(std::string_view dimension, int32_t position) {
    for (const Json& set : described_["plan_sets"].GetArray()) {
      if (view(set["scope"]) == dimension) return text(view(set["plans"][static_cast<unsigned>(position)]["name"]));
    }
    return {};
  }

  const Json& vector_;
  std::string policy_;
  sluice::engine engine_;
  rapidjson::Document described_;
  rapidjson::Document made_;  // whose memory the answers live in
  std::map<uint64_t, sluice_receipt> receipts_;
  int64_t now_ = 0;
};

// ---- altering ---------------------------------------------------------------------------------------------------------------

// By pointer, since clang finds the != of RapidJSON's own iterators ambiguous in C++20.
std::vector<Json::Member*> members(Json& object) {
  std::vector<Json::Member*> all;
  for (auto member = object.MemberBegin(); member < object.MemberEnd(); ++member) all.push_back(&*member);
  return all;
}

void find_leaves(Json& json, std::vector<Json*>& leaves) {
  if (json.IsObject() && json.MemberCount() > 0) {
    for (Json::Member* member : members(json)) find_leaves(member->value, leaves);
  } else if (json.IsArray() && !json.Empty()) {
    for (Json& item : json.GetArray()) find_leaves(item, leaves);
  } else {
    leaves.push_back(&json);
  }
}

// Something else that could stand there.
Json altered(const Json& json, rapidjson::Document::AllocatorType& memory) {
  if (json.IsBool()) return Json(!json.GetBool());
  if (json.IsNumber()) return Json(json.GetUint64() + 1);
  if (json.IsString()) return Json((json.GetString() + std::string("0")).c_str(), memory);
  if (!json.IsArray()) return Json(1);
  Json list(rapidjson::kArrayType);
  if (json.Empty()) list.PushBack(Json(), memory);
  return list;
}

// The first value of every field that is expected anywhere in the vector, and the number of its step.
std::map<std::string, std::pair<size_t, Json*>> first_of_each_field(Json& vector) {
  std::map<std::string, std::pair<size_t, Json*>> found;
  size_t number = 0;
  for (Json& step : vector["steps"].GetArray()) {
    for (Json::Member* member : members(step["expect"])) {
      Json& value = member->value;
      const bool empty = value.IsNull() || (value.IsArray() && value.Empty());
      if (!empty) found.try_emplace(member->name.GetString(), number, &value);
    }
    ++number;
  }
  return found;
}

// ---- tests ------------------------------------------------------------------------------------------------------------------

std::vector<std::string> vector_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "tests/vectors")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Vectors : public ::testing::TestWithParam<std::string> {
 protected:
  rapidjson::Document vector_ = parsed(content(kRoot / "tests/vectors" / (GetParam() + ".json")));
};

TEST_P(Vectors, every_step_is_answered_as_the_file_says) { EXPECT_EQ(Player(vector_).play(), ""); }

TEST_P(Vectors, one_altered_expectation_is_reported) {
  for (const auto& [field, place] : first_of_each_field(vector_)) {
    std::vector<Json*> leaves;
    if (field != "error") find_leaves(*place.second, leaves);
    if (field == "error") leaves.push_back(place.second);  // one of its names is enough, so all go
    for (Json* leaf : leaves) {
      Json kept = altered(*leaf, vector_.GetAllocator());
      leaf->Swap(kept);
      const std::string reported = Player(vector_).play();
      EXPECT_THAT(reported, HasSubstr("step " + std::to_string(place.first) + " ")) << field;
      EXPECT_THAT(reported, HasSubstr("), " + field + ": "));
      leaf->Swap(kept);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Vectors, ::testing::ValuesIn(vector_names()), [](const auto& of) { return of.param; });

}  // namespace
