// SPDX-License-Identifier: Apache-2.0
// Numbers as a person says them, for the sentences of an answer.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/time.h"

namespace sluice::planner {

std::string say_count(uint64_t count);       // "2,500"
std::string say_share(uint64_t hundredths);  // of a percent: "80%", "25.1%"
// "300 ms", "1.9 s", "31 s", "5 min 20 s", "48 h", "5 days 3 h": cut, never rounded up.
std::string say_span(Span span);
// The same rounded up in what it shows, for what is not exceeded.
std::string say_at_most(Span span);
// "1 line", "2,500 messages": with an s but for 1.
std::string say_counted(uint64_t count, const std::string& noun);

}  // namespace sluice::planner
