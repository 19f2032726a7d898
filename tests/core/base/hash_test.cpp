// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace sluice {
namespace {

constexpr HashSecret kSecret = {{0x9c9af5b2d46c1e3b, 0x53d1e82a96b7c40d, 0xb16ac5938e27d4f1, 0x6d0f3b9152e8ca77}};

// How far the counts of `bins` are from even, in standard deviations of chi squared.
double unevenness(const std::vector<uint32_t>& bins, double keys) {
  const double expected = keys / static_cast<double>(bins.size());
  double chi = 0;
  for (const uint32_t count : bins) chi += (count - expected) * (count - expected) / expected;
  const auto freedom = static_cast<double>(bins.size() - 1);
  return (chi - freedom) / std::sqrt(2 * freedom);
}

std::string counted(uint64_t i, size_t size, size_t at) {
  std::string key(size, '\0');
  std::memcpy(&key[at], &i, sizeof i);
  return key;
}

// The high bits choose the shard and the low ones the place in its index: keys that differ little must not meet in either.
TEST(Hash, SpreadsKeysThatAreCountedUp) {
  const std::vector<std::function<std::string(uint64_t)>> kinds = {
      [](uint64_t i) { return std::to_string(i); },
      [](uint64_t i) { return "+1415" + std::to_string(5'550'000 + i); },
      [](uint64_t i) { return "account-" + std::to_string(1'000'000'000'000 + i); },
      [](uint64_t i) { return "tenant:4711/line:" + std::to_string(1'000'000'000'000'000'000 + i); },
      [](uint64_t i) { return counted(i, 8, 0); },
      [](uint64_t i) { return counted(i, 24, 16); },
      [](uint64_t i) { return counted(i << 40, 24, 16); },
      [](uint64_t i) { return counted(i, 24, 0); },
      [](uint64_t i) { return counted(i, 70, 30); },
  };
  constexpr uint64_t kKeys = 200'000;
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    std::vector<uint32_t> high(1'024), low(1'024);
    for (uint64_t i = 0; i < kKeys; ++i) {
      const uint64_t hash = hash_first(hash_begin(3, kSecret), hash_bytes(kinds[kind](i), kSecret));
      ++high[hash >> 54];
      ++low[hash % 1'024];
    }
    EXPECT_LT(std::abs(unevenness(high, kKeys)), 6) << "kind " << kind;
    EXPECT_LT(std::abs(unevenness(low, kKeys)), 6) << "kind " << kind;
  }
}

TEST(Hash, LooksAtEveryByteOfEverySize) {
  std::set<uint64_t> met;
  size_t keys = 0;
  for (size_t size = 0; size <= 70; ++size) {
    const std::string key(size, 'k');
    met.insert(hash_bytes(key, kSecret));
    ++keys;
    for (size_t i = 0; i < size; ++i) {
      std::string other = key;
      other[i] = 'x';
      met.insert(hash_bytes(other, kSecret));
      ++keys;
    }
  }
  EXPECT_EQ(met.size(), keys);
}

TEST(Hash, OfUsualSizesIsTheSameEitherWay) {
  for (size_t size = 16; size <= KeyEnds::kWhole; ++size) {
    const std::string key = counted(size, size, 0);
    EXPECT_EQ(hash_usual(key, kSecret), hash_bytes(key, kSecret));
  }
}

TEST(Hash, TellsScopesAndTheOrderOfValuesApart) {
  const uint64_t a = hash_bytes("a", kSecret), b = hash_bytes("b", kSecret);
  const auto of = [](uint32_t scope, uint64_t first, uint64_t second) {
    return hash_add(hash_add(hash_begin(scope, kSecret), 0, first, kSecret), 1, second, kSecret);
  };
  EXPECT_EQ((std::set<uint64_t>{of(1, a, b), of(1, b, a), of(2, a, b), of(2, b, a), of(1, a, a)}.size()), 5u);
}

}  // namespace
}  // namespace sluice
