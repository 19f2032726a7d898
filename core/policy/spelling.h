// SPDX-License-Identifier: Apache-2.0
// Compiled values back in the words of the policy language: what text.h reads, so that parsing a spelling gives the value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

// In the largest unit that says it in whole numbers; a minute and a day as "60s" and "24h". Empty for 0.
std::string spell_duration(Span span);
// A rate as it is said: one of less than a second's period, as derived ones have, in the first unit that says it in whole numbers.
struct SaidRate {
  uint64_t amount = 0;
  Span period = 0;
};
SaidRate say_rate(uint64_t amount, Span period);
// "80/s", "5/10s".
std::string spell_rate(uint64_t amount, Span period);
// Of hundredths of a percent: "75%", "99.5%".
std::string spell_percent(uint64_t hundredths);
// Of a share such as 6/5: "120%".
std::string spell_share(Ratio share);
// "1/10", "3".
std::string spell_ratio(Ratio ratio);
// "1.5x for 10s".
std::string spell_burst(Ratio factor, Span span);
// Of a window, sliding or distinct limit: "60s", "60s from first", "day", "billing".
std::string spell_period(const Rule& rule);
// "09:30".
std::string spell_time_of_day(Span time);

std::string_view spell_kind(Kind kind);
std::string_view spell_mode(Mode mode);
std::string_view spell_word(Word word);
std::string_view spell_charge(ChargeType type);
std::string_view spell_denial(DenialKind kind);

}  // namespace sluice
