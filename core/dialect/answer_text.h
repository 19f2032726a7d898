// SPDX-License-Identifier: Apache-2.0
// Text written into memory of somebody else's, of which there may be too little: what does not fit is counted and not written.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/bytes.h"

namespace sluice {

class AnswerText {
 public:
  explicit AnswerText(std::span<char> room) : room_(room) {}

  // What there is by now, whether it fitted or not.
  size_t length() const { return length_; }
  bool fits() const { return length_ <= room_.size(); }
  // Takes back what was written from there on.
  void cut(size_t length) { length_ = std::min(length_, length); }
  // REQUIRES: fits().
  Bytes from(size_t begin) const { return {room_.data() + begin, length_ - begin}; }

  void put(char c) {
    if (length_ < room_.size()) room_[length_] = c;
    ++length_;
  }
  void put(Bytes bytes) {
    if (length_ < room_.size()) std::memcpy(room_.data() + length_, bytes.data(), std::min(bytes.size(), room_.size() - length_));
    length_ += bytes.size();
  }
  void put(uint64_t number);
  // At least so many digits, with zeros in front.
  void put(uint64_t number, int digits);
  // Inside a JSON text: escaped, and U+FFFD for what is no character.
  void put_json(Bytes text);
  // In a header: `?` for every byte that is not visible ASCII or a space, so that no value can end its line.
  void put_header(Bytes text);

 private:
  std::span<char> room_;
  size_t length_ = 0;
};

}  // namespace sluice
