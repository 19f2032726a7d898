// SPDX-License-Identifier: Apache-2.0
// A body as of RFC 9457, for answers that are no yes.
#pragma once

#include "core/dialect/answer_text.h"
#include "core/dialect/facts.h"

namespace sluice {

inline constexpr Bytes kProblemType = "application/problem+json";

// "Too Many Requests"; empty for a status that has none here.
Bytes reason_phrase(uint16_t status);

void write_problem(const Facts& facts, AnswerText* out);

}  // namespace sluice
