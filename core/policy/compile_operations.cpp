// SPDX-License-Identifier: Apache-2.0
// Operations: the values they bring and the charges they make.
#include <algorithm>
#include <string>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

class OperationReader {
 public:
  OperationReader(Draft* draft, NodeId id) : draft_(*draft), id_(id) {}

  void read(Operation* out, OperationDraft* out_draft);

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::operation, name); }
  int16_t position_of(std::string_view dimension) const;
  void read_values();
  void read_repeats();
  void read_quantities();
  void read_charges(OperationDraft* draft);
  void check_line(const OperationDraft& draft);

  Draft& draft_;
  const NodeId id_;
  Operation operation_;
};

int16_t OperationReader::position_of(std::string_view dimension) const {
  for (size_t i = 0; i < operation_.values.size(); ++i) {
    if (draft_.dimension_name(operation_.values[i]) == dimension) return static_cast<int16_t>(i);
  }
  return kNone;
}

void OperationReader::read_values() {
  const NodeId list = own("values");
  if (list == kNoNode) return;
  for (const NodeId name : draft_.names(list, "values", 1, kMaxDimensions)) {
    const int16_t dimension = draft_.dimension(name);
    if (dimension != kNone) operation_.values.push_back(static_cast<uint8_t>(dimension));
  }
  const NodeId root = draft_.document.root();
  const NodeId tenant = field(draft_.document, root, Shape::policy, "tenant");
  const NodeId line = field(draft_.document, root, Shape::policy, "line");
  if (tenant != kNoNode) operation_.tenant = position_of(draft_.text(tenant));
  if (line != kNoNode) operation_.line = position_of(draft_.text(line));
}

void OperationReader::read_repeats() {
  const NodeId id = own("repeats");
  if (id == kNoNode || operation_.values.empty()) return;
  std::vector<std::string_view> names;
  for (const uint8_t value : operation_.values) names.push_back(draft_.dimension_name(value));
  operation_.repeats = static_cast<int16_t>(draft_.choose(id, "value of the operation", names));
  if (operation_.repeats == kNone) return;
  if (operation_.repeats == operation_.tenant) draft_.findings.error(id, say::cannot_repeat("tenant"));
  if (operation_.repeats == operation_.line) draft_.findings.error(id, say::cannot_repeat("line"));
}

void OperationReader::read_quantities() {
  const NodeId list = own("quantities");
  if (list == kNoNode) return;
  for (const NodeId name : draft_.names(list, "quantities", 0, kMaxQuantities)) {
    operation_.quantities.emplace_back(draft_.text(name));
  }
}

void OperationReader::read_charges(OperationDraft* out) {
  const NodeId list = own("charges");
  if (list == kNoNode) return;
  for (const NodeId id : draft_.elements(list, "charges", 0, kMaxCharges)) {
    OperationCharge charge;
    const size_t before = draft_.findings.errors();
    const bool good = read_charge(&draft_, operation_, id, &charge);
    if (charge.limit == kNone) continue;
    operation_.charges.push_back(charge);
    out->charges.push_back({id, good && draft_.findings.errors() == before});
  }
}

// What waits, waits on a line.
void OperationReader::check_line(const OperationDraft& draft) {
  if (operation_.line != kNone) return;
  for (size_t i = 0; i < operation_.charges.size(); ++i) {
    if (!waits(operation_.charges[i])) continue;
    draft_.findings.error(draft.charges[i].node, say::queued_without_line(operation_.name));
    return;
  }
}

void OperationReader::read(Operation* out, OperationDraft* out_draft) {
  out_draft->node = id_;
  if (!check_fields(draft_.document, id_, Shape::operation, {}, &draft_.findings)) return;
  operation_.name = draft_.name(id_, Shape::operation, "name");
  if (!operation_.name.empty() && draft_.policy.find_operation(operation_.name) != kNone) {
    draft_.findings.error(own("name"), say::named_twice(operation_.name));
  }
  read_values();
  read_repeats();
  read_quantities();
  if (!operation_.values.empty()) read_charges(out_draft);
  check_line(*out_draft);
  *out = std::move(operation_);
}

// A gauge is held by name everywhere or nowhere; it denies as depth when it is a queue's everywhere.
void settle_gauge(Draft* draft, size_t at) {
  Limit& limit = draft->policy.limits[at];
  size_t charges = 0, named = 0, queued = 0;
  NodeId nameless = kNoNode;
  for (size_t i = 0; i < draft->operations.size(); ++i) {
    const Operation& operation = draft->policy.operations[i];
    for (size_t j = 0; j < operation.charges.size(); ++j) {
      const OperationCharge& charge = operation.charges[j];
      if (charge.limit != static_cast<int16_t>(at)) continue;
      ++charges;
      named += charge.of != kNone;
      queued += charge.while_queued;
      if (charge.of == kNone) nameless = draft->operations[i].charges[j].node;
    }
  }
  limit.rule.named = named > 0;
  if (named > 0 && nameless != kNoNode) draft->findings.error(nameless, say::gauge_half_named(limit.name));
  const NodeId lease = field(draft->document, draft->limits[at].node, Shape::limit, "lease");
  if (lease != kNoNode && charges > 0 && named == 0) draft->findings.error_at_name(lease, say::lease_without_of());
  const bool said = draft->document.find(draft->limits[at].node, "denies_as") != kNoNode;
  if (charges > 0 && queued == charges && !said) limit.rule.denies_as = DenialKind::depth;
}

}  // namespace

void compile_operations(Draft* draft) {
  const NodeId list = field(draft->document, draft->document.root(), Shape::policy, "operations");
  if (list == kNoNode) return;
  for (const NodeId id : draft->elements(list, "operations", 1, kMaxOperations)) {
    Operation operation;
    OperationDraft operation_draft;
    OperationReader(draft, id).read(&operation, &operation_draft);
    draft->policy.operations.push_back(std::move(operation));
    draft->operations.push_back(std::move(operation_draft));
  }
  for (size_t i = 0; i < draft->limits.size(); ++i) {
    if (draft->limits[i].kind == Kind::gauge) settle_gauge(draft, i);
  }
}

}  // namespace sluice
