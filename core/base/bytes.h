// SPDX-License-Identifier: Apache-2.0
// A borrowed run of bytes: keys and names. NULs and separators are ordinary bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice {

using Bytes = std::string_view;

namespace bytes_detail {
template <class Word>
inline Word different(const char* a, const char* b) {
  Word x, y;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  return static_cast<Word>(x ^ y);
}
inline uint64_t different_16(const char* a, const char* b) {
  return different<uint64_t>(a, b) | different<uint64_t>(a + 8, b + 8);
}
// By the first and the last word, which overlap. REQUIRES: sizeof(Word) <= size <= 2 * sizeof(Word).
template <class Word>
inline bool same_ends(const char* a, const char* b, size_t size) {
  const size_t last = size - sizeof(Word);
  return (different<Word>(a, b) | different<Word>(a + last, b + last)) == 0;
}
// The first and the last kBytes, which overlap. REQUIRES: kBytes <= size <= 2 * kBytes.
template <size_t kBytes>
inline void copy_ends(char* to, const char* from, size_t size) {
  struct Word {
    char bytes[kBytes];
  } first, last;
  std::memcpy(&first, from, kBytes);
  std::memcpy(&last, from + size - kBytes, kBytes);
  std::memcpy(to, &first, kBytes);
  std::memcpy(to + size - kBytes, &last, kBytes);
}
}  // namespace bytes_detail

// Whether two runs of `size` bytes are equal. Keys are short: word by word here is less than a call.
[[gnu::always_inline]] inline bool same_bytes(const char* a, const char* b, size_t size) {
  using namespace bytes_detail;
  if (size > 16) [[likely]] {
    const char* const last = a + size - 16;
    uint64_t differ = different_16(a, b) | different_16(last, b + size - 16);
    if (size <= 32) [[likely]]
      return differ == 0;
    for (a += 16, b += 16; a < last; a += 16, b += 16) differ |= different_16(a, b);
    return differ == 0;
  }
  if (size >= 8) return same_ends<uint64_t>(a, b, size);
  if (size >= 4) return same_ends<uint32_t>(a, b, size);
  if (size >= 2) return same_ends<uint16_t>(a, b, size);
  return size == 0 || *a == *b;
}

// Copies bytes that are mostly few: a call of memcpy costs more than they do.
[[gnu::always_inline]] inline void copy_bytes(char* to, const char* from, size_t size) {
  using namespace bytes_detail;
  if (size > 32 || size < 8) [[unlikely]] {
    if (size != 0) std::memcpy(to, from, size);
  } else if (size >= 16) {
    copy_ends<16>(to, from, size);
  } else {
    copy_ends<8>(to, from, size);
  }
}

}  // namespace sluice
