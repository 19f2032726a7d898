// SPDX-License-Identifier: Apache-2.0
// The door of the policy layer: text in, a compiled policy or every finding out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/compiled_policy.h"

namespace sluice {

enum class Severity : uint8_t { error, warning, note };

// One thing said about a policy text. A syntax error stands alone; semantic ones come all together, in text order.
struct Finding {
  Severity severity = Severity::error;
  int line = 0, column = 0;  // 1-based; 0 when the whole file is meant
  std::string path;          // "limits[2].period" or "comply.limits[pair].period"
  std::string message;       // what is wrong, what was expected, the nearest valid name
  std::string excerpt;       // the line of text and a caret under the column, two lines
};

struct PolicyOptions {
  std::string stance = "enforce";
  std::string zoneinfo_dir;  // empty: TZDIR, else the system's
};

struct PolicyResult {
  std::shared_ptr<const CompiledPolicy> policy;  // nullptr when there is an error
  std::vector<Finding> findings;
  std::vector<std::string> stances;  // those the text has; empty on syntax errors
};

// Reads, merges the overlay of the stance, validates as a whole and compiles. Bounded memory and time on hostile text.
PolicyResult load_policy(std::string_view text, const PolicyOptions& options);

// "line 3, column 14: limits[0].period: ..." with the excerpt; what error structs and exceptions carry.
std::string format_findings(const std::vector<Finding>& findings);

// The amount of `limit` for one subject, written as in the policy: `200`, `"80/s"`, `"unlimited"`, `"blocked"` (words and rates
// also without quotes), or an object with what may stand beside an amount: {"amount": 200, "thresholds": [80, 100]}. What
// the object leaves out is kept from `base`, the terms of the subject's plan. On failure `error` names the field.
bool parse_amount(const CompiledPolicy& policy, int16_t limit, const AmountTerms& base, std::string_view text, AmountTerms* out,
                  std::string* error);

// The terms of a limit that follows `base`; false when 0 or too large.
bool derive_amount(const Limit& limit, const AmountTerms& own, const AmountTerms& base, AmountTerms* out);

}  // namespace sluice
