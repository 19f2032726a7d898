// SPDX-License-Identifier: Apache-2.0
// Subjects: which dimensions have plans, and their billing cycle.
#include <algorithm>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

void read_billing(Draft* draft, NodeId id, Billing* billing) {
  if (!check_fields(draft->document, id, Shape::billing, {}, &draft->findings)) return;
  std::string why;
  if (const NodeId day = field(draft->document, id, Shape::billing, "day"); day != kNoNode) {
    uint64_t number = 0;
    if (!parse_count(draft->text(day), &number, &why) || number > 31) {
      draft->findings.error(day, say::not_a_billing_day(draft->text(day)));
    }
    billing->day = static_cast<uint8_t>(std::clamp<uint64_t>(number, 1, 31));
  }
  if (const NodeId time = field(draft->document, id, Shape::billing, "time"); time != kNoNode) {
    if (!parse_time_of_day(draft->text(time), &billing->time, &why)) draft->findings.error(time, why);
  }
  if (const NodeId zone = field(draft->document, id, Shape::billing, "zone"); zone != kNoNode) {
    draft->zone(zone, &billing->zone);
  }
}

// A plan is its name, or an object with its name.
void read_plan(Draft* draft, NodeId id, PlanSet* set) {
  NodeId name = id;
  if (draft->document[id].type != NodeType::string) {
    if (!check_fields(draft->document, id, Shape::plan, {}, &draft->findings)) return;
    name = field(draft->document, id, Shape::plan, "name");
  }
  if (name == kNoNode) return;
  std::string why;
  const auto same = [&](const Plan& plan) { return plan.name == draft->text(name); };
  if (!parse_name(draft->text(name), &why)) {
    draft->findings.error(name, why);
  } else if (std::any_of(set->plans.begin(), set->plans.end(), same)) {
    draft->findings.error(name, say::named_twice(draft->text(name)));
  } else {
    set->plans.push_back({std::string(draft->text(name)), std::nullopt});
  }
}

void read_plans(Draft* draft, NodeId id, PlanSet* set) {
  const NodeId list = field(draft->document, id, Shape::subject, "plans");
  const NodeId fallback = field(draft->document, id, Shape::subject, "default");
  if (list != kNoNode) {
    for (const NodeId plan : draft->elements(list, "plans", 1, kMaxPlans)) read_plan(draft, plan, set);
  }
  if (fallback == kNoNode) {
    const bool absent = draft->document.find(id, "default") == kNoNode;
    if (absent && list != kNoNode) draft->findings.error(id, say::default_plan_missing());
  } else if (list == kNoNode) {
    draft->findings.error_at_name(fallback, say::default_without_plans());
  } else if (!set->plans.empty()) {
    std::vector<std::string> names;
    for (const Plan& plan : set->plans) names.push_back(plan.name);
    const int chosen = draft->choose(fallback, "plan", names);
    set->default_plan = static_cast<uint8_t>(std::max(chosen, 0));
  }
}

void read_subject(Draft* draft, NodeId id) {
  if (!check_fields(draft->document, id, Shape::subject, {}, &draft->findings)) return;
  const NodeId scope = field(draft->document, id, Shape::subject, "scope");
  int16_t dimension = kNone;
  if (scope != kNoNode) {
    const auto names = draft->names(scope, "scope", 1, kMaxScopeDimensions);
    if (names.size() > 1) draft->findings.error(scope, say::subject_scope_is_one_dimension());
    if (names.size() == 1) dimension = draft->dimension(names[0]);
  }
  if (dimension != kNone && draft->plan_set_of(static_cast<uint8_t>(dimension)) != kNone) {
    draft->findings.error(scope, say::subject_twice(draft->dimension_name(dimension)));
    dimension = kNone;
  }
  PlanSet set;
  if (const NodeId billing = field(draft->document, id, Shape::subject, "billing"); billing != kNoNode) {
    read_billing(draft, billing, &set.billing);
  }
  read_plans(draft, id, &set);
  if (dimension == kNone) return;
  draft->policy.plan_sets.push_back(std::move(set));
  draft->plan_dimensions.push_back(static_cast<uint8_t>(dimension));
  draft->subjects.push_back(id);
}

}  // namespace

void compile_subjects(Draft* draft) {
  const NodeId list = field(draft->document, draft->document.root(), Shape::policy, "subjects");
  if (list == kNoNode) return;
  for (const NodeId id : draft->elements(list, "subjects", 0, kMaxDimensions)) read_subject(draft, id);
}

}  // namespace sluice
