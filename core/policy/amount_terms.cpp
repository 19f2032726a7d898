// SPDX-License-Identifier: Apache-2.0
#include "core/policy/amount_terms.h"

#include <vector>

#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

struct WordField {
  std::string_view name;
  Word word;
};

constexpr WordField kWords[] = {{"unlimited", Word::unlimited}, {"custom", Word::custom}, {"blocked", Word::blocked}};

class AmountReader {
 public:
  AmountReader(const AmountSource& source, const Rule& rule, Findings* findings)
      : source_(source), document_(source.document), rule_(rule), findings_(*findings) {}

  AmountDraft read();

 private:
  NodeId given(std::string_view name) const { return document_.find(source_.object, name); }
  NodeId own(std::string_view name) const { return field(document_, source_.object, source_.shape, name); }
  // Beside the amount, else beside all amounts; nothing beside a word, where it would mean nothing.
  NodeId beside(std::string_view name);
  void report(NodeId at, std::string message) { findings_.error(at, std::move(message)); }
  void read_form();
  void read_number(NodeId at);
  void read_word();
  void read_base(NodeId at);
  void read_depth(NodeId at);
  void read_burst(NodeId at);
  void read_ceiling(NodeId at);
  void read_thresholds(NodeId at);
  AmountTerms& terms() { return draft_.terms; }

  const AmountSource& source_;
  const Document& document_;
  const Rule& rule_;
  Findings& findings_;
  AmountDraft draft_;
};

void AmountReader::read_number(NodeId at) {
  const Node& node = document_[at];
  std::string why;
  terms().amount = Amount();
  if (rule_.kind == Kind::pace) {
    RateText rate;
    if (node.type != NodeType::string) {
      report(at, say::pace_amount_is_a_rate(node.text));
    } else if (!parse_rate(node.text, &rate, &why)) {
      report(at, why);
    }
    terms().amount.amount = rate.amount;
    terms().amount.period = rate.period;
  } else if (node.type != NodeType::number) {
    report(at, say::amount_is_a_number(node.text));
  } else if (!parse_count(node.text, &terms().amount.amount, &why)) {
    report(at, why);
  }
}

void AmountReader::read_word() {
  for (const WordField& field : kWords) {
    if (own(field.name) == kNoNode) continue;
    terms().amount = Amount();
    terms().amount.word = field.word;
  }
}

void AmountReader::read_base(NodeId at) {
  draft_.base = at;
  draft_.times = Ratio{1, 1};
  std::string why;
  const NodeId times = own("times");
  if (times != kNoNode && !parse_ratio(document_[times].text, &draft_.times, &why)) report(times, why);
}

// Exactly one form, unless what is left out is kept.
void AmountReader::read_form() {
  std::vector<NodeId> forms;
  for (const std::string_view name : {"amount", "unlimited", "custom", "blocked", "of"}) {
    if (const NodeId at = given(name); at != kNoNode) forms.push_back(at);
  }
  if (forms.size() > 1) {
    findings_.error_at_name(forms[1], say::two_amounts(document_[forms[0]].name, document_[forms[1]].name));
  } else if (forms.empty() && !source_.kept) {
    report(source_.object, say::no_amount(source_.shape == Shape::limit));
  }
  if (!forms.empty() && source_.kept) terms().derived.reset();
  if (const NodeId amount = own("amount"); amount != kNoNode) read_number(amount);
  read_word();
  const NodeId base = own("of");
  if (base != kNoNode) read_base(base);
  const NodeId times = given("times");
  if (times != kNoNode && given("of") == kNoNode) findings_.error_at_name(times, say::times_without_of());
}

NodeId AmountReader::beside(std::string_view name) {
  const Word word = terms().amount.word;
  const bool nothing = word == Word::unlimited || word == Word::blocked;
  const NodeId at = own(name);
  if (at != kNoNode && nothing) {
    findings_.error_at_name(at, say::beside_a_word(name, word == Word::unlimited ? "unlimited" : "blocked"));
  }
  if (nothing) return kNoNode;
  return at != kNoNode || source_.defaults == kNoNode ? at : field(document_, source_.defaults, Shape::limit, name);
}

void AmountReader::read_depth(NodeId at) {
  const Node& node = document_[at];
  std::string why;
  terms().depth_units = 0;
  terms().depth_span = 0;
  const bool good = node.type == NodeType::number ? parse_count(node.text, &terms().depth_units, &why)
                                                  : parse_duration(node.text, &terms().depth_span, &why);
  if (!good) report(at, node.type == NodeType::number ? why : say::not_a_depth(node.text));
}

void AmountReader::read_burst(NodeId at) {
  if (rule_.period == 0 && rule_.period_kind == PeriodKind::aligned) return;  // the period is broken, and that is said
  BurstText burst;
  std::string why;
  if (rule_.period_kind != PeriodKind::aligned) {
    findings_.error_at_name(at, say::burst_needs_aligned_period());
  } else if (!parse_burst(document_[at].text, &burst, &why)) {
    report(at, why);
  } else if (burst.span % rule_.period != 0) {
    report(at, say::burst_is_no_multiple(document_[at].text));
  } else {
    terms().burst_factor = burst.factor;
    terms().burst_windows = static_cast<uint64_t>(burst.span / rule_.period);
  }
}

void AmountReader::read_ceiling(NodeId at) {
  uint32_t share = 0;
  std::string why;
  if (!parse_percent(document_[at].text, &share, &why)) {
    report(at, why);
  } else if (share < kWhole) {
    report(at, say::ceiling_below_amount(document_[at].text));
  } else {
    terms().ceiling = Ratio{share, kWhole};
  }
}

void AmountReader::read_thresholds(NodeId at) {
  const auto shares = document_.children(at, kMaxThresholds + 1);
  if (shares.size() > kMaxThresholds) report(at, say::too_many("thresholds", kMaxThresholds));
  terms().thresholds.clear();
  for (const NodeId id : shares) {
    uint32_t share = 0;
    std::string why;
    if (document_[id].type != NodeType::number) {
      report(id, say::not_a_percentage(document_[id].text));
    } else if (!parse_percent_number(document_[id].text, &share, &why)) {
      report(id, why);
    } else if (!terms().thresholds.empty() && share <= terms().thresholds.back()) {
      report(id, say::thresholds_not_ascending(document_[id].text));
    } else {
      terms().thresholds.push_back(share);
    }
  }
}

AmountDraft AmountReader::read() {
  const size_t before = findings_.errors();
  draft_.node = source_.object;
  if (source_.kept) terms() = *source_.kept;
  read_form();
  if (const NodeId at = rule_.kind == Kind::pace ? beside("depth") : kNoNode; at != kNoNode) read_depth(at);
  if (rule_.kind == Kind::window) {
    const NodeId burst = beside("burst"), ceiling = beside("ceiling"), thresholds = beside("thresholds");
    if (burst != kNoNode) read_burst(burst);
    if (ceiling != kNoNode) read_ceiling(ceiling);
    if (thresholds != kNoNode) read_thresholds(thresholds);
    if (terms().ceiling.num != 0 && terms().burst_factor.num != 0) {
      findings_.error_at_name(ceiling != kNoNode ? ceiling : burst, say::ceiling_with_burst());
    }
  }
  draft_.good = findings_.errors() == before;
  return draft_;
}

}  // namespace

AmountDraft read_amount(const AmountSource& source, const Rule& rule, Findings* findings) {
  return AmountReader(source, rule, findings).read();
}

}  // namespace sluice
