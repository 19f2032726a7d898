// SPDX-License-Identifier: Apache-2.0
// Amounts: one for each plan, or one for all; those that follow another limit come after it.
#include <algorithm>
#include <string>

#include "core/limits/amount.h"
#include "core/policy/draft.h"
#include "core/policy/findings_text.h"

namespace sluice {
namespace {

// Whose plans choose: the limit's `by`, else the one dimension of its scope. kNone: nobody's.
int16_t choosing_set(const Draft& draft, const LimitDraft& limit) {
  const bool one = limit.dimensions.size() == 1;
  const int16_t dimension = limit.by != kNone ? limit.by : one ? limit.dimensions[0] : kNone;
  if (dimension == kNone) return kNone;
  const int16_t set = draft.plan_set_of(static_cast<uint8_t>(dimension));
  return set != kNone && draft.policy.plan_sets[static_cast<size_t>(set)].plans.empty() ? kNone : set;
}

class AmountsOfLimit {
 public:
  AmountsOfLimit(Draft* draft, size_t at)
      : draft_(*draft), limit_(draft->policy.limits[at]), out_(draft->limits[at]) {}

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
  const AmountDraft amount =
      read_amount({draft_.document, entry, Shape::amount, out_.node}, limit_.rule, &draft_.findings);
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

// Resolves each limit after the ones it follows. Limits follow limits, whatever their plans: a circle of limits is refused
// even if no plan closes it.
class Resolver {
 public:
  explicit Resolver(Draft* draft) : draft_(*draft), marks_(draft->limits.size(), Mark::fresh) {}

  void resolve(size_t at);

 private:
  enum class Mark : uint8_t { fresh, open, done };

  int16_t base_of(const LimitDraft& limit, const AmountDraft& amount);
  bool fits(size_t at, size_t base, NodeId where);
  void follow_plans(size_t at, size_t base);
  void resolve_one(size_t at, size_t plan);
  std::string circle(size_t from) const;

  Draft& draft_;
  std::vector<Mark> marks_;
  std::vector<size_t> path_;  // those being resolved
};

std::string Resolver::circle(size_t from) const {
  std::string result;
  for (auto at = std::find(path_.begin(), path_.end(), from); at != path_.end(); ++at) {
    result += draft_.policy.limits[*at].name + " -> ";
  }
  return result + draft_.policy.limits[from].name;
}

int16_t Resolver::base_of(const LimitDraft& limit, const AmountDraft& amount) {
  std::vector<std::string> names;
  for (const Limit& known : draft_.policy.limits) names.push_back(known.name);
  const int base = draft_.choose(amount.base, "limit", names);
  return base >= 0 && limit.amounts_good ? static_cast<int16_t>(base) : kNone;
}

bool Resolver::fits(size_t at, size_t base, NodeId where) {
  const Limit& own = draft_.policy.limits[at];
  const Limit& other = draft_.policy.limits[base];
  const bool pace = own.rule.kind == Kind::pace, other_pace = other.rule.kind == Kind::pace;
  if (other.rule.kind == Kind::upstream || pace != other_pace) {
    draft_.findings.error(where, say::base_of_other_kind(other.name, kind_name(own.rule.kind), kind_name(other.rule.kind)));
  } else if (own.scope != other.scope || draft_.limits[at].by != draft_.limits[base].by) {
    draft_.findings.error(where, say::base_of_other_scope(other.name));
  } else {
    return true;
  }
  return false;
}

// One amount for all that follows amounts by plan is one for each plan.
void Resolver::follow_plans(size_t at, size_t base) {
  Limit& own = draft_.policy.limits[at];
  const Limit& other = draft_.policy.limits[base];
  if (other.plan_set == kNone || own.plan_set != kNone) return;
  own.plan_set = other.plan_set;
  own.plan_elsewhere = other.plan_elsewhere;
  draft_.limits[at].amounts.resize(other.amounts.size(), draft_.limits[at].amounts.front());
}

void Resolver::resolve_one(size_t at, size_t plan) {
  Limit& limit = draft_.policy.limits[at];
  LimitDraft& limit_draft = draft_.limits[at];
  AmountDraft& amount = limit_draft.amounts[plan];
  std::string why;
  bool good = false;
  if (amount.terms.derived) {
    const Limit& base = draft_.policy.limits[static_cast<size_t>(amount.terms.derived->base)];
    AmountTerms resolved;
    good = derive_terms(limit.rule, amount.terms, base.amounts[base.amounts.size() > 1 ? plan : 0], &resolved, &why);
    if (good) amount.terms = resolved;
  } else {
    good = resolve_amount(limit.rule, &amount.terms, &why);
  }
  const bool said = plan > 0 && limit_draft.amounts[plan - 1].node == amount.node && !limit_draft.amounts_good;
  if (!good && !said) draft_.findings.error(amount.node, why);
  limit_draft.amounts_good = limit_draft.amounts_good && good;
  limit.amounts.push_back(amount.terms);
}

void Resolver::resolve(size_t at) {
  LimitDraft& limit = draft_.limits[at];
  if (marks_[at] != Mark::fresh || !limit.amounts_good) return;
  marks_[at] = Mark::open;
  path_.push_back(at);
  for (size_t i = 0; i < limit.amounts.size(); ++i) {
    AmountDraft& amount = limit.amounts[i];
    const bool repeated = i > 0 && limit.amounts[i - 1].base == amount.base;  // one entry for several plans
    if (amount.base == kNoNode) continue;
    const int16_t base = repeated && limit.amounts[i - 1].terms.derived ? limit.amounts[i - 1].terms.derived->base
                                                                        : base_of(limit, amount);
    const auto to = static_cast<size_t>(base);
    if (base == kNone) {
      limit.amounts_good = false;
    } else if (marks_[to] == Mark::open) {
      draft_.findings.error(amount.base, say::followers_in_a_circle(circle(to)));
      limit.amounts_good = false;
    } else {
      resolve(to);
      const bool usable = draft_.limits[to].amounts_good && fits(at, to, amount.base);
      limit.amounts_good = limit.amounts_good && usable;
      amount.terms.derived = Derivation{base, amount.times};
      if (usable) follow_plans(at, to);
      auto& followers = draft_.policy.limits[to].followers;
      if (std::find(followers.begin(), followers.end(), at) == followers.end()) followers.push_back(static_cast<int16_t>(at));
    }
    if (!limit.amounts_good) break;
  }
  const size_t plans = limit.amounts_good ? limit.amounts.size() : 0;
  for (size_t i = 0; i < plans; ++i) resolve_one(at, i);
  path_.pop_back();
  marks_[at] = Mark::done;
}

}  // namespace

void compile_amounts(Draft* draft) {
  for (size_t i = 0; i < draft->limits.size(); ++i) AmountsOfLimit(draft, i).read();
  Resolver resolver(draft);
  for (size_t i = 0; i < draft->limits.size(); ++i) resolver.resolve(i);
}

}  // namespace sluice
