// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine and library for the same seed.
#pragma once

#include <cstdint>

namespace sluice::testing {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // SplitMix64.
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, below).
  uint64_t below(uint64_t below) { return next() % below; }
  // In [low, high].
  int64_t between(int64_t low, int64_t high) { return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1)); }
  bool chance(uint64_t percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

}  // namespace sluice::testing
