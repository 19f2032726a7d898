// SPDX-License-Identifier: Apache-2.0
// The keyed hash of the index: seeded multiply-fold over short keys (the construction of wyhash and rapidhash, with every
// constant replaced by a secret word, so that no key can be built that zeroes a factor without knowing them).
//
// 1. The secret is random for each engine and never written; nothing in an answer depends on it.
// 2. Full keys are compared after the tag, so a collision costs time, never a wrong answer.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"
#include "core/base/ratio.h"

namespace sluice {

struct HashSecret {
  uint64_t word[4];
};

// Reads the system's random source; all words odd and of middling weight.
HashSecret random_hash_secret();

namespace hash_detail {
inline uint64_t fold(uint64_t a, uint64_t b) { return (a * b) ^ static_cast<uint64_t>((Wide{a} * b) >> 64); }
inline uint64_t load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}
inline uint64_t load4(const char* p) {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}
}  // namespace hash_detail

[[gnu::always_inline]] inline uint64_t hash_bytes(Bytes key, const HashSecret& secret) {
  using namespace hash_detail;
  const char* p = key.data();
  const size_t size = key.size();
  const char* const end = p + size;
  uint64_t seed = secret.word[0], a = 0, b = 0;
  if (size > 16) [[likely]] {
    do {
      seed = fold(load8(p) ^ secret.word[1], load8(p + 8) ^ seed);
      p += 16;
    } while (end - p > 16);
    a = load8(end - 16);
    b = load8(end - 8);
  } else if (size >= 8) {
    a = load8(p);
    b = load8(end - 8);
  } else if (size >= 4) {
    a = load4(p);
    b = load4(end - 4);
  } else if (size > 0) {
    a = (uint64_t{static_cast<uint8_t>(p[0])} << 16) | (uint64_t{static_cast<uint8_t>(p[size >> 1])} << 8) |
        static_cast<uint8_t>(p[size - 1]);
  }
  return fold(secret.word[2] ^ key.size(), fold(a ^ secret.word[1], b ^ seed));
}

// The hash of a subject from its scope and its values' hashes, in order.
inline uint64_t hash_begin(uint32_t scope, const HashSecret& secret) {
  return hash_detail::fold(scope + secret.word[3], secret.word[2]);
}
inline uint64_t hash_add(uint64_t state, uint64_t value_hash, const HashSecret& secret) {
  return hash_detail::fold(state ^ secret.word[1], value_hash ^ secret.word[3]);
}

}  // namespace sluice
