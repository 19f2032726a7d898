// SPDX-License-Identifier: Apache-2.0
// An amount for one subject, as text.
#include "core/policy/amount_terms.h"
#include "core/policy/findings_text.h"
#include "core/policy/policy.h"

namespace sluice {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Everything is brought into the form of an object, so that one reader reads it: 200 is {"amount": 200}, "unlimited" is
// {"unlimited": true}. A word or rate may come without quotes.
// Empty when it is none of these.
std::string as_object(std::string_view text) {
  if (text.size() > kMaxTextBytes) return {};
  if (text.starts_with('{')) return std::string(text);
  const bool quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  if (quoted) text = text.substr(1, text.size() - 2);
  if (text.empty() || text.find_first_of("\"\\") != std::string_view::npos) return {};
  for (const std::string_view word : {"unlimited", "blocked"}) {
    if (text == word) return "{\"" + std::string(word) + "\": true}";
  }
  const bool number = !quoted && text.find_first_not_of("0123456789.+-eE") == std::string_view::npos;
  return number ? "{\"amount\": " + std::string(text) + '}' : "{\"amount\": \"" + std::string(text) + "\"}";
}

bool fail(std::string* error, std::string message) {
  *error = std::move(message);
  return false;
}

bool fail_first(std::string* error, Findings* findings) {
  for (const Finding& finding : findings->take()) {
    if (finding.severity != Severity::error) continue;
    return fail(error, finding.path.empty() ? finding.message : finding.path + ": " + finding.message);
  }
  return false;
}

}  // namespace

bool parse_amount(const CompiledPolicy& policy, int16_t limit, const AmountTerms& base, std::string_view text, AmountTerms* out,
                  std::string* error) {
  const Limit& of = policy.limits[static_cast<size_t>(limit)];
  if (of.rule.kind == Kind::upstream) return fail(error, say::override_has_no_amount(of.name));
  text = trimmed(text);
  const std::string object = as_object(text);
  if (object.empty()) return fail(error, say::override_form());
  Document document;
  SyntaxError syntax;
  if (!document.read(object, &syntax)) return fail(error, syntax.message + "; " + say::override_form());
  Findings findings(document);
  for (const auto& [first, again] : document.duplicates()) {
    const Position position = document.position(document[first].name_offset);
    findings.error_at_name(again, say::field_twice(document[again].name, position.line, position.column));
  }
  check_fields(document, document.root(), Shape::own_amount, of.rule.kind, &findings);
  const AmountDraft draft = read_amount({document, document.root(), Shape::own_amount, kNoNode, &base}, of.rule, &findings);
  if (findings.errors() > 0) return fail_first(error, &findings);
  if (draft.terms.burst_factor.num != 0 && !of.rule.burst) return fail(error, say::override_needs_burst(of.name));
  AmountTerms terms = draft.terms;
  if (!resolve_amount(of.rule, &terms, error)) return false;
  *out = std::move(terms);
  return true;
}

}  // namespace sluice
