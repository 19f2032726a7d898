// SPDX-License-Identifier: Apache-2.0
// Answers over HTTP.
#include <algorithm>
#include <vector>

#include "capi/src/answer_reader.h"
#include "capi/src/boundary.h"

namespace sluice::capi {
namespace {

sluice_bytes to_c(Bytes bytes) { return bytes.empty() ? sluice_bytes{nullptr, 0} : sluice_bytes{bytes.data(), bytes.size()}; }

Status check_http(const sluice_http* http, std::string* words) {
  if (const Status status = check_struct(http, "http", words); status != Status::ok) return status;
  if (http->headers == nullptr && http->header_capacity != 0) {
    return fail(words, Status::invalid, "http.headers: NULL with header_capacity ", http->header_capacity);
  }
  if (http->buffer == nullptr && http->buffer_size != 0) {
    return fail(words, Status::invalid, "http.buffer: NULL with buffer_size ", http->buffer_size);
  }
  return Status::ok;
}

// Where an answer is written: the text is the caller's, the headers are handed on when they are all there.
struct HttpRoom {
  Room<HttpHeader, kMostAnswerHeaders> headers;
  AnswerRoom answer;

  explicit HttpRoom(const sluice_http& http) {
    const size_t count = std::min<size_t>(http.header_capacity, kMostAnswerHeaders);
    answer = {{http.buffer, http.buffer_size}, {headers.at(0), count}};
  }
};

// Writes what the core answered, or what it needs.
Status write_http(sluice_http* http, Status status, const HttpRoom& room, const HttpAnswer& answer, std::string* words) {
  if (status != Status::ok && status != Status::buffer) return status;
  sluice_http out = *http;
  out.header_count = static_cast<uint32_t>(answer.headers);
  out.length = answer.bytes;
  if (status == Status::buffer) {
    write_struct(http, out);
    return fail(words, status, "http: room for ", http->header_capacity, " headers and ", http->buffer_size,
                " bytes; the answer has ", answer.headers, " and ", answer.bytes);
  }
  for (size_t i = 0; i < answer.headers; ++i) {
    const HttpHeader& header = room.answer.headers[i];
    http->headers[i] = {to_c(header.name), to_c(header.value)};
  }
  out.status = answer.status;
  out.body = to_c(answer.body);
  out.retry_after = answer.advice.told;
  out.retry = answer.advice.retry ? 1 : 0;
  write_struct(http, out);
  return status;
}

class AnswerReader : public PolicyReader {
 public:
  AnswerReader(const Decision& decision, bool asked_for_rows, const AnswerRequest& asked, const AnswerRoom& room, HttpAnswer* out,
               std::string* words)
      : decision_(decision), asked_for_rows_(asked_for_rows), asked_(asked), room_(room), out_(out), words_(words) {}

  Status read(const PolicyView& view) override {
    return answer(view, decision_, decision_.details, asked_for_rows_, asked_, room_, out_, words_);
  }

 private:
  const Decision& decision_;
  const bool asked_for_rows_;
  const AnswerRequest& asked_;
  const AnswerRoom& room_;
  HttpAnswer* const out_;
  std::string* const words_;
};

class UsageReader : public PolicyReader {
 public:
  UsageReader(std::span<const UsageRow> rows, Instant now, std::span<const Given> given, const AnswerRoom& room, HttpAnswer* out)
      : rows_(rows), now_(now), given_(given), room_(room), out_(out) {}

  Status read(const PolicyView& view) override { return answer_usage(view, rows_, now_, given_, room_, out_); }

 private:
  const std::span<const UsageRow> rows_;
  const Instant now_;
  const std::span<const Given> given_;
  const AnswerRoom& room_;
  HttpAnswer* const out_;
};

Status answer_usage_of(sluice_engine engine, const SubjectName& name, Instant now, const AnswerRequest& asked,
                       const AnswerRoom& room, HttpAnswer* out, std::string* words) {
  std::vector<UsageRow> rows;
  Status status = Engine::usage(engine, name, now, &rows, words);
  if (status != Status::ok) return status;
  if (now == kEngineClock) status = Engine::clock(engine, &now);
  if (status != Status::ok) return status;
  UsageReader reader(rows, now, asked.given, room, out);
  status = Engine::read_policy(engine, reader, words);
  if (status != Status::not_found) return status;
  std::string json;
  status = Engine::usage_json(engine, name, now, &json, words);
  return status == Status::ok ? answer_json(json, room, out) : status;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_answer(sluice_engine engine, const sluice_decision* decision, const sluice_answer_terms* terms,
                            sluice_http* http, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    if (const Status status = check_http(http, words); status != Status::ok) return status;
    DetailRows rows;
    Decision decided;
    bool asked_for_rows = false;
    Status status = read_decision(decision, &rows, &decided, &asked_for_rows, words);
    if (status != Status::ok) return status;
    TermsRoom terms_room;
    AnswerRequest asked;
    status = read_terms(terms, &terms_room, &asked, words);
    if (status != Status::ok) return status;
    const HttpRoom room(*http);
    HttpAnswer answer;
    AnswerReader reader(decided, asked_for_rows, asked, room.answer, &answer, words);
    return write_http(http, Engine::read_policy(engine, reader, words), room, answer, words);
  });
}

sluice_status sluice_answer_usage(sluice_engine engine, const sluice_subject* subject, int64_t now,
                                  const sluice_answer_terms* terms, sluice_http* http, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    if (const Status status = check_http(http, words); status != Status::ok) return status;
    SubjectRoom subject_room;
    SubjectName name;
    Status status = read_subject(subject, &subject_room, &name, words);
    if (status != Status::ok) return status;
    TermsRoom terms_room;
    AnswerRequest asked;
    status = read_terms(terms, &terms_room, &asked, words);
    if (status != Status::ok) return status;
    const HttpRoom room(*http);
    HttpAnswer answer;
    return write_http(http, answer_usage_of(engine, name, now, asked, room.answer, &answer, words), room, answer, words);
  });
}
