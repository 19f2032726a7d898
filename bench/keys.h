// SPDX-License-Identifier: Apache-2.0
// The keys of every benchmark: 24 bytes, "acct_3f9a2c:+12000000017", as long as an account with a phone number.
//
// 1. The same numbers give the same keys in every run: what differs between two runs is the machine.
// 2. Keys lie packed in one array that is read in order, so fetching the question costs no miss of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::bench {

inline constexpr size_t kBatch = 32;  // decisions asked at once

__extension__ using Wide = unsigned __int128;

using Key = std::string_view;
inline constexpr size_t kKeySize = 24;

inline void write_key(char* out, uint64_t id) {
  std::memcpy(out, "acct_", 5);
  const uint64_t account = id * 2654435761u;
  for (int i = 0; i < 6; ++i) out[5 + i] = "0123456789abcdef"[account >> (20 - 4 * i) & 15];
  std::memcpy(out + 11, ":+1", 3);
  uint64_t number = 2000000000 + id;
  for (size_t i = kKeySize; i-- > 14; number /= 10) out[i] = static_cast<char>('0' + number % 10);
}

class Random {
 public:
  explicit Random(uint64_t seed) : a_(seed), b_(seed * 0x9e3779b97f4a7c15 + 1) {}

  uint64_t below(uint64_t n) { return static_cast<uint64_t>(Wide{next()} * n >> 64); }

 private:
  // xorshift128+
  uint64_t next() {
    uint64_t x = a_;
    const uint64_t y = b_;
    a_ = y;
    x ^= x << 23;
    b_ = x ^ y ^ (x >> 17) ^ (y >> 26);
    return b_ + y;
  }

  uint64_t a_, b_;
};

class Keys {
 public:
  // Every key below n once, in random order: how a table is filled.
  static Keys each_once(size_t n) {
    std::vector<uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    Random random(7);
    for (size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    Keys keys(n);
    for (size_t i = 0; i < n; ++i) write_key(&keys.bytes_[i * kKeySize], order[i]);
    return keys;
  }
  // `count` keys below n, each as likely as any other: the worst traffic for caches.
  static Keys uniform(size_t n, size_t count) {
    Random random(5);
    Keys keys(count);
    for (size_t i = 0; i < count; ++i) write_key(&keys.bytes_[i * kKeySize], random.below(n));
    return keys;
  }

  size_t size() const { return bytes_.size() / kKeySize; }
  const char* at(size_t i) const { return &bytes_[i * kKeySize]; }
  Key operator[](size_t i) const { return {at(i), kKeySize}; }

 private:
  explicit Keys(size_t n) : bytes_(n * kKeySize) {}

  std::vector<char> bytes_;
};

}  // namespace sluice::bench
