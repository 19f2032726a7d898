// SPDX-License-Identifier: Apache-2.0
// Builds amounts: everything that can be computed once is computed here, so that a decision divides as little as it can.
//
// 1. REQUIRES everywhere: 1 <= amount < kCountLimit, 1 <= period < kEndOfTime, fractions above 0.
// 2. What a factor or a ceiling makes larger than any count saturates at the largest count.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

// What passes at once from idle: so many units, or what `span` lets pass if it is set.
struct PaceDepth {
  uint64_t units = 1;
  Span span = 0;
};

// "2x for 10s" of a window of one second: factor 2/1, 10 windows.
struct BurstTerms {
  Ratio factor;
  uint64_t windows = 1;
};

// unlimited, custom or blocked.
Amount make_word_amount(Word word);

// `amount` units per `period`. The depth in ns is rounded down and a charge up, so a pace is never early; one charge of the whole
// depth passes all the same when nothing is owed.
Amount make_pace_amount(uint64_t amount, Span period, PaceDepth depth = {});

// Thresholds in hundredths of a percent. REQUIRES: at most kMaxThresholds, ascending; not both a ceiling and a burst.
Amount make_window_amount(uint64_t amount, std::optional<Ratio> ceiling = std::nullopt,
                          std::optional<BurstTerms> burst = std::nullopt, std::span<const uint32_t> thresholds = {});

// sliding, distinct, gauge.
Amount make_count_amount(uint64_t amount);

// `base` times a fraction: exact for paces, rounded down for the others, the same word for words. It carries the amount
// alone, of a pace also the period and a depth of one unit: what stands beside an amount is the follower's own. nullopt
// when nothing is left or the result is too large.
std::optional<Amount> derive(const Amount& base, Ratio times);

}  // namespace sluice
