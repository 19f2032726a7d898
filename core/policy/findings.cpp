// SPDX-License-Identifier: Apache-2.0
#include "core/policy/findings.h"

#include <algorithm>

#include "core/policy/findings_text.h"

namespace sluice {
namespace {

constexpr size_t kBefore = 70, kAfter = 40;  // bytes of the line kept on each side of the caret

bool begins_character(char c) { return (c & 0xC0) != 0x80; }

// The line and a caret below. A long line is cut, on character borders, to what stands around the place.
std::string excerpt(std::string_view text, size_t offset) {
  const size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  if (begin == 0 && text.starts_with("\xEF\xBB\xBF")) begin = 3;
  size_t end = std::min(text.find('\n', offset), text.size());
  const bool cut_before = offset > begin + kBefore, cut_after = end > offset + kAfter;
  if (cut_before) begin = offset - kBefore;
  while (begin < offset && !begins_character(text[begin])) ++begin;
  if (cut_after) end = offset + kAfter;
  while (end < text.size() && end > offset && !begins_character(text[end])) --end;

  std::string line = cut_before ? "..." : "", caret = cut_before ? "   " : "";
  for (size_t i = begin; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    line += byte < 0x20 || byte == 0x7F ? ' ' : text[i];
    if (i < offset && begins_character(text[i])) caret += ' ';
  }
  if (cut_after) line += "...";
  return line + '\n' + caret + '^';
}

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::error: return "";
    case Severity::warning: return "warning: ";
    case Severity::note: return "note: ";
  }
  return "";
}

}  // namespace

void Findings::add(Severity severity, NodeId at, bool at_name, std::string message) {
  if (severity == Severity::error) ++errors_;
  if (full()) {
    ++dropped_;
    return;
  }
  Kept kept;
  const Node& node = document_[at];
  kept.offset = at_name ? node.name_offset : node.offset;
  kept.finding.severity = severity;
  kept.finding.path = document_.path(at);
  kept.finding.message = std::move(message);
  kept_.push_back(std::move(kept));
}

void Findings::syntax(const SyntaxError& error) {
  ++errors_;
  Kept kept;
  kept.offset = error.offset;
  kept.finding.message = error.message;
  kept_.push_back(std::move(kept));
}

const std::string* Findings::first_error() const {
  for (const Kept& kept : kept_) {
    if (kept.finding.severity == Severity::error) return &kept.finding.message;
  }
  return nullptr;
}

void Findings::locate(Kept* kept) const {
  const Position position = document_.position(kept->offset);
  kept->finding.line = position.line;
  kept->finding.column = position.column;
  kept->finding.excerpt = excerpt(document_.text(), kept->offset);
}

std::vector<Finding> Findings::take() {
  std::stable_sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.offset < b.offset; });
  std::vector<Finding> result;
  for (Kept& kept : kept_) {
    locate(&kept);
    result.push_back(std::move(kept.finding));
  }
  if (dropped_ > 0) {
    Finding rest;
    rest.severity = Severity::note;
    rest.message = say::more_findings(dropped_);
    result.push_back(std::move(rest));
  }
  return result;
}

std::string format_findings(const std::vector<Finding>& findings) {
  std::string result;
  for (const Finding& finding : findings) {
    if (!result.empty()) result += '\n';
    result += severity_word(finding.severity);
    if (finding.line > 0) {
      result += "line " + std::to_string(finding.line) + ", column " + std::to_string(finding.column) + ": ";
    }
    if (!finding.path.empty()) result += finding.path + ": ";
    result += finding.message;
    if (!finding.excerpt.empty()) result += '\n' + finding.excerpt;
  }
  return result;
}

}  // namespace sluice
