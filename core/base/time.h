// SPDX-License-Identifier: Apache-2.0
// Instants and spans in integer nanoseconds.
//
// 1. An Instant is nanoseconds since the Unix epoch, in [0, kEndOfTime). Every sum saturates there.
// 2. Answers of the form "the earliest instant at which ..." are an Instant or one of two words above kEndOfTime:
//    kOnRelease < kNever, so that the later of two answers is always the larger number.
#pragma once

#include <cstdint>

namespace sluice {

using Instant = int64_t;
using Span = int64_t;

inline constexpr Instant kEndOfTime = int64_t{1} << 62;
inline constexpr Instant kOnRelease = INT64_MAX - 1;
inline constexpr Instant kNever = INT64_MAX;

inline constexpr Span kNanosecond = 1;
inline constexpr Span kMicrosecond = 1'000;
inline constexpr Span kMillisecond = 1'000'000;
inline constexpr Span kSecond = 1'000'000'000;
inline constexpr Span kMinute = 60 * kSecond;
inline constexpr Span kHour = 60 * kMinute;
inline constexpr Span kDay = 24 * kHour;

constexpr bool is_instant(Instant t) { return t >= 0 && t < kEndOfTime; }

// t + d for d >= 0; past the end of time the answer is kNever, and the two words stay what they are.
constexpr Instant later(Instant t, Span d) {
  if (t >= kEndOfTime) return t;
  return d >= kEndOfTime - t ? kNever : t + d;
}

}  // namespace sluice
