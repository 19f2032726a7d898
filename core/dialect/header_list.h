// SPDX-License-Identifier: Apache-2.0
// The headers of one answer as they are written: names as they are, values behind one another in the answer's text.
#pragma once

#include <span>

#include "core/dialect/answer_text.h"
#include "core/dialect/http_answer.h"

namespace sluice {

// Upper and lower case are alike in names of headers.
bool same_header(Bytes a, Bytes b);

class HeaderList {
 public:
  HeaderList(std::span<HttpHeader> room, AnswerText* text) : room_(room), text_(*text) {}

  AnswerText& text() { return text_; }
  size_t count() const { return count_; }
  bool fits() const { return count_ <= room_.size(); }

  // What is written until end() is the value of a header; end(false) takes it back.
  void begin() { begin_ = text_.length(); }
  void end(Bytes name, bool keep = true) {
    if (!keep) return text_.cut(begin_);
    if (count_ < room_.size() && text_.fits()) room_[count_] = {name, text_.from(begin_)};
    ++count_;
  }
  void add(Bytes name, Bytes value) {
    begin();
    text_.put(value);
    end(name);
  }
  void add(Bytes name, uint64_t value) {
    begin();
    text_.put(value);
    end(name);
  }

 private:
  std::span<HttpHeader> room_;
  AnswerText& text_;
  size_t count_ = 0, begin_ = 0;
};

}  // namespace sluice
