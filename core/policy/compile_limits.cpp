// SPDX-License-Identifier: Apache-2.0
// Limits without their amounts: name, scope, kind, and the rule that holds for everybody.
#include <algorithm>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

struct DenialWord {
  std::string_view name;
  DenialKind kind;
};

constexpr DenialWord kDenials[] = {
    {"quota", DenialKind::quota},       {"rate", DenialKind::rate},   {"gauge", DenialKind::gauge},
    {"distinct", DenialKind::distinct}, {"depth", DenialKind::depth}, {"upstream", DenialKind::upstream},
};

class LimitReader {
 public:
  LimitReader(Draft* draft, NodeId id) : draft_(*draft), id_(id) { limit_.node = id; }

  void read(Limit* limit, LimitDraft* out);

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::limit, name); }
  bool written(std::string_view name) const { return draft_.document.find(id_, name) != kNoNode; }
  void require(std::string_view name);
  void read_scope();
  void read_by();
  void read_words(Limit* limit);
  void read_reports_as(Limit* limit);
  void read_rule(Kind kind, Limit* limit);
  void read_window(Rule* rule);
  void read_zone(Rule* rule);
  void read_sliding(Limit* limit);
  bool span(std::string_view name, Span* out) { return draft_.duration(id_, Shape::limit, name, out); }

  Draft& draft_;
  NodeId id_;
  LimitDraft limit_;
};

void LimitReader::require(std::string_view name) {
  if (!written(name)) draft_.findings.error(id_, say::missing_for_kind(name, kind_name(*limit_.kind)));
}

void LimitReader::read_scope() {
  const NodeId list = own("scope");
  if (list == kNoNode) return;
  const size_t before = draft_.findings.errors();
  for (const NodeId name : draft_.names(list, "scope", 1, kMaxScopeDimensions)) {
    const int16_t dimension = draft_.dimension(name);
    if (dimension != kNone) limit_.dimensions.push_back(static_cast<uint8_t>(dimension));
  }
  if (draft_.findings.errors() != before) limit_.dimensions.clear();
}

void LimitReader::read_by() {
  const NodeId by = own("by");
  if (by == kNoNode || limit_.dimensions.empty()) return;
  std::vector<std::string_view> names;
  for (const uint8_t dimension : limit_.dimensions) names.push_back(draft_.dimension_name(dimension));
  const int chosen = draft_.choose(by, "dimension of the scope", names);
  if (chosen < 0) return;
  limit_.by = limit_.dimensions[static_cast<size_t>(chosen)];
  const int16_t set = draft_.plan_set_of(static_cast<uint8_t>(limit_.by));
  if (set == kNone || draft_.policy.plan_sets[static_cast<size_t>(set)].plans.empty()) {
    draft_.findings.error(by, say::dimension_without_plans(draft_.text(by)));
    limit_.by = kNone;
  }
}

void LimitReader::read_reports_as(Limit* limit) {
  const NodeId id = own("reports_as");
  if (id == kNoNode) return;
  const std::string_view name = draft_.name(id_, Shape::limit, "reports_as");
  const size_t dot = name.find('.');
  if (name.empty()) return;
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size() || name.find('.', dot + 1) != name.npos) {
    draft_.findings.error(id, say::not_a_report_name(name));
    return;
  }
  limit->report_group = name.substr(0, dot);
  limit->report_used = name.substr(dot + 1);
}

void LimitReader::read_words(Limit* limit) {
  limit->unit = draft_.name(id_, Shape::limit, "unit");
  if (limit->unit.empty()) limit->unit = "unit";
  read_reports_as(limit);
  if (const NodeId mode = own("mode"); mode != kNoNode) {
    limit->rule.mode = static_cast<Mode>(std::max(draft_.choose(mode, "mode", mode_names()), 0));
  }
  if (const NodeId denies_as = own("denies_as"); denies_as != kNoNode) {
    std::vector<std::string_view> names;
    for (const DenialWord& word : kDenials) names.push_back(word.name);
    const int chosen = draft_.choose(denies_as, "denial kind", names);
    if (chosen >= 0) limit->rule.denies_as = kDenials[chosen].kind;
  }
}

void LimitReader::read_zone(Rule* rule) {
  const NodeId zone = own("zone");
  if (zone == kNoNode) return;
  const bool calendar = rule->period_kind != PeriodKind::aligned && rule->period_kind != PeriodKind::from_first &&
                        rule->period_kind != PeriodKind::billing;
  if (!calendar) {
    draft_.findings.error_at_name(zone, say::zone_needs_calendar(rule->period_kind == PeriodKind::billing));
  } else {
    draft_.zone(zone, &rule->zone);
  }
}

void LimitReader::read_window(Rule* rule) {
  require("period");
  const NodeId id = own("period");
  PeriodText period;
  std::string why;
  if (id == kNoNode) return;
  if (!parse_period(draft_.text(id), &period, &why)) {
    draft_.findings.error(id, why);
    return;
  }
  rule->period_kind = period.kind;
  rule->period = period.period;
  read_zone(rule);
  if (period.kind == PeriodKind::aligned && period.period > kDay) {
    draft_.findings.note(id, say::long_aligned_period(draft_.text(id)));
  }
}

void LimitReader::read_sliding(Limit* limit) {
  Rule* const rule = &limit->rule;
  require("period");
  if (span("margin", &limit->margin)) {
    if (rule->period > 0 && limit->margin > rule->period) draft_.findings.error(own("margin"), say::margin_too_long());
    rule->period += limit->margin;
  }
  const NodeId id = own("slots");
  if (id == kNoNode) return;
  uint64_t slots = 0;
  std::string why;
  if (!parse_count(draft_.text(id), &slots, &why) || slots > kMaxExactLog) {
    draft_.findings.error(id, say::slots_out_of_range(draft_.text(id)));
  } else if (rule->period > 0 && slots > static_cast<uint64_t>(rule->period)) {
    draft_.findings.error(id, say::slots_finer_than_a_nanosecond());
  }
  rule->slots = static_cast<uint16_t>(std::min<uint64_t>(slots, kMaxExactLog));
}

void LimitReader::read_rule(Kind kind, Limit* limit) {
  Rule* const rule = &limit->rule;
  rule->kind = kind;
  switch (kind) {
    case Kind::pace: span("slack", &rule->slack); break;
    case Kind::window: read_window(rule); break;
    case Kind::sliding:
      span("period", &rule->period);
      read_sliding(limit);
      break;
    case Kind::distinct:
      require("period");
      span("period", &rule->period);
      span("exemption", &rule->exemption);
      break;
    case Kind::gauge: span("lease", &rule->lease); break;
    case Kind::upstream:
      require("longest");
      span("longest", &rule->longest);
      break;
  }
}

DenialKind default_denial(const Rule& rule) {
  switch (rule.kind) {
    case Kind::window: {
      const bool clock = rule.period_kind == PeriodKind::aligned || rule.period_kind == PeriodKind::from_first;
      return clock && rule.period < kDay ? DenialKind::rate : DenialKind::quota;
    }
    case Kind::pace:
    case Kind::sliding: return DenialKind::rate;
    case Kind::distinct: return DenialKind::distinct;
    case Kind::gauge: return DenialKind::gauge;  // or depth: the operations say
    case Kind::upstream: return DenialKind::upstream;
  }
  return DenialKind::rate;
}

void LimitReader::read(Limit* limit, LimitDraft* out) {
  const NodeId kind = own("kind");
  const size_t before = draft_.findings.errors();
  limit_.kind = kind == kNoNode ? std::nullopt : parse_kind(draft_.text(kind));
  if (kind != kNoNode && !limit_.kind) draft_.choose(kind, "kind", kind_names());
  check_fields(draft_.document, id_, Shape::limit, limit_.kind, &draft_.findings);
  limit->name = draft_.name(id_, Shape::limit, "name");
  read_scope();
  read_by();
  read_words(limit);
  if (limit_.kind) {
    read_rule(*limit_.kind, limit);
    if (own("denies_as") == kNoNode) limit->rule.denies_as = default_denial(limit->rule);
  }
  limit_.rule_good = draft_.findings.errors() == before;
  *out = limit_;
}

}  // namespace

void compile_limits(Draft* draft) {
  const NodeId list = field(draft->document, draft->document.root(), Shape::policy, "limits");
  if (list == kNoNode) return;
  for (const NodeId id : draft->elements(list, "limits", 1, kMaxLimits)) {
    if (draft->document[id].type != NodeType::object) {
      draft->findings.error(id, say::wrong_form(Form::object, draft->document[id].type, draft->text(id)));
      continue;
    }
    Limit limit;
    LimitDraft limit_draft;
    LimitReader(draft, id).read(&limit, &limit_draft);
    if (!limit.name.empty() && draft->policy.find_limit(limit.name) != kNone) {
      draft->findings.error(draft->document.find(id, "name"), say::named_twice(limit.name));
    }
    if (!limit_draft.dimensions.empty()) limit.scope = draft->scope(limit_draft.dimensions);
    draft->policy.limits.push_back(std::move(limit));
    draft->limits.push_back(std::move(limit_draft));
  }
}

}  // namespace sluice
