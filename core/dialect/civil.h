// SPDX-License-Identifier: Apache-2.0
// Seconds since the Unix epoch as RFC 3339 writes them, in UTC and in integers.
#pragma once

#include <cstdint>

#include "core/dialect/answer_text.h"

namespace sluice {

// "2025-01-13". REQUIRES: seconds >= 0.
void write_date(int64_t seconds, AnswerText* out);
// "2025-01-13T09:30:00Z".
void write_time(int64_t seconds, AnswerText* out);

}  // namespace sluice
