// SPDX-License-Identifier: Apache-2.0
// A policy text as a tree whose every node knows where it stands.
//
// 1. Nodes lie in one vector, in text order; strings lie in one arena, the buffer the text was read in.
// 2. Bounded: kMaxTextBytes, kMaxDepth and kMaxNodes hold whatever the text; no recursion follows its nesting.
// 3. Numbers stay as written: nothing here rounds. NaN and Infinity are no numbers.
// 4. The overlay may move nodes to another parent; `offset`, `index` and `parent` keep saying where they were written.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

inline constexpr size_t kMaxTextBytes = size_t{1} << 20;
inline constexpr size_t kMaxDepth = 32;
inline constexpr size_t kMaxNodes = size_t{1} << 17;

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;

enum class NodeType : uint8_t { null, boolean, number, string, list, object };

struct Node {
  NodeType type = NodeType::null;
  bool truth = false;        // of a boolean
  uint32_t offset = 0;       // of the value's first byte
  uint32_t name_offset = 0;  // of a member's name; else as `offset`
  uint32_t index = 0;        // position among its siblings, as written
  NodeId parent = kNoNode;   // as written
  NodeId first = kNoNode;    // children, as they are now
  NodeId next = kNoNode;
  std::string_view name;  // of a member
  std::string_view text;  // a string decoded, a number as written
};

struct Position {
  int line = 0, column = 0;  // 1-based; columns count characters, not bytes
};

struct SyntaxError {
  uint32_t offset = 0;
  std::string message;
};

class Document {
 public:
  Document() = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Once per document; copies the text. False, with the error, when it is not JSON as we read it.
  bool read(std::string_view text, SyntaxError* error);

  NodeId root() const { return nodes_.empty() ? kNoNode : 0; }
  const Node& operator[](NodeId id) const { return nodes_[id]; }
  Node& operator[](NodeId id) { return nodes_[id]; }
  NodeId add(const Node& node);

  // The member of that name (the first, should there be several), or kNoNode; also when `object` is none or no object.
  NodeId find(NodeId object, std::string_view name) const;
  // Children as they are now; none of what has none.
  std::vector<NodeId> children(NodeId id, size_t at_most = kMaxNodes) const;
  void set_children(NodeId id, const std::vector<NodeId>& children);

  bool is(NodeId id, NodeType type) const { return id != kNoNode && nodes_[id].type == type; }

  // Fields written twice in one object: first and later occurrence. At most kMaxDuplicates are kept.
  static constexpr size_t kMaxDuplicates = 100;
  const std::vector<std::pair<NodeId, NodeId>>& duplicates() const { return duplicates_; }

  Position position(uint32_t offset) const;
  // "limits[2].period"; inside the overlay list elements go by name, "comply.limits[pair].period". Empty for the root.
  std::string path(NodeId id) const;
  std::string_view text() const { return text_; }
  // The part of the text that a node of an unmerged tree spans, rewritten as plain JSON.
  std::string plain_json(NodeId id) const;

 private:
  friend class DocumentBuilder;
  std::string label(NodeId element) const;

  std::string text_;
  std::string arena_;
  std::vector<Node> nodes_;
  std::vector<std::pair<NodeId, NodeId>> duplicates_;
};

}  // namespace sluice
