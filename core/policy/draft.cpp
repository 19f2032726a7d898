// SPDX-License-Identifier: Apache-2.0
#include "core/policy/draft.h"

#include <algorithm>

#include "core/policy/findings_text.h"
#include "core/policy/nearest.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

template <typename Names>
int position_of(const Names& names, std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int>(i);
  }
  return -1;
}

template <typename Names>
int choose_from(Draft* draft, NodeId id, std::string_view what, const Names& candidates) {
  const std::string_view name = draft->text(id);
  const int found = position_of(candidates, name);
  if (found < 0) {
    const std::vector<std::string_view> names(candidates.begin(), candidates.end());
    draft->findings.error(id, say::unknown_name(what, name, nearest(name, candidates), names));
  }
  return found;
}

}  // namespace

std::string_view Draft::name(NodeId object, Shape shape, std::string_view which) {
  const NodeId id = field(document, object, shape, which);
  std::string why;
  if (id == kNoNode) return {};
  if (parse_name(text(id), &why)) return text(id);
  findings.error(id, why);
  return {};
}

std::vector<NodeId> Draft::elements(NodeId list, std::string_view what, size_t at_least, size_t at_most) {
  std::vector<NodeId> result = document.children(list, at_most + 1);
  if (result.size() > at_most) {
    findings.error(list, say::too_many(what, at_most));
    result.pop_back();
  } else if (result.size() < at_least) {
    findings.error(list, say::too_few(what, at_least));
  }
  return result;
}

std::vector<NodeId> Draft::names(NodeId list, std::string_view what, size_t at_least, size_t at_most) {
  std::vector<NodeId> result;
  std::string why;
  for (const NodeId id : elements(list, what, at_least, at_most)) {
    const auto same = [&](NodeId other) { return text(other) == text(id); };
    if (document[id].type != NodeType::string) {
      findings.error(id, say::wrong_form(Form::name, document[id].type, text(id)));
    } else if (!parse_name(text(id), &why)) {
      findings.error(id, why);
    } else if (std::any_of(result.begin(), result.end(), same)) {
      findings.error(id, say::named_twice(text(id)));
    } else {
      result.push_back(id);
    }
  }
  return result;
}

int Draft::choose(NodeId id, std::string_view what, std::span<const std::string_view> candidates) {
  return choose_from(this, id, what, candidates);
}

int Draft::choose(NodeId id, std::string_view what, std::span<const std::string> candidates) {
  return choose_from(this, id, what, candidates);
}

int16_t Draft::dimension(NodeId id) {
  const int known = position_of(policy.dimensions, text(id));
  if (known >= 0) return static_cast<int16_t>(known);
  if (policy.dimensions.size() == kMaxDimensions) {
    findings.error(id, say::too_many("dimensions", kMaxDimensions));
    return kNone;
  }
  policy.dimensions.emplace_back(text(id));
  return static_cast<int16_t>(policy.dimensions.size() - 1);
}

int16_t Draft::scope(const std::vector<uint8_t>& dimensions) {
  for (size_t i = 0; i < policy.scopes.size(); ++i) {
    const auto& known = policy.scopes[i].dimensions;
    if (std::is_permutation(known.begin(), known.end(), dimensions.begin(), dimensions.end())) {
      return static_cast<int16_t>(i);
    }
  }
  Scope scope;
  scope.dimensions = dimensions;
  for (const uint8_t dimension : dimensions) {
    if (!scope.name.empty()) scope.name += ',';
    scope.name += policy.dimensions[dimension];
  }
  if (dimensions.size() == 1) scope.plan_set = plan_set_of(dimensions[0]);
  policy.scopes.push_back(std::move(scope));
  return static_cast<int16_t>(policy.scopes.size() - 1);
}

int16_t Draft::plan_set_of(uint8_t dimension) const {
  const auto found = std::find(plan_dimensions.begin(), plan_dimensions.end(), dimension);
  return found == plan_dimensions.end() ? kNone : static_cast<int16_t>(found - plan_dimensions.begin());
}

bool Draft::zone(NodeId id, const Zone** out) {
  for (const auto& known : policy.zones) {
    if (known->name() == text(id)) {
      *out = known.get();
      return true;
    }
  }
  std::shared_ptr<const Zone> zone;
  std::string why;
  if (!parse_zone(text(id), options.zoneinfo_dir, &zone, &why)) {
    findings.error(id, why);
    return false;
  }
  *out = zone.get();
  policy.zones.push_back(std::move(zone));
  return true;
}

bool Draft::duration(NodeId object, Shape shape, std::string_view which, Span* out) {
  const NodeId id = field(document, object, shape, which);
  std::string why;
  if (id == kNoNode) return false;
  if (parse_duration(text(id), out, &why)) return true;
  findings.error(id, why);
  return false;
}

bool Draft::number(NodeId object, Shape shape, std::string_view which, uint64_t least, uint64_t most, uint32_t* out) {
  const NodeId id = field(document, object, shape, which);
  uint64_t value = 0;
  std::string why;
  if (id == kNoNode) return false;
  if (!parse_number(text(id), least, most, &value, &why)) {
    findings.error(id, why);
    return false;
  }
  *out = static_cast<uint32_t>(value);
  return true;
}

}  // namespace sluice
