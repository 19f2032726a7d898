// SPDX-License-Identifier: Apache-2.0
// `dialect`: when which answer is given, and what it says.
#include <algorithm>
#include <memory>
#include <string>

#include "core/policy/dialect_draft.h"
#include "core/policy/dialect_words.h"
#include "core/policy/findings_text.h"
#include "core/policy/nearest.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

constexpr std::string_view kBy = " by ", kAs = " as ";

class DialectReader {
 public:
  DialectReader(Draft* draft, NodeId id, DialectRules* rules) : draft_(*draft), id_(id), rules_(*rules), dialect_(draft, rules) {}

  void read();

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::dialect, name); }
  void read_longest_wait();
  void read_given();
  void read_answers();
  void read_answer(NodeId id);
  bool read_when(NodeId id, AnswerWhen* out);
  bool read_kind(NodeId id, std::string_view name, std::span<const KindWord> words, AnswerWhen* out);
  bool read_limit(NodeId id, std::string_view name, AnswerWhen* out);

  Draft& draft_;
  const NodeId id_;
  DialectRules& rules_;
  DialectDraft dialect_;
};

void DialectReader::read_longest_wait() {
  if (!draft_.duration(id_, Shape::dialect, "longest_wait", &rules_.longest_wait)) return;
  if (rules_.longest_wait >= kSecond && rules_.longest_wait <= kMostLongestWait) return;
  draft_.findings.error(own("longest_wait"), say::longest_wait_out_of_range(draft_.text(own("longest_wait"))));
}

void DialectReader::read_given() {
  const NodeId list = own("given");
  if (list == kNoNode) return;
  for (const NodeId name : draft_.names(list, "given", 1, kMaxGiven)) rules_.given.emplace_back(draft_.text(name));
}

bool DialectReader::read_kind(NodeId id, std::string_view name, std::span<const KindWord> words, AnswerWhen* out) {
  std::vector<std::string_view> names;
  for (const KindWord& word : words) {
    if (word.name == name) {
      out->kind = word.kind;
      return true;
    }
    names.push_back(word.name);
  }
  draft_.findings.error_at_name(id, say::unknown_name("kind", name, nearest(name, names), names));
  return false;
}

bool DialectReader::read_limit(NodeId id, std::string_view name, AnswerWhen* out) {
  out->limit = draft_.policy.find_limit(name);
  if (out->limit != kNone) return true;
  std::vector<std::string_view> names;
  for (const Limit& limit : draft_.policy.limits) names.push_back(limit.name);
  draft_.findings.error_at_name(id, say::unknown_name("limit", name, nearest(name, names), names));
  return false;
}

// "denied", "denied as quota", "denied by month", "would queue by pace", "failed as conflict".
bool DialectReader::read_when(NodeId id, AnswerWhen* out) {
  const std::string_view text = draft_.document[id].name;
  const size_t by = text.find(kBy), as = text.find(kAs);
  const std::string_view head = text.substr(0, std::min(by, as));
  std::vector<std::string_view> names;
  for (const CaseWord& word : case_words()) {
    names.push_back(word.name);
    if (word.name == head) out->which = word.which;
  }
  const bool denied = out->which == AnswerCase::denied, waits = out->which == AnswerCase::would_queue;
  if (std::ranges::find(names, head) == names.end()) {
    draft_.findings.error_at_name(id, say::unknown_answer(head, nearest(head, names), names));
  } else if (by < as) {
    if (denied || waits) return read_limit(id, text.substr(by + kBy.size()), out);
    draft_.findings.error_at_name(id, say::answer_by_limit(head));
  } else if (as == std::string_view::npos) {
    return true;
  } else if (denied || out->which == AnswerCase::failed) {
    return read_kind(id, text.substr(as + kAs.size()), denied ? denial_words() : failure_words(), out);
  } else {
    draft_.findings.error_at_name(id, say::answer_as_kind(head));
  }
  return false;
}

void DialectReader::read_answer(NodeId id) {
  AnswerWhen when;
  AnswerRule rule;
  const bool good = read_when(id, &when);
  dialect_.begin_answer(id, good ? &when.which : nullptr);
  if (!check_fields(draft_.document, id, Shape::answer, {}, &draft_.findings)) return;
  uint32_t status = 200;
  draft_.number(id, Shape::answer, "status", 200, 599, &status);
  rule.status = static_cast<uint16_t>(status);
  const NodeId headers = field(draft_.document, id, Shape::answer, "headers");
  if (headers != kNoNode) read_headers(&dialect_, headers, &rule.headers);
  read_body(&dialect_, id, &rule);
  if (!good) return;
  when.answer = static_cast<uint16_t>(rules_.answers.size());
  rules_.answers.push_back(std::move(rule));
  rules_.when.push_back(when);
}

void DialectReader::read_answers() {
  const NodeId object = own("answers");
  if (object == kNoNode) return;
  for (const NodeId id : draft_.elements(object, "answers", 0, kMaxAnswers)) read_answer(id);
  std::ranges::stable_sort(rules_.when, [](const AnswerWhen& a, const AnswerWhen& b) {
    const auto rank = [](const AnswerWhen& w) { return w.limit != kNone ? 0 : w.kind != 0 ? 1 : 2; };
    return rank(a) < rank(b);
  });
}

void DialectReader::read() {
  check_fields(draft_.document, id_, Shape::dialect, {}, &draft_.findings);
  read_longest_wait();
  read_given();
  const NodeId headers = own("headers");
  dialect_.begin_answer(headers == kNoNode ? id_ : headers, nullptr);
  if (headers != kNoNode) read_headers(&dialect_, headers, &rules_.headers);
  read_answers();
}

}  // namespace

void compile_dialect(Draft* draft) {
  const NodeId id = field(draft->document, draft->document.root(), Shape::policy, "dialect");
  if (id == kNoNode) return;
  auto rules = std::make_shared<DialectRules>();
  DialectReader(draft, id, rules.get()).read();
  draft->policy.dialect = std::move(rules);
}

}  // namespace sluice
