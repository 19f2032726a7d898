// SPDX-License-Identifier: Apache-2.0
// Open times as policies write them: "mon-fri 09:00-20:00".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/limits/hours.h"

namespace sluice {

// "mon-fri 09:00-20:00", "sat,sun 10:00-14:00", "22:00-02:00": on each of these days (without any on every day) from the first time to
// the second, which is the next day's if it is earlier; "24:00" is the day's end. Adds them to `out`, one for each day. False with, in
// `error`, what was expected; `out` is then untouched.
bool parse_open_times(std::string_view text, std::vector<OpenTime>* out, std::string* error);
// Merged ones back in the fewest such texts. REQUIRES: whole minutes.
std::vector<std::string> spell_open_times(const std::vector<OpenTime>& open);

}  // namespace sluice
