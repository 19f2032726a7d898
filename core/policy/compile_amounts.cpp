// SPDX-License-Identifier: Apache-2.0
// Amounts as written: one for each plan, or one for all.
#include <algorithm>
#include <string>

#include "core/limits/amount.h"
#include "core/policy/draft.h"
#include "core/policy/findings_text.h"

namespace sluice {
namespace {

// Whose plans choose: the limit's `by`, else the one dimension of its scope. kNone: nobody's.
int16_t choosing_set(const Draft& draft, const LimitDraft& limit) {
  int16_t dimension = limit.by;
  if (dimension == kNone && limit.dimensions.size() == 1) dimension = limit.dimensions[0];
  if (dimension == kNone) return kNone;
  const int16_t set = draft.plan_set_of(static_cast<uint8_t>(dimension));
  return set != kNone && draft.policy.plan_sets[static_cast<size_t>(set)].plans.empty() ? kNone : set;
}

class AmountsOfLimit {
 public:
  AmountsOfLimit(Draft* draft, size_t at) : draft_(*draft), limit_(draft->policy.limits[at]), out_(draft->limits[at]) {}

  void read();

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, out_.node, Shape::limit, name); }
  void read_one();
  void read_per_plan(NodeId list);
  void read_entry(NodeId entry, const std::vector<std::string>& plans);
  std::vector<NodeId> plans_of(NodeId entry);
  void check_all_plans(NodeId list, const std::vector<std::string>& plans);
  void check_by();

  Draft& draft_;
  Limit& limit_;
  LimitDraft& out_;
};

void AmountsOfLimit::read_one() {
  out_.amounts.push_back(read_amount({draft_.document, out_.node, Shape::limit}, limit_.rule, &draft_.findings));
  // With `by` its plan's record joins the decision (a billing period needs it), so every plan gets the one amount.
  if (out_.by == kNone || out_.dimensions.size() == 1) return;
  limit_.plan_set = choosing_set(draft_, out_);
  if (limit_.plan_set == kNone) return;
  const size_t plans = draft_.policy.plan_sets[static_cast<size_t>(limit_.plan_set)].plans.size();
  out_.amounts.resize(plans, out_.amounts.front());
}

std::vector<NodeId> AmountsOfLimit::plans_of(NodeId entry) {
  const NodeId plan = field(draft_.document, entry, Shape::amount, "plan");
  if (plan == kNoNode) return {};
  if (draft_.document[plan].type == NodeType::string) return {plan};
  return draft_.names(plan, "plan", 1, kMaxPlans);
}

void AmountsOfLimit::read_entry(NodeId entry, const std::vector<std::string>& plans) {
  if (!check_fields(draft_.document, entry, Shape::amount, limit_.rule.kind, &draft_.findings)) return;
  const AmountDraft amount = read_amount({draft_.document, entry, Shape::amount, out_.node}, limit_.rule, &draft_.findings);
  for (const NodeId name : plans_of(entry)) {
    const int plan = draft_.choose(name, "plan", plans);
    if (plan < 0) continue;
    AmountDraft& slot = out_.amounts[static_cast<size_t>(plan)];
    if (slot.node != kNoNode) draft_.findings.error(name, say::plan_twice(draft_.text(name)));
    slot = amount;
  }
}

void AmountsOfLimit::check_all_plans(NodeId list, const std::vector<std::string>& plans) {
  std::vector<std::string_view> missing;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (out_.amounts[i].node == kNoNode) missing.push_back(plans[i]);
  }
  if (!missing.empty()) draft_.findings.error(list, say::plans_without_amount(missing));
}

void AmountsOfLimit::read_per_plan(NodeId list) {
  const bool several = out_.dimensions.size() > 1;
  for (const std::string_view form : {"amount", "unlimited", "custom", "blocked", "of"}) {
    const NodeId id = draft_.document.find(out_.node, form);
    if (id != kNoNode) draft_.findings.error_at_name(id, say::two_amounts(form, "amounts"));
  }
  if (several && out_.by == kNone) {
    if (!draft_.document.is(draft_.document.find(out_.node, "by"), NodeType::string)) {
      draft_.findings.error(out_.node, say::by_missing());
    }
    return;
  }
  limit_.plan_set = choosing_set(draft_, out_);
  if (limit_.plan_set == kNone) {
    draft_.findings.error(list, say::dimension_without_plans(draft_.dimension_name(out_.dimensions[0])));
    return;
  }
  std::vector<std::string> plans;
  for (const Plan& plan : draft_.policy.plan_sets[static_cast<size_t>(limit_.plan_set)].plans) plans.push_back(plan.name);
  out_.amounts.resize(plans.size());
  const size_t before = draft_.findings.errors();
  for (const NodeId entry : draft_.elements(list, "amounts", 1, kMaxPlans)) read_entry(entry, plans);
  if (draft_.findings.errors() == before) check_all_plans(list, plans);
}

// The plan's record, when it is another, is read with the decision; what stores time in ns of one amount cannot follow it.
void AmountsOfLimit::check_by() {
  const NodeId by = own("by");
  if (out_.by == kNone || out_.dimensions.size() == 1) return;
  const auto has_burst = [](const AmountDraft& amount) { return amount.terms.burst_factor.num != 0; };
  const Kind kind = limit_.rule.kind;
  const bool burst = std::any_of(out_.amounts.begin(), out_.amounts.end(), has_burst);
  if ((kind != Kind::window && kind != Kind::sliding && kind != Kind::distinct) || burst) {
    draft_.findings.error(by, say::by_not_for(burst ? "window with burst" : kind_name(kind)));
  }
}

void AmountsOfLimit::read() {
  if (!out_.kind || out_.dimensions.empty()) return;
  const size_t before = draft_.findings.errors();
  const NodeId list = own("amounts");
  if (limit_.rule.kind == Kind::upstream) {
    out_.amounts.resize(1);
    out_.amounts[0].node = out_.node;
    out_.amounts[0].terms.amount = make_word_amount(Word::unlimited);
  } else if (list != kNoNode) {
    read_per_plan(list);
  } else if (draft_.document.find(out_.node, "amounts") == kNoNode) {
    read_one();
  }
  check_by();
  if (limit_.rule.period_kind == PeriodKind::billing && out_.dimensions.size() > 1 && out_.by == kNone) {
    draft_.findings.error(own("period"), say::billing_of_whom());
  }
  const auto has_burst = [](const AmountDraft& amount) { return amount.terms.burst_factor.num != 0; };
  limit_.rule.burst = std::any_of(out_.amounts.begin(), out_.amounts.end(), has_burst);
  out_.amounts_good = out_.rule_good && draft_.findings.errors() == before && !out_.amounts.empty();
  limit_.plan_elsewhere = limit_.plan_set != kNone && out_.dimensions.size() > 1;
}

}  // namespace

void compile_amounts(Draft* draft) {
  for (size_t i = 0; i < draft->limits.size(); ++i) AmountsOfLimit(draft, i).read();
  resolve_amounts(draft);
}

}  // namespace sluice
