// SPDX-License-Identifier: Apache-2.0
// The answers of tests/vectors/http, played over sluice.hpp: status, headers and body as one text, byte for byte.
#include "core/policy/rapidjson.h"  // first: it makes the headers fit for sanitizers

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

using Json = rapidjson::Value;

const std::filesystem::path kRoot = SLUICE_SOURCE_DIR;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view view(const Json& text) { return {text.GetString(), text.GetStringLength()}; }

std::vector<std::string_view> views(const Json& texts) {
  std::vector<std::string_view> all;
  for (const Json& text : texts.GetArray()) all.push_back(view(text));
  return all;
}

int64_t nanoseconds(const Json& text) { return std::stoll(text.GetString()); }

uint32_t dialects_of(const Json& step) {
  constexpr std::pair<std::string_view, uint32_t> kAll[] = {{"policy", SLUICE_DIALECT_POLICY},
                                                            {"x-ratelimit", SLUICE_DIALECT_X_RATELIMIT},
                                                            {"x-ratelimit-delta", SLUICE_DIALECT_X_RATELIMIT_DELTA},
                                                            {"ratelimit", SLUICE_DIALECT_RATELIMIT},
                                                            {"retry-ms", SLUICE_DIALECT_RETRY_MS},
                                                            {"problem", SLUICE_DIALECT_PROBLEM}};
  uint32_t all = 0;
  if (!step.HasMember("dialects")) return all;
  for (const std::string_view word : views(step["dialects"])) {
    for (const auto& [name, dialect] : kAll) all |= word == name ? dialect : 0;
  }
  return all;
}

std::string wire_of(const sluice::http_answer& answer) {
  std::string wire = std::to_string(answer.status) + "\n";
  for (const auto& [name, value] : answer.headers) wire += name + ": " + value + "\n";
  return answer.body.empty() ? wire : wire + "\n" + answer.body;
}

class Player {
 public:
  explicit Player(const Json& vector) : vector_(vector) {
    const bool file = vector.HasMember("policy_file");
    policy_ = file ? content(kRoot / vector["policy_file"].GetString()) : std::string(view(vector["policy_text"]));
    const std::string_view stance = view(vector["stance"]);
    sluice_engine_options options = sluice::make_options(policy_);
    options.stance = stance.data();
    options.stance_len = stance.size();
    options.manual_clock = 1;
    options.manual_now = nanoseconds(vector["start"]);
    engine_ = sluice::engine(options);
  }

  // The first step that is not answered as expected; -1: all are.
  int play() {
    int number = 0;
    for (const Json& step : vector_["steps"].GetArray()) {
      engine_.set_clock(nanoseconds(step["now"]));
      const auto answer = play_one(step);
      if (answer.has_value() != step.HasMember("expect")) return number;
      if (answer && !agrees(*answer, step["expect"])) return number;
      ++number;
    }
    return -1;
  }
  std::string said;  // by the last answer

 private:
  bool agrees(const sluice::http_answer& answer, const Json& expect) {
    said = wire_of(answer);
    const std::string wait = expect["retry_after"].IsNull() ? "0" : expect["retry_after"].GetString();
    return expect.MemberCount() == 3 && view(expect["wire"]) == said && expect["retry"].GetBool() == answer.retry &&
           std::to_string(answer.retry_after) == wait;
  }

  std::optional<sluice::http_answer> play_one(const Json& step) {
    const std::string_view call = view(step["call"]);
    sluice::answer_terms terms;
    terms.dialects(dialects_of(step));
    if (step.HasMember("given")) {
      for (const auto& [name, text] : step["given"].GetObject()) terms.give(view(name), view(text));
    }
    if (call == "answer") return answer(step, terms);
    if (call == "answer_failure") {
      sluice_decision lost = sluice::make_decision();
      while (lost.status > SLUICE_E_INTERNAL && sluice_status_name(lost.status) != view(step["status"])) --lost.status;
      return engine_.answer(lost, terms);
    }
    const auto values = views(step["with"]["subject"]);
    const sluice::subject subject(view(step["with"]["scope"]), values);
    if (call == "answer_usage") return engine_.answer_usage(subject, terms);
    configure(call, step["with"], subject);
    return std::nullopt;
  }

  sluice::http_answer answer(const Json& step, const sluice::answer_terms& terms) {
    sluice::request request(engine_.operation_id(view(step["operation"])), views(step["values"]));
    if (step.HasMember("quantities")) {
      std::vector<uint64_t> quantities;
      for (const Json& number : step["quantities"].GetArray()) quantities.push_back(number.GetUint64());
      request.quantities(quantities);
    }
    sluice::http_answer answer;
    for (int times = step.HasMember("times") ? step["times"].GetInt() : 1; times > 0; --times) {
      answer = engine_.decide_http(request, terms);
    }
    return answer;
  }

  void configure(std::string_view call, const Json& with, const sluice::subject& subject) {
    if (call == "set_plan") return engine_.set_plan(subject, view(with["plan"]));
    const int32_t limit = engine_.limit_id(view(with["limit"]));
    if (call == "set_usage") return engine_.set_usage(limit, subject, with["used"].GetUint64());
    ASSERT_EQ(call, "report_throttled");
    engine_.report_throttled(limit, subject, nanoseconds(with["retry_after"]));
  }

  const Json& vector_;
  std::string policy_;
  sluice::engine engine_;
};

std::vector<std::string> vector_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "tests/vectors/http"))
    names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class HttpVectors : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string text = content(kRoot / "tests/vectors/http" / (GetParam() + ".json"));
    vector_.Parse(text.data(), text.size());
    ASSERT_FALSE(vector_.HasParseError());
  }
  rapidjson::Document vector_;
};

TEST_P(HttpVectors, every_answer_is_as_the_file_says) {
  Player player(vector_);
  EXPECT_EQ(player.play(), -1) << player.said;
}

TEST_P(HttpVectors, one_altered_byte_is_reported) {
  int number = 0;
  for (Json& step : vector_["steps"].GetArray()) {
    if (step.HasMember("expect")) {
      const std::string wire(view(step["expect"]["wire"]));
      for (const size_t at : {size_t{0}, wire.size() / 2, wire.size() - 1}) {
        std::string altered = wire;
        altered[at] = altered[at] == 'x' ? 'y' : 'x';
        step["expect"]["wire"].SetString(altered.c_str(), vector_.GetAllocator());
        EXPECT_EQ(Player(vector_).play(), number);
      }
      step["expect"]["wire"].SetString(wire.c_str(), vector_.GetAllocator());
      step["expect"]["retry"].SetBool(!step["expect"]["retry"].GetBool());
      EXPECT_EQ(Player(vector_).play(), number);
      step["expect"]["retry"].SetBool(!step["expect"]["retry"].GetBool());
    }
    ++number;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, HttpVectors, ::testing::ValuesIn(vector_names()), [](const auto& of) { return of.param; });

}  // namespace
