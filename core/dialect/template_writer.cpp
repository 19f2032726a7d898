// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/template_writer.h"

#include "core/dialect/civil.h"

namespace sluice {
namespace {

// A member, an element or a part, from where it can be taken back.
struct Frame {
  size_t mark = 0;       // where it begins, its comma included
  size_t members = 0;    // of an object or a list: those that stand
  bool unknown = false;  // of what it stands in, before it
};

class TemplateWriter {
 public:
  TemplateWriter(const Facts& facts, const DialectRules& rules, WritingPlace place, AnswerText* out)
      : facts_(facts), rules_(rules), place_(place), out_(*out) {}

  bool write(DialectTemplate whole) {
    const size_t begin = out_.length();
    for (uint32_t i = 0; i < whole.count; ++i) play(rules_.steps[whole.begin + i]);
    if (unknown_) out_.cut(begin);
    return !unknown_;
  }

 private:
  Bytes text_of(const DialectOp& op) const { return Bytes(rules_.texts).substr(op.offset, op.length); }

  void open(char c) {
    out_.put(c);
    frames_[depth_++] = {};
  }
  void close(char c) {
    out_.put(c);
    --depth_;
  }
  // A comma, where others stand before it.
  void begin_item() {
    Frame& frame = frames_[depth_ - 1];
    frame.mark = out_.length();
    frame.unknown = unknown_;
    unknown_ = false;
    if (frame.members != 0) out_.put(',');
  }
  void begin_part() {
    part_ = out_.length();
    before_part_ = unknown_;
    unknown_ = false;
  }
  void end_part() {
    if (unknown_) out_.cut(part_);
    unknown_ = before_part_;
  }

  void play(const DialectOp& op) {
    switch (op.step) {
      case DialectStep::text: return out_.put(text_of(op));
      case DialectStep::tell: return tell(facts_.tell(op));
      case DialectStep::tell_value: return tell_value(facts_.tell(op), op.quoted);
      case DialectStep::object: return open('{');
      case DialectStep::list: return open('[');
      case DialectStep::close_object: return close('}');
      case DialectStep::close_list: return close(']');
      case DialectStep::key: begin_item(); return out_.put(text_of(op));
      case DialectStep::element: return begin_item();
      case DialectStep::end_member: return end_member();
      case DialectStep::end_element: return end_element();
      case DialectStep::part: return begin_part();
      case DialectStep::end_part: return end_part();
    }
  }
  void end_member() {
    Frame& frame = frames_[depth_ - 1];
    unknown_ ? out_.cut(frame.mark) : void(++frame.members);
    unknown_ = frame.unknown;
  }
  void end_element() {
    Frame& frame = frames_[depth_ - 1];
    if (unknown_) {
      out_.cut(frame.mark);
      out_.put(frame.members != 0 ? Bytes(",null") : Bytes("null"));
    }
    ++frame.members;
    unknown_ = frame.unknown;
  }

  // Inside a text, an unlimited amount is as good as not known.
  void tell(const ToldValue& value) {
    if (value.type == ToldValue::Type::unknown || value.type == ToldValue::Type::null) {
      unknown_ = true;
    } else {
      write_told(value, place_, &out_);
    }
  }
  void tell_value(const ToldValue& value, bool quoted) {
    switch (value.type) {
      case ToldValue::Type::unknown: unknown_ = true; return;
      case ToldValue::Type::null: return out_.put(Bytes("null"));
      case ToldValue::Type::number:
        if (!quoted) return out_.put(value.number);
        break;
      case ToldValue::Type::text:
      case ToldValue::Type::instant: break;
    }
    out_.put('"');
    write_told(value, place_, &out_);
    out_.put('"');
  }

  const Facts& facts_;
  const DialectRules& rules_;
  const WritingPlace place_;
  AnswerText& out_;
  bool unknown_ = false;  // something is not known in what is being written
  Frame frames_[kMaxBodyDepth + 1];
  size_t depth_ = 0;
  size_t part_ = 0;
  bool before_part_ = false;
};

}  // namespace

void write_told(const ToldValue& value, WritingPlace place, AnswerText* out) {
  if (value.type == ToldValue::Type::number) return out->put(value.number);
  if (value.type == ToldValue::Type::instant) return value.date ? write_date(value.at, out) : write_time(value.at, out);
  switch (place) {
    case WritingPlace::header: return out->put_header(value.text);
    case WritingPlace::json: return out->put_json(value.text);
    case WritingPlace::plain: return out->put(value.text);
  }
}

bool write_template(const Facts& facts, const DialectRules& rules, DialectTemplate whole, WritingPlace place, AnswerText* out) {
  return TemplateWriter(facts, rules, place, out).write(whole);
}

}  // namespace sluice
