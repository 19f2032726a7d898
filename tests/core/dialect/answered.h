// SPDX-License-Identifier: Apache-2.0
// Answers as they would go over the wire, as one text: "429\nRetry-After: 1\n\n{...}".
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/dialect/http_answer.h"
#include "tests/support/engine_fixture.h"

namespace sluice::testing {

struct AnswerTerms {
  uint32_t dialects = 0;
  std::vector<std::pair<std::string, std::string>> given = {};
  const Enqueued* held = nullptr;
  bool rows = true;
};

struct WireAnswer {
  Status status = Status::ok;
  std::string error;
  uint16_t http = 0;
  bool retry = false;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::string wire() const {
    std::string text = std::to_string(http) + "\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\n";
    return body.empty() ? text : text + "\n" + body;
  }
  std::optional<std::string> header(std::string_view name) const {
    for (const auto& [known, value] : headers) {
      if (known == name) return value;
    }
    return std::nullopt;
  }
};

class AnswerTest : public EngineTest {
 protected:
  // Asked, and answered; the decision is of `ask`.
  WireAnswer answered(Ask ask, const AnswerTerms& terms = {}) {
    ask.detailed = terms.rows;
    const AskBytes bytes(ask, operation(ask.operation));
    decided_ = this->ask(ask);
    return answered(decided_, &bytes.request(), terms);
  }
  template <class... Values>
  WireAnswer answered_send(const Values&... values) {
    return answered({.values = {std::string(values)...}});
  }

  WireAnswer answered(const Answer& decided, const Request* request = nullptr, const AnswerTerms& terms = {}) {
    std::vector<Given> given;
    for (const auto& [name, text] : terms.given) given.push_back({name, text});
    AnswerRequest asked;
    asked.dialects = terms.dialects;
    asked.request = request;
    asked.given = given;
    asked.held = terms.held;
    std::vector<char> bytes(room_);
    std::vector<HttpHeader> headers(header_room_);
    WireAnswer wire;
    Read read([&](const PolicyView& view) {
      const AnswerRoom room{bytes, headers};
      const Status status = answer(view, decided.decision, decided.details, terms.rows, asked, room, &told_, &wire.error);
      if (status == Status::ok) copy(headers, &wire);
      return status;
    });
    wire.status = Engine::read_policy(handle, read, nullptr);
    return wire;
  }

  WireAnswer answered_usage(const std::string& scope, const std::string& value) {
    const Bytes values[] = {value};
    std::vector<UsageRow> rows;
    EXPECT_EQ(Engine::usage(handle, {scope, values}, kEngineClock, &rows, nullptr), Status::ok);
    std::vector<char> bytes(room_);
    std::vector<HttpHeader> headers(header_room_);
    WireAnswer wire;
    Read read([&](const PolicyView& view) {
      const Status status = answer_usage(view, rows, now(), {}, {bytes, headers}, &told_);
      if (status == Status::ok) copy(headers, &wire);
      return status;
    });
    wire.status = Engine::read_policy(handle, read, nullptr);
    return wire;
  }

  size_t room_ = 4096, header_room_ = 16;
  HttpAnswer told_;  // by the last answer
  Answer decided_;

 private:
  template <class Fn>
  class Read : public PolicyReader {
   public:
    explicit Read(Fn fn) : fn_(std::move(fn)) {}
    Status read(const PolicyView& view) override { return fn_(view); }

   private:
    Fn fn_;
  };

  void copy(const std::vector<HttpHeader>& headers, WireAnswer* wire) const {
    wire->http = told_.status;
    wire->retry = told_.advice.retry;
    wire->body = told_.body;
    for (size_t i = 0; i < told_.headers; ++i) wire->headers.emplace_back(headers[i].name, headers[i].value);
  }
};

// What a page prints, without the white space that stands between its tokens.
inline std::string compact(std::string_view json) {
  std::string text;
  bool inside = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"' && (i == 0 || json[i - 1] != '\\')) inside = !inside;
    if (inside || (json[i] != ' ' && json[i] != '\n')) text += json[i];
  }
  return text;
}

}  // namespace sluice::testing
