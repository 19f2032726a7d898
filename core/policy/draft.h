// SPDX-License-Identifier: Apache-2.0
// A policy half compiled: what is built so far, what it was built from, and where findings go. Each pass reads one part of the
// merged text, says everything that is wrong with it, and leaves what is broken marked, so that later passes say no more of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/amount_terms.h"
#include "core/policy/compiled_policy.h"
#include "core/policy/document.h"
#include "core/policy/findings.h"
#include "core/policy/policy.h"
#include "core/policy/schema.h"

namespace sluice {

struct LimitDraft {
  NodeId node = kNoNode;
  std::optional<Kind> kind;         // nullopt: broken
  std::vector<uint8_t> dimensions;  // of its scope, in its own order; empty: broken
  int16_t by = kNone;               // dimension
  bool rule_good = false;
  bool amounts_good = false;
  std::vector<AmountDraft> amounts;  // one per plan, or exactly one
};

struct ChargeDraft {
  NodeId node = kNoNode;
  bool good = false;
};

struct OperationDraft {
  NodeId node = kNoNode;
  bool good = false;
  std::vector<ChargeDraft> charges;  // as Operation::charges
};

struct Draft {
  Draft(const Document& text, const PolicyOptions& how, Findings* said) : document(text), options(how), findings(*said) {}

  const Document& document;
  const PolicyOptions& options;
  Findings& findings;
  CompiledPolicy policy;
  std::vector<NodeId> subjects;          // as CompiledPolicy::plan_sets
  std::vector<uint8_t> plan_dimensions;  // the same
  std::vector<LimitDraft> limits;        // as CompiledPolicy::limits
  std::vector<OperationDraft> operations;

  // The text of a string node.
  std::string_view text(NodeId id) const { return document[id].text; }
  // The name in a field; empty when it is not there or no name (which is said).
  std::string_view name(NodeId object, Shape shape, std::string_view field);
  // The elements of a list of names: `at_least` to `at_most` of them, none twice. What is wrong is said and left out.
  std::vector<NodeId> names(NodeId list, std::string_view what, size_t at_least, size_t at_most);
  // The elements of a list; those beyond `at_most` are said and left out.
  std::vector<NodeId> elements(NodeId list, std::string_view what, size_t at_least, size_t at_most);
  // Which of the candidates the text at `id` names; -1 after saying that it is none of them, and which was meant.
  int choose(NodeId id, std::string_view what, std::span<const std::string_view> candidates);
  int choose(NodeId id, std::string_view what, std::span<const std::string> candidates);
  // A dimension is declared by use. kNone after saying that there are too many.
  int16_t dimension(NodeId name);
  // The scope of exactly these dimensions in any order, made when it is new.
  int16_t scope(const std::vector<uint8_t>& dimensions);
  int16_t plan_set_of(uint8_t dimension) const;
  std::string_view dimension_name(int16_t dimension) const { return policy.dimensions[static_cast<size_t>(dimension)]; }
  // A zone as written, kept alive by the policy; false after saying why not.
  bool zone(NodeId id, const Zone** out);
  // A field that holds a duration; false, perhaps after saying why, when there is no good one.
  bool duration(NodeId object, Shape shape, std::string_view field, Span* out);
  // The same for a whole number within these bounds.
  bool number(NodeId object, Shape shape, std::string_view field, uint64_t least, uint64_t most, uint32_t* out);
};

void compile_subjects(Draft* draft);
void compile_limits(Draft* draft);
void compile_amounts(Draft* draft);
void resolve_amounts(Draft* draft);
void compile_promotions(Draft* draft);
void compile_operations(Draft* draft);
// One charge; false when its limit is unknown or broken. The operation is complete but for its charges from this one on.
bool read_charge(Draft* draft, const Operation& operation, NodeId id, OperationCharge* out);
// `pools`, and which of them an operation names.
void compile_pools(Draft* draft);
// `queue`, and which operations' messages can wait in one.
void compile_queue(Draft* draft);
// The `hours` in it. REQUIRES: the classes were read.
void compile_hours(Draft* draft, NodeId queue);
// `dialect`. REQUIRES: limits, dimensions and operations were read.
void compile_dialect(Draft* draft);
// Whether this charge is of a message that waits: taken at lease, or the room it takes in the queue.
bool waits(const OperationCharge& charge);
void compile_layout(Draft* draft);
// What is allowed but cannot be meant: warnings and notes, and costs that can never pass. Only for drafts without errors.
void advise(Draft* draft);

}  // namespace sluice
