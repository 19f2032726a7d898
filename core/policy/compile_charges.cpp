// SPDX-License-Identifier: Apache-2.0
// One charge of an operation.
#include <algorithm>
#include <string>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

constexpr std::string_view kTypes[] = {"normal", "attempt", "forced", "exempt", "release"};

class ChargeReader {
 public:
  ChargeReader(Draft* draft, const Operation& operation, NodeId id) : draft_(*draft), operation_(operation), id_(id) {}

  // False when there is no such limit, or it is broken.
  bool read(OperationCharge* out);

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::charge, name); }
  const Limit& limit() const { return draft_.policy.limits[static_cast<size_t>(charge_.limit)]; }
  const LimitDraft& limit_draft() const { return draft_.limits[static_cast<size_t>(charge_.limit)]; }
  bool read_limit();
  int read_value(NodeId id);
  void check_scope();
  void read_cost();
  void read_each();
  void read_of();
  void read_type();
  void read_while();
  void read_refund();
  bool holds(int16_t position) const;

  Draft& draft_;
  const Operation& operation_;
  const NodeId id_;
  OperationCharge charge_;
};

bool ChargeReader::read_limit() {
  const NodeId id = own("limit");
  if (id == kNoNode) return false;
  std::vector<std::string> names;
  for (const Limit& known : draft_.policy.limits) names.push_back(known.name);
  charge_.limit = static_cast<int16_t>(draft_.choose(id, "limit", names));
  for (const OperationCharge& other : operation_.charges) {
    if (charge_.limit != kNone && other.limit == charge_.limit) {
      draft_.findings.error(id, say::charged_twice(draft_.text(id)));
      return false;
    }
  }
  return charge_.limit != kNone;
}

// The position among the operation's values of the dimension named at `id`.
int ChargeReader::read_value(NodeId id) {
  std::vector<std::string_view> names;
  for (const uint8_t value : operation_.values) names.push_back(draft_.dimension_name(value));
  return draft_.choose(id, "value of the operation", names);
}

// Whether the limit's scope holds the value at this position.
bool ChargeReader::holds(int16_t position) const {
  if (position == kNone) return false;
  const auto& scope = limit_draft().dimensions;
  return std::find(scope.begin(), scope.end(), operation_.values[static_cast<size_t>(position)]) != scope.end();
}

void ChargeReader::check_scope() {
  std::vector<std::string_view> missing;
  for (const uint8_t dimension : limit_draft().dimensions) {
    const auto& values = operation_.values;
    if (std::find(values.begin(), values.end(), dimension) == values.end()) {
      missing.push_back(draft_.dimension_name(dimension));
    }
  }
  if (!missing.empty()) draft_.findings.error(own("limit"), say::scope_not_among_values(limit().name, missing));
}

void ChargeReader::read_cost() {
  const NodeId id = own("cost");
  if (id == kNoNode) return;
  std::string why;
  if (draft_.document[id].type == NodeType::number) {
    if (!parse_count(draft_.text(id), &charge_.cost, &why)) draft_.findings.error(id, why);
  } else if (!parse_name(draft_.text(id), &why)) {
    draft_.findings.error(id, say::not_a_cost(draft_.text(id)));
  } else {
    charge_.quantity = static_cast<int16_t>(draft_.choose(id, "quantity", operation_.quantities));
  }
}

void ChargeReader::read_each() {
  const NodeId id = own("each");
  const bool required = holds(operation_.repeats);
  if (id == kNoNode) {
    if (required && draft_.document.find(id_, "each") == kNoNode) {
      const uint8_t repeated = operation_.values[static_cast<size_t>(operation_.repeats)];
      draft_.findings.error(id_, say::each_missing(limit().name, draft_.dimension_name(repeated)));
    }
    return;
  }
  const int position = read_value(id);
  if (position < 0) return;
  if (position != operation_.repeats) draft_.findings.error(id, say::each_is_not_repeated(draft_.text(id)));
  charge_.each = true;
}

void ChargeReader::read_of() {
  const NodeId id = own("of");
  const Kind kind = limit().rule.kind;
  if (id == kNoNode) {
    const bool absent = draft_.document.find(id_, "of") == kNoNode;
    if (kind == Kind::distinct && absent) draft_.findings.error(id_, say::of_missing(limit().name));
    return;
  }
  if (kind != Kind::distinct && kind != Kind::gauge) return;
  charge_.of = static_cast<int16_t>(read_value(id));
  if (charge_.of == kNone) return;
  if (holds(charge_.of)) draft_.findings.error(id, say::of_is_in_scope(draft_.text(id)));
  if (charge_.each && charge_.of == operation_.repeats) {
    draft_.findings.error_at_name(own("each"), say::each_with_of(draft_.text(id)));
  }
  const NodeId cost = own("cost");
  if (cost != kNoNode && kind == Kind::gauge) draft_.findings.error_at_name(cost, say::cost_of_a_named_resource());
}

void ChargeReader::read_type() {
  if (const NodeId mode = own("mode"); mode != kNoNode) {
    charge_.mode = static_cast<Mode>(std::max(draft_.choose(mode, "mode", mode_names()), 0));
  }
  const NodeId id = own("charge");
  if (id == kNoNode) return;
  charge_.type = static_cast<ChargeType>(std::max(draft_.choose(id, "charge", kTypes), 0));
  const Rule& rule = limit().rule;
  if (charge_.type == ChargeType::release && rule.kind != Kind::gauge) {
    draft_.findings.error(id, say::release_not_for(kind_name(rule.kind)));
  }
  const bool exempts = rule.kind == Kind::distinct && draft_.document.find(limit_draft().node, "exemption") != kNoNode;
  if (charge_.type == ChargeType::exempt && !exempts) {
    draft_.findings.error(id, say::exempt_not_for(kind_name(rule.kind)));
  }
}

void ChargeReader::read_while() {
  const NodeId id = own("while");
  if (id == kNoNode || limit().rule.kind != Kind::gauge) return;
  constexpr std::string_view kStates[] = {"queued"};
  charge_.while_queued = draft_.choose(id, "state", kStates) == 0;
  if (charge_.of != kNone) draft_.findings.error_at_name(own("of"), say::queued_with_of());
  if (charge_.type != ChargeType::normal) draft_.findings.error(own("charge"), say::queued_is_taken_by_enqueue("charge"));
  if (charge_.mode == Mode::queue) {
    const NodeId mode = own("mode");
    draft_.findings.error(mode != kNoNode ? mode : id, say::queued_is_taken_by_enqueue("mode"));
  }
}

void ChargeReader::read_refund() {
  const NodeId id = own("refund");
  if (id == kNoNode) return;
  constexpr std::string_view kOccasions[] = {"failed"};
  charge_.refund_failed = draft_.choose(id, "occasion", kOccasions) == 0;
  if (charge_.type == ChargeType::release) draft_.findings.error_at_name(id, say::refund_of_a_release());
}

bool ChargeReader::read(OperationCharge* out) {
  const bool known = read_limit();
  const std::optional<Kind> kind = known ? limit_draft().kind : std::nullopt;
  if (!check_fields(draft_.document, id_, Shape::charge, kind, &draft_.findings) || !known) return false;
  charge_.mode = limit().rule.mode;
  check_scope();
  read_cost();
  read_each();
  if (kind) {
    read_of();
    read_type();
    read_while();
    read_refund();
  }
  *out = charge_;
  return kind.has_value();
}

}  // namespace

bool read_charge(Draft* draft, const Operation& operation, NodeId id, OperationCharge* out) {
  return ChargeReader(draft, operation, id).read(out);
}

}  // namespace sluice
