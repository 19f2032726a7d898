// SPDX-License-Identifier: Apache-2.0
#include "core/policy/document.h"

#include <algorithm>

#include "core/policy/document_builder.h"
#include "core/policy/findings_text.h"
#include "core/policy/rapidjson.h"

namespace sluice {
namespace {

constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
                            rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag |
                            rapidjson::kParseValidateEncodingFlag;

// RapidJSON's validation reads a whole character at a time, so up to three bytes past a text that breaks off inside one.
constexpr size_t kPadding = 4;

struct NoOutput {
  void Put(char) {}
};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool refuse(SyntaxError* error, size_t offset, std::string message) {
  error->offset = static_cast<uint32_t>(offset);
  error->message = std::move(message);
  return false;
}

// Before the reader sees it, because for the reader a NUL is the end, and because comments must be UTF-8 too.
bool check_bytes(const std::string& padded, size_t size, SyntaxError* error) {
  const size_t nul = std::string_view(padded.data(), size).find('\0');
  if (nul != std::string_view::npos) return refuse(error, nul, say::nul_byte());
  rapidjson::StringStream stream(padded.data());
  NoOutput none;
  while (stream.Tell() < size) {
    const size_t at = stream.Tell();
    if (!rapidjson::UTF8<>::Validate(stream, none)) return refuse(error, at, say::not_utf8());
  }
  return true;
}

}  // namespace

bool Document::read(std::string_view text, SyntaxError* error) {
  if (text.size() > kMaxTextBytes) return refuse(error, 0, say::text_too_long(text.size()));
  text_.assign(text);
  arena_.assign(text);
  arena_.append(kPadding, '\0');
  if (!check_bytes(arena_, text.size(), error)) return false;

  const size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  rapidjson::InsituStringStream stream(arena_.data() + begin);
  rapidjson::Reader reader;
  DocumentBuilder builder(this, &stream, arena_.data());
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (!result.IsError()) return true;
  nodes_.clear();
  duplicates_.clear();
  const size_t at = std::min(result.Offset() + begin, text_.size());
  switch (builder.bound()) {
    case DocumentBuilder::Bound::depth: return refuse(error, at, say::too_deep());
    case DocumentBuilder::Bound::nodes: return refuse(error, at, say::too_many_values());
    case DocumentBuilder::Bound::none: break;
  }
  return refuse(error, at, say::syntax(result.Code(), at >= text_.size()));
}

NodeId Document::add(const Node& node) {
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId Document::find(NodeId object, std::string_view name) const {
  if (!is(object, NodeType::object)) return kNoNode;
  for (NodeId id = nodes_[object].first; id != kNoNode; id = nodes_[id].next) {
    if (nodes_[id].name == name) return id;
  }
  return kNoNode;
}

std::vector<NodeId> Document::children(NodeId id, size_t at_most) const {
  std::vector<NodeId> result;
  if (id == kNoNode) return result;
  for (NodeId child = nodes_[id].first; child != kNoNode && result.size() < at_most; child = nodes_[child].next) {
    result.push_back(child);
  }
  return result;
}

void Document::set_children(NodeId id, const std::vector<NodeId>& children) {
  nodes_[id].first = children.empty() ? kNoNode : children.front();
  for (size_t i = 0; i < children.size(); ++i) {
    nodes_[children[i]].next = i + 1 < children.size() ? children[i + 1] : kNoNode;
  }
}

Position Document::position(uint32_t offset) const {
  const std::string_view before = std::string_view(text_).substr(0, offset);
  const size_t newline = before.rfind('\n');
  std::string_view line = newline == std::string_view::npos ? before : before.substr(newline + 1);
  if (newline == std::string_view::npos && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto characters = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return {static_cast<int>(lines) + 1, static_cast<int>(characters) + 1};
}

std::string Document::label(NodeId element) const {
  for (const std::string_view key : {"name", "limit", "plan", "scope", "class"}) {
    NodeId named = find(element, key);
    if (is(named, NodeType::list)) named = nodes_[named].first;
    if (is(named, NodeType::string)) return say::shortened(nodes_[named].text);
  }
  return std::to_string(nodes_[element].index);
}

std::string Document::path(NodeId id) const {
  std::vector<NodeId> chain;
  for (; id != kNoNode && nodes_[id].parent != kNoNode; id = nodes_[id].parent) chain.push_back(id);
  std::string result;
  const bool overlay = !chain.empty() && nodes_[chain.back()].name == "comply";
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) {
    const Node& node = nodes_[*step];
    if (nodes_[node.parent].type == NodeType::list) {
      result += '[' + (overlay ? label(*step) : std::to_string(node.index)) + ']';
    } else {
      if (!result.empty()) result += '.';
      result += say::shortened(node.name);
    }
  }
  return result;
}

std::string Document::plain_json(NodeId id) const {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  // Recursion is bounded by kMaxDepth.
  const auto write = [&](const auto& self, NodeId at) -> void {
    const Node& node = nodes_[at];
    const auto size = static_cast<rapidjson::SizeType>(node.text.size());
    switch (node.type) {
      case NodeType::null: writer.Null(); break;
      case NodeType::boolean: writer.Bool(node.truth); break;
      case NodeType::number: writer.RawValue(node.text.data(), node.text.size(), rapidjson::kNumberType); break;
      case NodeType::string: writer.String(node.text.data(), size); break;
      case NodeType::list:
        writer.StartArray();
        for (const NodeId child : children(at)) self(self, child);
        writer.EndArray();
        break;
      case NodeType::object:
        writer.StartObject();
        for (const NodeId child : children(at)) {
          writer.Key(nodes_[child].name.data(), static_cast<rapidjson::SizeType>(nodes_[child].name.size()));
          self(self, child);
        }
        writer.EndObject();
        break;
    }
  };
  write(write, id);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace sluice
