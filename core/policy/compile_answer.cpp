// SPDX-License-Identifier: Apache-2.0
// What one answer says: its headers and its body.
#include <algorithm>
#include <string>

#include "core/policy/dialect_draft.h"
#include "core/policy/findings_text.h"

namespace sluice {
namespace {

// They say how a message is framed, which is the server's to know.
constexpr std::string_view kServersOwn[] = {"connection", "content-length",    "keep-alive", "te",
                                            "trailer",    "transfer-encoding", "upgrade"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

// A token of HTTP.
bool is_header_name(std::string_view name) {
  constexpr std::string_view kAlso = "!#$%&'*+-.^_`|~";
  const auto is_token = [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || kAlso.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMaxHeaderName && std::ranges::all_of(name, is_token);
}

bool is_header_text(std::string_view text) {
  const auto is_visible = [](char c) { return c >= 0x20 && c < 0x7F; };
  return !text.empty() && text.front() != ' ' && text.back() != ' ' && std::ranges::all_of(text, is_visible);
}

class BodyReader {
 public:
  explicit BodyReader(DialectDraft* dialect) : dialect_(*dialect), document_(dialect->draft().document) {}

  // Recursion is bounded by kMaxBodyDepth.
  void read(NodeId id, size_t depth) {
    const Node& node = document_[id];
    if (depth > kMaxBodyDepth) return dialect_.draft().findings.error(id, say::body_too_deep(kMaxBodyDepth));
    switch (node.type) {
      case NodeType::null: return dialect_.text("null");
      case NodeType::boolean: return dialect_.text(node.truth ? "true" : "false");
      case NodeType::number: return dialect_.text(node.text);
      case NodeType::string: return dialect_.read_value(id);
      case NodeType::list: return read_list(id, depth);
      case NodeType::object: return read_object(id, depth);
    }
  }

 private:
  void read_object(NodeId id, size_t depth) {
    dialect_.step(DialectStep::object);
    for (NodeId member = document_[id].first; member != kNoNode && dialect_.has_room(0); member = document_[member].next) {
      dialect_.key(document_[member].name);
      read(member, depth + 1);
      dialect_.step(DialectStep::end_member);
    }
    dialect_.step(DialectStep::close_object);
  }
  void read_list(NodeId id, size_t depth) {
    dialect_.step(DialectStep::list);
    for (NodeId element = document_[id].first; element != kNoNode && dialect_.has_room(0); element = document_[element].next) {
      dialect_.step(DialectStep::element);
      read(element, depth + 1);
      dialect_.step(DialectStep::end_element);
    }
    dialect_.step(DialectStep::close_list);
  }

  DialectDraft& dialect_;
  const Document& document_;
};

}  // namespace

void read_headers(DialectDraft* dialect, NodeId object, std::vector<HeaderRule>* out) {
  Draft& draft = dialect->draft();
  for (const NodeId id : draft.elements(object, "headers", 0, kMaxHeaders)) {
    const Node& node = draft.document[id];
    const auto is_it = [&](std::string_view name) { return same_name(name, node.name); };
    if (!is_header_name(node.name)) {
      draft.findings.error_at_name(id, say::not_a_header_name(node.name, kMaxHeaderName));
    } else if (std::ranges::any_of(kServersOwn, is_it)) {
      draft.findings.error_at_name(id, say::header_of_server(node.name));
    } else if (std::ranges::any_of(*out, is_it, &HeaderRule::name)) {
      draft.findings.error_at_name(id, say::header_twice(node.name));
    } else if (node.type != NodeType::string) {
      draft.findings.error(id, say::wrong_form(Form::text, node.type, node.text));
    } else if (!is_header_text(node.text)) {
      draft.findings.error(id, say::not_a_header_text(node.text));
    } else {
      HeaderRule rule;
      rule.name = node.name;
      rule.value = dialect->begin_template();
      dialect->read_text(id, TextPlace::header);
      dialect->end_template(&rule.value);
      out->push_back(std::move(rule));
    }
  }
}

void read_body(DialectDraft* dialect, NodeId id, AnswerRule* out) {
  Draft& draft = dialect->draft();
  const NodeId body = field(draft.document, id, Shape::answer, "body");
  const NodeId text = field(draft.document, id, Shape::answer, "text");
  if (body != kNoNode && text != kNoNode) draft.findings.error_at_name(text, say::body_and_text());
  if (body == kNoNode && text == kNoNode) return;
  out->body_kind = body != kNoNode ? BodyKind::json : BodyKind::text;
  out->body = dialect->begin_template();
  if (body != kNoNode) {
    BodyReader(dialect).read(body, 1);
  } else {
    dialect->read_text(text, TextPlace::plain);
  }
  dialect->end_template(&out->body);
}

}  // namespace sluice
