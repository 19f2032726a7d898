// SPDX-License-Identifier: Apache-2.0
// Templates in texts: `{remaining}`, `{month.resets_at as iso}`, and a part in brackets, which is left out when something in it is
// not known: "Rate limited.[ Retry after {retry_after} seconds.]". A doubled brace or bracket stands for itself.
#include <algorithm>

#include "core/policy/dialect_draft.h"
#include "core/policy/dialect_words.h"
#include "core/policy/findings_text.h"
#include "core/policy/nearest.h"

namespace sluice {
namespace {

constexpr std::string_view kAs = " as ";

template <class Words, class Keep>
std::vector<std::string_view> names_of(const Words& words, const Keep& keep) {
  std::vector<std::string_view> names;
  for (const auto& word : words) {
    if (keep(word)) names.push_back(word.name);
  }
  return names;
}

}  // namespace

// One walk over a template's text.
class TemplateReader {
 public:
  TemplateReader(DialectDraft* dialect, NodeId node, TextPlace place)
      : dialect_(*dialect), node_(node), place_(place), text_(dialect->draft().text(node)) {}

  bool read() {
    for (at_ = 0; at_ < text_.size();) {
      const char c = text_[at_];
      const bool doubled = at_ + 1 < text_.size() && text_[at_ + 1] == c;
      const bool special = c == '{' || c == '}' || c == '[' || c == ']';
      if (!special || doubled) {
        dialect_.literal(text_.substr(at_, 1), place_);
        at_ += special ? 2 : 1;
      } else if (!(c == '{' ? read_braces() : c == '[' ? open_part() : c == ']' ? close_part() : stray())) {
        return false;
      }
    }
    return !in_part_ || wrong(say::bracket_not_closed(text_));
  }

 private:
  bool wrong(const std::string& message) {
    dialect_.draft().findings.error(node_, message);
    return false;
  }
  bool stray() { return wrong(say::stray_bracket(text_.substr(at_, 1))); }

  bool read_braces() {
    const size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) return wrong(say::brace_not_closed(text_.substr(at_)));
    DialectOp op;
    op.step = DialectStep::tell;
    if (dialect_.read_placeholder(node_, text_.substr(at_ + 1, end - at_ - 1), &op)) dialect_.push(op);
    told_in_part_ = true;
    at_ = end + 1;
    return true;
  }
  bool open_part() {
    if (in_part_) return wrong(say::bracket_in_bracket());
    in_part_ = true;
    told_in_part_ = false;
    dialect_.step(DialectStep::part);
    ++at_;
    return true;
  }
  bool close_part() {
    if (!in_part_) return stray();
    if (!told_in_part_) return wrong(say::bracket_without_placeholder());
    in_part_ = false;
    dialect_.step(DialectStep::end_part);
    ++at_;
    return true;
  }

  DialectDraft& dialect_;
  const NodeId node_;
  const TextPlace place_;
  const std::string_view text_;
  size_t at_ = 0;
  bool in_part_ = false, told_in_part_ = false;
};

// Once there is no room for findings they are counted: looking for the nearest name would cost a hostile text's time.
void DialectDraft::say_unknown(NodeId node, std::string_view what, std::string_view name,
                               const std::vector<std::string_view>& names) {
  Findings& findings = draft_.findings;
  findings.error(node, findings.full() ? std::string() : say::unknown_name(what, name, nearest(name, names), names));
}

bool DialectDraft::read_limit(NodeId node, std::string_view name, DialectOp* out) {
  out->which = draft_.policy.find_limit(name);
  if (out->which != kNone) {
    rules_.tells_limits = true;
    return true;
  }
  std::vector<std::string_view> names;
  for (const Limit& limit : draft_.policy.limits) names.push_back(limit.name);
  say_unknown(node, "limit", name, names);
  return false;
}

// Gathered once: a hostile text asks for them as often as it likes.
const std::vector<std::string_view>& DialectDraft::quantities() {
  if (!quantities_.empty()) return quantities_;
  for (const Operation& operation : draft_.policy.operations) {
    quantities_.insert(quantities_.end(), operation.quantities.begin(), operation.quantities.end());
  }
  std::sort(quantities_.begin(), quantities_.end());
  quantities_.erase(std::unique(quantities_.begin(), quantities_.end()), quantities_.end());
  return quantities_;
}

// {value.recipient}, {quantity.emails}, {given.trace_id}
bool DialectDraft::read_named(NodeId node, std::string_view kind, std::string_view name, DialectOp* out) {
  std::vector<std::string_view> few;
  if (kind == "value") {
    out->told = Told::value;
    few.assign(draft_.policy.dimensions.begin(), draft_.policy.dimensions.end());
  } else if (kind == "given") {
    out->told = Told::given;
    few.assign(rules_.given.begin(), rules_.given.end());
  } else {
    out->told = Told::quantity;
  }
  const std::vector<std::string_view>& known = out->told == Told::quantity ? quantities() : few;
  const auto found = std::ranges::find(known, name);
  if (found == known.end()) {
    say_unknown(node, kind, name, known);
    return false;
  }
  out->which = static_cast<int16_t>(found - known.begin());
  if (out->told == Told::quantity) {
    const auto told = std::ranges::find(rules_.quantities, name);
    out->which = static_cast<int16_t>(told - rules_.quantities.begin());
    if (told == rules_.quantities.end()) rules_.quantities.emplace_back(name);
  }
  return true;
}

bool DialectDraft::read_told(NodeId node, std::string_view name, DialectOp* out) {
  const size_t first = name.find('.'), last = name.rfind('.');
  if (first != std::string_view::npos) {
    const std::string_view kind = name.substr(0, first);
    if (kind == "value" || kind == "quantity" || kind == "given") return read_named(node, kind, name.substr(first + 1), out);
  }
  const std::string_view told = last == std::string_view::npos ? name : name.substr(last + 1);
  const ToldWord* word = find_told(told);
  if (word == nullptr || (last != std::string_view::npos && !word->of_limit)) {
    const auto names = names_of(told_words(), [&](const ToldWord& w) { return w.of_limit || last == std::string_view::npos; });
    say_unknown(node, "placeholder", told, names);
    return false;
  }
  out->told = word->told;
  return last == std::string_view::npos || read_limit(node, name.substr(0, last), out);
}

// "iso", "epoch text": a form of its type, and whether it is written as a text.
bool DialectDraft::read_forms(NodeId node, std::string_view forms, ToldType type, DialectOp* out) {
  while (!forms.empty()) {
    const size_t space = std::min(forms.find(' '), forms.size());
    const std::string_view form = forms.substr(0, space);
    forms.remove_prefix(std::min(space + 1, forms.size()));
    if (form == "text" && !out->quoted) {
      out->quoted = true;
      continue;
    }
    const auto words = form_words();
    const auto found = std::ranges::find_if(words, [&](const FormWord& w) { return w.name == form && w.type == type; });
    if (found == words.end() || out->form != ToldForm::plain) {
      auto names = names_of(words, [&](const FormWord& w) { return w.type == type; });
      names.emplace_back("text");
      say_unknown(node, "form", form, names);
      return false;
    }
    out->form = found->form;
  }
  return true;
}

bool DialectDraft::read_placeholder(NodeId node, std::string_view inside, DialectOp* out) {
  const size_t as = inside.find(kAs);
  if (!read_told(node, inside.substr(0, as), out)) return false;
  if (as != std::string_view::npos && !read_forms(node, inside.substr(as + kAs.size()), type_of(out->told), out)) return false;
  warn_never_told(node, inside, *out);
  return true;
}

void DialectDraft::warn_never_told(NodeId node, std::string_view inside, const DialectOp& op) {
  if (which_ == nullptr || is_told(op.told, *which_)) return;
  const auto words = case_words();
  const auto found = std::ranges::find_if(words, [&](const CaseWord& w) { return w.which == *which_; });
  draft_.findings.warning(node, say::never_told(inside, found->name));
}

void DialectDraft::read_text(NodeId node, TextPlace place) { TemplateReader(this, node, place).read(); }

void DialectDraft::read_value(NodeId node) {
  const std::string_view text = draft_.text(node);
  const bool whole = text.size() > 2 && text.front() == '{' && text[1] != '{' && text.find('}') == text.size() - 1;
  if (!whole) {
    this->text("\"");
    read_text(node, TextPlace::json);
    this->text("\"");
    return;
  }
  DialectOp op;
  op.step = DialectStep::tell_value;
  if (read_placeholder(node, text.substr(1, text.size() - 2), &op)) push(op);
}

}  // namespace sluice
