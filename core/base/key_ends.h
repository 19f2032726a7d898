// SPDX-License-Identifier: Apache-2.0
// The first and the last bytes of a key, up to 16 of each: all of a key of at most 32. What a key is hashed and compared by, fetched
// once and kept in registers that nothing else has use for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice {

// Two of keys of one size are the same where the ends are; keys of more than 32 bytes have a middle besides.
class KeyEnds {
 public:
  static constexpr size_t kWhole = 32;  // keys up to here are all ends
  // Of the size that most keys have: two times 16 bytes, which overlap.
  static constexpr bool is_usual(size_t size) { return size - 16 <= kWhole - 16; }

  // REQUIRES: is_usual(size).
  [[gnu::always_inline]] static KeyEnds of_usual(const char* key, size_t size) {
    return KeyEnds(load_16(key), load_16(key + size - 16));
  }
  [[gnu::always_inline]] KeyEnds(const char* key, size_t size) {
    if (size >= 16) {
      first_ = load_16(key);
      last_ = load_16(key + size - 16);
    } else if (size >= 8) {
      first_ = from_word(load<uint64_t>(key));
      last_ = from_word(load<uint64_t>(key + size - 8));
    } else if (size >= 4) {
      first_ = from_word(load<uint32_t>(key));
      last_ = from_word(load<uint32_t>(key + size - 4));
    } else if (size > 0) {
      first_ = from_word(load<uint8_t>(key) | uint64_t{load<uint8_t>(key + size / 2)} << 8 |
                         uint64_t{load<uint8_t>(key + size - 1)} << 16);
      last_ = first_;
    } else {
      first_ = last_ = from_word(0);
    }
  }

  // All there is of a key of less than 16 bytes.
  uint64_t first_low() const { return low(first_); }
  uint64_t last_low() const { return low(last_); }

#if defined(__SSE2__)
  bool same(const KeyEnds& other) const {
    const __m128i equal = _mm_and_si128(_mm_cmpeq_epi8(first_, other.first_), _mm_cmpeq_epi8(last_, other.last_));
    return _mm_movemask_epi8(equal) == 0xffff;
  }

 private:
  using Sixteen = __m128i;
  static uint64_t low(Sixteen s) { return static_cast<uint64_t>(_mm_cvtsi128_si64(s)); }
  static Sixteen load_16(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  static Sixteen from_word(uint64_t word) { return _mm_cvtsi64_si128(static_cast<long long>(word)); }
#else
  bool same(const KeyEnds& other) const { return first_ == other.first_ && last_ == other.last_; }

 private:
  struct Sixteen {
    uint64_t low, high;
    friend bool operator==(const Sixteen&, const Sixteen&) = default;
  };
  static uint64_t low(const Sixteen& s) { return s.low; }
  static Sixteen load_16(const char* p) { return {load<uint64_t>(p), load<uint64_t>(p + 8)}; }
  static Sixteen from_word(uint64_t word) { return {word, 0}; }
#endif
  template <class Word>
  static Word load(const char* p) {
    Word word;
    std::memcpy(&word, p, sizeof word);
    return word;
  }

  KeyEnds(Sixteen first, Sixteen last) : first_(first), last_(last) {}

  Sixteen first_, last_;
};

}  // namespace sluice
