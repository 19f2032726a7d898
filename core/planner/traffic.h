// SPDX-License-Identifier: Apache-2.0
// Made-up traffic: when messages come, and to whom. Whole numbers only, so one seed is one traffic on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ratio.h"
#include "core/base/time.h"

namespace sluice::planner {

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  // From 0 to n - 1; n > 0. By the high half of a product, which favours none by more than n / 2^64.
  uint64_t below(uint64_t n) { return static_cast<uint64_t>((Wide{next()} * n) >> 64); }

 private:
  uint64_t state_;
};

// log2 of x > 0, in 2^-32: digit after digit by squaring (Majithia and Levan, 1973).
uint64_t fixed_log2(uint64_t x);
// 2^-x, x in 2^-32; the answer in 2^-62.
uint64_t fixed_exp2_of_minus(uint64_t x);
// The whole part of a square root.
uint64_t whole_root(Wide x);

// Numbers are those of the C ABI.
enum class Arrivals : int32_t {
  poisson = 0,  // each by itself, at that rate on average
  even = 1,     // the same time apart
};

// When messages come that are so many in a period: `amount` units each `period`.
class ArrivalTimes {
 public:
  ArrivalTimes(Arrivals shape, uint64_t amount, Span period, uint64_t seed)
      : shape_(shape), amount_(amount), period_(period), random_(seed) {}

  // The next one's, since the beginning. Never before the last.
  Span next();

 private:
  const Arrivals shape_;
  const uint64_t amount_;
  const Span period_;
  Random random_;
  uint64_t passed_ = 0;  // mean gaps, in 2^-32; kept whole, so that no rounding adds up
};

// Who is written to how often: the k-th of `count` with weight k^-(skew/100), Zipf's law; skew 0 is everybody alike.
class Recipients {
 public:
  Recipients(uint32_t count, uint32_t skew);

  uint32_t draw(Random& random) const;
  // Of the first, who is written to most: in hundredths of a percent of all messages.
  uint32_t hottest_share() const;

 private:
  std::vector<uint64_t> up_to_;  // sums of weights, in 2^-40
};

// Everybody once, in an order by chance (Fisher and Yates).
std::vector<uint32_t> shuffled(uint32_t count, Random& random);

}  // namespace sluice::planner
