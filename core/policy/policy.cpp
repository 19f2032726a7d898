// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.h"

#include <algorithm>
#include <utility>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/overlay.h"
#include "core/policy/schema.h"

namespace sluice {
namespace {

constexpr std::string_view kBase = "enforce";
constexpr std::string_view kOverlay = "comply";

PolicyResult refuse(Findings* findings) {
  PolicyResult result;
  result.findings = findings->take();
  return result;
}

void report_duplicates(const Document& document, Findings* findings) {
  for (const auto& [first, again] : document.duplicates()) {
    const Position position = document.position(document[first].name_offset);
    findings->error_at_name(again, say::field_twice(document[again].name, position.line, position.column));
  }
}

// A dimension that the policy itself names must be in use: a mistyped tenant would silently take no idempotency keys.
int16_t used_dimension(Draft* draft, std::string_view name) {
  const NodeId id = field(draft->document, draft->document.root(), Shape::policy, name);
  if (id == kNoNode || draft->policy.dimensions.empty()) return kNone;
  return static_cast<int16_t>(draft->choose(id, "dimension", draft->policy.dimensions));
}

void compile(Draft* draft) {
  const NodeId root = draft->document.root();
  CompiledPolicy& policy = draft->policy;
  policy.stance = draft->options.stance;
  policy.zoneinfo_dir = draft->options.zoneinfo_dir;
  policy.name = draft->name(root, Shape::policy, "name");
  compile_subjects(draft);
  compile_limits(draft);
  compile_amounts(draft);
  compile_promotions(draft);
  compile_operations(draft);
  policy.tenant = static_cast<uint8_t>(std::max<int16_t>(used_dimension(draft, "tenant"), 0));
  policy.line = used_dimension(draft, "line");
  compile_pools(draft);
  compile_queue(draft);
  compile_dialect(draft);
}

}  // namespace

PolicyResult load_policy(std::string_view text, const PolicyOptions& options) {
  Document document;
  Findings findings(document);
  SyntaxError error;
  if (!document.read(text, &error)) {
    findings.syntax(error);
    return refuse(&findings);
  }
  if (!document.is(document.root(), NodeType::object)) {
    findings.error(document.root(), say::policy_is_an_object());
    return refuse(&findings);
  }
  std::vector<std::string> stances{std::string(kBase)};
  const bool has_overlay = document.find(document.root(), kOverlay) != kNoNode;
  if (has_overlay) stances.emplace_back(kOverlay);

  report_duplicates(document, &findings);
  if (std::find(stances.begin(), stances.end(), options.stance) == stances.end()) {
    findings.error(document.root(), say::unknown_stance(options.stance, stances));
  } else if (options.stance == kOverlay) {
    merge_overlay(&document, kOverlay, &findings);
  }
  check_fields(document, document.root(), Shape::policy, {}, &findings);

  Draft draft(document, options, &findings);
  compile(&draft);
  if (findings.errors() == 0) {
    compile_layout(&draft);
    advise(&draft);
  }
  PolicyResult result;
  if (findings.errors() == 0) result.policy = std::make_shared<const CompiledPolicy>(std::move(draft.policy));
  result.findings = findings.take();
  result.stances = std::move(stances);
  return result;
}

}  // namespace sluice
