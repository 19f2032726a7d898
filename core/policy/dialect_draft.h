// SPDX-License-Identifier: Apache-2.0
// A dialect half compiled: steps and texts as they are appended, and what an answer may still take of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/policy/dialect_rules.h"
#include "core/policy/dialect_words.h"
#include "core/policy/draft.h"

namespace sluice {

// Where a text goes, which decides how it is escaped and what may stand in it.
enum class TextPlace : uint8_t { header, json, plain };

class DialectDraft {
 public:
  DialectDraft(Draft* draft, DialectRules* rules) : draft_(*draft), rules_(*rules) {}

  Draft& draft() { return draft_; }
  DialectRules& rules() { return rules_; }

  // Templates from here on are of this answer, found at `node`; nullptr: of all answers.
  void begin_answer(NodeId node, const AnswerCase* which);
  // Says once of an answer that it is too long; its further steps are left out.
  bool has_room(size_t bytes);

  DialectTemplate begin_template() {
    template_ = rules_.steps.size();
    return {static_cast<uint32_t>(template_), 0};
  }
  void end_template(DialectTemplate* whole) const { whole->count = static_cast<uint32_t>(rules_.steps.size()) - whole->begin; }

  void step(DialectStep step);
  // As it stands; runs of them become one.
  void text(std::string_view bytes);
  void key(std::string_view bytes);
  // Escaped for its place.
  void literal(std::string_view bytes, TextPlace place);

  // A template in a text: its placeholders and brackets. What is wrong is said at `node`.
  void read_text(NodeId node, TextPlace place);
  // In a JSON body: a text that is one placeholder and nothing else becomes a value of its own type.
  void read_value(NodeId node);

 private:
  friend class TemplateReader;
  // What stands between the braces; false after saying what is wrong with it.
  bool read_placeholder(NodeId node, std::string_view inside, DialectOp* out);
  bool read_told(NodeId node, std::string_view name, DialectOp* out);
  bool read_named(NodeId node, std::string_view kind, std::string_view name, DialectOp* out);
  bool read_limit(NodeId node, std::string_view name, DialectOp* out);
  bool read_forms(NodeId node, std::string_view forms, ToldType type, DialectOp* out);
  void warn_never_told(NodeId node, std::string_view inside, const DialectOp& op);
  void say_unknown(NodeId node, std::string_view what, std::string_view name, const std::vector<std::string_view>& names);
  void push(const DialectOp& op);
  const std::vector<std::string_view>& quantities();

  Draft& draft_;
  DialectRules& rules_;
  NodeId answer_ = kNoNode;
  const AnswerCase* which_ = nullptr;
  size_t steps_left_ = kMaxAnswerSteps, bytes_left_ = kMaxAnswerBytes;
  size_t template_ = 0;  // where the present one begins
  bool too_long_ = false;
  std::vector<std::string_view> quantities_;  // of all operations, each once
};

// One answer's status, headers and body; the headers of all answers.
void read_headers(DialectDraft* dialect, NodeId object, std::vector<HeaderRule>* out);
void read_body(DialectDraft* dialect, NodeId id, AnswerRule* out);

}  // namespace sluice
