// SPDX-License-Identifier: Apache-2.0
#include "core/policy/document_builder.h"

#include <algorithm>

namespace sluice {

bool DocumentBuilder::Bool(bool truth) {
  NodeId id = kNoNode;
  if (!add(NodeType::boolean, here() - (truth ? 4 : 5), {}, &id)) return false;
  (*document_)[id].truth = truth;
  return true;
}

bool DocumentBuilder::Key(const char* text, Size length, bool) {
  name_ = {text, length};
  name_offset_ = offset_of(text) - 1;
  return true;
}

bool DocumentBuilder::add(NodeType type, uint32_t offset, std::string_view text, NodeId* id) {
  if (document_->nodes_.size() >= kMaxNodes) {
    bound_ = Bound::nodes;
    return false;
  }
  Node node;
  node.type = type;
  node.offset = node.name_offset = offset;
  node.text = text;
  *id = static_cast<NodeId>(document_->nodes_.size());
  if (!levels_.empty()) {
    Level& level = levels_.back();
    node.parent = level.id;
    node.index = level.count++;
    if (document_->nodes_[level.id].type == NodeType::object) {
      node.name = name_;
      node.name_offset = name_offset_;
    }
    (level.last == kNoNode ? document_->nodes_[level.id].first : document_->nodes_[level.last].next) = *id;
    level.last = *id;
  }
  document_->nodes_.push_back(node);
  return true;
}

bool DocumentBuilder::leaf(NodeType type, uint32_t offset, std::string_view text) {
  NodeId id = kNoNode;
  return add(type, offset, text, &id);
}

bool DocumentBuilder::open(NodeType type) {
  if (levels_.size() >= kMaxDepth) {
    bound_ = Bound::depth;
    return false;
  }
  NodeId id = kNoNode;
  if (!add(type, here(), {}, &id)) return false;
  levels_.push_back({id, kNoNode, 0});
  return true;
}

bool DocumentBuilder::close(bool object) {
  if (object) find_duplicates(levels_.back().id);
  levels_.pop_back();
  return true;
}

// By sorting: an object of a hundred thousand equal names must not take their square.
void DocumentBuilder::find_duplicates(NodeId object) {
  auto& duplicates = document_->duplicates_;
  const auto& nodes = document_->nodes_;
  members_.clear();
  for (NodeId id = nodes[object].first; id != kNoNode; id = nodes[id].next) members_.push_back(id);
  std::stable_sort(members_.begin(), members_.end(), [&](NodeId a, NodeId b) { return nodes[a].name < nodes[b].name; });
  for (size_t first = 0, i = 1; i < members_.size(); ++i) {
    if (nodes[members_[i]].name != nodes[members_[first]].name) {
      first = i;
    } else if (duplicates.size() < Document::kMaxDuplicates) {
      duplicates.emplace_back(members_[first], members_[i]);
    }
  }
}

}  // namespace sluice
