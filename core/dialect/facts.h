// SPDX-License-Identifier: Apache-2.0
// What there is to tell in one answer, borrowed from its caller, and what a placeholder finds of it.
#pragma once

#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/dialect/advice.h"
#include "core/engine/engine.h"
#include "core/policy/compiled_policy.h"
#include "core/policy/dialect_rules.h"

namespace sluice {

// A text that the caller gives, by the name under which templates tell it.
struct Given {
  Bytes name, text;
};

// How one limit stands for the subject that is told of.
struct Standing {
  const Limit* limit = nullptr;
  bool counted = false;  // it has an amount, or is unlimited: there are units to tell
  bool unlimited = false;
  uint64_t amount = 0, used = 0, remaining = 0, overage = 0;
  Instant resets_at = 0, opens_at = 0, begins_at = 0;
};

// What a placeholder came to.
struct ToldValue {
  enum class Type : uint8_t { unknown, null, number, text, instant };
  Type type = Type::unknown;
  uint64_t number = 0;
  Bytes text;
  Instant at = 0;  // of an instant that is written as a date or a time; else it is a number
  bool date = false;
};

struct Facts {
  const PolicyView& view;
  const Decision& decision;
  std::span<const Detail> rows;  // of the decision; empty: none were asked for
  std::span<const UsageRow> usage;
  const Enqueued* held = nullptr;  // of an enqueue
  const Request* request = nullptr;
  std::span<const Given> given;
  Advice advice;
  AnswerCase which = AnswerCase::allowed;
  uint16_t status = 200;

  // Of the limit at a position, or of the one named with -1; nullopt when nothing is known of it. Of several subjects of one limit
  // the one with the least left.
  std::optional<Standing> standing(int16_t which_limit) const;
  Standing of_row(const Detail& row) const;
  ToldValue tell(const DialectOp& op) const;
};

std::string_view outcome_word(AnswerCase which);

}  // namespace sluice
