// SPDX-License-Identifier: Apache-2.0
#include "core/planner/traffic.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

namespace sluice::planner {
namespace {

constexpr int kDigits = 32;
constexpr uint64_t kOne = uint64_t{1} << kDigits;
constexpr uint64_t kLn2 = 2'977'044'472;  // of kOne
constexpr int kWeightBits = 40;           // 2^20 weights of at most 1 add up to less than 2^64

// 2^-(1/2), 2^-(1/4), ...: each the root of the one before; in 2^-62.
std::array<uint64_t, kDigits> roots_of_half() {
  std::array<uint64_t, kDigits> roots{};
  uint64_t root = uint64_t{1} << 61;
  for (uint64_t& each : roots) each = root = whole_root(Wide{root} << 62);
  return roots;
}

}  // namespace

uint64_t Random::next() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t fixed_log2(uint64_t x) {
  const int whole = 63 - std::countl_zero(x);
  uint64_t m = x << (63 - whole);  // in [1, 2), of 2^63
  auto log = static_cast<uint64_t>(whole);
  for (int i = 0; i < kDigits; ++i) {
    const Wide square = Wide{m} * m;  // in [1, 4), of 2^126
    const bool digit = (square >> 127) != 0;
    m = static_cast<uint64_t>(square >> (digit ? 64 : 63));
    log = log << 1 | (digit ? 1 : 0);
  }
  return log;
}

uint64_t fixed_exp2_of_minus(uint64_t x) {
  static const std::array<uint64_t, kDigits> roots = roots_of_half();
  const uint64_t whole = x >> kDigits;
  if (whole >= 62) return 0;
  uint64_t power = uint64_t{1} << 62;
  for (int i = 0; i < kDigits; ++i) {
    if ((x >> (kDigits - 1 - i) & 1) != 0) power = static_cast<uint64_t>((Wide{power} * roots[static_cast<size_t>(i)]) >> 62);
  }
  return power >> whole;
}

uint64_t whole_root(Wide x) {
  uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const uint64_t larger = root | uint64_t{1} << bit;
    if (Wide{larger} * larger <= x) root = larger;
  }
  return root;
}

// A Poisson stream's gaps are -ln(u) mean gaps, u even in (0, 1].
Span ArrivalTimes::next() {
  if (shape_ == Arrivals::even) {
    passed_ += kOne;
  } else {
    const uint64_t u = random_.next() | 1;  // of 2^64; never 0
    passed_ += static_cast<uint64_t>((Wide{64 * kOne - fixed_log2(u)} * kLn2) >> kDigits);
  }
  const Wide at = Wide{passed_} * static_cast<uint64_t>(period_) / amount_ >> kDigits;
  return at < static_cast<Wide>(kEndOfTime) ? static_cast<Span>(at) : kEndOfTime;
}

Recipients::Recipients(uint32_t count, uint32_t skew) {
  up_to_.reserve(count);
  uint64_t sum = 0;
  for (uint32_t k = 1; k <= count; ++k) {
    sum += fixed_exp2_of_minus(fixed_log2(k) * skew / 100) >> (62 - kWeightBits);
    up_to_.push_back(sum);
  }
}

uint32_t Recipients::draw(Random& random) const {
  const uint64_t at = random.below(up_to_.back());
  return static_cast<uint32_t>(std::upper_bound(up_to_.begin(), up_to_.end(), at) - up_to_.begin());
}

uint32_t Recipients::hottest_share() const { return static_cast<uint32_t>(mul_div_floor(up_to_.front(), 10'000, up_to_.back())); }

std::vector<uint32_t> shuffled(uint32_t count, Random& random) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (uint32_t left = count; left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

}  // namespace sluice::planner
