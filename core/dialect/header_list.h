// SPDX-License-Identifier: Apache-2.0
// The headers of one answer as they are written: name, value, name, value, all in the answer's text, so that nothing of them is
// the policy's.
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

  // What is written until end() is the value; end(false) takes the header back.
  void begin(Bytes name) {
    begin_ = text_.length();
    text_.put(name);
    value_ = text_.length();
  }
  void end(bool keep = true) {
    if (!keep) return text_.cut(begin_);
    if (count_ < room_.size() && text_.fits()) {
      const Bytes both = text_.from(begin_);
      room_[count_] = {both.substr(0, value_ - begin_), both.substr(value_ - begin_)};
    }
    ++count_;
  }
  void add(Bytes name, Bytes value) {
    begin(name);
    text_.put(value);
    end();
  }
  void add(Bytes name, uint64_t value) {
    begin(name);
    text_.put(value);
    end();
  }

 private:
  std::span<HttpHeader> room_;
  AnswerText& text_;
  size_t count_ = 0, begin_ = 0, value_ = 0;
};

}  // namespace sluice
