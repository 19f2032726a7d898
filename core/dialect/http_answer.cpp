// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/http_answer.h"

#include <algorithm>
#include <string>

#include "core/dialect/generic_headers.h"
#include "core/dialect/header_list.h"
#include "core/dialect/problem.h"
#include "core/dialect/template_writer.h"

namespace sluice {
namespace {

constexpr Bytes kRetryAfter = "Retry-After", kShouldRetry = "x-should-retry", kContentType = "Content-Type";
constexpr Bytes kJsonType = "application/json", kTextType = "text/plain; charset=utf-8";

AnswerCase case_of(const Decision& decision, const Enqueued* held) {
  switch (decision.status) {
    case Status::ok: return held != nullptr && held->message != 0 ? AnswerCase::queued : AnswerCase::allowed;
    case Status::would_queue: return AnswerCase::would_queue;
    default: return static_cast<int32_t>(decision.status) < 0 ? AnswerCase::failed : AnswerCase::denied;
  }
}

// What is answered where the policy says nothing.
uint16_t usual_status(AnswerCase which, const Decision& decision) {
  switch (which) {
    case AnswerCase::allowed:
    case AnswerCase::usage: return 200;
    case AnswerCase::queued: return 202;
    case AnswerCase::would_queue: return 429;
    case AnswerCase::denied: return decision.denial == DenialKind::memory ? 503 : 429;
    case AnswerCase::failed: break;
  }
  switch (decision.status) {
    case Status::invalid:
    case Status::too_many: return 400;
    case Status::not_found: return 404;
    case Status::conflict: return 409;
    case Status::no_memory: return 503;
    default: return 500;
  }
}

const AnswerRule* find_rule(const DialectRules& rules, AnswerCase which, int16_t limit, int32_t kind) {
  for (const AnswerWhen& when : rules.when) {
    const bool fits = (when.limit == kNone || when.limit == limit) && (when.kind == 0 || when.kind == kind);
    if (when.which == which && fits) return &rules.answers[when.answer];
  }
  return nullptr;
}

// What would queue is, where nothing else is said, denied; what is queued is allowed.
const AnswerRule* choose_rule(const DialectRules& rules, AnswerCase which, const PolicyView& view, const Decision& decision) {
  const int16_t limit = view.limit_position(decision.limit_id);
  const int32_t kind =
      which == AnswerCase::failed ? static_cast<int32_t>(decision.status) : static_cast<int32_t>(decision.denial);
  const AnswerRule* rule = find_rule(rules, which, limit, kind);
  if (rule == nullptr && which == AnswerCase::would_queue) rule = find_rule(rules, AnswerCase::denied, limit, kind);
  if (rule == nullptr && which == AnswerCase::queued) rule = find_rule(rules, AnswerCase::allowed, limit, kind);
  return rule;
}

// Writes one answer: the headers of all answers, the answer's own, those of the dialects asked for, then the body.
class AnswerWriter {
 public:
  AnswerWriter(const Facts& facts, const DialectRules* rules, const AnswerRule* rule, uint32_t dialects, const AnswerRoom& room)
      : facts_(facts), rules_(rules), rule_(rule), dialects_(dialects), text_(room.bytes), headers_(room.headers, &text_) {}

  Status write(HttpAnswer* out) {
    write_policy_headers();
    write_generic_headers();
    write_advice();
    const BodyKind body = body_kind();
    if (body != BodyKind::none && !has_header(kContentType)) headers_.add(kContentType, content_type());
    const size_t begin = text_.length();
    write_body(body);
    out->status = facts_.status;
    out->advice = facts_.advice;
    out->bytes = text_.length();
    out->headers = headers_.count();
    if (!text_.fits() || !headers_.fits()) return Status::buffer;
    out->body = text_.from(begin);
    return Status::ok;
  }

 private:
  bool asked(uint32_t dialect) const { return (dialects_ & dialect) != 0; }
  bool is_no() const {
    return facts_.which == AnswerCase::denied || facts_.which == AnswerCase::would_queue || facts_.which == AnswerCase::failed;
  }

  static bool names(const std::vector<HeaderRule>& headers, Bytes name) {
    return std::ranges::any_of(headers, [&](const HeaderRule& header) { return same_header(header.name, name); });
  }
  bool has_header(Bytes name) const {
    return (rules_ != nullptr && names(rules_->headers, name)) || (rule_ != nullptr && names(rule_->headers, name));
  }

  void write_header(const HeaderRule& header) {
    headers_.begin(header.name);
    headers_.end(write_template(facts_, *rules_, header.value, WritingPlace::header, &text_));
  }
  // An answer's own takes the place of one of all answers that is named the same.
  void write_policy_headers() {
    if (rules_ == nullptr) return;
    for (const HeaderRule& header : rules_->headers) {
      if (rule_ == nullptr || !names(rule_->headers, header.name)) write_header(header);
    }
    if (rule_ == nullptr) return;
    for (const HeaderRule& header : rule_->headers) write_header(header);
  }

  void write_generic_headers() {
    const bool x = asked(dialect::x_ratelimit) || asked(dialect::x_ratelimit_delta);
    if (x && !has_header("X-RateLimit-Limit")) add_x_ratelimit(facts_, asked(dialect::x_ratelimit_delta), &headers_);
    if (asked(dialect::ratelimit) && !has_header("RateLimit")) add_ratelimit(facts_, &headers_);
  }
  // The policy's own answer says itself whether a client is told to wait; without one it is told.
  void write_advice() {
    const Advice& advice = facts_.advice;
    if (advice.waits && rule_ == nullptr) headers_.add(kRetryAfter, static_cast<uint64_t>(advice.told / kSecond));
    if (advice.waits && asked(dialect::retry_ms) && advice.retry) {
      headers_.add("retry-after-ms", static_cast<uint64_t>(advice.told_ms / kMillisecond));
    }
    const bool tempts = facts_.status == 429 || facts_.status == 503;  // clients come again by themselves
    if (is_no() && tempts && !advice.retry && !has_header(kShouldRetry)) headers_.add(kShouldRetry, Bytes("false"));
  }

  BodyKind body_kind() const {
    if (rule_ != nullptr && rule_->body_kind != BodyKind::none) return rule_->body_kind;
    return asked(dialect::problem) && is_no() ? BodyKind::json : BodyKind::none;
  }
  bool own_body() const { return rule_ != nullptr && rule_->body_kind != BodyKind::none; }
  Bytes content_type() const {
    if (!own_body()) return kProblemType;
    return rule_->body_kind == BodyKind::json ? kJsonType : kTextType;
  }
  void write_body(BodyKind kind) {
    if (kind == BodyKind::none) return;
    if (!own_body()) return write_problem(facts_, &text_);
    const WritingPlace place = kind == BodyKind::json ? WritingPlace::json : WritingPlace::plain;
    write_template(facts_, *rules_, rule_->body, place, &text_);
  }

  const Facts& facts_;
  const DialectRules* const rules_;
  const AnswerRule* const rule_;
  const uint32_t dialects_;
  AnswerText text_;
  HeaderList headers_;
};

Status refuse(std::string* error, const char* words) {
  if (error != nullptr) *error = words;
  return Status::invalid;
}

}  // namespace

bool same_header(Bytes a, Bytes b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

Status answer(const PolicyView& view, const Decision& decision, std::span<const Detail> rows, bool asked_for_rows,
              const AnswerRequest& request, const AnswerRoom& room, HttpAnswer* out, std::string* error) {
  const uint32_t dialects = request.dialects == 0 ? dialect::policy : request.dialects;
  if ((dialects & dialect::x_ratelimit) != 0 && (dialects & dialect::x_ratelimit_delta) != 0) {
    return refuse(error, "dialects: X-RateLimit-Reset is an instant or seconds to go, not both");
  }
  const DialectRules* rules = (dialects & dialect::policy) != 0 ? view.policy.dialect.get() : nullptr;
  const bool decided = static_cast<int32_t>(decision.status) >= 0;
  if (rules != nullptr && rules->tells_limits && decided && !asked_for_rows) {
    return refuse(error, "decision: the policy's dialect tells of limits by name; decide with room for rows (details)");
  }
  Facts facts{view, decision, rows, {}, request.held, request.request, request.given, {}, AnswerCase::allowed, 200};
  facts.advice = advise(decision, rules != nullptr ? rules->longest_wait : kLongestWait);
  facts.which = case_of(decision, request.held);
  const AnswerRule* rule = rules != nullptr ? choose_rule(*rules, facts.which, view, decision) : nullptr;
  facts.status = rule != nullptr ? rule->status : usual_status(facts.which, decision);
  return AnswerWriter(facts, rules, rule, dialects, room).write(out);
}

Status answer_usage(const PolicyView& view, std::span<const UsageRow> rows, Instant now, std::span<const Given> given,
                    const AnswerRoom& room, HttpAnswer* out) {
  const DialectRules* rules = view.policy.dialect.get();
  const AnswerRule* rule = rules != nullptr ? find_rule(*rules, AnswerCase::usage, kNone, 0) : nullptr;
  if (rule == nullptr) return Status::not_found;
  Decision decision;
  decision.now = now;
  Facts facts{view, decision, {}, rows, nullptr, nullptr, given, {}, AnswerCase::usage, rule->status};
  return AnswerWriter(facts, rules, rule, dialect::policy, room).write(out);
}

Status answer_json(Bytes json, const AnswerRoom& room, HttpAnswer* out) {
  AnswerText text(room.bytes);
  HeaderList headers(room.headers, &text);
  headers.add(kContentType, kJsonType);
  const size_t begin = text.length();
  text.put(json);
  out->status = 200;
  out->bytes = text.length();
  out->headers = headers.count();
  if (!text.fits() || !headers.fits()) return Status::buffer;
  out->body = text.from(begin);
  return Status::ok;
}

}  // namespace sluice
