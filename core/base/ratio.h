// SPDX-License-Identifier: Apache-2.0
// Exact products and quotients through 128 bits; nothing here rounds unless its name says which way.
#pragma once

#include <cstdint>

namespace sluice {

__extension__ using Wide = unsigned __int128;

// Amounts, costs and counts are below this everywhere.
inline constexpr uint64_t kCountLimit = uint64_t{1} << 48;

// A positive fraction, num/den, kept as given.
struct Ratio {
  uint64_t num = 1;
  uint64_t den = 1;
};

constexpr uint64_t saturate(Wide v) { return v > UINT64_MAX ? UINT64_MAX : static_cast<uint64_t>(v); }

// floor(a*b/c) and ceil(a*b/c); c > 0; saturating at 2^64-1.
// Products that fit 64 bits, which is nearly all, are spared the division by 128.
constexpr uint64_t div_ceil(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }
constexpr uint64_t mul_div_floor(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) [[likely]]
    return product / c;
  return saturate(Wide{a} * b / c);
}
constexpr uint64_t mul_div_ceil(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) [[likely]]
    return div_ceil(product, c);
  return saturate((Wide{a} * b + (c - 1)) / c);
}

// Counts saturate one below kCountLimit, so that a sum of two never wraps.
constexpr uint64_t add_counts(uint64_t a, uint64_t b) {
  const uint64_t sum = a + b;
  return sum < kCountLimit && sum >= a ? sum : kCountLimit - 1;
}

}  // namespace sluice
