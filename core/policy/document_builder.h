// SPDX-License-Identifier: Apache-2.0
// Takes what RapidJSON's reader reports and builds a document of it; holds the bounds and finds names written twice.
#pragma once

#include <string_view>
#include <vector>

#include "core/policy/document.h"
#include "core/policy/rapidjson.h"

namespace sluice {

class DocumentBuilder {
 public:
  // What made the reader stop, when it was us.
  enum class Bound : uint8_t { none, depth, nodes };

  using Stream = rapidjson::InsituStringStream;
  using Size = rapidjson::SizeType;

  DocumentBuilder(Document* document, Stream* stream, const char* base) : document_(document), stream_(stream), base_(base) {}

  Bound bound() const { return bound_; }

  bool Null() { return leaf(NodeType::null, here() - 4, {}); }
  bool Bool(bool truth);
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, Size length, bool) { return leaf(NodeType::number, offset_of(text), {text, length}); }
  bool String(const char* text, Size length, bool) { return leaf(NodeType::string, offset_of(text) - 1, {text, length}); }
  bool Key(const char* text, Size length, bool);
  bool StartObject() { return open(NodeType::object); }
  bool EndObject(Size) { return close(true); }
  bool StartArray() { return open(NodeType::list); }
  bool EndArray(Size) { return close(false); }

 private:
  struct Level {
    NodeId id;
    NodeId last;
    uint32_t count;
  };

  uint32_t here() const { return offset_of(stream_->src_); }
  uint32_t offset_of(const char* at) const { return static_cast<uint32_t>(at - base_); }
  bool add(NodeType type, uint32_t offset, std::string_view text, NodeId* id);
  bool leaf(NodeType type, uint32_t offset, std::string_view text);
  bool open(NodeType type);
  bool close(bool object);
  void find_duplicates(NodeId object);

  Document* const document_;
  Stream* const stream_;
  const char* const base_;
  Bound bound_ = Bound::none;
  std::vector<Level> levels_;
  std::vector<NodeId> members_;  // scratch
  std::string_view name_;        // of the member to come
  uint32_t name_offset_ = 0;
};

}  // namespace sluice
