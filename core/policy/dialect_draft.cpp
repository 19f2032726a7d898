// SPDX-License-Identifier: Apache-2.0
#include "core/policy/dialect_draft.h"

#include "core/policy/findings_text.h"

namespace sluice {
namespace {

// As JSON writes it inside quotation marks.
void append_json(std::string* out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (byte < 0x20) {
      *out += "\\u00";
      *out += kHex[byte >> 4];
      *out += kHex[byte & 15];
    } else {
      *out += c;
    }
  }
}

}  // namespace

void DialectDraft::begin_answer(NodeId node, const AnswerCase* which) {
  answer_ = node;
  which_ = which;
  steps_left_ = kMaxAnswerSteps;
  bytes_left_ = kMaxAnswerBytes;
  too_long_ = false;
}

bool DialectDraft::has_room(size_t bytes) {
  if (too_long_) return false;
  if (steps_left_ > 0 && bytes_left_ >= bytes) return true;
  too_long_ = true;
  draft_.findings.error_at_name(answer_, say::answer_too_long(kMaxAnswerSteps, kMaxAnswerBytes));
  return false;
}

void DialectDraft::push(const DialectOp& op) {
  if (!has_room(0)) return;
  --steps_left_;
  rules_.steps.push_back(op);
}

void DialectDraft::step(DialectStep step) {
  DialectOp op;
  op.step = step;
  push(op);
}

void DialectDraft::text(std::string_view bytes) {
  if (bytes.empty() || !has_room(bytes.size())) return;
  const bool goes_on = rules_.steps.size() > template_ && rules_.steps.back().step == DialectStep::text;
  bytes_left_ -= bytes.size();
  if (goes_on) {
    rules_.steps.back().length += static_cast<uint32_t>(bytes.size());
  } else {
    DialectOp op;
    op.offset = static_cast<uint32_t>(rules_.texts.size());
    op.length = static_cast<uint32_t>(bytes.size());
    push(op);
  }
  rules_.texts += bytes;
}

void DialectDraft::key(std::string_view bytes) {
  std::string name = "\"";
  append_json(&name, bytes);
  name += "\":";
  if (!has_room(name.size())) return;
  bytes_left_ -= name.size();
  DialectOp op;
  op.step = DialectStep::key;
  op.offset = static_cast<uint32_t>(rules_.texts.size());
  op.length = static_cast<uint32_t>(name.size());
  push(op);
  rules_.texts += name;
}

void DialectDraft::literal(std::string_view bytes, TextPlace place) {
  if (place != TextPlace::json) return text(bytes);
  std::string escaped;
  append_json(&escaped, bytes);
  text(escaped);
}

}  // namespace sluice
