// SPDX-License-Identifier: Apache-2.0
// Amounts as numbers: those that follow another limit come after it.
#include <algorithm>
#include <string>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"

namespace sluice {
namespace {

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
    const int16_t base =
        repeated && limit.amounts[i - 1].terms.derived ? limit.amounts[i - 1].terms.derived->base : base_of(limit, amount);
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

void resolve_amounts(Draft* draft) {
  Resolver resolver(draft);
  for (size_t i = 0; i < draft->limits.size(); ++i) resolver.resolve(i);
}

}  // namespace sluice
