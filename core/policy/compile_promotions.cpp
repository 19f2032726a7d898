// SPDX-License-Identifier: Apache-2.0
// Promotions between the plans of a subject.
#include <algorithm>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

class PromotionReader {
 public:
  PromotionReader(Draft* draft, size_t set, NodeId id) : draft_(*draft), set_(set), id_(id) {}

  std::optional<Promotion> read(size_t from);

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::promotion, name); }
  void read_to(size_t from);
  void read_limit(size_t from);
  void read_share();

  Draft& draft_;
  const size_t set_;
  const NodeId id_;
  Promotion promotion_;
};

void PromotionReader::read_to(size_t from) {
  const NodeId to = own("to");
  if (to == kNoNode) return;
  std::vector<std::string> names;
  for (const Plan& plan : draft_.policy.plan_sets[set_].plans) names.push_back(plan.name);
  const int chosen = draft_.choose(to, "plan", names);
  if (chosen == static_cast<int>(from)) draft_.findings.error(to, say::promotes_to_itself());
  promotion_.to = static_cast<uint8_t>(std::max(chosen, 0));
}

void PromotionReader::read_limit(size_t from) {
  const NodeId id = own("limit");
  if (id == kNoNode) return;
  std::vector<std::string> names;
  for (const Limit& limit : draft_.policy.limits) names.push_back(limit.name);
  const int chosen = draft_.choose(id, "limit", names);
  if (chosen < 0) return;
  promotion_.limit = static_cast<int16_t>(chosen);
  const Limit& limit = draft_.policy.limits[static_cast<size_t>(chosen)];
  const LimitDraft& limit_draft = draft_.limits[static_cast<size_t>(chosen)];
  if (!limit_draft.amounts_good) return;
  if (limit_draft.dimensions != std::vector<uint8_t>{draft_.plan_dimensions[set_]}) {
    draft_.findings.error(id, say::promotion_of_other_scope(limit.name));
  } else if (limit.rule.kind == Kind::pace || limit.rule.kind == Kind::upstream) {
    draft_.findings.error(id, say::promotion_without_share(kind_name(limit.rule.kind)));
  } else {
    const Word word = limit.amounts[limit.plan_set == kNone ? 0 : from].amount.word;
    if (word == Word::unlimited || word == Word::blocked) draft_.findings.error(id, say::promotion_of_a_word(limit.name));
  }
}

void PromotionReader::read_share() {
  const NodeId at = own("at");
  if (at == kNoNode) return;
  uint32_t share = 0;
  std::string why;
  if (!parse_percent(draft_.text(at), &share, &why)) {
    draft_.findings.error(at, why);
  } else if (share > kWhole) {
    draft_.findings.error(at, say::promotion_above_whole(draft_.text(at)));
  }
  promotion_.at = Ratio{share, kWhole};
}

std::optional<Promotion> PromotionReader::read(size_t from) {
  const size_t before = draft_.findings.errors();
  if (!check_fields(draft_.document, id_, Shape::promotion, {}, &draft_.findings)) return std::nullopt;
  read_to(from);
  read_limit(from);
  read_share();
  draft_.duration(id_, Shape::promotion, "within", &promotion_.within);
  promotion_.quality = draft_.name(id_, Shape::promotion, "quality");
  if (draft_.findings.errors() != before) return std::nullopt;
  return promotion_;
}

// Each plan has at most one promotion, so a circle is found by walking.
bool comes_back(const PlanSet& set, size_t from) {
  size_t at = from;
  for (size_t steps = 0; steps < set.plans.size(); ++steps) {
    if (!set.plans[at].promotion) return false;
    at = set.plans[at].promotion->to;
    if (at == from) return true;
  }
  return false;
}

}  // namespace

void compile_promotions(Draft* draft) {
  for (size_t set = 0; set < draft->policy.plan_sets.size(); ++set) {
    auto& plans = draft->policy.plan_sets[set].plans;
    const NodeId list = field(draft->document, draft->subjects[set], Shape::subject, "plans");
    for (const NodeId id : draft->document.children(list, kMaxPlans)) {
      const NodeId promotes = field(draft->document, id, Shape::plan, "promotes");
      if (promotes == kNoNode) continue;
      const NodeId name = draft->document.find(id, "name");
      const auto plan =
          std::find_if(plans.begin(), plans.end(), [&](const Plan& p) { return name != kNoNode && p.name == draft->text(name); });
      if (plan == plans.end()) continue;
      const auto from = static_cast<size_t>(plan - plans.begin());
      plan->promotion = PromotionReader(draft, set, promotes).read(from);
      if (comes_back(draft->policy.plan_sets[set], from)) {
        draft->findings.error(draft->document.find(promotes, "to"), say::promotions_in_a_circle());
        plan->promotion.reset();
      }
    }
  }
}

}  // namespace sluice
