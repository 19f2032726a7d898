// SPDX-License-Identifier: Apache-2.0
// Plays the steps of a compiled template.
#pragma once

#include "core/dialect/answer_text.h"
#include "core/dialect/facts.h"
#include "core/policy/dialect_rules.h"

namespace sluice {

enum class WritingPlace : uint8_t { header, json, plain };

// False, and nothing is written, when it holds something that is not known.
bool write_template(const Facts& facts, const DialectRules& rules, DialectTemplate whole, WritingPlace place, AnswerText* out);

// A value as a text would hold it.
void write_told(const ToldValue& value, WritingPlace place, AnswerText* out);

}  // namespace sluice
