// SPDX-License-Identifier: Apache-2.0
// What the counting kinds (sliding, distinct, gauge) answer alike.
#pragma once

#include <cstdint>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

constexpr bool never_denies(ChargeType type) {
  return type == ChargeType::forced || type == ChargeType::exempt || type == ChargeType::release;
}

// The largest cost that could ever pass.
constexpr uint64_t most_ever(const Amount& amount) {
  if (amount.word == Word::unlimited) return kCountLimit - 1;
  return amount.word == Word::number ? amount.cap : 0;
}

constexpr uint64_t remaining(const Amount& amount, uint64_t used) {
  return amount.word == Word::number && used < amount.cap ? amount.cap - used : 0;
}

// Readings say 0 where there is no such instant.
constexpr Instant instant_or_zero(Instant t) { return t < kEndOfTime ? t : 0; }

}  // namespace sluice
