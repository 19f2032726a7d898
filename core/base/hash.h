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
#include "core/base/key_ends.h"
#include "core/base/ratio.h"

namespace sluice {

struct HashSecret {
  uint64_t word[4];
};

// Reads the system's random source; all words odd and of middling weight.
HashSecret random_hash_secret();

namespace hash_detail {
inline uint64_t fold(uint64_t a, uint64_t b) {
#if defined(__x86_64__)
  // One multiplication and its two halves where they come out; from a 128-bit product g++ 12 makes two, or stores the halves first.
  uint64_t high;
  asm("mulq %2" : "+a"(a), "=d"(high) : "r"(b) : "cc");
  return a ^ high;
#else
  const Wide product = Wide{a} * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
#endif
}
inline uint64_t load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}
// 16 bytes more, and the last 16.
inline uint64_t add(uint64_t seed, uint64_t a, uint64_t b, const HashSecret& secret) {
  return fold(a ^ secret.word[1], b ^ seed);
}
inline uint64_t end(uint64_t seed, uint64_t a, uint64_t b, size_t size, const HashSecret& secret) {
  return fold(secret.word[1] ^ size, add(seed, a, b, secret));
}
}  // namespace hash_detail

// A value's hash: 16 bytes at a time, the last of which overlap those before; a shorter key by its ends.
// REQUIRES: KeyEnds::is_usual(key.size()).
[[gnu::always_inline]] inline uint64_t hash_usual(Bytes key, const HashSecret& secret) {
  using namespace hash_detail;
  const char* const p = key.data();
  const size_t size = key.size();
  return end(add(secret.word[0], load8(p), load8(p + 8), secret), load8(p + size - 16), load8(p + size - 8), size, secret);
}
[[gnu::always_inline]] inline uint64_t hash_bytes(Bytes key, const HashSecret& secret) {
  using namespace hash_detail;
  const char* const p = key.data();
  const size_t size = key.size();
  if (KeyEnds::is_usual(size)) [[likely]]
    return hash_usual(key, secret);
  if (size < 16) {
    const KeyEnds ends(p, size);
    return end(secret.word[0], ends.first_low(), ends.last_low(), size, secret);
  }
  uint64_t seed = secret.word[0];
  for (size_t i = 0; i < size - 16; i += 16) seed = add(seed, load8(p + i), load8(p + i + 8), secret);
  return end(seed, load8(p + size - 16), load8(p + size - 8), size, secret);
}

// The hash of a subject from its scope and its values' hashes, in order.
inline uint64_t hash_begin(uint32_t scope, const HashSecret& secret) {
  return hash_detail::fold(scope + secret.word[3], secret.word[2]);
}
// The first value's hash is mixed already; what a scope adds to it only tells scopes apart.
inline uint64_t hash_first(uint64_t begin, uint64_t value_hash) { return begin ^ value_hash; }
inline uint64_t hash_next(uint64_t state, uint64_t value_hash, const HashSecret& secret) {
  return hash_detail::fold(state ^ secret.word[1], value_hash ^ secret.word[3]);
}
inline uint64_t hash_add(uint64_t state, size_t d, uint64_t value_hash, const HashSecret& secret) {
  return d == 0 ? hash_first(state, value_hash) : hash_next(state, value_hash, secret);
}

}  // namespace sluice
