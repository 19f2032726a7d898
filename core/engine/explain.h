// SPDX-License-Identifier: Apache-2.0
// A decision in words, for people.
#pragma once

#include <span>
#include <string>

#include "core/engine/engine.h"
#include "core/engine/generation.h"

namespace sluice {

// "1.5 s", "2 min 3 s", "30 days 1 h": exact above a second to the largest two units, in ns below a microsecond.
std::string span_in_words(Span span);
const char* denial_in_words(DenialKind kind);

// The verdict in one line, then one line for every limit checked.
std::string explain_decision(const Generation& generation, const Request& request, const Decision& decision,
                             std::span<const Detail> details);

}  // namespace sluice
