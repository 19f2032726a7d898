// SPDX-License-Identifier: Apache-2.0
// What the limit kinds are asked with and what they answer; data only.
//
// 1. A state of all zero bytes is a subject never seen; it is what a missing record looks like.
// 2. Rule is what a limit says for everybody, Amount what it says for one plan or subject. Params joins both for one question.
// 3. Every count, cost and amount is below kCountLimit (2^48); every instant is in [0, kEndOfTime).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/time.h"

namespace sluice {

class Zone;

enum class Kind : uint8_t { pace, window, sliding, distinct, gauge, upstream };
enum class Mode : uint8_t { deny, queue, advise, shadow };
enum class ChargeType : uint8_t { normal, attempt, forced, exempt, release };
enum class Word : uint8_t { number, unlimited, custom, blocked };
enum class PeriodKind : uint8_t { aligned, from_first, day, week, month, year, billing };

// In rank: a decision names the highest.
enum class DenialKind : uint8_t { none, memory, rate, depth, upstream, pool, distinct, gauge, quota, blocked, never };

inline constexpr size_t kMaxThresholds = 8;
inline constexpr size_t kMaxExactLog = 1024;  // entries of an exact sliding log
inline constexpr size_t kMaxValues = 128;     // distinct values or named resources in one charge

struct Rule {
  Kind kind = Kind::window;
  Mode mode = Mode::deny;
  DenialKind denies_as = DenialKind::rate;
  PeriodKind period_kind = PeriodKind::aligned;
  bool named = false;          // gauge: held by name (`of`), not by units
  bool burst = false;          // window: some plan has a burst; the state then holds the bank
  uint16_t slots = 0;          // sliding: 0 is the exact log
  Span period = 0;             // window (aligned, from_first), sliding (margin included), distinct
  Span slack = 0;              // pace
  Span lease = 0;              // gauge: 0 is until released
  Span exemption = 0;          // distinct: 0 is none
  Span longest = 0;            // upstream
  const Zone* zone = nullptr;  // window: calendar periods
};

struct Amount {
  Word word = Word::number;
  uint8_t threshold_count = 0;
  bool whole = false;   // pace: the depth is `shown` times `unit`, and both are exact
  uint64_t shown = 0;   // the limit as people are told: the amount; of a pace what passes at once from idle
  uint64_t amount = 0;  // units; of a pace: units per `period`
  uint64_t cap = 0;     // most units: the amount; of a window with a ceiling floor(ceiling x amount); 0 for paces
  Span period = 0;      // pace
  Span unit = 0;        // pace: ceil(period / amount)
  Span depth = 0;       // pace: how much debt, in ns, may stand after a charge; at least `unit`
  Span largest = 0;     // pace: the ns of the largest charge, which passes when nothing is owed: the depth, or 1 more
  uint64_t peak = 0;    // window with burst: most units of one window, floor(k x amount); 0 is no burst
  uint64_t bank = 0;    // window with burst: most units banked, floor((k-1) x amount x T)
  std::array<uint64_t, kMaxThresholds> threshold_at{};     // used >= this fires; ceil(p x amount), ascending
  std::array<uint32_t, kMaxThresholds> threshold_share{};  // p in hundredths of a percent, for the event
};

// The billing cycle of a subject; unset means day 1 at 00:00 UTC.
struct Billing {
  uint8_t day = 1;             // 1..31; clamped to short months and remembered
  Span time = 0;               // of day, [0, 24 h)
  const Zone* zone = nullptr;  // nullptr is UTC
};

struct Params {
  const Rule* rule;
  const Amount* amount;
  const Billing* billing;  // never nullptr
};

// All that one decision asks of one limit for one subject, taken together.
struct Charge {
  uint64_t cost = 1;
  ChargeType type = ChargeType::normal;
  bool queued = false;                 // queue mode: a cost above the amount goes when nothing is used
  uint64_t spared = 0;                 // gauge of units: so many more must be free, and stay so
  std::span<const uint64_t> values{};  // fingerprints: distinct values or named resources, without repeats
};

// What a commit took, enough to give it back.
struct Taken {
  uint64_t units = 0;           // pace: ns added; others: units or slots
  Instant stamp = 0;            // window: the end of the period charged; others: the instant of the charge
  uint64_t opened[2] = {0, 0};  // which of the charge's values opened a slot, by position
  uint8_t fired = 0;            // thresholds newly fired, by position
  bool saturated = false;       // a pace's debt reached its bound
};

// How a limit stands at an instant.
struct Reading {
  uint64_t used = 0;
  uint64_t remaining = 0;  // 0 for words
  Instant resets_at = 0;  // when nothing would be used any more if nothing else came, or the period's end; 0 when nothing is used
};

}  // namespace sluice
