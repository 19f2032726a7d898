// SPDX-License-Identifier: Apache-2.0
// One amount as written, in a limit, in an entry of `amounts` or for one subject, and how it becomes numbers.
#pragma once

#include <string>

#include "core/policy/compiled_policy.h"
#include "core/policy/document.h"
#include "core/policy/findings.h"
#include "core/policy/schema.h"

namespace sluice {

struct AmountDraft {
  NodeId node = kNoNode;  // the object it is written in
  bool good = false;
  AmountTerms terms;      // terms.amount: the word, the number and a pace's period, until resolved
  NodeId base = kNoNode;  // the name of the limit followed, when it follows one
  Ratio times;
};

struct AmountSource {
  const Document& document;
  NodeId object;
  Shape shape;
  NodeId defaults = kNoNode;          // where what is not beside the amount is looked for: the limit of an entry
  const AmountTerms* kept = nullptr;  // what is left out is kept from here: an amount for one subject
};

// Says everything that is wrong with it. The fields themselves have been checked.
AmountDraft read_amount(const AmountSource& source, const Rule& rule, Findings* findings);

// Computes `terms->amount` from its word, number and period and from what stands beside it; false, with `error`, when a result
// is out of bounds.
bool resolve_amount(const Rule& rule, AmountTerms* terms, std::string* error);

// The same for terms that follow others.
bool derive_terms(const Rule& rule, const AmountTerms& own, const AmountTerms& base, AmountTerms* out, std::string* error);

}  // namespace sluice
